"""How far our collection of a recording agrees with what another system (LibreNMS) made of it, class by class.

What counts
    Every value that the other system has and that belongs to one of the classes is one comparison; a row that is
    missing on our side is a disagreement in all its values. Rows that only we have are counted (`more`), not judged.
    The other system's discovery and its first poll are merged as it does: the poll's values over the discovery's, row
    by row; "matches discovery" is an empty poll.
Tolerances
    ports: none, but a name or alias that the other system fills with ifDescr where the box has none may be empty here
    (as a description that it fills with ifName), and a counter that the box does not have is 0 there and null here.
    sensors: found by class and OID; 0.6 % or 0.011 of the value (that system rounds when it stores), states exactly.
    processors, memory: found by index, else by description, else by value; 1 percentage point (it rounds), sizes 1 %.
    Of a size under 16 MiB that system left out the unit (D-Link's KB, ZTE's MB): ours in bytes agrees with its number.
    neighbours: found by local port and remote name; the remote port agrees when it is our port's id or description, or
    either with the other in parentheses, as that system writes it; a MAC however it is punctuated. A neighbour that
    tells no name is called there by its description; a serial number in parentheses behind a CDP name may be left out.
    access points: the controller's totals, exactly; where each node of a cluster tells its own, their sum.
Not compared
    What `EXCUSED` names, row by row, with the reason. A sensor of which that system takes the end of a type
    (4294967295), the box's word for none, for a measurement. Rows that it marks as deleted; values that it has not
    (null); sensors that its own agent or IPMI brought; a wireless sensor that is no total of a controller or of an
    access point.
What cannot be compared
    A file that is no JSON, or of another shape, and a recording that no collection could be made of, are told in a line
    of their own and stop nothing; what was expected of such a recording counts as missing. Numbers may be written as
    text. An answer without a recording, and a recording without an answer, are named; the latter is collected all the
    same, to see that it can be.

`python -m tests.probes.snmp_agreement [RECORDING ...]` prints the tables and every disagreement, of the folder that
$CAMPUS_SHARED names (it, or its `data`, has `expected/` and `snmprec/`).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gufo.snmp import SnmpError

from agent.model import Json, Secret
from agent.probes.snmp import Credential
from agent.probes.snmp.collect import collect
from agent.probes.snmp.library import Library, load
from agent.probes.snmp.session import Session
from tests.fakes.replay import SUFFIX, Replay
from tests.probes.sanity import WORDS_FOR_NONE

CLASSES = ("ports", "sensors", "processors", "memory", "neighbours", "access points")

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Rows of the other system that are not held against us.

    recording: its name, or how the names of one maker's begin; key: found in the row's key; theirs: only where the
    other system says this; why: the reason.
    """

    recording: str
    of: str
    key: str
    why: str
    theirs: float | None = None

    def covers(self, recording: str, of: str, key: str, theirs: object) -> bool:
        """Whether a value of a row of a recording is meant."""
        mine = recording.startswith(self.recording) and self.of == of and self.key in key
        return mine and self.theirs in (None, theirs)


EXCUSED: tuple[Excuse, ...] = (
    Excuse(
        recording="librenms__huaweiups_ups2000", of="sensors", key="frequency ",
        why="its divisor is 100; RFC 1628 counts 0.1 Hz, and a mains of 5 Hz is none (raw 500: 50 Hz)",
    ),
    Excuse(
        recording="librenms__huaweiups_ups2000", of="sensors", key="1.3.6.1.2.1.33.1.2.3.0",
        why="it takes 4294967295, the card's word for no estimate, for minutes",
    ),
    Excuse(
        recording="librenms__cyberpower_pr2200rt2uc", of="ports", key="1 ag...",
        why="it prints what is behind the name's first NUL as dots; the interface is called ag",
    ),
    Excuse(
        recording="librenms__fs-ruijie", of="sensors", key="current 1.3.6.1.4.1.52642.1.1.10.2.105.1.1.1.21.",
        why="the MIB's bias current is in microamperes: raw 30516 is 0.0305 A of a laser, not 30.5 A",
    ),
    Excuse(
        recording="librenms__ruijie", of="sensors", key="power 1.3.6.1.4.1.4881.1.1.10.2.1.1.41.1.15.",
        why="a power supply gives milliwatts there: raw 63472 is 63 W of a switch, not 63 kW",
    ),
    Excuse(
        recording="librenms__vrp_s5328c-ei", of="sensors", key="voltage 1.3.6.1.4.1.2011.5.25.31.1.1.1.1.13.",
        why="it divides by 1000; the board's value is 5 and its thresholds are 3 and 13: whole volts",
    ),
    Excuse(
        recording="librenms__yunshan", of="sensors", key="dbm 1.3.6.1.4.1.2011.5.25.31.1.1.3.1.", theirs=-0.01,
        why="raw -1, the box's word for a cage without a module, divided by 100",
    ),
    Excuse(
        recording="librenms__vrp", of="sensors", key="dbm 1.3.6.1.4.1.2011.5.25.31.1.1.3.1.", theirs=-0.01,
        why="raw -1, the box's word for a cage without a module, divided by 100",
    ),
    Excuse(
        recording="librenms__snr", of="sensors", key="current 1.3.6.1.4.1.40418.7.100.30.1.1.12.",
        why="the box tells the bias of a laser in milliamperes: 6.2 is 6.2 mA, not 6.2 A",
    ),
    Excuse(
        recording="librenms__snr", of="sensors", key="state 1.3.6.1.4.1.40418.7.100.1.12.1.1.3.",
        why="there is no such OID: its number of sysFanStatus has a 1 too many",
    ),
)  # fmt: skip
"""Where the other system is wrong."""


def shared() -> Path | None:
    """The folder of the recordings: in $CAMPUS_SHARED, else beside the project; None where there is none."""
    given = Path(os.environ.get("CAMPUS_SHARED") or Path(__file__).parents[3] / "shared")
    return next((folder for folder in (given / "data", given) if (folder / "snmprec").is_dir()), None)


@dataclass(frozen=True, slots=True)
class Value:
    """One comparison."""

    of: str
    key: str
    what: str
    theirs: object
    ours: object
    agrees: bool
    excuse: str = ""


@dataclass(slots=True)
class Agreement:
    """All comparisons of one recording. more: rows that only we have, by class.  trouble: what could not be done."""

    recording: str
    profile: str = ""
    trouble: list[str] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    more: dict[str, int] = field(default_factory=dict)

    def count(self, of: str) -> tuple[int, int]:
        """How many agree, of how many."""
        judged = [value for value in self.values if value.of == of and not value.excuse]
        return sum(value.agrees for value in judged), len(judged)


@dataclass(slots=True)
class _Table:
    """Comparisons of one class."""

    recording: str
    of: str
    values: list[Value] = field(default_factory=list)

    def add(self, key: str, what: str, theirs: object, ours: object, agrees: bool) -> None:
        excuse = next((each.why for each in EXCUSED if each.covers(self.recording, self.of, key, theirs)), "")
        if ours is None and self.of == "sensors" and theirs in WORDS_FOR_NONE:
            excuse = "the end of the value's type (RFC 2578), the box's word for none, is no measurement"
        self.values.append(Value(self.of, key, what, theirs, ours, agrees, "" if agrees else excuse))

    def same(self, key: str, what: str, theirs: object, ours: object) -> None:
        """Compare exactly; what the other system does not have is no comparison."""
        if theirs is not None:
            self.add(key, what, theirs, ours, theirs == ours)


def compare(recording: str, document: Mapping[str, Json], expected: object) -> Agreement:
    """Our `collection` document against the other system's tables. An empty document has no rows."""
    found = Agreement(recording, str(document.get("profile", "")))
    for of, judge in JUDGES.items():
        table = _Table(recording, of)
        try:
            found.more[of] = judge(table, {**NOTHING, **document}, expected if isinstance(expected, Mapping) else {})
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            found.trouble.append(f"{of}: the expected rows are of another shape: {type(error).__name__}: {error}")
        found.values += table.values
    return found


NOTHING: Mapping[str, Json] = {
    "ports": [], "sensors": [], "processors": [], "memory": [], "neighbours": [], "access_points": [], "totals": {},
}  # fmt: skip
"""The document of a box of which no collection could be made."""


def rows_of(expected: Mapping[str, Any], module: str, phase: str, name: str) -> Rows:
    """A table of the other system; PHP writes a list as an object when a number is missing in it."""
    part = expected.get(module)
    tables = part.get(phase) if isinstance(part, Mapping) else None
    rows = tables.get(name) if isinstance(tables, Mapping) else None
    listed = list(rows.values()) if isinstance(rows, Mapping) else rows if isinstance(rows, list) else []
    return [dict(row) for row in listed if isinstance(row, Mapping)]


def merged(expected: Mapping[str, Any], module: str, table: str, key: Callable[[Mapping[str, Any]], Any]) -> Rows:
    """The rows of the other system after its first poll; those that it has deleted since are none."""
    rows = {key(row): row for row in rows_of(expected, module, "discovery", table)}
    for row in rows_of(expected, module, "poller", table):
        rows.setdefault(key(row), {}).update({name: value for name, value in row.items() if value is not None})
    return [row for row in rows.values() if not any(_number(row.get(name)) for name in _DELETED)]


_DELETED = ("deleted", "sensor_deleted", "mempool_deleted", "storage_deleted")


def _number(value: object) -> float | None:
    """A number, also one that is written as text; None for anything else."""
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except ValueError:
        return None


def _value(value: Any) -> Any:
    """What is compared exactly: a text of digits as its number."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,30}", value):
        return int(value)
    found = _number(value) if isinstance(value, str) else None
    return value if found is None else found


# -- ports ------------------------------------------------------------------------------------------------------------

_PORT = {
    "ifOperStatus": "oper", "ifAdminStatus": "admin", "ifSpeed": "speed_bps", "ifInOctets": "in_octets",
    "ifOutOctets": "out_octets", "ifInErrors": "in_errors", "ifOutErrors": "out_errors",
    "ifInDiscards": "in_discards", "ifOutDiscards": "out_discards",
}  # fmt: skip


_COUNTERS = frozenset(_PORT.values()) - {"oper", "admin", "speed_bps"}


def _ports(table: _Table, document: Mapping[str, Any], expected: Mapping[str, Any]) -> int:
    ours = {row["index"]: row for row in document["ports"]}
    for row in merged(expected, "ports", "ports", lambda row: _value(row.get("ifIndex"))):
        index, descr = _value(row.get("ifIndex")), row.get("ifDescr")
        if index is None:
            continue
        mine, key = ours.pop(index, None), f"{index} {descr}"
        got: Mapping[str, Any] = mine or {}
        table.same(key, "descr", _squeezed(descr), _squeezed(got.get("descr") or got.get("name")))
        for what, name in (("ifName", "name"), ("ifAlias", "alias")):
            value = _squeezed(row.get(what))
            if value is not None:
                mine_text = _squeezed(got.get(name)) or ""
                filled = value == _squeezed(descr) and not mine_text and mine is not None
                table.add(key, name, value, mine_text, mine_text == value or filled)
        table.same(key, "type", row.get("ifType"), got.get("type"))
        for what, name in _PORT.items():
            value = _value(row.get(what))
            if value is not None:
                absent = value == 0 and mine is not None and got[name] is None and name in _COUNTERS
                table.add(key, name, value, got.get(name), value == got.get(name) or absent)
        table.same(key, "mac", row.get("ifPhysAddress") or None, str(got.get("mac", "")).replace(":", ""))
    return len(ours)


def _squeezed(text: Any) -> str | None:
    return None if text is None else " ".join(str(text).split())


# -- sensors ----------------------------------------------------------------------------------------------------------

GENERIC = ("ok", "warning", "critical", "unknown")


def _sensors(table: _Table, document: Mapping[str, Any], expected: Mapping[str, Any]) -> int:
    ours = {(row["class"], row["oid"]): row for row in document["sensors"]}
    named = rows_of(expected, "sensors", "discovery", "state_indexes")
    named += rows_of(expected, "sensors", "poller", "state_indexes")
    states = {(row.get("state_name"), _number(row.get("state_value"))): row.get("state_generic_value") for row in named}
    seen = set()
    for row in merged(expected, "sensors", "sensors", _sensor_key):
        sort, oid, key_of = *_sensor_key(row)[:2], row.get("sensor_descr")
        if row.get("poller_type", "snmp") != "snmp":
            continue
        seen.add((sort, oid))
        mine, key = ours.get((sort, oid)), f"{sort} {oid} {key_of}"
        value, got = _number(row.get("sensor_current")), None
        if mine is not None:
            got = mine["value"]
        if value is not None:
            table.add(key, "value", row["sensor_current"], got, got is not None and near(value, got))
        if sort == "state" and value is not None:
            generic = _value(states.get((row.get("state_name"), value)))
            state = GENERIC[generic] if generic in range(4) else None
            table.same(key, "state", state, None if mine is None else mine["state"])
    return len(ours.keys() - seen)


def _sensor_key(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Class, OID (the first of several), type and index."""
    oid = row.get("sensor_oid")
    first = oid[0] if isinstance(oid, list) and oid else oid
    texts = (row.get("sensor_class"), str(first or "").lstrip("."), row.get("sensor_type"), row.get("sensor_index"))
    return str(texts[0]), texts[1], str(texts[2]), str(texts[3])


def near(theirs: float, ours: float) -> bool:
    """Equal but for the rounding of a stored value."""
    return abs(theirs - ours) <= max(0.011, 0.006 * abs(theirs))


# -- processors and memory --------------------------------------------------------------------------------------------


def _processors(table: _Table, document: Mapping[str, Any], expected: Mapping[str, Any]) -> int:
    theirs = merged(expected, "processors", "processors", _keyed("processor"))
    rows = [row for each in theirs if (row := _pool(each, "processor", "usage")) is not None]
    ours: Rows = list(document["processors"])
    for (index, descr, usage), mine in zip(rows, _matched(rows, ours), strict=True):
        got = None if mine is None else mine["percent"]
        table.add(f"{index} {descr}", "percent", usage, got, got is not None and abs(got - usage) <= 1)
    return len(ours)


def _memory(table: _Table, document: Mapping[str, Any], expected: Mapping[str, Any]) -> int:
    theirs = [
        (each, row) for each in merged(expected, "mempools", "mempools", _keyed("mempool"))
        if (row := _pool(each, "mempool", "perc")) is not None
    ]  # fmt: skip
    ours: Rows = list(document["memory"])
    for (each, (index, descr, used)), mine in zip(theirs, _matched([row for _, row in theirs], ours), strict=True):
        got: Mapping[str, Any] = mine or {}
        key, percent = f"{index} {descr}", got.get("percent")
        table.add(key, "percent", used, percent, percent is not None and abs(percent - used) <= 1)
        total = _number(each.get("mempool_total"))
        if total and total != 100:  # 100 is that system's word for a pool of which only the percentage is known
            size = got.get("total_bytes")
            table.add(key, "total", total, size, size is not None and _same_size(total, size))
    return len(ours)


def _same_size(theirs: float, ours: float) -> bool:
    """Equal but for 1 %; that system takes the KB of D-Link and the MB of ZTE for bytes, and no memory is so small."""
    units = (1, 2**10, 2**20) if theirs < 2**24 else (1,)
    return any(abs(ours - theirs * unit) <= theirs * unit / 100 for unit in units)


Pool = tuple[str, str, float]
"""Index, description and percentage of a processor or a memory."""


def _keyed(of: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda row: (row.get(f"{of}_type"), str(row.get(f"{of}_index")), row.get(f"{of}_class"))


def _pool(row: Mapping[str, Any], of: str, percent: str) -> Pool | None:
    """None where the other system has no percentage."""
    used = _number(row.get(f"{of}_{percent}"))
    return None if used is None else (str(row.get(f"{of}_index") or "0"), str(row.get(f"{of}_descr") or ""), used)


def _matched(theirs: list[Pool], ours: Rows) -> list[dict[str, Any] | None]:
    """Our row of each of theirs, taken out of ours: by index (of two of one index that with the percentage), else by
    description, else by the percentage."""
    found: list[dict[str, Any] | None] = [None] * len(theirs)
    tests: tuple[Callable[[Pool, Mapping[str, Any]], bool], ...] = (
        lambda row, mine: row[0] == mine["index"] and abs(row[2] - mine["percent"]) <= 1,
        lambda row, mine: row[0] == mine["index"],
        lambda row, mine: row[1] == mine["descr"],
        lambda row, mine: abs(row[2] - mine["percent"]) <= 1,
    )
    for test in tests:
        for at, row in enumerate(theirs):
            mine = next((mine for mine in ours if test(row, mine)), None) if found[at] is None else None
            if mine is not None:
                ours.remove(mine)
                found[at] = mine
    return found


# -- neighbours -------------------------------------------------------------------------------------------------------


def _neighbours(table: _Table, document: Mapping[str, Any], expected: Mapping[str, Any]) -> int:
    ours: Rows = list(document["neighbours"])
    for link in rows_of(expected, "discovery-protocols", "discovery", "links"):
        locals_ = {_squeezed(link.get(name)) for name in ("ifName", "ifDescr", "ifAlias")} - {None, ""}
        name, protocol = _squeezed(link.get("remote_hostname")) or "", link.get("protocol")
        mine = next((row for row in ours if row["local_port"] in locals_ and _same_host(name, row)), None)
        if mine is not None:
            ours.remove(mine)
        got: Mapping[str, Any] = mine or {}
        key = f"{protocol} {link.get('ifName')} {name}"
        table.same(key, "protocol", protocol, got.get("protocol"))
        table.add(key, "local_port", link.get("ifName"), got.get("local_port"), mine is not None)
        table.add(key, "remote_name", name, got.get("remote_name"), mine is not None)
        port = _squeezed(link.get("remote_port"))
        if port:
            agrees = mine is not None and _same_port(port, mine)
            table.add(key, "remote_port", port, (got.get("remote_port"), got.get("remote_port_descr")), agrees)
    return len(ours)


def _same_host(name: str, row: Mapping[str, Any]) -> bool:
    if name in ("", row["remote_name"], row["remote_id"]) or _plain(name) == _plain(row["remote_id"]):
        return True
    if row["protocol"] == "cdp" and name == re.sub(r"\([^()]*\)$", "", row["remote_name"]).rstrip(" ."):
        return True
    return not row["remote_name"] and bool(name) and (_squeezed(row["remote_descr"]) or "").startswith(name)


def _same_port(port: str, row: Mapping[str, Any]) -> bool:
    first, _, second = port.partition(" (")
    mine = {_plain(row["remote_port"]), _plain(row["remote_port_descr"])}
    return _plain(port) in mine or _plain(first) in mine or (bool(second) and _plain(second) in mine)


def _plain(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.lower())


# -- access points ----------------------------------------------------------------------------------------------------

TOTALS: Mapping[str, Mapping[str, str]] = {
    "ap-count": {
        "total aps": "aps", "ap count": "aps", "aps": "aps", "connected aps": "aps_up", "active aps": "aps_up",
    },
    "clients": dict.fromkeys(
        ("total clients", "client count", "clients", "clients: total", "system total", "station count"), "clients"
    ),
}  # fmt: skip
"""Which of the other system's wireless sensors are totals, by class and description, and ours of the same."""
RADIO = re.compile(r" Radio [0-9]+$")
"""What that system puts behind the name of a Huawei access point, for a row of each radio."""


def _access_points(table: _Table, document: Mapping[str, Any], expected: Mapping[str, Any]) -> int:
    told: dict[tuple[str, str], float] = {}
    for row in merged(expected, "wireless", "wireless_sensors", _wireless_key):
        sort, value = str(row.get("sensor_class")), _number(row.get("sensor_current"))
        descr = (_squeezed(row.get("sensor_descr")) or "").rstrip(":").casefold()
        if value is not None and descr in TOTALS.get(sort, {}):
            told[sort, descr] = told.get((sort, descr), 0.0) + value
    for (sort, descr), value in told.items():
        total = TOTALS[sort][descr]
        table.same(f"{sort} {descr}", total, value, document["totals"].get(total))
    ours = {_plain(point[name]) for point in document["access_points"] for name in ("name", "mac")}
    for module in expected:  # a row for each radio; which module has the table depends on that system's version
        rows = merged(expected, module, "access_points", lambda row: row.get("name") or row.get("mac_addr"))
        for name in (row.get("name") or row.get("mac_addr") for row in rows):
            bare = RADIO.sub("", str(name))
            table.add(f"access point {name}", "name", name, "", _plain(bare) in ours)
    return 0


def _wireless_key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get(f"sensor_{name}")) for name in ("class", "type", "index"))


JUDGES: Mapping[str, Callable[[_Table, Mapping[str, Any], Mapping[str, Any]], int]] = {
    "ports": _ports, "sensors": _sensors, "processors": _processors, "memory": _memory, "neighbours": _neighbours,
    "access points": _access_points,
}  # fmt: skip


# -- running ----------------------------------------------------------------------------------------------------------


async def collected(replay: Replay, recording: str, library: Library) -> dict[str, Json]:
    """Our `collection` document of a recording, over the wire."""
    credential = Credential(version="2c", community=Secret(recording))
    session = Session("127.0.0.1", replay.port, credential, lambda why: None)
    async with session:
        session.patience(5.0, 1)
        document = (await collect(session, library)).document()
    session.close()
    return document


PREFIX = "librenms__"
"""Of a recording's name, before the name of its expected file."""


def pairs(folder: Path, wanted: Iterable[str] = ()) -> Iterator[tuple[str, Path | None]]:
    """Recordings and their expected files, None for one that has none; only those that contain a wanted word."""
    words = list(wanted)
    for path in sorted((folder / "snmprec").glob(f"*{SUFFIX}")):
        answer = folder / "expected" / f"{path.stem.removeprefix(PREFIX)}.json"
        if not words or any(word in path.stem for word in words):
            yield path.stem, answer if answer.is_file() else None


def unrecorded(folder: Path) -> Iterator[str]:
    """Expected files of which there is no recording."""
    for path in sorted((folder / "expected").glob("*.json")):
        names = (f"{PREFIX}{path.stem}", path.stem)
        if not any((folder / "snmprec" / f"{name}{SUFFIX}").is_file() for name in names):
            yield path.stem


async def agreements(folder: Path, wanted: Iterable[str] = (), library: Library | None = None) -> list[Agreement]:
    """Every recording collected, and compared where it has an expected file."""
    replay = await Replay(folder / "snmprec").open()
    profiles = library or load()
    try:
        return [await agreement(replay, name, answer, profiles) for name, answer in pairs(folder, wanted)]
    finally:
        replay.close()


async def agreement(replay: Replay, recording: str, answer: Path | None, library: Library) -> Agreement:
    """One recording. What cannot be collected or read is told in `trouble`."""
    trouble: list[str] = []
    document: Mapping[str, Json] = {}
    try:
        document = await collected(replay, recording, library)
    except (TimeoutError, OSError, SnmpError, ValueError) as error:
        trouble.append(f"no collection: {type(error).__name__} {error}".rstrip())
    found = _judged(recording, document, answer)
    found.trouble += trouble
    return found


def _judged(recording: str, document: Mapping[str, Json], answer: Path | None) -> Agreement:
    found = Agreement(recording, str(document.get("profile", "")))
    try:
        return found if answer is None else compare(recording, document, json.loads(answer.read_text("utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        found.trouble.append(f"no expected answers: {error}")
        return found


def table(found: Iterable[Agreement]) -> list[str]:
    """class x agree, total, percent; then by recording."""
    all_ = list(found)
    lines = [f"{'class':<16}{'agree':>8}{'total':>8}{'%':>8}{'excused':>9}{'more':>7}"]
    for of in CLASSES:
        counts = [each.count(of) for each in all_]
        agree, total = sum(count[0] for count in counts), sum(count[1] for count in counts)
        excused = sum(value.of == of and bool(value.excuse) for each in all_ for value in each.values)
        more = sum(each.more.get(of, 0) for each in all_)
        lines.append(f"{of:<16}{agree:>8}{total:>8}{_percent(agree, total):>8}{excused:>9}{more:>7}")
    lines += ["", f"{'recording':<46}{'profile':<22}" + "".join(f"{of[:10]:>12}" for of in CLASSES)]
    for each in all_:
        cells = ("/".join(map(str, each.count(of))) if each.count(of)[1] else "-" for of in CLASSES)
        lines.append(
            f"{each.recording.removeprefix(PREFIX):<46}{each.profile:<22}" + "".join(f"{cell:>12}" for cell in cells)
        )
    return lines


def _percent(agree: int, total: int) -> str:
    return f"{100 * agree / total:.2f}" if total else "-"


def disagreements(found: Iterable[Agreement]) -> Iterator[str]:
    """A line for each value that does not agree and is not excused."""
    for each in found:
        for value in each.values:
            if not value.agrees and not value.excuse:
                where = f"{each.recording.removeprefix(PREFIX)}: {value.of}: {value.key}: {value.what}"
                yield f"{where}: theirs {value.theirs!r} ours {value.ours!r}"


def main(words: list[str]) -> None:
    folder = shared()
    if folder is None:
        sys.exit("no recordings: set CAMPUS_SHARED")
    library = load()
    found = asyncio.run(agreements(folder, words, library))
    troubles = [f"{each.recording}: {why}" for each in found for why in each.trouble]
    told = (problem.render("en") for problem in library.problems)
    lonely = [f"{name}: expected answers without a recording" for name in unrecorded(folder)]
    print(*told, *lonely, *troubles, *disagreements(found), *table(found), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
