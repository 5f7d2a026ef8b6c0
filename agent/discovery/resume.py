"""The file that a broken-off discovery leaves: what was found and where it stood. No secrets are in it, only names."""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FORMAT = "campus-agent discover 1"
LONGEST = 256 * 1024 * 1024
"""Bytes of such a file."""


class BadResume(Exception):
    """The file is none of ours, or damaged."""


def save(path: Path, body: Mapping[str, Any], marks: bytes) -> None:
    """Write it whole or not at all, readable by its owner alone. Raises OSError."""
    packed = base64.b64encode(zlib.compress(marks)).decode("ascii")
    text = json.dumps({"format": FORMAT, **body, "marks": packed}, ensure_ascii=False)
    beside = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(path: Path, most: int) -> tuple[dict[str, Any], bytes]:
    """(body, marks) of a saved file; at most so many marks. Raises BadResume and OSError."""
    with path.open("rb") as file:
        raw = file.read(LONGEST + 1)
    try:
        body = json.loads(raw[:LONGEST])
        if body["format"] != FORMAT:
            raise BadResume(path)
        marks = zlib.decompressobj().decompress(base64.b64decode(body.pop("marks")), most + 1)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise BadResume(path) from error
    return body, marks
