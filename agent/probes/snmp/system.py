"""Who the device says it is: the system group (RFC 3418), its SNMP engine (RFC 3411), its host clock (RFC 2790)."""

from __future__ import annotations

from gufo.snmp import SnmpDecodeError, ValueType

from agent.model import Json
from agent.probes.snmp.session import Session, TooLarge
from agent.probes.snmp.uptime import Clocks
from agent.text import clean

_TEXTS = {
    "1.3.6.1.2.1.1.1.0": "sys_descr",
    "1.3.6.1.2.1.1.4.0": "sys_contact",
    "1.3.6.1.2.1.1.5.0": "sys_name",
    "1.3.6.1.2.1.1.6.0": "sys_location",
}
_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
_UPTIME = "1.3.6.1.2.1.1.3.0"
_HOST_UPTIME = "1.3.6.1.2.1.25.1.1.0"
_ENGINE_ID, _ENGINE_BOOTS, _ENGINE_TIME = (f"1.3.6.1.6.3.10.2.1.{number}.0" for number in (1, 2, 3))
_ALL = [_UPTIME, _OBJECT_ID, *_TEXTS, _HOST_UPTIME, _ENGINE_ID, _ENGINE_BOOTS, _ENGINE_TIME]
_ENGINE_ID_MOST = 32

Values = dict[str, ValueType]


class SystemGroup:
    """Reads the group in one GET; learns, once, what a device cannot be asked for in company."""

    __slots__ = ("_asked",)

    def __init__(self) -> None:
        self._asked = list(_ALL)

    async def read(self, session: Session) -> Values:
        """Values by OID. Raises what a request raises; an answer that has nothing is an answer."""
        try:
            found = await session.get(self._asked) if self._asked else {}
        except TooLarge:
            found = {}
        return found or await self._one_by_one(session)

    async def _one_by_one(self, session: Session) -> Values:
        """A version 1 agent gives all or nothing, a small one may find ten too many: ask singly, and remember."""
        found: Values = {}
        large = 0
        for oid in _ALL:
            try:
                value = await session.get_one(oid)
            except TooLarge:
                large += 1
                continue
            if value is not None:
                found[oid] = value
        if large == len(_ALL):
            raise SnmpDecodeError("no value of the system group fits a datagram: garbage")
        self._asked = list(found)
        return found


def facts(values: Values, engine_id: bytes) -> dict[str, Json]:
    """The device's words as clean text, its object id, its engine. `engine_id`: as version 3 itself found it."""
    told: dict[str, Json] = {}
    for oid, name in _TEXTS.items():
        value = values.get(oid)
        if isinstance(value, bytes | str):
            told[name] = clean(value)
    object_id = values.get(_OBJECT_ID)
    if isinstance(object_id, str):
        told["sys_object_id"] = clean(object_id)
    engine = values.get(_ENGINE_ID) or engine_id
    if isinstance(engine, bytes) and 0 < len(engine) <= _ENGINE_ID_MOST:
        told["engine_id"] = engine.hex()
    boots = _whole(values.get(_ENGINE_BOOTS))
    if boots is not None:
        told["engine_boots"] = boots
    return told


def clocks(values: Values, mono: float) -> Clocks:
    """The device's clocks at our monotonic second `mono`."""
    engine = _whole(values.get(_ENGINE_TIME))
    return Clocks(
        mono=mono,
        agent=_ticks(values.get(_UPTIME)),
        host=_ticks(values.get(_HOST_UPTIME)),
        engine=None if engine is None else float(engine),
        boots=_whole(values.get(_ENGINE_BOOTS)),
    )


def _ticks(value: ValueType) -> float | None:
    whole = _whole(value)
    return None if whole is None or whole >= 2**32 else whole / 100


def _whole(value: ValueType) -> int | None:
    return value if type(value) is int and value >= 0 else None
