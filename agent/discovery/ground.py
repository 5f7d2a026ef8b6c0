"""The addresses that were asked for: in which order they are looked at, and what is known of each. Pure."""

from __future__ import annotations

import bisect
import ipaddress
import math
from collections.abc import Iterator, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

WIDEST = 65536
"""Addresses that may be asked for without a further word: a /16."""
MOST = 1 << 24
"""Addresses that may be asked for at all."""

UNKNOWN, ALIVE, UNREACHABLE = 0, 1, 2
"""What a mark says of an address: nothing yet; it answered; the last hop before it says that nobody is there."""

_GOLDEN = (math.sqrt(5) - 1) / 2


class WrongRange(ValueError):
    """A word is no CIDR; the word is the argument."""


class TooWide(ValueError):
    """More addresses than allowed; how many is the argument."""


def read_ranges(words: Sequence[str], widest: int = WIDEST) -> tuple[Network, ...]:
    """The networks, overlaps joined, IPv4 first. `198.18.1.7/24` means its whole network, a bare address itself.

    Raises WrongRange and TooWide.
    """
    four: list[ipaddress.IPv4Network] = []
    six: list[ipaddress.IPv6Network] = []
    for word in words:
        try:
            network = ipaddress.ip_network(word.strip(), strict=False)
        except ValueError:
            raise WrongRange(word) from None
        if network.is_multicast or network.is_unspecified or network.network_address.is_multicast:
            raise WrongRange(word)
        if isinstance(network, ipaddress.IPv4Network):
            four.append(network)
        else:
            six.append(network)
    joined: tuple[Network, ...] = (*ipaddress.collapse_addresses(four), *ipaddress.collapse_addresses(six))
    total = sum(network.num_addresses for network in joined)
    if total > min(widest, MOST):
        raise TooWide(total)
    return joined


def strangers(networks: Sequence[Network]) -> tuple[Network, ...]:
    """Those that reach beyond private and documentation addresses (RFC 1918, 4193, 5737, 2544, 6598, 3927)."""
    return tuple(each for each in networks if not (each.is_private or _shared(each)))


def _shared(network: Network) -> bool:
    return isinstance(network, ipaddress.IPv4Network) and network.subnet_of(ipaddress.IPv4Network("100.64.0.0/10"))


class Ground:
    """The hosts of the networks, in an order that visits them far apart, so that no subnet is asked in a burst.

    marks: one byte an address. `ground[k]` is the k-th address of the order.
    """

    def __init__(self, networks: Sequence[Network], marks: bytes | None = None) -> None:
        self.networks = tuple(networks)
        self._first, self._starts, count = [], [], 0
        for network in networks:
            low, size = _hosts(network)
            self._first.append(low)
            self._starts.append(count)
            count += size
        self._count = count
        self._step = _coprime(count)
        self.marks = bytearray(count) if marks is None or len(marks) != count else bytearray(marks)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return (self[k] for k in range(self._count))

    def __getitem__(self, k: int) -> str:
        if not 0 <= k < self._count:
            raise IndexError(k)
        return self._at(k * self._step % self._count)

    def __contains__(self, address: object) -> bool:
        return isinstance(address, str) and self._index(address) is not None

    def mark(self, address: str) -> int:
        """What is known of an address; UNKNOWN for one outside."""
        index = self._index(address)
        return UNKNOWN if index is None else self.marks[index]

    def put(self, address: str, mark: int) -> bool:
        """Note it; False for an address outside. Who answered once is alive for good."""
        index = self._index(address)
        if index is None:
            return False
        if self.marks[index] != ALIVE:
            self.marks[index] = mark
        return True

    def alive(self) -> list[str]:
        """Those that answered, in the order of their numbers."""
        return [self._at(index) for index, mark in enumerate(self.marks) if mark == ALIVE]

    def _at(self, index: int) -> str:
        place = bisect.bisect_right(self._starts, index) - 1
        number = self._first[place] + index - self._starts[place]
        four = self.networks[place].version == 4
        return str(ipaddress.IPv4Address(number) if four else ipaddress.IPv6Address(number))

    def _index(self, address: str) -> int | None:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return None
        for place, network in enumerate(self.networks):
            if found.version == network.version and found in network:
                offset = int(found) - self._first[place]
                return self._starts[place] + offset if 0 <= offset < _hosts(network)[1] else None
        return None


def _hosts(network: Network) -> tuple[int, int]:
    """(first host, how many): without the network's own and its broadcast address (RFC 3021 has both as hosts)."""
    size = network.num_addresses
    if network.version == 4 and size > 2:
        return int(network.network_address) + 1, size - 2
    return int(network.network_address), size


def _coprime(count: int) -> int:
    """A step near the golden section that visits all."""
    step = max(1, round(count * _GOLDEN))
    while math.gcd(step, count) != 1:
        step += 1
    return step
