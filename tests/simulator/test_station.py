"""SNMP answers as values: order, versions, silence, and nothing that a datagram could do."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.simulator import ber
from agent.simulator.ber import Oid
from agent.simulator.station import MAX_ANSWER, Station
from tests.simulator.given import BOXES, campus, throw

SCHOOL = campus()
SWITCH = Station(SCHOOL, BOXES[1])
IF_NAME: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)


def ask(kind: int, *oids: Oid, version: int = 1, first: int = 0, second: int = 0, community: str = "practice") -> bytes:
    names = b"".join(ber.binding(ber.oid_content(oid), ber.NULL_VALUE) for oid in oids)
    body = ber.integer(77) + ber.integer(first) + ber.integer(second) + ber.tlv(ber.SEQUENCE, names)
    return ber.tlv(ber.SEQUENCE, ber.integer(version) + ber.text(community) + ber.tlv(kind, body))


def names(answer: bytes | None) -> tuple[Oid, ...]:
    assert answer is not None
    return tuple(map(ber.oid_from, ber.read_request(answer).oids))


def walk(version: int) -> list[Oid]:
    seen: list[Oid] = []
    at: Oid = (1, 0)
    while True:
        answer = SWITCH.answer(ask(ber.GETNEXT, at, version=version), 0)
        assert answer is not None
        if ber.read_request(answer).first == ber.NO_SUCH_NAME or b"\x82\x00" in answer[-2:]:
            return seen
        (at,) = names(answer)
        seen.append(at)


def test_a_walk_rises_and_ends() -> None:
    seen = walk(version=1)
    assert seen == sorted(set(seen)) and len(seen) == len(SWITCH.shape)
    assert len([oid for oid in seen if oid[:-1] == IF_NAME]) == 52


def test_version_1_has_no_64_bit_counters() -> None:
    wide, narrow = walk(version=1), walk(version=0)
    missing = {oid[:11] for oid in set(wide) - set(narrow)}
    assert {oid[-1] for oid in missing} == {6, 7, 8, 9, 10, 11, 12, 13}


def test_bulk_is_many_nexts_and_fits_a_frame() -> None:
    answer = SWITCH.answer(ask(ber.GETBULK, IF_NAME, second=20), 0)
    assert names(answer) == tuple((*IF_NAME, index) for index in range(1, 21))
    longest = SWITCH.answer(ask(ber.GETBULK, IF_NAME, second=10_000), 0)
    assert longest is not None and len(longest) < MAX_ANSWER + 60
    beyond = SWITCH.answer(ask(ber.GETBULK, (1, 3, 6, 1, 2, 1, 1, 2), (2, 1), first=1, second=5), 0)
    assert (
        names(beyond) == ((1, 3, 6, 1, 2, 1, 1, 2, 0), (2, 1)) and beyond is not None and beyond.endswith(b"\x82\x00")
    )


def test_silence() -> None:
    oid: Oid = (1, 3, 6, 1, 2, 1, 1, 3, 0)
    assert SWITCH.answer(ask(ber.GET, oid, community="public"), 0) is None
    assert SWITCH.answer(ask(ber.GETBULK, oid, version=0), 0) is None
    assert SWITCH.answer(ask(ber.GET, oid)[:-1], 0) is None
    refused = SWITCH.answer(ask(ber.SET, oid), 0)
    assert refused is not None and ber.read_request(refused).first == ber.NOT_WRITABLE


def test_counters_move_and_stand_still_with_the_link() -> None:
    school = campus()
    switch = Station(school, BOXES[1])
    switch.answer(ask(ber.GET, (1, 3)), 100)
    switch.answer(ask(ber.GET, IF_NAME, community="practice"), 100)
    before = switch.seconds(9)
    throw(school, "power off cam", now=100)
    switch.answer(ask(ber.GET, IF_NAME), 160)
    assert switch.seconds(9) == before and not switch.oper(9) and switch.watts(9) == 0
    assert switch.seconds(17) > before
    throw(school, "cable bad amp", now=160)
    assert switch.errors(17) > 0 and switch.errors(1) == 0


@given(st.integers(-(2**40), 2**64 - 1))
def test_integers_are_shortest_twos_complement(value: int) -> None:
    encoded = ber.integer(value)
    assert int.from_bytes(encoded[2:], "big", signed=True) == value
    assert len(encoded) == 3 or encoded[2:4][0] not in (0, 255) or (encoded[2] ^ encoded[3]) & 0x80


@given(st.tuples(st.sampled_from((0, 1)), st.integers(0, 39)), st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_names_come_back(top: Oid, rest: list[int]) -> None:
    assert ber.oid_from(ber.oid_content((*top, *rest))) == (*top, *rest)


@settings(max_examples=300)
@given(st.binary(max_size=120), st.integers(0, 60), st.integers(0, 255))
def test_no_datagram_breaks_it(junk: bytes, place: int, octet: int) -> None:
    good = bytearray(ask(ber.GETBULK, (1, 3, 6, 1), IF_NAME, second=3))
    good[place % len(good)] = octet
    for datagram in (junk, bytes(good), bytes(good) + junk, bytes(good[: place % len(good)])):
        answer = SWITCH.answer(datagram, 5.0)
        assert answer is None or ber.read_request(answer).kind == ber.RESPONSE
