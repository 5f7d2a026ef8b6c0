"""Which addresses are asked, and in which order."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.discovery.ground import ALIVE, UNKNOWN, UNREACHABLE, Ground, TooWide, WrongRange, read_ranges, strangers


def ground(*words: str) -> Ground:
    return Ground(read_ranges(words))


@given(st.integers(22, 32), st.integers(0, 2**32 - 1))
def test_every_host_once(prefix: int, number: int) -> None:
    network = ipaddress.ip_network((number, prefix), strict=False)
    if network.is_multicast or network.network_address == ipaddress.ip_address("0.0.0.0"):
        return
    assert sorted(ground(str(network))) == sorted(map(str, network.hosts()))


def test_the_order_goes_far_apart() -> None:
    one = ground("198.18.0.0/16")
    subnets = [one[k].rsplit(".", 1)[0] for k in range(64)]
    assert len(set(subnets)) > 60


def test_a_bare_address_an_overlap_and_both_families() -> None:
    one = ground("198.18.0.7", "198.18.0.0/30", "198.18.0.2/31", "2001:db8::/126")
    assert len(one) == 1 + 2 + 4
    assert "198.18.0.7" in one and "2001:db8::3" in one
    assert "198.18.0.3" not in one and "2001:db8::4" not in one and "no address" not in one


def test_marks() -> None:
    one = ground("198.18.0.0/29")
    assert one.put("198.18.0.3", ALIVE)
    assert one.put("198.18.0.3", UNREACHABLE)
    assert not one.put("198.18.9.9", ALIVE)
    assert one.mark("198.18.0.3") == ALIVE
    assert one.mark("198.18.0.4") == UNKNOWN
    assert one.alive() == ["198.18.0.3"]
    again = Ground(one.networks, bytes(one.marks))
    assert again.alive() == ["198.18.0.3"]


@pytest.mark.parametrize("word", ["198.18.0.0/33", "school", "224.0.0.0/24", "", "0.0.0.0/0.0.0.0x"])
def test_no_range(word: str) -> None:
    with pytest.raises(WrongRange):
        read_ranges([word])


def test_too_wide() -> None:
    assert len(ground("198.18.0.0/16")) == 65534
    with pytest.raises(TooWide):
        read_ranges(["198.18.0.0/15"])
    with pytest.raises(TooWide):
        read_ranges(["198.18.0.0/16", "10.0.0.0/24"])
    assert read_ranges(["198.18.0.0/15"], 1 << 20)


def test_strangers_are_told() -> None:
    own = read_ranges(["10.0.0.0/24", "192.0.2.0/24", "198.18.0.0/24", "100.64.0.0/24", "fd00::/120", "172.16.9.0/24"])
    assert strangers(own) == ()
    assert [str(each) for each in strangers(read_ranges(["8.8.8.0/24", "10.0.0.0/24"]))] == ["8.8.8.0/24"]
