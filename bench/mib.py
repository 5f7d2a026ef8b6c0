"""The 32 columns of ifTable and ifXTable (RFC 2863) that the bench's switches serve, with their values.

Left out: the four columns RFC 2863 deprecates in ifTable, and of ifXTable the 32-bit multicast and broadcast counters
and ifCounterDiscontinuityTime; 48 ports make 1,536 values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

PORTS = 48
IF_TABLE = "1.3.6.1.2.1.2.2.1"
IF_X_TABLE = "1.3.6.1.2.1.31.1.1.1"

Value = int | bytes
Make = Callable[[int, int], Value]
"""The value of a port (from 1) after so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """syntax: its SMI type (RFC 2578); shown: its type in snmp_exporter's configuration."""

    name: str
    oid: str
    syntax: str
    shown: str
    make: Make


def _gauge(value: int) -> Make:
    return lambda port, age: value


def _counter(rate: int) -> Make:
    return lambda port, age: (port * 1_000_003 + age * rate * port) % 2**32


def _wide(rate: int) -> Make:
    return lambda port, age: port * 10_000_000_019 + age * rate * port


def _text(form: str) -> Make:
    return lambda port, age: (form % port).encode()


def _mac(port: int, age: int) -> Value:
    return bytes((0x00, 0x00, 0x5E, 0x00, 0x53, port))


_ROWS: tuple[tuple[str, str, str, str, Make], ...] = (
    ("ifIndex", f"{IF_TABLE}.1", "Integer32", "gauge", lambda port, age: port),
    ("ifDescr", f"{IF_TABLE}.2", "OctetString", "DisplayString", _text("GigabitEthernet1/0/%d")),
    ("ifType", f"{IF_TABLE}.3", "Integer32", "gauge", _gauge(6)),
    ("ifMtu", f"{IF_TABLE}.4", "Integer32", "gauge", _gauge(1500)),
    ("ifSpeed", f"{IF_TABLE}.5", "Gauge32", "gauge", _gauge(1_000_000_000)),
    ("ifPhysAddress", f"{IF_TABLE}.6", "OctetString", "PhysAddress48", _mac),
    ("ifAdminStatus", f"{IF_TABLE}.7", "Integer32", "gauge", _gauge(1)),
    ("ifOperStatus", f"{IF_TABLE}.8", "Integer32", "gauge", lambda port, age: 1 if port % 3 else 2),
    ("ifLastChange", f"{IF_TABLE}.9", "TimeTicks", "gauge", _gauge(4711)),
    ("ifInOctets", f"{IF_TABLE}.10", "Counter32", "counter", _counter(90_001)),
    ("ifInUcastPkts", f"{IF_TABLE}.11", "Counter32", "counter", _counter(97)),
    ("ifInDiscards", f"{IF_TABLE}.13", "Counter32", "counter", _gauge(0)),
    ("ifInErrors", f"{IF_TABLE}.14", "Counter32", "counter", _gauge(0)),
    ("ifInUnknownProtos", f"{IF_TABLE}.15", "Counter32", "counter", _gauge(0)),
    ("ifOutOctets", f"{IF_TABLE}.16", "Counter32", "counter", _counter(150_001)),
    ("ifOutUcastPkts", f"{IF_TABLE}.17", "Counter32", "counter", _counter(151)),
    ("ifOutDiscards", f"{IF_TABLE}.19", "Counter32", "counter", _gauge(0)),
    ("ifOutErrors", f"{IF_TABLE}.20", "Counter32", "counter", _gauge(0)),
    ("ifName", f"{IF_X_TABLE}.1", "OctetString", "DisplayString", _text("GE1/0/%d")),
    ("ifHCInOctets", f"{IF_X_TABLE}.6", "Counter64", "counter", _wide(90_001)),
    ("ifHCInUcastPkts", f"{IF_X_TABLE}.7", "Counter64", "counter", _wide(97)),
    ("ifHCInMulticastPkts", f"{IF_X_TABLE}.8", "Counter64", "counter", _wide(3)),
    ("ifHCInBroadcastPkts", f"{IF_X_TABLE}.9", "Counter64", "counter", _wide(5)),
    ("ifHCOutOctets", f"{IF_X_TABLE}.10", "Counter64", "counter", _wide(150_001)),
    ("ifHCOutUcastPkts", f"{IF_X_TABLE}.11", "Counter64", "counter", _wide(151)),
    ("ifHCOutMulticastPkts", f"{IF_X_TABLE}.12", "Counter64", "counter", _wide(7)),
    ("ifHCOutBroadcastPkts", f"{IF_X_TABLE}.13", "Counter64", "counter", _wide(11)),
    ("ifLinkUpDownTrapEnable", f"{IF_X_TABLE}.14", "Integer32", "gauge", _gauge(1)),
    ("ifHighSpeed", f"{IF_X_TABLE}.15", "Gauge32", "gauge", _gauge(1000)),
    ("ifPromiscuousMode", f"{IF_X_TABLE}.16", "Integer32", "gauge", _gauge(2)),
    ("ifConnectorPresent", f"{IF_X_TABLE}.17", "Integer32", "gauge", _gauge(1)),
    ("ifAlias", f"{IF_X_TABLE}.18", "OctetString", "DisplayString", _text("room 3%02d")),
)
COLUMNS = tuple(Column(name=n, oid=o, syntax=y, shown=s, make=m) for n, o, y, s, m in _ROWS)
VALUES = len(COLUMNS) * PORTS
