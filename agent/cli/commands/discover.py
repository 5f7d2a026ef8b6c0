"""`discover CIDR...`: who is there, what it is, where it hangs; an inventory, or the difference to the present one."""

from __future__ import annotations

import asyncio
import signal
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.newfile import put_new
from agent.cli.progress import Progress
from agent.cli.stop import DONE, FAILED, INTERRUPTED, USAGE, Stop
from agent.text import clean

if TYPE_CHECKING:
    from agent.discovery import Differences, Journey, Proposal, Trail
    from agent.discovery.asking import Login
    from agent.inventory import Inventory

LEFT = "campus-discover.resume"
"""The file that a discovery keeps, and leaves when it is broken off, in the folder where it was begun."""
FASTEST = 10_000


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("ranges", nargs="*", metavar="CIDR")
    parser.take("--write", type=Path, metavar="FILE")
    parser.take("--inventory", type=Path, metavar="FILE")
    parser.take("--community-file", type=Path, metavar="FILE", action="append")
    parser.take("--rate", type=int, metavar="N")
    parser.take("--resume", type=Path, metavar="FILE")
    for name in ("tcp", "no-icmp", "no-tcp", "no-snmp", "no-onvif", "yes"):
        parser.take(f"--{name}", action="store_true")


def run(args: Namespace, desk: Desk) -> int:
    """0 when it went through, whatever was found; 130 after Ctrl-C, the resume file left behind."""
    write = getattr(args, "write", None)
    if write is not None and write.exists():
        raise Stop(USAGE, desk.say.say("discovery.there", file=str(write)))
    given = _given(args, desk)
    journey, file = _journey(args, given, desk)
    begun = time.monotonic()
    trail = _walk(journey, file, desk)
    found, changes = _judged(journey, given)
    result = _Result(journey, given, found, changes, time.monotonic() - begun)
    _tell(result, write, desk)
    if trail is not None:
        trail.close()
        trail.path.unlink(missing_ok=True)
    return DONE


# -- what is known before --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Given:
    """place: the present inventory's file, None without one; inventory: None, too, where it has no devices yet."""

    place: Path | None
    inventory: Inventory | None
    logins: tuple[Login, ...]
    files: dict[str, Path]


@dataclass(frozen=True, slots=True)
class _Result:
    journey: Journey
    given: _Given
    found: Sequence[Proposal]
    changes: Differences | None
    seconds: float


def _given(args: Namespace, desk: Desk) -> _Given:
    from agent.cli.places import inventory_file
    from agent.discovery.asking import Login

    place, logins = inventory_file(desk), []
    inventory = None if place is None else _inventory(place, desk)
    if place is not None:
        logins += _logins(place, desk)
    files = {}
    for number, path in enumerate(getattr(args, "community_file", ()), 1):
        files[f"community-{number}"] = path.resolve()
        logins.append(Login(name=f"community-{number}", credential=_community(path, desk)))
    if not logins and not hasattr(args, "no_snmp"):
        desk.tell(desk.say.say("discovery.no_logins"))
    return _Given(place, inventory, tuple(logins), files)


def _inventory(place: Path, desk: Desk) -> Inventory | None:
    """The present one. A file without devices yet is none; one with mistakes stops, so that nothing is lost by them."""
    from agent.inventory import load_inventory

    loaded = load_inventory(place)
    if loaded.value is None and any(problem.key != "config.missing" for problem in loaded.errors):
        raise Stop(USAGE, *(problem.render(desk.say.lang) for problem in loaded.errors))
    return loaded.value


def _logins(place: Path, desk: Desk) -> list[Login]:
    from agent.discovery.asking import Login
    from agent.inventory.logins import load_logins

    loaded = load_logins(place)
    if loaded.value is None:
        raise Stop(USAGE, *(problem.render(desk.say.lang) for problem in loaded.errors))
    return [
        Login(name=name, credential=by["snmp"].credential, port=by["snmp"].settings.get("port", 161))
        for name, by in loaded.value.items()
        if "snmp" in by
    ]


def _community(path: Path, desk: Desk) -> Any:
    from agent.model import Secret
    from agent.probes.snmp import Credential

    try:
        text = path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(USAGE, desk.say.say("cli.unreadable", place=str(path), why=type(error).__name__)) from None
    return Credential(version="2c", community=Secret(text))


def _journey(args: Namespace, given: _Given, desk: Desk) -> tuple[Journey, Path | None]:
    """The journey, and the file that it goes on from."""
    from agent.discovery import Ground, Journey, Wish

    say, file = desk.say.say, getattr(args, "resume", None)
    rate = getattr(args, "rate", 1000)
    if not 1 <= rate <= FASTEST:
        raise Stop(USAGE, say("discovery.rate", most=FASTEST))
    off = {name for name in ("icmp", "tcp", "snmp", "onvif") if hasattr(args, f"no_{name}")}
    tcp = False if "tcp" in off else (True if hasattr(args, "tcp") else None)
    on = {name: name not in off for name in ("icmp", "snmp", "onvif")}
    wish = Wish(rate=float(rate), logins=given.logins, tcp=tcp, **on)
    words = getattr(args, "ranges", [])
    if file is not None:
        return _resumed(file, words, wish, desk), file
    if not words:
        raise Stop(
            USAGE, say("cli.mistake.required", names="CIDR"), say("cli.see_help", command="campus-agent discover")
        )
    return Journey(Ground(_networks(words, hasattr(args, "yes"), desk)), wish), None


def _networks(words: Sequence[str], sure: bool, desk: Desk) -> Any:
    from agent.discovery.ground import MOST, WIDEST, TooWide, WrongRange, read_ranges, strangers

    say = desk.say.say
    try:
        networks = read_ranges(words, MOST if sure else WIDEST)
    except WrongRange as wrong:
        raise Stop(USAGE, say("discovery.no_range", value=clean(str(wrong), 60))) from None
    except TooWide as wide:
        key = "discovery.far_too_wide" if wide.args[0] > MOST else "discovery.too_wide"
        raise Stop(USAGE, say(key, count=wide.args[0], most=MOST)) from None
    for network in strangers(networks):
        desk.tell(say("discovery.public", network=str(network)))
    return networks


def _resumed(file: Path, words: Sequence[str], wish: Any, desk: Desk) -> Journey:
    from agent.discovery import BadResume, Ground, Journey, load
    from agent.discovery.ground import MOST

    say = desk.say.say
    try:
        body, marks = load(file, MOST)
        networks = _networks(body["ranges"], True, desk)
        journey = Journey(Ground(networks, marks), wish)
        journey.restore(body)
    except FileNotFoundError:
        raise Stop(USAGE, say("cli.no_file", place=str(file))) from None
    except (BadResume, ValueError, KeyError, TypeError, AttributeError):
        raise Stop(USAGE, say("discovery.bad_resume", file=str(file))) from None
    if words and _networks(words, True, desk) != networks:
        raise Stop(USAGE, say("discovery.other_ranges", ranges=" ".join(body["ranges"])))
    return journey


# -- the journey itself ----------------------------------------------------------------------------------------------


class _Watching:
    """The journey's words on the bar."""

    def __init__(self, desk: Desk) -> None:
        self._say, self.bar = desk.say, Progress(desk.say)

    def stage(self, name: str, total: int) -> None:
        self.bar.stage(self._say.say(f"discovery.stage.{name}"), total)

    def moved(self, done: int, found: int) -> None:
        self.bar.moved(done, self._say.say("discovery.found", count=found))


def _walk(journey: Journey, file: Path | None, desk: Desk) -> Trail | None:
    """The journey to its end. The file that it kept on the way; None where none could be kept."""
    watching, trail = _Watching(desk), _trail(file, journey, desk)
    done = False
    try:
        with _terminated():
            asyncio.run(journey.go(watching))
        done = True
    except KeyboardInterrupt:
        pass
    finally:
        watching.bar.clear()
        if trail is not None and not done and _saved(trail, journey, desk):
            desk.tell(desk.say.say("discovery.left_behind", file=str(trail.path)))
    if not done:
        raise Stop(INTERRUPTED, desk.say.say("cli.interrupted"))
    for key, words in journey.notes.items():
        desk.tell(desk.say.say(f"discovery.note.{key}", **words))
    return trail


def _trail(file: Path | None, journey: Journey, desk: Desk) -> Trail | None:
    """Where it is written down what is found: as named, else beside what earlier discoveries left."""
    from agent.discovery import Trail

    place, number = file or Path(LEFT), 1
    while file is None and place.exists():
        if number == 1:
            desk.tell(desk.say.say("discovery.earlier", file=LEFT))
        number += 1
        place = Path(f"{LEFT}.{number}")
    trail = Trail(place)
    if not _saved(trail, journey, desk):
        return None
    journey.found.write = trail.add
    return trail


def _saved(trail: Trail, journey: Journey, desk: Desk) -> bool:
    """False, and said, where it cannot be written: a discovery is not stopped by that."""
    try:
        trail.save(journey.body(), bytes(journey.ground.marks))
    except OSError as error:
        desk.tell(desk.say.say("discovery.no_trail", file=str(trail.path), why=error.strerror or type(error).__name__))
        return False
    return True


@contextmanager
def _terminated() -> Iterator[None]:
    """A polite kill is a Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# -- what came of it -------------------------------------------------------------------------------------------------


def _judged(journey: Journey, given: _Given) -> tuple[Sequence[Proposal], Differences | None]:
    from agent.discovery import compare, propose
    from agent.discovery.compare import known_of
    from agent.discovery.makers import load_makers
    from agent.inventory import REFERENCE

    boxes, arp, makers = journey.found.boxes.values(), journey.arp(), load_makers()
    if given.inventory is None:
        return propose(boxes, arp, makers=makers), None
    known = given.inventory.devices.items()
    devices = {name: device for name, device in known if device.kind != REFERENCE}
    references = {device.address for _, device in known if device.kind == REFERENCE}
    found = propose(boxes, arp, known_of(devices), makers)
    return found, compare(found, devices, journey.ground.__contains__, references)


def _tell(result: _Result, write: Path | None, desk: Desk) -> None:
    from agent.cli import finding

    text = _text(result, write, desk) if write is not None or (result.changes is None and not desk.as_json) else ""
    if write is not None:
        put_new(write, text, desk)
    if desk.as_json:
        ranges = [str(network) for network in result.journey.ground.networks]
        desk.document(
            finding.document(ranges, result.found, result.changes, result.journey.found.outside, result.seconds)
        )
    elif result.changes is not None:
        desk.print(*finding.differences(desk, result.changes))
    elif write is not None:
        desk.print(*finding.table(desk, result.found))
    else:
        desk.print(text.rstrip("\n"))
    desk.tell(*finding.beside(desk, result.journey.found.outside))
    desk.tell(desk.say.say("discovery.done", count=len(result.found), seconds=f"{result.seconds:.0f}"))
    if write is not None:
        desk.tell(desk.say.say("discovery.written", file=str(write)))


def _text(result: _Result, write: Path | None, desk: Desk) -> str:
    """The inventory to write: the present one with what is new, or a first one.

    Paths in it are read from the folder where it lies: in another folder they are written in full.
    """
    from agent.cli.finding import remark
    from agent.discovery import additions, whole
    from agent.inventory.writing import appended, relocated

    given, new = result.given, result.found if result.changes is None else result.changes.new
    if given.place is not None:
        present = given.place.read_text("utf-8-sig")
        new = [_with_known_login(each, given, desk) for each in new]
        text = appended(present, additions(new, lambda each: remark(desk, each)))
        if text is None:
            raise Stop(FAILED, desk.say.say("discovery.not_appendable", file=str(given.place)))
        home = given.place.resolve().parent
        return text if write is None or write.resolve().parent == home else relocated(text, home)
    logins = {name: {"snmp": {"version": "2c", "community_file": str(path)}} for name, path in given.files.items()}
    used = {name: login for name, login in logins.items() if any(each.credentials == name for each in new)}
    head = [desk.say.say(f"discovery.head.{number}") for number in (1, 2, 3)]
    site = {"id": "school", "name": desk.say.say("discovery.site"), "timezone": "Asia/Shanghai"}
    return whole(new, site, head, lambda each: remark(desk, each), used)


def _with_known_login(each: Proposal, given: _Given, desk: Desk) -> Proposal:
    """A community of the command line has no name in the present file: said, and left out."""
    if each.credentials not in given.files:
        return each
    desk.tell(desk.say.say("discovery.add_login", device=each.id, file=str(given.files[each.credentials])))
    return replace(each, credentials="")
