"""What an error of this machine's own kernel means for a look: the device's silence, or our own blindness."""

from __future__ import annotations

import errno

from agent.model import Outcome

_FAILED = {
    errno.ETIMEDOUT: "timeout",
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.EPIPE: "reset",
}


def classify(error: OSError) -> tuple[Outcome, str]:
    """Outcome and reason of an OSError met while looking.

    Failed for what only the far side can cause; everything else (ENETUNREACH, EPERM, ENOBUFS, EMFILE ...) means that
    this machine could not look: unknown, `local_error:<ERRNO>`.
    """
    number = error.errno
    if isinstance(error, TimeoutError) and number is None:
        return Outcome.FAILED, "timeout"
    if number in _FAILED:
        return Outcome.FAILED, _FAILED[number]
    return Outcome.UNKNOWN, local(number)


def local(number: int | None) -> str:
    """The reason of a look that this machine could not make: `local_error:ENOBUFS`."""
    return f"local_error:{errno.errorcode.get(number or 0, 'unknown')}"
