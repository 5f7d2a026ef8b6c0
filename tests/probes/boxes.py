"""A box written down in a few lines, collected over the wire with the shipped profiles."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from agent.model import Secret
from agent.probes import snmp
from agent.probes.snmp.collect import collect
from agent.probes.snmp.library import Library, load
from agent.probes.snmp.rows import Collection
from agent.probes.snmp.session import Session
from tests.fakes.replay import Replay


@cache
def shipped() -> Library:
    """The shipped profiles, read once for a file of tests."""
    return load()


def lines(values: dict[str, int | str]) -> str:
    """Recorded lines of values by OID: a number is an INTEGER, a text an OCTET STRING."""
    return "".join(f"{oid}|{2 if isinstance(value, int) else 4}|{value}\n" for oid, value in values.items())


async def collected(
    folder: Path,
    values: dict[str, int | str] | str,
    *,
    object_id: str,
    descr: str = "Example",
    more: str = "",
    patience: float = 2.0,
) -> Collection:
    """What is made of the box with these values. more: recorded lines of other sorts. patience: seconds."""
    body = values if isinstance(values, str) else lines(values)
    head = f"1.3.6.1.2.1.1.1.0|4|{descr}\n1.3.6.1.2.1.1.3.0|67|100\n"
    head += f"1.3.6.1.2.1.1.2.0|6|{object_id}\n" if object_id else ""
    (folder / "box.snmprec").write_text(head + body + more, "utf-8")
    replay = await Replay(folder).open()
    credential = snmp.Credential(version="2c", community=Secret("box"))
    try:
        async with Session("127.0.0.1", replay.port, credential, lambda why: None) as session:
            session.patience(patience, 1)
            return await collect(session, shipped())
    finally:
        replay.close()


def sensors(found: Collection) -> dict[str, tuple[str, float, str | None]]:
    """Class, value and state by the OID a sensor is read from."""
    return {each.oid: (each.class_, round(each.value, 4), each.state) for each in found.rows["sensors"]}
