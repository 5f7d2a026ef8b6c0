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
    neighbours: found by local port and remote name; the remote port agrees when it is our port's id or description, or
    either with the other in parentheses, as that system writes it; a MAC however it is punctuated. A neighbour that
    tells no name is called there by its description; a serial number in parentheses behind a CDP name may be left out.
    access points: the controller's totals, exactly; where each node of a cluster tells its own, their sum.
Not compared
    What `EXCUSED` names, row by row, with the reason.

`python -m tests.probes.snmp_agreement [RECORDING ...]` prints the tables and every disagreement.
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

from agent.model import Json, Secret
from agent.probes.snmp import Credential
from agent.probes.snmp.collect import collect
from agent.probes.snmp.library import Library, load
from agent.probes.snmp.session import Session
from tests.fakes.replay import SUFFIX, Replay

CLASSES = ("ports", "sensors", "processors", "memory", "neighbours", "access points")

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Rows of the other system that are not held against us. key: found in the row's key; why: the reason."""

    recording: str
    of: str
    key: str
    why: str


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
        recording="librenms__fs-ruijie_s3410", of="sensors", key="current 1.3.6.1.4.1.52642.1.1.10.2.105.1.1.1.21.",
        why="the MIB's bias current is in microamperes: raw 30516 is 0.0305 A of a laser, not 30.5 A",
    ),
)  # fmt: skip
"""Where the other system is wrong."""


def shared() -> Path | None:
    """The folder of the recordings: $CAMPUS_SHARED, else beside the project; None where there is none."""
    folder = Path(os.environ.get("CAMPUS_SHARED", Path(__file__).parents[3] / "shared")) / "data"
    return folder if (folder / "expected").is_dir() else None


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
    """All comparisons of one recording. more: rows that only we have, by class."""

    recording: str
    profile: str = ""
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
        mine = (each for each in EXCUSED if (each.recording, each.of) == (self.recording, self.of))
        excuse = next((each.why for each in mine if each.key in key), "")
        self.values.append(Value(self.of, key, what, theirs, ours, agrees, "" if agrees else excuse))

    def same(self, key: str, what: str, theirs: object, ours: object) -> None:
        """Compare exactly; what the other system does not have is no comparison."""
        if theirs is not None:
            self.add(key, what, theirs, ours, theirs == ours)


def compare(recording: str, document: Mapping[str, Json], expected: Mapping[str, Any]) -> Agreement:
    """Our `collection` document against the other system's tables."""
    found = Agreement(recording, str(document["profile"]))
    for of, judge in JUDGES.items():
        table = _Table(recording, of)
        found.more[of] = judge(table, document, expected)
        found.values += table.values
    return found


def merged(expected: Mapping[str, Any], module: str, table: str, key: Callable[[Mapping[str, Any]], Any]) -> Rows:
    """The rows of the other system after its first poll."""
    part = expected.get(module) or {}
    rows = {key(row): dict(row) for row in part.get("discovery", {}).get(table, [])}
    poller = part.get("poller")
    for row in poller.get(table, []) if isinstance(poller, dict) else []:
        rows.setdefault(key(row), {}).update({name: value for name, value in row.items() if value is not None})
    return list(rows.values())


# -- ports ------------------------------------------------------------------------------------------------------------

_PORT = {
    "ifOperStatus": "oper", "ifAdminStatus": "admin", "ifSpeed": "speed_bps", "ifInOctets": "in_octets",
    "ifOutOctets": "out_octets", "ifInErrors": "in_errors", "ifOutErrors": "out_errors",
    "ifInDiscards": "in_discards", "ifOutDiscards": "out_discards",
}  # fmt: skip


_COUNTERS = frozenset(_PORT.values()) - {"oper", "admin", "speed_bps"}


def _ports(table: _Table, document: Mapping[str, Any], expected: Mapping[str, Any]) -> int:
    ours = {row["index"]: row for row in document["ports"]}
    theirs = merged(expected, "ports", "ports", lambda row: row["ifIndex"])
    for row in theirs:
        mine, key = ours.pop(row["ifIndex"], None), f"{row['ifIndex']} {row['ifDescr']}"
        got: Mapping[str, Any] = mine or {}
        descr = row["ifDescr"]
        table.same(key, "descr", _squeezed(descr), _squeezed(got.get("descr") or got.get("name")))
        for what, name in (("ifName", "name"), ("ifAlias", "alias")):
            value = _squeezed(row.get(what))
            if value is not None:
                mine_text = _squeezed(got.get(name)) or ""
                filled = value == _squeezed(descr) and not mine_text and mine is not None
                table.add(key, name, value, mine_text, mine_text == value or filled)
        table.same(key, "type", row.get("ifType"), got.get("type"))
        for what, name in _PORT.items():
            value = row.get(what)
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
    states = {
        (row["state_name"], float(row["state_value"])): GENERIC[row["state_generic_value"]]
        for row in (expected.get("sensors") or {}).get("discovery", {}).get("state_indexes", [])
        if row["state_generic_value"] in range(4)
    }
    for row in merged(expected, "sensors", "sensors", lambda row: (row["sensor_class"], row["sensor_oid"])):
        sort, oid = row["sensor_class"], row["sensor_oid"].lstrip(".")
        mine = ours.pop((sort, oid), None)
        key = f"{sort} {oid} {row['sensor_descr']}"
        value = row["sensor_current"]
        got = None if mine is None else mine["value"]
        if value is not None:
            table.add(key, "value", value, got, got is not None and near(float(value), got))
        if sort == "state" and value is not None:
            state = states.get((row["state_name"], float(value)))
            table.same(key, "state", state, None if mine is None else mine["state"])
    return len(ours)


def near(theirs: float, ours: float) -> bool:
    """Equal but for the rounding of a stored value."""
    return abs(theirs - ours) <= max(0.011, 0.006 * abs(theirs))


# -- processors and memory --------------------------------------------------------------------------------------------


def _processors(table: _Table, document: Mapping[str, Any], expected: Mapping[str, Any]) -> int:
    theirs = merged(expected, "processors", "processors", lambda row: (row["processor_type"], row["processor_index"]))
    rows = [(row["processor_index"], row["processor_descr"], row["processor_usage"]) for row in theirs]
    ours: Rows = list(document["processors"])
    for (index, descr, usage), mine in zip(rows, _matched(rows, ours), strict=True):
        got = None if mine is None else mine["percent"]
        table.add(f"{index} {descr}", "percent", usage, got, got is not None and abs(got - usage) <= 1)
    return len(ours)


def _memory(table: _Table, document: Mapping[str, Any], expected: Mapping[str, Any]) -> int:
    theirs = merged(expected, "mempools", "mempools", lambda row: (row["mempool_type"], row["mempool_index"]))
    rows = [(row["mempool_index"], row["mempool_descr"], row["mempool_perc"]) for row in theirs]
    ours: Rows = list(document["memory"])
    for row, mine in zip(theirs, _matched(rows, ours), strict=True):
        got: Mapping[str, Any] = mine or {}
        key, percent = f"{row['mempool_index']} {row['mempool_descr']}", got.get("percent")
        table.add(
            key,
            "percent",
            row["mempool_perc"],
            percent,
            percent is not None and abs(percent - row["mempool_perc"]) <= 1,
        )
        total = row["mempool_total"]
        if total and total != 100:  # 100 is that system's word for a pool of which only the percentage is known
            size = got.get("total_bytes")
            table.add(key, "total", total, size, size is not None and abs(size - total) <= total / 100)
    return len(ours)


def _matched(theirs: list[tuple[str, str, float]], ours: Rows) -> list[dict[str, Any] | None]:
    """Our row of each of theirs, taken out of ours: by index, else by description, else by the percentage."""
    found: list[dict[str, Any] | None] = [None] * len(theirs)
    tests: tuple[Callable[[tuple[str, str, float], Mapping[str, Any]], bool], ...] = (
        lambda row, mine: str(row[0]) == mine["index"],
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
    links = (expected.get("discovery-protocols") or {}).get("discovery", {}).get("links", [])
    for link in links:
        locals_ = {_squeezed(link.get(name)) for name in ("ifName", "ifDescr", "ifAlias")} - {None, ""}
        name = _squeezed(link["remote_hostname"]) or ""
        mine = next((row for row in ours if row["local_port"] in locals_ and _same_host(name, row)), None)
        if mine is not None:
            ours.remove(mine)
        got: Mapping[str, Any] = mine or {}
        key = f"{link['protocol']} {link['ifName']} {name}"
        table.same(key, "protocol", link["protocol"], got.get("protocol"))
        table.add(key, "local_port", link["ifName"], got.get("local_port"), mine is not None)
        table.add(key, "remote_name", name, got.get("remote_name"), mine is not None)
        port = _squeezed(link["remote_port"])
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

TOTALS = {
    ("ap-count", "Total APs"): "aps", ("ap-count", "AP Count"): "aps", ("ap-count", "Connected APs"): "aps_up",
    ("clients", "Total Clients"): "clients", ("clients", "Client Count"): "clients",
    ("clients", "System Total"): "clients", ("clients", "System Total:"): "clients",
    ("clients", "Clients: Total"): "clients", ("clients", "Clients"): "clients",
}  # fmt: skip
"""Which of the other system's wireless sensors are totals of a controller, and ours of the same."""


def _access_points(table: _Table, document: Mapping[str, Any], expected: Mapping[str, Any]) -> int:
    rows = merged(
        expected,
        "wireless",
        "wireless_sensors",
        lambda row: (row["sensor_class"], row["sensor_type"], row["sensor_index"]),
    )
    told: dict[tuple[str, str], float | None] = {}
    for row in rows:
        name, value = (row["sensor_class"], row["sensor_descr"]), row["sensor_current"]
        if name in TOTALS and value is not None:
            told[name] = (told.get(name) or 0) + value
    for (sort, descr), value in told.items():
        total = TOTALS[sort, descr]
        table.same(f"{sort} {descr}", total, value, document["totals"].get(total))
    return 0


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


def pairs(folder: Path, wanted: Iterable[str] = ()) -> Iterator[tuple[str, Path]]:
    """Recordings that have an expected file, by name; only those that contain a wanted word."""
    words = list(wanted)
    for path in sorted((folder / "expected").glob("*.json")):
        name = f"librenms__{path.stem}"
        if (folder / "snmprec" / f"{name}{SUFFIX}").is_file() and (not words or any(word in name for word in words)):
            yield name, path


async def agreements(folder: Path, wanted: Iterable[str] = (), library: Library | None = None) -> list[Agreement]:
    """Every recording that has an expected file, collected and compared."""
    replay = await Replay(folder / "snmprec").open()
    profiles = library or load()
    found = []
    try:
        for name, path in pairs(folder, wanted):
            document = await collected(replay, name, profiles)
            found.append(compare(name, document, json.loads(path.read_text("utf-8"))))
    finally:
        replay.close()
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
        lines.append(f"{each.recording[10:]:<46}{each.profile:<22}" + "".join(f"{cell:>12}" for cell in cells))
    return lines


def _percent(agree: int, total: int) -> str:
    return f"{100 * agree / total:.2f}" if total else "-"


def disagreements(found: Iterable[Agreement]) -> Iterator[str]:
    """A line for each value that does not agree and is not excused."""
    for each in found:
        for value in each.values:
            if not value.agrees and not value.excuse:
                where = f"{each.recording[10:]}: {value.of}: {value.key}: {value.what}"
                yield f"{where}: theirs {value.theirs!r} ours {value.ours!r}"


def main(words: list[str]) -> None:
    folder = shared()
    assert folder is not None, "no recordings: set CAMPUS_SHARED"
    library = load()
    found = asyncio.run(agreements(folder, words, library))
    print(*(problem.render("en") for problem in library.problems), *disagreements(found), *table(found), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
