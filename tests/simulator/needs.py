"""What a test needs of the machine: absent, it skips and says so; in CI it fails."""

from __future__ import annotations

import os
import shutil

import pytest

from agent.simulator.namespace import Lab, NoLab


def absent(what: str) -> None:
    """Skip, or fail where everything ought to be."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is needed in CI")
    pytest.skip(f"{what} is not here")


def program(*names: str) -> None:
    for name in names:
        if shutil.which(name) is None:
            absent(name)


def lab() -> Lab:
    try:
        return Lab.open()
    except NoLab as error:
        absent(f"a network namespace ({error})")
        raise
