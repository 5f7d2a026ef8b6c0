"""Ranges: width kept, counted together, never longer than promised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.inventory import hosts, ranges


@given(st.integers(0, 500), st.integers(1, 60), st.integers(0, 4), st.sampled_from(["", "pc-", "教室"]))
def test_every_member_once_in_order(first: int, count: int, width: int, head: str) -> None:
    start, end = str(first).zfill(width), str(first + count - 1).zfill(width)
    made = [each["id"] for each in ranges.expand({"id": f"{head}[{start}-{end}]x"}, "id")]
    assert [int(text[len(head) : -1]) for text in made] == list(range(first, first + count))
    assert len(made) == len(set(made)) == ranges.count(f"{head}[{start}-{end}]x")
    if start.startswith("0") and len(start) > 1:
        assert all(len(text) >= len(head) + len(start) + 1 for text in made)


@given(st.text(alphabet="[]-0123456789ab", max_size=20))
def test_any_text_is_expanded_or_refused(text: str) -> None:
    try:
        if ranges.count(text) <= 1000:
            assert len(list(ranges.expand({"id": text}, "id"))) == ranges.count(text)
    except ranges.NotARange as wrong:
        assert wrong.key in ("config.range_backwards", "config.range_lengths")


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("198.18.1.1", "198.18.1.1"),
        ("198.18.1.300", None),
        ("198.18.1", None),
        ("01.2.3.4", None),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("0.0.0.0", None),
        ("239.1.1.1", None),
        ("::", None),
        ("Camera-1.School.Example.", "camera-1.school.example"),
        ("nvr_1", "nvr_1"),
        ("-a", None),
        ("a..b", None),
        ("a b", None),
        ("摄像机", None),
        ("x" * 64, None),
        ("a." * 130, None),
        ("198.18.1.1\n", None),
    ],
)
def test_hosts(written: str, host: str | None) -> None:
    assert hosts.host(written) == host


@pytest.mark.parametrize("written", ["00:11:22:AA:bb:cc", "0011-22aa-bbcc", "0011.22aa.bbcc", "001122aabbcc"])
def test_mac(written: str) -> None:
    assert hosts.mac(written) == "00:11:22:aa:bb:cc"
    assert hosts.mac(written[:-1]) is None
