"""Secrets of a file: given inline, by a file or by the environment. No text of one ever enters a message.

The plain text lives in no variable of a frame that an exception could leave: what goes wrong is noted, never raised.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

from agent.config.scalars import BAD
from agent.config.source import Source, Trail, opener, unreadable
from agent.config.tree import Node, Scalar
from agent.model import Secret

LONGEST = 64 * 1024
"""Bytes of the largest secret file (a certificate chain)."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")


def inline(node: Node, trail: Trail, source: Source, base: Any) -> Any:
    """The secret stands in the file itself: taken, with a warning."""
    if not _word(node, trail, source):
        return BAD
    source.warn(node.line, trail, "config.secret.inline", name=trail[1] if trail else "")
    return Secret(node.text) if isinstance(node, Scalar) else BAD


def from_file(node: Node, trail: Trail, source: Source, base: Any) -> Any:
    """The secret is a file's text without its last line end.

    The path is relative to the folder of the file that names it, then to systemd's `$CREDENTIALS_DIRECTORY`.
    """
    if not _word(node, trail, source) or not isinstance(node, Scalar):
        return BAD
    path = _find(node.text, source.folder)
    try:
        with open(path, "rb", opener=opener) as file:
            mode, group = (state := os.fstat(file.fileno())).st_mode, state.st_gid
            if not stat.S_ISREG(mode):
                source.error(node.line, trail, "config.secret.not_a_file", file=str(path))
                return BAD
            raw = file.read(LONGEST + 1)
    except (OSError, ValueError) as wrong:
        source.error(node.line, trail, unreadable(wrong).replace("config.", "config.secret."), file=str(path))
        return BAD
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        source.warn(node.line, trail, "config.secret.world_readable", file=str(path))
    elif mode & (stat.S_IRGRP | stat.S_IWGRP) and group not in (0, os.getegid()):
        # root:campus-agent 0640 is how a packager gives the service its secret; any other group is other people.
        source.warn(node.line, trail, "config.secret.group_readable", file=str(path))
    return _decoded(raw, path, node, trail, source)


def from_environment(node: Node, trail: Trail, source: Source, base: Any) -> Any:
    """The secret is the value of an environment variable."""
    if not _word(node, trail, source) or not isinstance(node, Scalar):
        return BAD
    if not os.environ.get(node.text):
        name = node.text if _VARIABLE.fullmatch(node.text) else "***"
        source.error(node.line, trail, "config.secret.no_variable", name=name)
        return BAD
    return Secret(os.environ[node.text])


def _word(node: Node, trail: Trail, source: Source) -> bool:
    good = isinstance(node, Scalar) and not node.null and node.text != "" and "\0" not in node.text
    if not good:
        source.error(node.line, trail, "config.secret.not_text")
    return good


def _find(name: str, folder: Path) -> Path:
    """Where it can be read; where nowhere, the file that was named. Never raises."""
    here = folder / name
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and not os.access(here, os.R_OK):
        # systemd names the files of a folder FOLDER_FILE (systemd.exec(5), LoadCredential=)
        for spelling in (name, Path(name).name, name.replace("/", "_")):
            there = Path(credentials, spelling)
            if os.access(there, os.R_OK):
                return there
    return here


def _decoded(raw: bytes, path: Path, node: Scalar, trail: Trail, source: Source) -> Any:
    if len(raw) > LONGEST:
        source.error(node.line, trail, "config.secret.too_large", file=str(path))
        return BAD
    body = raw.removesuffix(b"\n").removesuffix(b"\r")
    if not body:
        source.error(node.line, trail, "config.secret.empty", file=str(path))
        return BAD
    try:
        return Secret(body.decode("utf-8"))
    except UnicodeDecodeError:
        source.error(node.line, trail, "config.secret.not_utf8", file=str(path))
        return BAD
