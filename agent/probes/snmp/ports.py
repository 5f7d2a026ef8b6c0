"""The port table: ifTable and ifXTable (IF-MIB, RFC 2863) joined by ifIndex."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gufo.snmp import SnmpError, ValueType

from agent.probes.snmp.session import Session
from agent.probes.snmp.walk import GOING_ROUND, Budget, Column, WalkError, column, why_not
from agent.text import clean

_IF = "1.3.6.1.2.1.2.2.1."
_IFX = "1.3.6.1.2.1.31.1.1.1."
UP = 1
_TEXT = 255
"""DisplayString (SIZE (0..255)): what is longer is not a port's name."""


@dataclass(frozen=True, slots=True)
class Port:
    """A row. type: IANAifType.  admin, oper: 1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 notPresent, 7
    lowerLayerDown; 0 not told.  Counters are None when not told, 64 bits wide if `wide`, else 32.
    duplex: half, full or unknown; "" where the box does not tell.
    """

    index: int
    name: str
    descr: str
    alias: str
    type: int
    admin: int
    oper: int
    speed_bps: int
    mac: str
    in_octets: int | None
    out_octets: int | None
    in_errors: int | None
    out_errors: int | None
    in_discards: int | None
    out_discards: int | None
    wide: bool
    duplex: str = ""

    @property
    def shown(self) -> str:
        """What people know it by; a port that has no name at all by its number."""
        return self.name or self.descr or self.alias or str(self.index)


_STATE = {"oper": 8, "admin": 7, "descr": 2, "type": 3, "mac": 6}
_FAULTS = {"in_discards": 13, "in_errors": 14, "out_discards": 19, "out_errors": 20}
_NARROW = {"in_octets": 10, "out_octets": 16}
_WIDE = {"in_wide": 6, "out_wide": 10}
_NAMES = {"name": 1, "alias": 18, "high_speed": 15}

_NO_DUPLEX: Mapping[int, str] = {}

Failures = dict[str, str]
"""Name of a table, and why the rest of it could not be read."""


async def read_ports(
    session: Session, budget: Budget, known: int, duplex: Mapping[int, str] = _NO_DUPLEX
) -> tuple[dict[int, Port], Failures]:
    """Ports by ifIndex, and what could not be read. `known`: how many ports there were last time; `duplex`: of each.

    The 32-bit columns are asked for only where ifXTable has no 64-bit ones, or where these have never counted anything;
    version 1 has no 64-bit values at all. ifSpeed is asked for where a port has no ifHighSpeed.
    A port is what has an ifOperStatus, or is described.
    Raises OSError when the device has gone silent before the first column.
    """
    failed: Failures = {}
    found = await _table(session, budget, _IF, _STATE | _FAULTS, known, failed, "ifTable")
    rows = len(found.get("oper", ()))
    wanted = _NAMES if session.version == "1" else _WIDE | _NAMES
    found |= await _table(session, budget, _IFX, wanted, rows, failed, "ifXTable")
    lacking = {} if len(found.get("in_wide", ())) == rows and _counting(found) else dict(_NARROW)
    if len(found.get("high_speed", ())) < rows:
        lacking["speed"] = 5
    found |= await _table(session, budget, _IF, lacking, rows, failed, "ifTable")
    return _joined(found, duplex), failed


async def _table(
    session: Session, budget: Budget, table: str, columns: dict[str, int], rows: int, failed: Failures, name: str
) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for key, number in columns.items():
        if set(failed.values()) - {GOING_ROUND}:
            break  # what has choked once is not asked for more in this look
        try:
            found[key] = await column(session, f"{table}{number}", budget, rows)
        except (WalkError, TimeoutError, SnmpError) as error:
            failed[name] = why_not(error)
            if failed[name] == GOING_ROUND and isinstance(error, WalkError):
                found[key] = error.found
        rows = rows or len(found.get(key, ()))
    return found


def _counting(found: Mapping[str, Column]) -> bool:
    """Has any 64-bit counter ever moved? Some boxes have the columns and leave them at nought."""
    return any(any(found[name].values()) for name in _WIDE if name in found)


def _joined(found: dict[str, Column], duplex: Mapping[int, str]) -> dict[int, Port]:
    get = {key: column.get for key, column in found.items()}
    empty: Column = {}
    none = empty.get
    name, descr, alias, mac = (get.get(key, none) for key in ("name", "descr", "alias", "mac"))
    type_, admin, speed, high = (get.get(key, none) for key in ("type", "admin", "speed", "high_speed"))
    in_wide, out_wide = get.get("in_wide", none), get.get("out_wide", none)
    in_narrow, out_narrow = get.get("in_octets", none), get.get("out_octets", none)
    in_errors, out_errors = get.get("in_errors", none), get.get("out_errors", none)
    in_discards, out_discards = get.get("in_discards", none), get.get("out_discards", none)
    joined, moving = {}, _counting(found)
    for index, oper in (dict.fromkeys(found.get("descr", {}), 0) | found.get("oper", {})).items():
        wide = type(in_wide(index)) is int and (moving or type(in_narrow(index)) is not int)
        mega = high(index)
        joined[index] = Port(
            index, _text(name(index)), _text(descr(index)), _text(alias(index)), _int(type_(index)),
            _int(admin(index)), _int(oper), mega * 1_000_000 if type(mega) is int else _int(speed(index)),
            _mac(mac(index)),
            _count(in_wide(index) if wide else in_narrow(index)),
            _count(out_wide(index) if wide else out_narrow(index)),
            _count(in_errors(index)), _count(out_errors(index)), _count(in_discards(index)),
            _count(out_discards(index)), wide, duplex.get(index, ""),
        )  # fmt: skip
    return joined


def _int(value: ValueType) -> int:
    return value if type(value) is int else 0


def _count(value: ValueType) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _text(value: ValueType) -> str:
    return clean(value, _TEXT) if isinstance(value, bytes | str) else ""


def _mac(value: ValueType) -> str:
    return value.hex(":") if isinstance(value, bytes) and len(value) == 6 else ""
