"""Rules, dashboards and configurations without a server: judged by promtool and amtool, and by what they promise."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.given import DEPLOY
from tests.simulator import needs

RULES = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))


def tool(*words: str | Path) -> None:
    needs.program(str(words[0]))
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.net
def test_promtool_likes_the_rules() -> None:
    tool("promtool", "check", "rules", *RULES)
    tool("promtool", "check", "config", DEPLOY / "prometheus" / "prometheus.yml")


@pytest.mark.net
def test_the_rules_do_what_their_tests_say() -> None:
    tool("promtool", "test", "rules", *sorted((DEPLOY / "prometheus" / "tests").glob("*.yml")))


@pytest.mark.net
def test_amtool_likes_the_configuration() -> None:
    tool("amtool", "check-config", DEPLOY / "alertmanager" / "alertmanager.yml")


def alerts() -> list[dict[str, Any]]:
    groups = (group for path in RULES for group in yaml.safe_load(path.read_text("utf-8"))["groups"])
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def test_every_alert_speaks_both_languages_and_is_tested() -> None:
    tested = "".join(path.read_text("utf-8") for path in (DEPLOY / "prometheus" / "tests").glob("*.yml"))
    for alert in alerts():
        words = alert["annotations"]
        assert words["summary"] != words["summary_en"]
        assert words["summary_en"].isascii()
        assert ("description" in words) == ("description_en" in words)
        assert alert["labels"]["severity"] in {"critical", "warning", "info", "none"}
        assert alert["alert"] in tested or alert["alert"].startswith("CampusCalendar")


def test_the_contracts_steps_are_there() -> None:
    steps = {alert["alert"]: alert["expr"].split("} ", 1)[1] for alert in alerts() if "clock_used" in alert["expr"]}
    assert [expr for name, expr in steps.items() if "Response" in name] == [">= 1 / 3 < 2 / 3", ">= 2 / 3 < 1", ">= 1"]
    assert [expr for name, expr in steps.items() if "Repair" in name] == [
        ">= 0.5 < 0.75", ">= 0.75 < 0.9", ">= 0.9 < 1", ">= 1",
    ]  # fmt: skip


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_can_be_provisioned(path: Path) -> None:
    board = json.loads(path.read_text("utf-8"))
    assert board["uid"] == path.stem and "campus-agent" in board["tags"]
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in panels)
    assert all(" · " in panel["title"] or "· " in panel["title"] for panel in panels)
    for one, other in itertools.combinations([panel["gridPos"] for panel in panels], 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart_x or apart_y, (one, other)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
