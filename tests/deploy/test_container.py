"""The container's files agree with the rest of deploy/; no image is built here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.given import CHECKOUT, DEPLOY

CONTAINER = DEPLOY / "container"
LINES = (CONTAINER / "Containerfile").read_text("utf-8").splitlines()


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((CONTAINER / "compose.yml").read_text("utf-8"))["services"]
    return found


def test_its_steps_are_the_installers() -> None:
    runs = [line for line in LINES if line.startswith("RUN ")]
    assert len(runs) == 2 and runs[1].startswith("RUN /src/deploy/install.sh ")
    for line in LINES:
        if line.startswith("COPY "):
            assert all((CHECKOUT / name).exists() for name in line.split()[1:-1])
    assert "USER campus-agent" in LINES


def test_every_folder_that_is_mounted_is_there() -> None:
    binds = [volume for service in services().values() for volume in service["volumes"] if volume.startswith(".")]
    assert len(binds) >= 6
    for bind in binds:
        assert (CONTAINER / bind.split(":")[0]).exists(), bind


def test_the_scraper_knows_its_neighbours() -> None:
    for path in (CONTAINER / "targets").glob("*.yml"):
        host = yaml.safe_load(path.read_text("utf-8"))[0]["targets"][0].split(":")[0]
        assert host in services()
    names = {path.name for path in (CONTAINER / "targets").iterdir()}
    assert names == {path.name for path in (DEPLOY / "prometheus" / "targets").iterdir()}


def test_no_page_is_open_to_the_network_and_nothing_may_more_than_it_needs() -> None:
    for service in services().values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert re.fullmatch(r"[a-z-]+|[a-z-]+/[a-z-]+:v?[\d.]+", service["image"]), "a version, and no registry's name"
    agent = services()["campus-agent"]
    assert agent["cap_drop"] == ["ALL"] and "cap_add" not in agent and agent["read_only"]
    assert Path(agent["volumes"][0].split(":")[1]) == Path("/var/lib/campus-agent")
