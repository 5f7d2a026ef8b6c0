"""Enters namespaces and becomes another program: the little that must happen between fork and exec.

Run as a file (`python -IS enter.py ...`), so it imports the standard library only. `wiring` uses its system calls.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterable

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
NET_BIND_SERVICE, NET_ADMIN, NET_RAW = 10, 12, 13
"""Numbers of capabilities(7)."""

_PR_SET_PDEATHSIG = 1
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_CAPABILITY_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """unshare(2), which Python has only since 3.12. Raises OSError."""
    _checked(_libc.unshare(flags))


def setns(fd: int, kind: int) -> None:
    """setns(2), which Python has only since 3.12. Raises OSError."""
    _checked(_libc.setns(fd, kind))


def keep_capabilities(numbers: Iterable[int]) -> None:
    """Let an ordinary user's program hold these capabilities after exec (capabilities(7), ambient set)."""
    bits = sum(1 << number for number in numbers)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, (ctypes.c_uint32 * 6)(bits, bits, bits, 0, 0, 0)))
    for number in numbers:
        _checked(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, number, 0, 0))


def die_with_parent(parent: int) -> None:
    """SIGTERM when the thread that started us ends; at once when it already has."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0))
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _checked(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def main(argv: list[str]) -> None:
    """`PARENT USER_FD|- NET_FD CAPABILITY,... PROGRAM ARGUMENT...`; comes back only with an exception."""
    parent, user, net, capabilities, *program = argv
    if user != "-":
        setns(int(user), CLONE_NEWUSER)
        os.close(int(user))
    setns(int(net), CLONE_NEWNET)
    os.close(int(net))
    if user != "-":
        keep_capabilities([int(number) for number in capabilities.split(",")])
    die_with_parent(int(parent))
    os.execvp(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
