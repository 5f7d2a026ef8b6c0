"""The credentials that a file names, whether or not it has devices already: for discovery, before there is a list."""

from __future__ import annotations

import os
from collections.abc import Mapping

from agent.config import Loaded, Raw, open_file, tree
from agent.config.reader import wrong_type
from agent.inventory.protocols import Login, read_credentials
from agent.probes import PROBES
from agent.probes.base import Kind

Logins = Mapping[str, Mapping[str, Login]]


def load_logins(path: str | os.PathLike[str], kinds: Mapping[str, Kind] = PROBES) -> Loaded[Logins]:
    """By name, then by protocol. The rest of the file is not looked at."""
    source, node = open_file(path)
    if node is None:
        return source.loaded(None)
    if not isinstance(node, tree.Mapping):
        wrong_type(node, None, source, "mapping")
        return source.loaded(None)
    child = node.fields.get("credentials")
    raw = None if child is None else Raw(child, (None, "credentials"), source)
    logins: Logins = read_credentials(raw, kinds, source)
    return source.loaded(logins)
