"""The page on every kind of device: its screens, typed at real peers, say what the program says."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from tests.agent.running import Running, running, until
from tests.fakes.onvif_camera import Camera
from tests.fakes.replay import Replay

from .pages import DOCS, ROOT, Block, Page
from .test_everyday import words_of

LIST = (
    ["第一中学信息化设备台账"],
    ["序号", "设备名称", "设备类型", "IP地址", "MAC地址", "品牌", "型号", "安装位置", "上联设备"],
    [1, "出口网关", "网关", "192.0.2.1", None, "H3C", "MSR3600", "机房", None],
    [2, "教学楼A一层交换机", "交换机", "192.0.2.11", None, "H3C", "S5130S", "教学楼A 1F 弱电间", "出口网关"],
    [3, "教学楼A一层走廊摄像机1", "摄像头", "192.0.2.101", "28-57-BE-65-7D-D5", "海康威视", "DS-2CD3T47",
     "教学楼A 1F 走廊", "教学楼A一层交换机"],
    [4, "教学楼A一层走廊摄像机2", "摄像头", "192.0.2.302", None, "海康威视", "DS-2CD3T47",
     "教学楼A 1F 走廊", "教学楼A一层交换机"],
    [5, "会议室功放", "功放", "192.0.2.31", None, "ITC", "T-6760", "教学楼A 3F 会议室", "教学楼A一层交换机"],
)  # fmt: skip
"""The school's list of the page."""

pytestmark = pytest.mark.net


def screens(lang: str, command: str) -> Iterator[Block]:
    for block in Page(DOCS / lang / "devices.md").blocks:
        if block.language == "console" and block.typed[0].startswith(f"campus-agent {command}"):
            yield block


def answers(block: Block) -> list[str]:
    """The screen's own lines, without what was typed; of the looks' figures, names alone."""
    return [line for line in block.text.splitlines() if line.strip() and not line.startswith("$")]


def missing(block: Block, said: str) -> list[str]:
    """Lines of the screen that the program has not said; what differs each time is left out."""
    known = {plain(line) for line in said.splitlines()}
    return [line for line in answers(block) if plain(line) not in known]


def plain(line: str) -> str:
    """As `words_of`; minus signs and exponents come and go with the figures."""
    return re.sub(r"-?#(?:e-#)?", "#", words_of(line))


def typed(block: Block, folder: Path, lang: str, *more: str) -> str:
    argv = [sys.executable, "-m", "agent.cli", "--lang", lang, *shlex.split(block.typed[0])[1:], *more]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == block.exit, (argv, done.stdout, done.stderr)
    return done.stdout + done.stderr


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_schools_list(lang: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "设备台账"
    for row in LIST:
        sheet.append(row)
    book.save(tmp_path / "assets.xlsx")
    (block,) = screens(lang, "inventory import")
    assert missing(block, typed(block, tmp_path, lang)) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_an_unknown_box(lang: str, tmp_path: Path) -> None:
    shared = Path(os.environ.get("CAMPUS_SHARED", ROOT.parent / "shared"))
    recording = shared / "data" / "snmprec" / "librenms__apc_smt750x-nmc2.snmprec"
    if not recording.is_file():
        pytest.skip("needs the recordings of the shared folder")
    named = re.sub(r"(?m)^1\.3\.6\.1\.2\.1\.1\.5\.0\|.*$", "1.3.6.1.2.1.1.5.0|4|UPS-1", recording.read_text("utf-8"))
    (tmp_path / "ro.snmprec").write_text(named, "utf-8")
    (tmp_path / "ro").write_text("ro")
    box = await Replay(tmp_path).open()
    try:
        for command in ("profile test", "profile record"):
            (block,) = screens(lang, command)
            here = block.text.replace("192.0.2.15", "127.0.0.1").replace("/etc/campus-agent/secrets/", "")
            block = Block(language=block.language, how=block.how, text=here)
            said = await asyncio.to_thread(typed, block, tmp_path, lang, "--port", f"{box.port}")
            assert missing(block, said) == []
    finally:
        box.close()


def cameras(port: int) -> str:
    onvif = f"probes: [{{onvif: {{port: {port}, interval: 3s}}}}]"
    return (
        f"  - {{id: cam-a-2, kind: camera, address: 127.0.0.1, credentials: cameras, {onvif}}}\n"
        f"  - {{id: cam-a-1, kind: camera, address: 127.0.0.1, probes: [{{tcp: {{port: {port}}}}}]}}\n"
        "credentials: {cameras: {onvif: {username: admin, password_file: secret}}}\n"
    )


async def test_a_refused_password(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("an old password")
    (tmp_path / "secret").chmod(0o600)
    camera = await Camera().start()
    try:
        await asyncio.to_thread(refused, tmp_path, camera)
    finally:
        await camera.close()


def refused(folder: Path, camera: Camera) -> None:
    """It is tried once, and again by a person; a new password mends it at a reload."""
    with running(folder, cameras(camera.port)) as agent:
        until(lambda: "auth" in agent.run("device", "cam-a-2", "--json").stdout, 20)
        for command in ("probe", "wake cam-a-1"):
            (block,) = screens("en", command)
            done = agent.run(*shlex.split(block.typed[0])[1:])
            assert done.returncode == block.exit, done.stderr
            shown = block.text.replace("192.0.2.102", "127.0.0.1")
            assert missing(Block(language="console", how="", text=shown), done.stdout + done.stderr) == []
        mended(agent, folder, camera)


def mended(agent: Running, folder: Path, camera: Camera) -> None:
    (folder / "secret").write_text(camera.password)
    agent.hup()
    until(lambda: '"serial": "00000000"' in agent.run("device", "cam-a-2", "--json").stdout, 20)
