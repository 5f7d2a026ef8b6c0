"""From the words on the command line to an exit code: help, mistakes, pipes, Ctrl-C, bugs."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent import __version__
from agent.cli import main
from agent.cli.grammar import COMMANDS

from .conftest import Campus
from .given import agent, inventory_text

HEAVY = ("sqlalchemy", "alembic", "uvicorn", "starlette", "jinja2", "gufo.snmp", "prometheus_client", "pyroute2")

PROGRAM = [sys.executable, "-m", "agent.cli"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def python(program: str, *argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"campus-agent {__version__}\n"


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["devices", "--help"], ["ticket", "take", "--help"]])
def test_a_quick_answer_imports_nothing_heavy(argv: list[str]) -> None:
    program = "import sys; from agent.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    loaded = python(program, *argv).stderr.split()
    assert "agent.cli" in loaded
    assert not set(HEAVY) & set(loaded)


def test_devices_of_a_live_agent_import_nothing_heavy(campus: Campus) -> None:
    program = "import sys; from agent.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    with agent(campus.folder, {"devices": lambda request: {"items": [], "total": 0, "next": None}}):
        loaded = python(program, "--data", str(campus.folder), "devices", "--json").stderr.split()
    assert "agent.control" in loaded
    assert not set(HEAVY) & set(loaded)


def test_devices_without_agent_and_database_import_no_database(campus: Campus) -> None:
    program = "import sys; from agent.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    loaded = python(program, "devices", "--json").stderr.split()
    assert "agent.inventory" in loaded
    assert not set(HEAVY) & set(loaded)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_has_help(command: str, lang: str, campus: Campus) -> None:
    said = campus(command, "--help", lang=lang)
    assert said.code == 0
    assert said.out.startswith(("用法：" if lang == "zh" else "Usage: ") + f"campus-agent {command}")
    assert "cli." not in said.out


def test_without_a_command_the_help_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert all(command in said.err for command in COMMANDS)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["tikets"], "there is no command tikets; did you mean tickets?"),
        (["tickets", "--satte", "new"], "not known: --satte new"),
        (["device"], "missing: ID"),
        (["tickets", "--state", "odd"], "--state cannot be 'odd'"),
        (["tickets", "--limit"], "--limit needs a value"),
        (["tickets", "--limit", "x"], "--limit cannot be 'x'"),
        (["ticket", "tke", "T1"], "did you mean take?"),
        (["ticket", "open", "--device", "a", "--place", "b"], "--place does not go with --device"),
        (["ticket", "take", "T1", "--at", "25:99"], "--at: 25:99 is no time"),
        (["run", "--listen", "nowhere"], "--listen: nowhere is no ADDR:PORT"),
    ],
)
def test_mistakes_of_usage(argv: list[str], words: str, campus: Campus) -> None:
    said = campus(*argv)
    assert (said.code, said.out) == (2, "")
    assert words in said.err
    assert campus(*argv, lang="zh").err != said.err


def test_options_of_all_commands_go_before_and_behind(campus: Campus) -> None:
    before = campus("--json", "devices")
    assert before.document == campus("devices", "--json").document
    assert len(before.document["items"]) == 3


def test_a_broken_pipe_is_quiet(campus: Campus) -> None:
    command = f"{' '.join(PROGRAM)} --data {campus.folder} --json devices | true; echo ${{PIPESTATUS[0]}}"
    run = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=30, check=True, env=ENVIRONMENT
    )
    assert run.stdout == "0\n"
    assert "Error" not in run.stderr


def test_ctrl_c_is_130_and_leaves_nothing(campus: Campus) -> None:
    """The look waits for a listener whose queue is full: nobody answers the handshake."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.3", 0))
        full.listen(0)
        for filling in (first, second):
            filling.setblocking(False)
            filling.connect_ex(full.getsockname())
        campus.inventory.write_text(inventory_text(full.getsockname()[1]), "utf-8")
        process = subprocess.Popen(
            [*PROGRAM, "--lang", "en", "probe", "web-1"], stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
        )
        _wait_for_the_loop(process.pid)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
    assert (process.returncode, said) == (130, "interrupted\n")


def _wait_for_the_loop(pid: int) -> None:
    """Until the process holds an epoll descriptor: it is looking."""
    for _ in range(200):
        time.sleep(0.05)
        if any(map(_is_epoll, Path(f"/proc/{pid}/fd").iterdir())):
            time.sleep(0.1)
            return
    raise AssertionError("it never began to look")


def _is_epoll(link: Path) -> bool:
    try:
        return str(link.readlink()) == "anon_inode:[eventpoll]"
    except FileNotFoundError:  # closed since it was listed
        return False


def test_a_bug_is_one_line_with_its_place_and_no_secret(campus: Campus) -> None:
    with agent(campus.folder, {"devices": lambda request: {"CANARY": "secret"}}):
        said = campus("devices")
        traced = campus("devices", "--debug")
    assert said.code == traced.code == 1
    assert re.fullmatch(r"the program failed: KeyError \(devices\.py:\d+\).*--debug.*\n", said.err)
    assert "Traceback" in traced.err
    assert "CANARY" not in said.err


def test_a_letter_that_the_terminal_lacks_is_a_question_mark(campus: Campus) -> None:
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run([*PROGRAM, "devices"], capture_output=True, timeout=30, check=False, env=environment)
    assert run.returncode == 0
    assert b"sw-1" in run.stdout
    assert b"?" in run.stdout
