"""A camera counts the logins that it refuses to a real agent: one, whatever probe, however often it is killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.agent.running import QUICK, Running, until, write
from tests.fakes import keyframes, rtsp_camera
from tests.fakes.onvif_recorder import Device

from .test_onvif import PASSWORD, replies  # noqa: F401  (the fixture that skips without the replies)

pytestmark = pytest.mark.net

LOOKS = 3


@pytest_asyncio.fixture
async def media() -> AsyncIterator[rtsp_camera.Camera]:
    async with rtsp_camera.running(rtsp_camera.Camera(user="admin", password=PASSWORD)) as it:
        yield it


@pytest_asyncio.fixture
async def camera(media: rtsp_camera.Camera) -> AsyncIterator[Device]:
    it = Device(password=PASSWORD, services=("media2",), jpeg=keyframes.key_frame("mjpeg", size=(640, 360)))
    it.stream_uri = f"rtsp://127.0.0.1:{media.port}/main"
    await it.start()
    yield it
    await it.close()


async def test_one_refused_login_over_a_killed_agent(tmp_path: Path, camera: Device, media: rtsp_camera.Camera) -> None:
    _files(tmp_path, camera.port, media.port)

    def refusals() -> int:
        return camera.refused + camera.snapshot_refused + media.refused

    for _ in range(2):
        agent = Running(tmp_path)
        try:
            await asyncio.to_thread(agent.ready)
            before = camera.asked.count("GetSystemDateAndTime"), media.seen["OPTIONS"]
            await asyncio.to_thread(until, lambda before=before: _looked(camera, media, before), 25.0)
            assert refusals() == 1
        finally:
            agent.process.kill()
            agent.process.wait()
    agent = Running(tmp_path)
    try:
        await asyncio.to_thread(agent.ready)
        asked = await asyncio.to_thread(agent.run, "probe", "cam", "--probe", "onvif")
        assert "login refused" in asked.stdout
        assert refusals() == 2, "a person has asked"
        await asyncio.sleep(2.5)
        assert refusals() == 2
    finally:
        agent.process.kill()
        agent.process.wait()


def _looked(camera: Device, media: rtsp_camera.Camera, before: tuple[int, int]) -> bool:
    """Both probes have come often since: they ask what needs no login."""
    time.sleep(0.05)
    onvif, rtsp = before
    return camera.asked.count("GetSystemDateAndTime") >= onvif + LOOKS and media.seen["OPTIONS"] >= rtsp + LOOKS


def _files(folder: Path, onvif: int, rtsp: int) -> None:
    device = (
        "  - id: cam\n    kind: camera\n    address: 127.0.0.1\n    credentials: cams\n    probes:\n"
        f"      - onvif: {{port: {onvif}, interval: 1s, timeout: 1s, picture: 1s}}\n"
        f"      - rtsp: {{port: {rtsp}, path: /main, interval: 1s, timeout: 1s, picture: 1s}}\n"
    )
    login = "{username: admin, password: wrong}"
    write(folder, f"{device}credentials: {{cams: {{onvif: {login}, rtsp: {login}}}}}\n")
    (folder / "policy.yaml").write_text(QUICK, "utf-8")
    (folder / "config.yaml").write_text("version: 1\ninventory: inventory.yaml\npolicy: policy.yaml\n", "utf-8")
