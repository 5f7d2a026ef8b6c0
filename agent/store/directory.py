"""The data directory: what lies in it, and the lock that lets one agent own it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import time
from pathlib import Path
from types import TracebackType

from agent.model import Ms
from agent.store.errors import AlreadyRunning

_TRIES, _PAUSE = 10, 0.02
"""A reader that peeks holds the lock for a moment; 0.2 s of trying outlasts it."""

_COPY = "campus-" + "[0-9]" * 8 + ".db"


class DataDirectory:
    """A folder of one agent. Made with mode 0700 where it is missing; one that is there keeps its mode."""

    def __init__(self, path: str | Path, *, create: bool = True) -> None:
        self.path = Path(path)
        if create:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def database(self) -> Path:
        return self.path / "campus.db"

    def keeper(self) -> str:
        """The user whom the directory belongs to, where a person has to become him to work in it, else "".

        That is another user than this process's, or one who cannot log in: a service's.
        """
        try:
            owner = pwd.getpwuid(self.path.stat().st_uid)
        except (OSError, KeyError):
            return ""
        locked = owner.pw_shell.endswith(("/nologin", "/false"))
        return owner.pw_name if locked or owner.pw_uid != os.geteuid() else ""

    @property
    def backups(self) -> Path:
        """Where the daily copies lie."""
        return self.path / "backups"

    @property
    def pictures(self) -> Path:
        """Where the small pictures of cameras lie, for as long as policy lets them."""
        return self.path / "pictures"

    def copies(self) -> tuple[Path, ...]:
        """The daily copies, the newest first: by their names, which say their day."""
        return tuple(sorted(self.backups.glob(_COPY), reverse=True))

    def newest_copy(self) -> Path | None:
        return next(iter(self.copies()), None)

    @property
    def socket(self) -> Path:
        return self.path / "agent.sock"

    @property
    def lock_file(self) -> Path:
        return self.path / "agent.lock"

    def lock(self, *, since: Ms, listen: str = "") -> Lock:
        """Own the directory until the lock is released or the process ends, however it ends.

        since: when this agent started. Raises AlreadyRunning, naming the owner.
        """
        fresh = not self.lock_file.exists()
        descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        if fresh:
            give(self.lock_file, self.path)
        try:
            _take(descriptor)
        except BlockingIOError:
            os.close(descriptor)
            pid, started, _ = self._written()
            raise AlreadyRunning(pid, started) from None
        lock = Lock(self, descriptor, since)
        lock.note(listen)
        return lock

    def owner(self) -> tuple[int, Ms | None, str] | None:
        """`(pid, since, listen)` of the agent that owns the directory now, or None; takes nothing from anybody."""
        try:
            descriptor = os.open(self.lock_file, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._written()
        finally:
            os.close(descriptor)
        return None

    def _written(self) -> tuple[int, Ms | None, str]:
        for _ in range(_TRIES):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                note = json.loads(self.lock_file.read_bytes())
                return int(note["pid"]), int(note["since"]), str(note["listen"])
            time.sleep(_PAUSE)  # The owner has locked and not written yet.
        return 0, None, ""


class Lock:
    """The directory is ours. A context manager; leaving it releases."""

    def __init__(self, directory: DataDirectory, descriptor: int, since: Ms) -> None:
        self.directory = directory
        self.since = since
        self._descriptor = descriptor

    @property
    def held(self) -> bool:
        return self._descriptor >= 0

    def note(self, listen: str) -> None:
        """Write who we are, and where we listen, for those who ask."""
        note = json.dumps({"pid": os.getpid(), "since": self.since, "listen": listen}).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, note, 0)

    def release(self) -> None:
        """Let go. The file stays: removing it would let two agents lock two files of one name."""
        if self.held:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def give(file: Path, like: Path) -> None:
    """The file belongs to whom `like` belongs from now on; only root can, and so only root has to."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _take(descriptor: int) -> None:
    for _ in range(_TRIES - 1):
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
    return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
