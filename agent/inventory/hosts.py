"""Addresses as people write them: IPv4, IPv6 or a host name, in one spelling; MAC addresses too."""

from __future__ import annotations

import ipaddress
import re

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.ASCII | re.IGNORECASE)
_MAC = re.compile(r"[0-9a-f]{12}", re.ASCII)


def host(text: str) -> str | None:
    """The address in its shortest spelling, or the host name in small letters; None when it can be neither.

    Four numbers with dots are never a name, so that 198.18.1.300 is a mistake and no DNS query.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        looks_numeric = text.replace(".", "").isdigit()
        return None if looks_numeric or len(text) > 253 or not _NAME.fullmatch(text) else text.lower().rstrip(".")
    return None if address.is_multicast or address.is_unspecified else str(address)


def is_address(text: str) -> bool:
    """An IPv4 or IPv6 address, not a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def mac(text: str) -> str | None:
    """`aa:bb:cc:dd:ee:ff` of any usual writing (`-`, `.`, `:` or nothing between); None when it is no MAC address."""
    digits = re.sub(r"[-.:]", "", text.lower())
    return ":".join(re.findall("..", digits)) if _MAC.fullmatch(digits) else None
