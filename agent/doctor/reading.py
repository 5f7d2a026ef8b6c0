"""What the doctor reads of this machine: values, no judgement. Nothing here waits longer than it says."""

from __future__ import annotations

import errno
import os
import pwd
import queue
import shutil
import socket
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from agent.doctor.data import Folder

RESOLVE_SECONDS = 5.0
"""For all names together."""
_ICMP6 = 58


def kernel_number(name: str) -> int | None:
    """A value under /proc/sys, `net.core.rmem_max`; None where the kernel shows none here."""
    try:
        return int(Path("/proc/sys", *name.split(".")).read_text())
    except (OSError, ValueError):
        return None


def opens(kind: socket.SocketKind) -> str:
    """ "" when this process may open an ICMP socket of that kind, else the error's name."""
    try:
        socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return ""


def folder(path: Path) -> Folder:
    """The data directory as this user finds it."""
    user = pwd.getpwuid(os.geteuid()).pw_name if _has_name(os.geteuid()) else str(os.geteuid())
    try:
        found = path.stat()
    except OSError:
        above = next((parent for parent in path.absolute().parents if parent.exists()), Path("/"))
        return Folder(path=str(path), exists=False, writable=os.access(above, os.W_OK | os.X_OK), user=user)
    return Folder(
        path=str(path),
        exists=True,
        writable=os.access(path, os.W_OK | os.X_OK),
        mode=found.st_mode & 0o777,
        owner=pwd.getpwuid(found.st_uid).pw_name if _has_name(found.st_uid) else str(found.st_uid),
        user=user,
        free=shutil.disk_usage(path).free,
    )


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def newest(path: Path) -> int | None:
    """When the youngest file of a folder was written, ms; None for no file."""
    try:
        return max((file.stat().st_mtime_ns // 1_000_000 for file in path.iterdir()), default=None)
    except OSError:
        return None


def written(path: Path) -> int:
    """When a file was last written, ms; 0 where it is gone."""
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except OSError:
        return 0


def resolved(names: Iterable[str], seconds: float = RESOLVE_SECONDS) -> dict[str, bool | None]:
    """Whether each name resolves; None for those that nobody answered for within `seconds`, for all together.

    The threads are daemons: a resolver that is a black hole keeps them, not us.
    """
    answers: queue.Queue[tuple[str, bool]] = queue.Queue()
    found: dict[str, bool | None] = dict.fromkeys(names)
    for name in found:
        threading.Thread(target=_resolve, args=(name, answers), daemon=True).start()
    until = time.monotonic() + seconds
    for _ in found:
        try:
            name, good = answers.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        found[name] = good
    return found


def _resolve(name: str, answers: queue.Queue[tuple[str, bool]]) -> None:
    try:
        answers.put((name, bool(socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM))))
    except (OSError, UnicodeError):
        answers.put((name, False))


def listens(host: str, port: int) -> str:
    """ "" when a socket can listen there now, else why not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
    except OSError as error:
        return error.strerror or str(error)
    return ""
