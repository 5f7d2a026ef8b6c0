"""The fault script: text in, steps out, every mistake at once. Pure; who plays it is somebody else's business.

`TIME VERB WHAT [ARGS]`, TIME `hh:mm[:ss]` or `+SECONDS`; a `#` begins a comment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from agent.simulator.expect import STATES_OF_NONE, Expect, parse_expect

SERVICES = (
    "icmp", "snmp", "tcp", "onvif", "rtsp", "http", "sip", "barix", "rdp", "vnc", "spice", "capwap",
)  # fmt: skip
"""What `service` knows; `capwap` is an access point's word to its controller."""
LOSS_MAX = 100.0
DELAY_MAX_MS = 60_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing done to the campus, to the agent's process or to the clock.

    `number` is a ratio 0..1 for `loss`, seconds for `delay` and `clock step`, seconds up for `flap` (`number2` down).
    """

    verb: str
    action: str = ""
    device: str = ""
    port: str = ""
    service: str = ""
    key: str = ""
    value: str = ""
    number: float = 0.0
    number2: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`at`: seconds after the start, or after midnight of the site's day when `of_day`."""

    at: float
    of_day: bool
    do: Fault | Expect
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """`key` and `args` are a sentence of `locale/*/demo.yaml` under `demo.script.`."""

    source: str
    line: int
    key: str
    args: Mapping[str, object] = field(default_factory=dict)


class ScriptError(Exception):
    """Everything that is wrong with a script."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("; ".join(f"{m.source}:{m.line}: {m.key} {dict(m.args)}" for m in mistakes))
        self.mistakes = mistakes


def due(step: Step, midnight_seconds: float) -> float:
    """Seconds from the start of a play to the step; `midnight_seconds` is how long after midnight the play began."""
    return (step.at - midnight_seconds) % 86_400 if step.of_day else step.at


class _Wrong(Exception):
    def __init__(self, key: str, **args: object) -> None:
        self.key, self.args_ = key, args


def parse(text: str, source: str, devices: Collection[str] | None = None) -> tuple[Step, ...]:
    """The steps in the order of the lines. With `devices`, names are looked up too. Raises ScriptError."""
    steps: list[Step] = []
    mistakes: list[Mistake] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = _bare(raw)
        if not line:
            continue
        try:
            moment, _, rest = line.partition(" ")
            at, of_day = _time(moment)
            steps.append(Step(at=at, of_day=of_day, do=_deed(rest.split(), devices), line=number, text=line))
        except _Wrong as wrong:
            mistakes.append(Mistake(source=source, line=number, key=wrong.key, args=wrong.args_))
    if mistakes:
        raise ScriptError(tuple(mistakes))
    return tuple(steps)


def parse_now(line: str, source: str, devices: Collection[str] | None = None, number: int = 1) -> Fault | Expect | None:
    """Line `number` of a console, without a time; None when it is empty. Raises ScriptError."""
    words = _bare(line).split()
    try:
        return _deed(words, devices) if words else None
    except _Wrong as wrong:
        raise ScriptError((Mistake(source=source, line=number, key=wrong.key, args=wrong.args_),)) from wrong


def _bare(line: str) -> str:
    return " ".join(re.sub(r"(^|\s)#.*", "", line).split())


def _time(word: str) -> tuple[float, bool]:
    if after := re.fullmatch(r"\+(\d{1,7}(?:\.\d{1,3})?)", word, re.ASCII):
        return float(after[1]), False
    clock = re.fullmatch(r"(\d{1,2}):(\d\d)(?::(\d\d))?", word, re.ASCII)
    if clock is None:
        raise _Wrong("time", word=word)
    hours, minutes, seconds = (int(part or 0) for part in clock.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        raise _Wrong("time", word=word)
    return float(hours * 3600 + minutes * 60 + seconds), True


def _deed(words: list[str], devices: Collection[str] | None) -> Fault | Expect:
    if not words:
        raise _Wrong("nothing")
    verb, *rest = words
    if verb == "expect":
        return _expectation(rest, devices)
    read = GRAMMAR.get(verb)
    if read is None:
        raise _Wrong("verb", word=verb, hint=_near(verb, [*GRAMMAR, "expect"]))
    fault = read(verb, rest)
    _known(fault.device, devices)
    return fault


def _expectation(words: list[str], devices: Collection[str] | None) -> Expect:
    try:
        expect = parse_expect(words)
    except ValueError as error:
        raise _Wrong("expect", word=str(error), hint=_near(str(error), STATES_OF_NONE)) from error
    _known(expect.device, devices)
    return expect


def _known(device: str, devices: Collection[str] | None) -> None:
    if device and devices is not None and device not in devices:
        raise _Wrong("device", word=device, hint=_near(device, devices))


def _near(word: str, choices: Collection[str]) -> str:
    """The choice that was probably meant, or ""."""
    return next(iter(get_close_matches(word, list(choices), n=1, cutoff=0.6)), "")


def _take(verb: str, words: list[str], usage: str, least: int, most: int) -> list[str]:
    if not least <= len(words) <= most:
        raise _Wrong("usage", usage=f"{verb} {usage}")
    return words


def _action(verb: str, word: str, actions: tuple[str, ...]) -> str:
    if word not in actions:
        raise _Wrong("action", verb=verb, word=word, choices=" ".join(actions), hint=_near(word, actions))
    return word


def _number(word: str, most: float) -> float:
    if not re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", word, re.ASCII) or not 0 <= float(word) <= most:
        raise _Wrong("number", word=word, most=f"{most:g}")
    return float(word)


def _power(verb: str, words: list[str]) -> Fault:
    action, device = _take(verb, words, "off|on DEVICE", 2, 2)
    return Fault(verb=verb, action=_action(verb, action, ("off", "on")), device=device)


def _cable(verb: str, words: list[str]) -> Fault:
    action, *what = _take(verb, words, "cut|join|bad DEVICE[:PORT]", 2, 99)
    device, _, port = " ".join(what).partition(":")
    return Fault(verb=verb, action=_action(verb, action, ("cut", "join", "bad")), device=device, port=port)


def _at_port(*actions: str) -> Callable[[str, list[str]], Fault]:
    def read(verb: str, words: list[str]) -> Fault:
        usage = f"{'|'.join(actions)} SWITCH:PORT"
        action, *what = _take(verb, words, usage, 2, 99)
        device, _, port = " ".join(what).partition(":")
        if not device or not port:
            raise _Wrong("usage", usage=f"{verb} {usage}")
        return Fault(verb=verb, action=_action(verb, action, actions), device=device, port=port)

    return read


def _loss(verb: str, words: list[str]) -> Fault:
    share, device = _take(verb, words, "P% DEVICE", 2, 2)
    if not share.endswith("%"):
        raise _Wrong("usage", usage=f"{verb} P% DEVICE")
    return Fault(verb=verb, device=device, number=_number(share[:-1], LOSS_MAX) / 100)


def _delay(verb: str, words: list[str]) -> Fault:
    ms, device = _take(verb, words, "MS DEVICE", 2, 2)
    return Fault(verb=verb, device=device, number=_number(ms, DELAY_MAX_MS) / 1000)


def _service(verb: str, words: list[str]) -> Fault:
    action, device, service = _take(verb, words, "stop|hang|start DEVICE PROBE", 3, 3)
    action = _action(verb, action, ("stop", "hang", "start"))
    return Fault(verb=verb, action=action, device=device, service=_action(verb, service, SERVICES))


def _set(verb: str, words: list[str]) -> Fault:
    device, key, *value = _take(verb, words, "DEVICE KEY VALUE", 3, 99)
    return Fault(verb=verb, device=device, key=key, value=" ".join(value))


def _reboot(verb: str, words: list[str]) -> Fault:
    return Fault(verb=verb, device=_take(verb, words, "DEVICE", 1, 1)[0])


def _flap(verb: str, words: list[str]) -> Fault:
    device, rhythm = _take(verb, words, "DEVICE UP/DOWN", 2, 2)
    up, slash, down = rhythm.partition("/")
    if not slash:
        raise _Wrong("usage", usage=f"{verb} DEVICE UP/DOWN")
    return Fault(verb=verb, device=device, number=_phase(up), number2=_phase(down))


def _phase(word: str) -> float:
    seconds = _number(word, 86_400)
    if seconds < 1:
        raise _Wrong("phase", word=word)
    return seconds


def _bare_action(*actions: str) -> Callable[[str, list[str]], Fault]:
    def read(verb: str, words: list[str]) -> Fault:
        (action,) = _take(verb, words, "|".join(actions), 1, 1)
        return Fault(verb=verb, action=_action(verb, action, actions))

    return read


def _clock(verb: str, words: list[str]) -> Fault:
    action, step = _take(verb, words, "step ±1h", 2, 2)
    size = re.fullmatch(r"([+-])(\d{1,6})([smhd])", step.replace("±", "+"), re.ASCII)
    if size is None:
        raise _Wrong("usage", usage=f"{verb} step +1h|-90s")
    seconds = int(size[2]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[size[3]]
    number = float(-seconds if size[1] == "-" else seconds)
    return Fault(verb=verb, action=_action(verb, action, ("step",)), number=number)


GRAMMAR: Mapping[str, Callable[[str, list[str]], Fault]] = {
    "power": _power,
    "cable": _cable,
    "port": _at_port("shut", "open"),
    "poe": _at_port("deny", "limit", "allow"),
    "loss": _loss,
    "delay": _delay,
    "service": _service,
    "set": _set,
    "reboot": _reboot,
    "flap": _flap,
    "uplink": _bare_action("cut", "join"),
    "agent": _bare_action("kill", "stop", "cont"),
    "clock": _clock,
}
"""Every verb that does something; `expect` looks."""
