"""The `demo` command: the shipped campus is sound, the whole show runs, and nothing is left behind."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from importlib.resources import files
from pathlib import Path

import pytest

from agent.cli.demo import MARK, SCRIPTS, Wanted, demo
from agent.cli.demo_plan import on_loopback, plan_of
from agent.inventory import Inventory, load_inventory
from agent.locale import LANGUAGES, catalogue
from agent.probes import PROBES
from agent.simulator.campus import Campus
from agent.simulator.mib import port_names
from agent.simulator.plan import from_json, to_json
from agent.simulator.script import Fault, parse
from tests.simulator import needs

SHIPPED = Path(str(files("agent") / "inventory.yaml"))


def inventory(path: Path = SHIPPED) -> Inventory:
    loaded = load_inventory(path)
    assert not loaded.errors and loaded.value is not None
    return loaded.value


def test_the_shipped_campus_is_what_it_says() -> None:
    school = inventory()
    kinds = {device.kind for device in school.devices.values()}
    assert {"gateway", "switch", "controller", "ap", "camera", "amplifier", "terminal", "server"} <= kinds
    assert 55 <= len(school.devices) <= 65
    plan = plan_of(school, loopback=False)
    assert from_json(to_json(plan)) == plan
    campus = Campus(plan=plan, began=0)
    assert all(path.reachable for path in campus.paths.values())
    ends = [(box.parent, box.port) for box in plan.boxes if box.port]
    assert len(ends) == len(set(ends)), "two cables in one port"
    ports = {box.id: port_names(box.vendor, box.ports, ()) for box in plan.boxes}
    assert all(port in ports[device] for device, port in ends), "a port that the switch does not have"


@pytest.mark.parametrize("name", SCRIPTS)
def test_shipped_scripts_do_what_they_may_and_mend_it(name: str) -> None:
    school = inventory()
    steps = parse((files("agent.simulator") / "scripts" / f"{name}.script").read_text("utf-8"), name, school.devices)
    campus = Campus(plan=plan_of(school, loopback=False), began=0)
    for step in steps:
        campus.tick(step.at)
        if isinstance(step.do, Fault):
            campus.apply(step.do, step.at)
    campus.tick(10_000)
    assert all(path.reachable and not path.loss for path in campus.paths.values())


@pytest.mark.parametrize("low", [True, False])
def test_the_campus_on_loopback(tmp_path: Path, low: bool) -> None:
    variant = tmp_path / "inventory.yaml"
    variant.write_text(on_loopback(SHIPPED.read_text("utf-8"), 161 if low else 1161, low), "utf-8")
    school = inventory(variant)
    plan = plan_of(school, loopback=True)
    assert {target.protocol for target in school.targets} == set(PROBES) - {"icmp", "rtsp", "https"}
    assert all(target.address.startswith("127.18.") for target in school.targets)
    ports = {target.options.port for target in school.targets} | {
        one.port for box in plan.boxes for one in box.services
    }
    high = {0, 2222, 3389, 5060, 5900, 5930, 8080, 12302}
    assert ports == high | ({80, 161, 443, 554} if low else {1080, 1161, 1443, 1554})
    assert plan.snmp_port == (161 if low else 1161)
    assert all(box.tcp for box in plan.boxes if box.address)


def test_both_languages_say_the_same_things() -> None:
    zh, en = (set(catalogue(lang)._sentences) for lang in LANGUAGES)
    assert {key for key in zh if key.startswith("demo.")} == {key for key in en if key.startswith("demo.")}


def refused(capsys: pytest.CaptureFixture[str], wanted: Wanted, code: int) -> str:
    assert demo(wanted) == code
    return capsys.readouterr().err


def test_what_the_demo_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    precious = tmp_path / "precious"
    precious.write_text("x")
    assert "holds files that no demo made" in refused(capsys, Wanted(listen="127.0.0.1:0", data=tmp_path, lang="en"), 2)
    assert precious.exists() and not (tmp_path / MARK).exists()
    assert "--listen wants ADDR:PORT" in refused(capsys, Wanted(listen="9880", data=tmp_path / "d", lang="en"), 2)
    assert "Cannot read" in refused(capsys, Wanted(script=str(tmp_path / "none"), data=tmp_path / "d", lang="en"), 2)
    script = tmp_path / "bad.script"
    script.write_text("+1 powr off core\n+2 power off cor")
    told = refused(capsys, Wanted(listen="127.0.0.1:0", script=str(script), data=tmp_path / "d", lang="en"), 2)
    assert told.splitlines() == [
        f"{script}:1: no such verb: powr; did you mean power?",
        f"{script}:2: no such device: cor; did you mean core?",
    ]


RUN = """
import sys
from pathlib import Path
from agent.cli.demo import Wanted, demo
sys.exit(demo(Wanted(listen="127.0.0.1:0", script="-", data=Path(sys.argv[1]), lang="en",
                     agent=(sys.executable, "-m", "tests.simulator.stand_in"))))
"""


CONVERSATION = (
    ("expect none", "expected and found: expect none"),
    ("power off cam-a-2-1", "no longer reachable (1): cam-a-2-1"),
    ("expect ticket device=cam-a-2-1", "expected and found: expect ticket"),
    ("agent kill", "started again"),
    ("power on cam-a-2-1", "reachable again (1): cam-a-2-1"),
    ("expect none", "expected and found: expect none"),
    ("nonsense", "stdin:7: no such verb: nonsense"),
)


class _Deadline:
    """Ends a process that does not end by itself, so that a lost line fails a test instead of stopping it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._timer = threading.Timer(30, process.kill)
        self._timer.start()

    def close(self) -> None:
        self._timer.cancel()


@pytest.mark.net
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, None])
def test_the_whole_show(tmp_path: Path, end: signal.Signals | None) -> None:
    needs.lab().close()
    data = tmp_path / "data"
    argv = [sys.executable, "-c", RUN, str(data)]
    with (
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
        contextlib.closing(_Deadline(process)),
    ):
        assert process.stdin is not None and process.stdout is not None
        out = process.stdout

        def until(text: str) -> None:
            heard: list[str] = []
            while not heard or text not in heard[-1]:
                heard.append(out.readline())
                assert heard[-1], heard

        until("Ctrl-C ends everything")
        for line, told in CONVERSATION:
            print(line, file=process.stdin, flush=True)
            until(told)
        process.send_signal(end) if end else print("quit", file=process.stdin, flush=True)
        until("nothing is left running")
        assert process.wait(10) == 0
    assert (data / "agent.log").read_text().split() == ["up", "up"]
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(data).encode() in _read(path)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has gone meanwhile
        return b""
