"""The policy: the shipped file, and the user's beneath which it lies."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Collection
from importlib.resources import as_file, files

from agent.alerting.policy import Policy
from agent.calendar import ALWAYS
from agent.config import Loaded, load

SHIPPED = "policy.yaml"
"""The name of the shipped policy in the package."""


def load_policy(path: str | os.PathLike[str] | None, schedules: Collection[str] = (ALWAYS,)) -> Loaded[Policy]:
    """The shipped policy, changed by the file at `path` if there is one.

    What the file does not name stays as shipped; mappings are merged key by key, lists are replaced. `schedules`: the
    names that the inventory knows. `sha256` in the value is that of both files, one after the other.
    """
    names = {"schedule": schedules}
    with as_file(files("agent") / SHIPPED) as shipped:
        base = load(Policy, shipped, base=Policy(), names=names)
    if path is None or base.value is None:
        return _sealed(base, base.sha256)
    own = load(Policy, path, base=base.value, names=names)
    both = hashlib.sha256(f"{base.sha256}{own.sha256}".encode()).hexdigest()
    return _sealed(dataclasses.replace(own, problems=base.problems + own.problems), both)


def _sealed(loaded: Loaded[Policy], sha256: str) -> Loaded[Policy]:
    """The value with its hash in it, which no file may say of itself."""
    value = None if loaded.value is None else dataclasses.replace(loaded.value, sha256=sha256)
    return dataclasses.replace(loaded, value=value, sha256=sha256)
