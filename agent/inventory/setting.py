"""Everything that files say, read together: the configuration and the files that it names. All mistakes at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.alerting.frame import Frame, build
from agent.alerting.policy import Policy
from agent.alerting.roster import Roster
from agent.calendar import WorkCalendar
from agent.config import Loaded, Problem, Severity
from agent.config.agentfile import AgentFile, load_agent_file
from agent.config.webfile import WebFile, load_web_file
from agent.inventory.calendarfile import load_calendar
from agent.inventory.policyfile import load_policy
from agent.inventory.reading import load_inventory
from agent.inventory.rosterfile import load_roster
from agent.inventory.value import Inventory
from agent.probes import PROBES

PLACES = (Path("inventory.yaml"), Path("/etc/campus-agent/inventory.yaml"))
"""Where `run` and `check` look for an inventory that nobody named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The values of one reading of all files."""

    agent: AgentFile
    web: WebFile
    inventory: Inventory
    policy: Policy
    calendar: WorkCalendar
    roster: Roster


class NoInventory(Exception):
    """No inventory is named, and none lies where one is looked for: a mistake of usage, not one in a file."""


def find_inventory(named: Path | None, agent: AgentFile) -> Path | None:
    """The inventory to read: as named, as the configuration says, else the first of `PLACES` that is there."""
    return named or agent.inventory or next((place for place in PLACES if place.exists()), None)


def load_setting(config: Path | None, inventory: Path | None) -> Loaded[Setting]:
    """Read all files. A value only when none has an error; the problems of all of them. Raises NoInventory."""
    agent = load_agent_file(config)
    if agent.value is None:
        return Loaded(value=None, problems=agent.problems)
    place = find_inventory(inventory, agent.value)
    if place is None:
        raise NoInventory
    devices = load_inventory(place)
    schedules = tuple(devices.value.schedules) if devices.value else ("always",)
    policy = load_policy(agent.value.policy, schedules)
    calendar = load_calendar(agent.value.calendar)
    roster = load_roster(agent.value.roster)
    web = load_web_file(agent.value.web.config_file)
    parts = (agent, web, devices, policy, calendar, roster)
    problems: tuple[Problem, ...] = tuple(problem for part in parts for problem in part.problems)
    problems += tuple(_unserved(agent.value, str(config)))
    if not (web.value and devices.value and policy.value and calendar.value and roster.value):
        return Loaded(value=None, problems=problems, sha256=devices.sha256)
    value = Setting(
        agent=agent.value,
        web=web.value,
        inventory=devices.value,
        policy=policy.value,
        calendar=calendar.value,
        roster=roster.value,
    )
    return Loaded(value=value, problems=problems, sha256=devices.sha256)


def _unserved(agent: AgentFile, file: str) -> Iterator[Problem]:
    """What the configuration may ask for and this version does not do: never passed over in silence."""
    asked = {
        "channels": bool(agent.channels),
        "web.trusted_proxies": bool(agent.web.trusted_proxies),
    }
    for path in (path for path, wanted in asked.items() if wanted):
        line = agent.channels[0].node.line if path == "channels" else 0
        yield Problem(file=file, line=line, path=path, key="config.not_served", severity=Severity.WARNING)


def frame_of(setting: Setting) -> Frame:
    """What the judge must know of the files."""
    inventory = setting.inventory
    return build(
        inventory.devices,
        inventory.targets,
        {name: kind.confirm for name, kind in PROBES.items()},
        references=inventory.references,
        policy=setting.policy,
        schedules=inventory.schedules,
        calendar=setting.calendar,
        zone=inventory.site.timezone,
        roster=setting.roster,
    )
