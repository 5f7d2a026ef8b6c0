"""Bytes from devices become clean text, whatever they are."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from agent.text import LIMIT, clean


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_always_one_clean_line(raw: bytes | str) -> None:
    text = clean(raw)
    assert len(text) <= LIMIT
    assert text == text.strip()
    assert text.encode("utf-8").decode("utf-8") == text
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Co") for char in text)
    assert clean(text) == text


def test_what_devices_say() -> None:
    assert clean("教学楼A".encode()) == "教学楼A"
    assert clean("教学楼A".encode("gb18030")) == "教学楼A"
    assert clean(b"H3C  Comware\r\nSoftware\x00") == "H3C Comware Software"
    assert clean("abc\u202egnp.exe") == "abcgnp.exe"
    assert clean("😀 ok") == "😀 ok"
    assert clean(b"\xff\xfe\xfa") != ""
    assert len(clean("x" * 100_000)) == LIMIT
