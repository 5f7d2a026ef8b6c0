"""R13: broken files given to a running agent. None of them half in force, no look late, no memory kept."""

from __future__ import annotations

import json
import random
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.agent.running import Running, until
from tests.hostile.given import POLICY, SITE, agent_on, ask, door, lag_above, resident, tcp

pytestmark = pytest.mark.net

FILES = {
    "inventory.yaml": SITE
    + "defaults: {tcp: {interval: 1s}}\nschedules: {day: {weekdays: [mon], hours: ['08:00-18:00']}}\n"
    "devices:\n",
    "policy.yaml": POLICY,
    "calendar.yaml": "holidays: [2026-10-01..2026-10-07]\nworkdays: [2026-10-10]\n",
    "roster.yaml": "people:\n  - {id: li, name: 李工, role: engineer}\norder: [li]\n",
    "config.yaml": "version: 1\ninventory: inventory.yaml\npolicy: policy.yaml\ncalendar: calendar.yaml\n"
    "roster: roster.yaml\nlisten: 127.0.0.1:9880\nweb: {reload: true}\n",
}
JUNK = (
    "{",
    "]",
    ": :",
    "\t- x",
    "&a *b",
    "!!python/object:os.system x",
    "\x00",
    "\udcff",
    "kind: kamera",
    "- - -",
    "'",
    "? ",
    "devices: 5",
    "version: 99",
    "unknown_key: 1",
    "interval: -3s",
    "@",
    "%YAML 9",
    "--- ---",
    "a: &a [*a, *a]",
)


def mutated(text: str, dice: random.Random) -> bytes:
    """The text with something done to it that a hand, a disk or an editor might do."""
    lines = text.splitlines(keepends=True)
    at = dice.randrange(len(lines))
    match dice.randrange(7):
        case 0:
            return text[: dice.randrange(len(text))].encode()
        case 1:
            lines.insert(at, dice.choice(JUNK) + "\n")
        case 2:
            lines[at] = lines[at].replace(":", dice.choice(("", "::", ";", "：")), 1)
        case 3:
            del lines[at]
        case 4:
            lines[at] = " " * dice.randrange(1, 4) + lines[at]
        case 5:
            body = bytearray(text.encode())
            for _ in range(dice.randrange(1, 9)):
                body[dice.randrange(len(body))] = dice.randrange(256)
            return bytes(body)
        case _:
            lines += lines[at:]
    return "".join(lines).encode("utf-8", "surrogateescape")


def devices_of(agent: Running) -> set[str]:
    return {item["id"] for item in ask(agent, do="devices")["items"]}


def reload(agent: Running) -> bool:
    """By HTTP, which answers when it is done; the file may itself have switched that off, then by signal."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(agent.url + "/-/reload", method="POST"), timeout=20
        ) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as refused:
        if refused.code == 400:
            error = json.loads(refused.read())
            assert error["error"]["message"] and error["problems"]
            return False
        assert refused.code == 403
        before = agent.log.count("reload.done") + agent.log.count("reload.failed")
        agent.hup()
        until(lambda: agent.log.count("reload.done") + agent.log.count("reload.failed") > before, 20)
        return agent.metric("campus_agent_config_last_reload_successful") == 1


def broken_files(folder: Path, count: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with door() as port, socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        closed = dead.getsockname()[1]
        files = {**FILES, "inventory.yaml": FILES["inventory.yaml"] + tcp("kept", port) + tcp("broken", closed)}
        with agent_on(folder, files) as agent:
            ticket = until(lambda: ask(agent, do="tickets")["items"], 20)[0]
            limits = journal(agent, ticket["id"])[0]["args"]["limits"]
            _play(agent, files, count, dice, seed)
            for name, text in files.items():
                (folder / name).write_text(text, "utf-8")
            assert reload(agent)
            assert devices_of(agent) == {"kept", "broken"}
            assert journal(agent, ticket["id"])[0]["args"]["limits"] == limits
            assert agent.metric('campus_device_up{device="kept"}') == 1
            assert "Traceback" not in agent.log, agent.log[agent.log.index("Traceback") :][:3000]


def journal(agent: Running, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(agent, do="ticket", id=number)["journal"]
    return found


def _play(agent: Running, files: dict[str, str], count: int, dice: random.Random, seed: int) -> None:
    refused, memory = 0, 0
    look = 'campus_probe_last_timestamp_seconds{device="kept",probe="tcp"}'
    for turn in range(count):
        name = dice.choice(sorted(files))
        (agent.folder / name).write_bytes(mutated(files[name], dice))
        before = devices_of(agent)
        if reload(agent):
            # The mutation happened to be a good file, or the device is gone by it: back to the start.
            (agent.folder / name).write_text(files[name], "utf-8")
            assert reload(agent), f"seed {seed} turn {turn} {name}"
            until(lambda: agent.metric(look), 5)
        else:
            refused += 1
            assert devices_of(agent) == before, f"seed {seed} turn {turn} {name}"
            assert agent.metric("campus_agent_config_last_reload_successful") == 0
            last = agent.metric(look)
            assert last is not None and time.time() - last < 2.5, f"seed {seed} turn {turn}: no look for two intervals"
            (agent.folder / name).write_text(files[name], "utf-8")
        if turn == count // 2:
            memory = resident(agent.process.pid)
    grown = (resident(agent.process.pid) - memory) / 1024 / 1024
    print(f"{count} files, {refused} refused, {grown:.1f} MiB more in the second half, {lag_above(agent, '1.0')} late")
    assert refused > count / 3
    assert grown < 8.0
    assert lag_above(agent, "1.0") == 0


def test_sixty_broken_files(tmp_path: Path) -> None:
    broken_files(tmp_path, 60)


@pytest.mark.soak
def test_a_thousand_broken_files(tmp_path: Path) -> None:
    broken_files(tmp_path, 1000)


def test_a_ticket_keeps_the_limits_it_was_opened_with(tmp_path: Path) -> None:
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        inventory = FILES["inventory.yaml"] + tcp("broken", dead.getsockname()[1])
        with agent_on(tmp_path, {**FILES, "inventory.yaml": inventory}) as agent:
            first = until(lambda: ask(agent, do="tickets")["items"], 20)[0]
            (tmp_path / "policy.yaml").write_text(POLICY + "contract: {repair: {general: 1h, serious: 1h}}\n", "utf-8")
            assert reload(agent)
            again = ask(agent, do="ticket", id=first["id"])
            assert again["clocks"]["repair"]["deadline_at"] == first["clocks"]["repair"]["deadline_at"]
            second = ask(agent, do="command", verb="open", by="x", args={"place": "机房", "what": "坏了"})["items"][0]
            assert second["journal"][0]["args"]["limits"]["repair"]["general"] == 3600.0
            assert second["policy_version"] != first["policy_version"]


def test_a_hundred_signals_at_once_are_a_few_readings(tmp_path: Path) -> None:
    with door() as port:
        inventory = FILES["inventory.yaml"] + tcp("kept", port)
        with agent_on(tmp_path, {**FILES, "inventory.yaml": inventory}) as agent:
            for _ in range(100):
                agent.hup()
            (tmp_path / "inventory.yaml").write_text(inventory.replace("id: kept", "id: new"), "utf-8")
            agent.hup()
            until(lambda: devices_of(agent) == {"new"}, 10)
            assert agent.metric("campus_agent_config_last_reload_successful") == 1


def test_what_the_page_says_changes_with_the_file(tmp_path: Path) -> None:
    with door() as port:
        inventory = FILES["inventory.yaml"] + tcp("kept", port)
        with agent_on(tmp_path, {**FILES, "inventory.yaml": inventory}) as agent:
            assert "学校" in agent.get("/")
            (tmp_path / "inventory.yaml").write_text(inventory.replace("学校", "第二中学"), "utf-8")
            assert reload(agent)
            until(lambda: "第二中学" in agent.get("/"), 3)
