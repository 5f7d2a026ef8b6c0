"""Boxes that answer nonsense: real recordings with columns lost, values moved about, words for none and other types in
their place, and indexes without measure. A collection of them never raises, never takes long, never repeats nonsense.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.model import Json, Secret
from agent.probes.snmp import Credential
from agent.probes.snmp.collect import collect, rows_of, rules, with_totals
from agent.probes.snmp.library import Joined, known
from agent.probes.snmp.rows import CLASSES, Collection, Rows, System
from agent.probes.snmp.session import Session
from agent.probes.snmp.tables import Tables
from agent.probes.snmp.walk import Budget, Tree
from tests.fakes import ber
from tests.fakes.ber import Name
from tests.fakes.replay import SUFFIX, Recording, Replay, load

from .sanity import insane
from .snmp_agreement import shared

SEEDS = range(6)
MOST_LINES = 4_000
"""Of a recording that is mutated here: larger ones say the same more often."""
SECONDS = 10.0

WORDS = (
    ber.tlv(0x81, b""), ber.tlv(ber.OCTETS, b""), ber.tlv(ber.NULL, b""), ber.tlv(ber.OCTETS, b"number 1:invalid"),
    *(ber.integer(number) for number in (2**32 - 1, 2**31 - 1, -(2**31), 65535, -10000, -1)),
    ber.integer(2**64 - 1, ber.COUNTER64), ber.integer(2**32 - 1, ber.GAUGE32), ber.tlv(ber.OCTETS, b"9" * 300),
    ber.tlv(ber.OCTETS, b"\xff\xfe\0"),
    ber.tlv(0x44, b"\x9f\x78\x04\x7f\xc0\x00\x00"), ber.oid((0, 0)),
)  # fmt: skip
"""noSuchInstance, nothing, text of no sense, the ends of the types, the usual sentinels, an Opaque NaN, an OID."""


def mutated(recording: Recording, dice: random.Random) -> Recording:
    """A quarter of the columns lost, a quarter shuffled, a quarter of the values replaced, some indexes far off."""
    columns: dict[Name, list[Name]] = {}
    for name in recording.order:
        columns.setdefault(name[:-1] if len(name) < 13 else name[:11], []).append(name)
    values: dict[Name, bytes] = {}
    for names in columns.values():
        lot = dice.random()
        said = [recording.values[name] for name in names]
        if lot < 0.25 and len(names) > 1:
            continue
        if lot < 0.5:
            dice.shuffle(said)
        for name, value in zip(names, said, strict=True):
            far = lot > 0.9 and dice.random() < 0.2
            place = (*name[:-1], dice.choice((2**31, 2**32 - 1))) if far else name
            values[place] = dice.choice(WORDS) if dice.random() < 0.25 else value
    return Recording(values=values, order=sorted(values))


def chosen() -> Iterator[Path]:
    folder = shared()
    for path in sorted((folder / "snmprec").glob(f"*{SUFFIX}")) if folder else ():
        if path.stat().st_size < MOST_LINES * 30:
            yield path


@pytest.mark.net
async def test_nonsense_of_real_boxes_is_never_repeated() -> None:
    paths = list(chosen())
    if not paths:
        pytest.skip("no recordings: $CAMPUS_SHARED or ../shared")
    replay = await Replay(paths[0].parent).open()
    try:
        for number, path in enumerate(paths):
            recording = load(path)
            dice = random.Random(f"{path.name} {SEEDS[number % len(SEEDS)]}")
            replay.serve("mutant", mutated(recording, dice))
            begun = time.monotonic()
            document = await _collected(replay)
            assert time.monotonic() - begun < SECONDS, path.name
            assert list(insane(document)) == [], path.name
    finally:
        replay.close()


async def _collected(replay: Replay) -> dict[str, Json]:
    session = Session("127.0.0.1", replay.port, Credential(community=Secret("mutant")), lambda why: None)
    async with session:
        session.patience(3.0, 1)
        found = await collect(session, known())
    session.close()
    return found.document()


VALUES = st.one_of(
    st.none(), st.sampled_from((0, -1, 65535, 65534, -10000, 2**31 - 1, -(2**31), 2**32 - 1, 2**64 - 1, 100, 101, 6)),
    st.integers(-(2**31), 2**64 - 1), st.binary(max_size=12),
    st.sampled_from(("1.3.6.1.2.1.25.2.1.2", "192.0.2.1", "")),
    st.sampled_from((b"52 PERCENT", b"10.1", b"-99", b"1e999", b"9" * 200, b"number 1:invalid", b"\0\0\0\0", b"N/A")),
)  # fmt: skip
INDEXES = ("1", "2", "1.1", "1.2", "0", "4294967295", "6.0.17.34.51.68.85", "1.4.192.0.2.1", "3.97.98.99", "1.0.1.0")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_rules_make_sense_of_any_values(data: st.DataObject) -> None:
    """Each shipped profile, its columns filled with anything."""
    profile = data.draw(st.sampled_from(sorted(known().profiles.values(), key=lambda each: each.name)))
    said = data.draw(st.lists(VALUES, min_size=12, max_size=12))
    dice = random.Random(data.draw(st.integers(0, 1000)))
    document = asyncio.run(_made(profile, said, dice))
    assert list(insane(document)) == []


async def _made(profile: Joined, said: list[int | bytes | str | None], dice: random.Random) -> dict[str, Json]:
    asked = [
        column for groups in profile.groups.values() for group in groups for rule in rules(group)
        for column in rule.columns.values()
    ]  # fmt: skip
    oids = {oid for column in asked for oid in column.oids}
    trees: dict[str, Tree] = {
        oid: {index: dice.choice(said) for index in INDEXES if dice.random() < 0.6} for oid in sorted(oids)
    }
    session = Session("127.0.0.1", 9, Credential(), lambda why: None)
    tables = Tables(session, Budget(until=0.0, bulk=1), trees)
    tables.instances.update({oid: dice.choice(said) for oid in sorted(oids)})
    rows: dict[str, Rows] = {of: await rows_of(profile, of, tables) for of in CLASSES}
    return Collection(profile=profile.name, why="", system=System(), rows=with_totals(rows)).document()
