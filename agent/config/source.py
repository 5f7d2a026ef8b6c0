"""One file while it is read: its bytes, its name in messages, and the list of what is wrong with it."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from agent.config.problem import Loaded, Problem, Severity

T = TypeVar("T")

LIMIT = 20 * 1024 * 1024
"""Bytes of the largest file that is read."""

MANY = 1000
"""Problems kept of one file; more are only counted."""

Trail: TypeAlias = "tuple[Trail, str | int] | None"
"""The way to a place in the file, the last step outermost: `((None, "devices"), 3)`."""


def spell(trail: Trail) -> str:
    """`devices[3].parent.device`."""
    steps: list[str] = []
    while trail is not None:
        trail, step = trail
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    return "".join(reversed(steps)).removeprefix(".")


class Source:
    """Collects the problems of one file.

    names: what an `agent.units.Reference` may name, by what it is (`schedule` -> their names).
    """

    def __init__(self, file: str | os.PathLike[str], names: Mapping[str, Collection[str]] | None = None) -> None:
        self.file = os.fspath(file)
        self.folder = Path(file).parent
        self.names = names or {}
        self.sha256 = ""
        self._problems: list[Problem] = []
        self._seen: set[tuple[int, str, str, str]] = set()
        self._more = 0
        self.errors = 0

    def error(self, line: int, trail: Trail, key: str, /, near: str = "", **args: Any) -> None:
        """Note what keeps the file from being used."""
        self.errors += 1
        self._note(Severity.ERROR, line, trail, key, near, args)

    def warn(self, line: int, trail: Trail, key: str, /, near: str = "", **args: Any) -> None:
        """Note what is only unwise."""
        self._note(Severity.WARNING, line, trail, key, near, args)

    def _note(self, severity: Severity, line: int, trail: Trail, key: str, near: str, args: Mapping[str, Any]) -> None:
        path = spell(trail)
        mark = (line, path, key, repr(args))
        if mark in self._seen:
            return
        if len(self._seen) >= MANY:
            self._more += 1
            return
        self._seen.add(mark)
        self._problems.append(
            Problem(file=self.file, line=line, path=path, key=key, args=args, near=near, severity=severity)
        )

    def loaded(self, value: T | None) -> Loaded[T]:
        """The end of reading: the value if nothing was an error, the problems in the order of the file."""
        problems = sorted(self._problems, key=lambda problem: problem.line)
        if self._more:
            severity = Severity.ERROR if self.errors else Severity.WARNING
            args = {"count": self._more}
            problems.append(Problem(file=self.file, line=0, path="", key="config.more", args=args, severity=severity))
        return Loaded(value=None if self.errors else value, problems=tuple(problems), sha256=self.sha256)

    def text(self) -> str | None:
        """The file's text, UTF-8 with or without a byte order mark; None after noting why not."""
        raw = self._bytes()
        if raw is None:
            return None
        self.sha256 = hashlib.sha256(raw).hexdigest()
        if len(raw) > LIMIT:
            self.error(0, None, "config.too_large", limit=LIMIT // 1024 // 1024)
            return None
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as wrong:
            self.error(raw.count(b"\n", 0, wrong.start) + 1, None, "config.not_utf8")
            return None

    def _bytes(self) -> bytes | None:
        try:
            with open(self.file, "rb", opener=opener) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    self.error(0, None, "config.not_a_file")
                    return None
                return file.read(LIMIT + 1)
        except (OSError, ValueError) as wrong:
            self.error(0, None, unreadable(wrong))
            return None


def unreadable(wrong: OSError | ValueError) -> str:
    """The key of the sentence that says why a file cannot be read."""
    reasons = {
        errno.ENOENT: "missing_file", errno.ENOTDIR: "missing_file", errno.EISDIR: "not_a_file",
        errno.EACCES: "no_right", errno.EPERM: "no_right",
    }  # fmt: skip
    return "config." + reasons.get(getattr(wrong, "errno", None) or 0, "unreadable")


def opener(path: str, flags: int) -> int:
    """Never waits for the other end of a pipe."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
