"""YAML -> typed values. Every mistake at once, as `file:line: path: what`, with what was perhaps meant.

`load(Settings, path)` reads a file into a frozen dataclass by its type hints (`reader` lists what they may be);
`open_file` gives the tree for those who must look across values, as `inventory` does. Nothing here raises for what a
file says: a `Loaded` holds the value or the problems.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TypeVar

from agent.config.problem import Loaded, Problem, Severity, near, shown
from agent.config.reader import BAD, Raw, read
from agent.config.source import Source
from agent.config.tree import Node, parse

__all__ = ["BAD", "Loaded", "Problem", "Raw", "Severity", "Source", "load", "near", "open_file", "read", "shown"]

T = TypeVar("T")


def open_file(
    path: str | os.PathLike[str], names: Mapping[str, Collection[str]] | None = None
) -> tuple[Source, Node | None]:
    """The file's tree, None after noting in the source why there is none."""
    source = Source(path, names)
    text = source.text()
    return source, None if text is None else parse(text, source)


def load(
    cls: type[T],
    path: str | os.PathLike[str],
    *,
    base: T | None = None,
    names: Mapping[str, Collection[str]] | None = None,
) -> Loaded[T]:
    """Read a file into a frozen dataclass.

    base: a value that the file only changes: what it does not name stays, mappings are merged key by key.
    names: what an `agent.units.Reference` may name, by its sort.
    """
    source, node = open_file(path, names)
    value = BAD if node is None else read(cls, node, source, None, base)
    return source.loaded(None if value is BAD else value)
