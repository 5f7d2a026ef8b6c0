"""Whose device it is by the first three bytes of its MAC address: a table as data, and its reader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

_TABLE = Path(__file__).with_name("makers.yaml")

Makers = Mapping[str, str]
"""Six hexadecimal digits, in small letters -> the maker as `boxes.VENDORS` spells it."""


def load_makers() -> Makers:
    """The table: some 4,000 blocks, 40 ms to read. Raises OSError."""
    table: Mapping[str, str] = yaml.safe_load(_TABLE.read_text("utf-8"))
    return {block: maker for maker, blocks in table.items() for block in blocks.split()}


def maker_of(mac: str, makers: Makers) -> str:
    """The maker of `aa:bb:cc:dd:ee:ff`, "" for a stranger and for an address that the box gave itself (IEEE 802, bit
    0x02 of the first byte)."""
    digits = mac.replace(":", "")[:6]
    return "" if len(digits) < 6 or int(digits[:2], 16) & 0x02 else makers.get(digits, "")
