"""S9: a canary for every secret; then everything is made to speak, and none of it may say one."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from agent.config.agentfile import load_agent_file
from agent.config.webfile import load_web_file
from agent.inventory.reading import load_inventory
from tests.agent.running import Running, until
from tests.hostile.given import CONFIG, SITE, agent_on, ask, door, tcp
from tests.hostile.test_http_face import PATHS, asked

CANARY = "cAnArY"
NAMES = ("inline-ro", "file-ro", "env-ro", "v3-auth", "v3-priv", "onvif", "onvif-env", "channel", "web")
SECRETS = {name: f"{CANARY}-{name}-7x9Q" for name in NAMES}
ENV = {"CAMPUS_RO": SECRETS["env-ro"], "CAMPUS_CAM": SECRETS["onvif-env"]}

CREDENTIALS = f"""credentials:
  a: {{snmp: {{version: "2c", community: {SECRETS["inline-ro"]}}}}}
  b: {{snmp: {{version: "2c", community_file: secrets/ro}}}}
  c: {{snmp: {{version: "2c", community_env: CAMPUS_RO}}}}
  d:
    snmp: {{version: "3", user: noc, auth: SHA, auth_key_file: secrets/auth, priv: AES, priv_key_file: secrets/priv}}
  e: {{onvif: {{username: admin, password_file: secrets/cam}}}}
  f: {{onvif: {{username: admin, password_env: CAMPUS_CAM}}}}
defaults: {{snmp: {{interval: 2s, timeout: 500ms, retries: 0}}}}
"""
SNMP = "  - {{id: sw-{c}, kind: switch, address: 127.0.0.1, probes: [{{snmp: {{port: {port}}}}}], credentials: {c}}}\n"
HASH = "$2b$04$" + "a" * 53


def files(port: int, udp: int) -> dict[str, str]:
    devices = "".join(SNMP.format(c=c, port=udp) for c in "abcd")
    cameras = "".join(tcp(f"cam-{c}", port, more=f", credentials: {c}") for c in "ef")
    return {
        "inventory.yaml": SITE + CREDENTIALS + "devices:\n" + devices + cameras + tcp("plain", port),
        "config.yaml": CONFIG + "log: {level: debug}\nweb: {reload: true}\n"
        f"channels: [{{name: duty, type: wecom, url: 'https://x/?key={SECRETS['channel']}'}}]\n",
        "secrets/ro": SECRETS["file-ro"] + "\n",
        "secrets/auth": SECRETS["v3-auth"],
        "secrets/priv": SECRETS["v3-priv"],
        "secrets/cam": SECRETS["onvif"],
    }


@contextmanager
def wrong_answers() -> Iterator[int]:
    """A UDP port that answers every question with bytes that are no SNMP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.bind(("127.0.0.1", 0))
        device.settimeout(0.1)
        over = threading.Event()

        def answer() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    data, who = device.recvfrom(2048)
                    device.sendto(data[: len(data) // 2], who)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield device.getsockname()[1]
        finally:
            over.set()
            thread.join()


def said(folder: Path, agent: Running, port: int, udp: int) -> Iterator[tuple[str, bytes]]:
    """Everything that comes out of the agent, by where."""
    for path in (*PATHS, "/probe?target=sw-a", "/probe?target=sw-d", "/devices/sw-d", "/api/v1/devices/sw-a"):
        _, headers, body = asked(agent, "GET", path)
        yield path, str(headers).encode() + body
    for request in (
        {"do": "status"},
        {"do": "devices"},
        {"do": "device", "id": "sw-a"},
        {"do": "probe", "device": "sw-d"},
        {"do": "probe", "device": "sw-c"},
        {"do": "tickets", "all": True},
        {"do": "nope"},
    ):
        yield str(request), repr(ask(agent, **request)).encode()
    for words in (
        ("devices", "--json"),
        ("device", "sw-a"),
        ("probe", "sw-b"),
        ("tickets",),
        ("doctor",),
        ("check", "--config", "config.yaml"),
        ("backup", "copy.db"),
    ):
        ended = agent.run(*words)
        yield " ".join(words), (ended.stdout + ended.stderr).encode()
    # Mistakes right beside the secrets, and a file that cannot be read any more.
    good = files(port, udp)["inventory.yaml"]
    for broken in (
        good.replace("community:", "comunity:"),
        good.replace('version: "3"', "version: 9"),
        good.replace("a: {snmp", "a: {snmmp"),
        good.replace("community: c", "community: *c"),
        good.replace(SECRETS["inline-ro"], f"[{SECRETS['inline-ro']}]"),
    ):
        (folder / "inventory.yaml").write_text(broken, "utf-8")
        status, _, body = asked(agent, "POST", "/-/reload")
        assert status in (200, 400)
        yield "reload", body
        yield "check", (lambda run: (run.stdout + run.stderr).encode())(agent.run("check", "--config", "config.yaml"))
    (folder / "secrets/ro").write_bytes(SECRETS["file-ro"].encode() + b"\xff")
    (folder / "inventory.yaml").write_text(good, "utf-8")
    yield "reload", asked(agent, "POST", "/-/reload")[2]
    process = Path(f"/proc/{agent.process.pid}")
    yield (
        "ps",
        (process / "cmdline").read_bytes() + subprocess.run(["ps", "axww"], capture_output=True, check=True).stdout,
    )
    environment = (process / "environ").read_bytes()
    for value in ENV.values():
        environment = environment.replace(value.encode(), b"")  # who gives it by the environment has it there
    yield "environ", environment
    agent.process.send_signal(2)
    assert agent.process.wait(20) == 0
    yield "log", agent.log.encode()
    for place in (folder / "data").rglob("*"):
        if place.is_file():
            yield str(place), place.read_bytes()
    yield "copy.db", (folder / "copy.db").read_bytes()


@pytest.mark.net
def test_nothing_says_a_secret(tmp_path: Path) -> None:
    with wrong_answers() as udp, door() as port, agent_on(tmp_path, files(port, udp), env=ENV) as agent:
        assert "secrets/ro" in agent.log, "a secret that everybody can read is told at start"
        until(lambda: agent.get("/metrics").count('campus_probe_success{device="sw-') == 4, 20)
        time.sleep(2)
        for where, told in said(tmp_path, agent, port, udp):
            hits = re.findall(CANARY.encode() + rb"[\w-]*", told, re.IGNORECASE)
            assert not hits, (where, hits[:3])


def test_modes_of_secret_files(tmp_path: Path) -> None:
    """All four are read: SNMP asks for three, ONVIF for the camera's password."""
    for name, text in files(1, 2).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENV.items():
            patch.setenv(name, value)
        for mode, group, count in (
            (0o600, 0, 0),
            (0o640, 0, 0),
            (0o644, 0, 4),
            (0o602, 0, 4),
            (0o640, 12345, 4),
            (0o660, 12345, 4),
        ):
            for name in ("ro", "auth", "priv", "cam"):
                (tmp_path / "secrets" / name).chmod(mode)
                if os.geteuid() == 0:
                    os.chown(tmp_path / "secrets" / name, -1, group)
            loaded = load_inventory(tmp_path / "inventory.yaml")
            told = [problem for problem in loaded.warnings if problem.key.endswith("_readable")]
            if os.geteuid() == 0 or group == 0:
                assert len(told) == count, (oct(mode), group)
            assert loaded.value is not None


def test_files_with_secrets_show_none(tmp_path: Path) -> None:
    for name, text in files(1, 2).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "web.yaml").write_text(f"basic_auth_users: {{prom: {HASH}, x: {SECRETS['web']}}}\n")
    for loaded in (load_agent_file(tmp_path / "config.yaml"), load_web_file(tmp_path / "web.yaml")):
        assert CANARY not in repr(loaded) + "".join(loaded.render("en"))
    assert HASH not in repr(load_web_file(tmp_path / "web.yaml"))
