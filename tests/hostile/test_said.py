"""What devices call themselves, by every protocol in which they can say it: two hundred hostile strings, seen where
people and programs read them. SNMP and the inventory's own words stand in `test_strings`.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.model import Secret, Target
from agent.probes import PROBES, onvif
from tests.agent.running import Running, until
from tests.fakes.onvif_camera import Camera, folder
from tests.fakes.sip_peer import answer
from tests.hostile.corpus import BYTES, STRINGS, is_control
from tests.hostile.given import SITE, agent_on
from tests.hostile.stage import Stage, stage
from tests.hostile.test_every_probe import standing
from tests.hostile.test_strings import RAW, promtool, quiet, shape
from tests.probes.peers import Talk
from tests.probes.watching import Watch, lacking

pytestmark = pytest.mark.net

Says = Callable[[bytes, bytes], bytes]
"""(request, the name) -> what is answered."""


def _page(request: bytes, name: bytes) -> bytes:
    body = b"<html><title>" + name + b"</title>" + name
    head = b"HTTP/1.1 200 " + name + b"\r\nServer: " + name + b"\r\nLocation: " + name
    return head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def _phone(request: bytes, name: bytes) -> bytes:
    said = answer(request, "200 @@", "Server: @@", "User-Agent: @@", "Allow: @@, OPTIONS", "Warning: 399 x @@")
    return said.replace(b"@@", name)


def _stream(request: bytes, name: bytes) -> bytes:
    cseq = request.partition(b"CSeq: ")[2].partition(b"\r\n")[0]
    return (
        b"RTSP/1.0 200 " + name + b"\r\nCSeq: " + cseq + b"\r\nServer: " + name + b"\r\nPublic: " + name + b"\r\n\r\n"
    )


SAYS: Mapping[str, Says] = {
    "http": _page,
    "sip": _phone,
    "barix": lambda request, name: b"BufferLevel=1,Error=" + name + b",Volume=" + name + b",URL=" + name,
    "rtsp": _stream,
    "vnc": lambda request, name: b"\0" + len(name).to_bytes(4, "big") + name,
}
"""RDP and SPICE say no words."""


def _talk(probe: str, names: Iterator[bytes]) -> Talk:
    """The next name to each who asks."""

    async def talk(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        if probe == "vnc":
            outgoing.write(b"RFB 003.008\n")
            request = await incoming.readexactly(12)
        else:
            request = await incoming.readuntil(b"\r\n\r\n")
        outgoing.write(SAYS[probe](request, next(names)))
        await outgoing.drain()
        await incoming.read()

    return talk


@asynccontextmanager
async def _naming(probe: str) -> AsyncIterator[int]:
    names = iter(RAW)
    async with standing(_talk(probe, names), lambda request, _: [SAYS[probe](request, next(names))]) as port:
        yield port


def _clean(words: Sequence[Any]) -> None:
    for word in words:
        if isinstance(word, (list, tuple)):
            _clean(word)
        elif isinstance(word, dict):
            _clean(list(word.values()))
        elif isinstance(word, str):
            assert not any(map(is_control, word)), repr(word)
            word.encode("utf-8")


@pytest.mark.parametrize("probe", SAYS)
async def test_two_hundred_names(probe: str) -> None:
    """Facts, reasons and the log of a look."""
    kind, told = PROBES[probe], 0
    prober = kind.open(Watch().hooks())
    async with _naming(probe) as port:
        options = kind.options(port=port)
        one = Target(device="box", probe=probe, protocol=probe, address="127.0.0.1", interval=9.0, timeout=0.3,
                     options=options)  # fmt: skip
        for _ in RAW:
            log: list[str] = []
            reading = await prober.look(one, log.append)
            _clean([reading.reason, reading.facts, log])
            told += bool(reading.facts)
    await prober.close()
    assert told > len(RAW) // 2, "most of them came through"


@pytest.fixture
def replies() -> None:
    if not folder().is_dir():
        lacking("the recorded ONVIF replies are not here")


def _named(camera: Camera, name: bytes) -> None:
    """The camera gives all that it may call its own this name."""
    for operation, word in (("GetDeviceInformation", b"Mockup Model"), ("GetProfiles", b"main")):
        camera.replaced.pop(operation, None)
        camera.replaced[operation] = camera.reply(operation).replace(word, name)
    camera.replaced["GetDeviceInformation"] = camera.replaced["GetDeviceInformation"].replace(b"Mockup_15_14_13", name)


async def test_two_hundred_names_of_a_camera(replies: None) -> None:
    kind = PROBES["onvif"]
    prober, camera, told = kind.open(Watch().hooks()), await Camera(login="none").start(), 0
    one = Target(
        device="cam", probe="onvif", protocol="onvif", address="127.0.0.1", interval=9.0, timeout=2.0,
        options=kind.options(port=camera.port, stream=False, beside=3600.0),
        credential=onvif.Credential(username="admin", password=Secret("correct horse")),
    )  # fmt: skip
    for name in RAW:
        _named(camera, name)
        log: list[str] = []
        reading = await prober.look(one, log.append)
        _clean([reading.reason, reading.facts, log])
        told += bool(reading.facts)
    await camera.close()
    await prober.close()
    assert told > len(RAW) // 2


# -- as a whole


PICKED = (*BYTES[:12], *(word.encode("utf-8", "surrogatepass") for word in STRINGS if any(map(is_control, word))),
          "مكبر الصوت 🏫".encode(), "שלום\u202e".encode(), b'"><script>x</script>"} 1\n')  # fmt: skip


def _campus(on: Stage) -> str:
    """A device for each protocol and each of some names; the lines of the inventory."""
    lines = []
    for probe, says in SAYS.items():
        for number, name in enumerate(PICKED):
            port = on.both(_talk(probe, _always(name)), lambda request, says=says, name=name: [says(request, name)])  # type: ignore[misc]
            lines.append(f"  - {{id: {probe}-{number}, kind: camera, address: 127.0.0.1, "
                         f"probes: [{{{probe}: {{port: {port}}}}}]}}\n")  # fmt: skip
    for number, name in enumerate(PICKED):
        camera = Camera(login="none")
        on.run(camera.start())
        _named(camera, name)
        lines.append(f"  - {{id: onvif-{number}, kind: camera, address: 127.0.0.1, credentials: x, "
                     f"probes: [{{onvif: {{port: {camera.port}, stream: false}}}}]}}\n")  # fmt: skip
    return "".join(lines)


def _always(name: bytes) -> Iterator[bytes]:
    while True:
        yield name


LOGIN = "credentials: {x: {onvif: {username: admin, password: correct horse}}}\n"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if not folder().is_dir():
        lacking("the recorded ONVIF replies are not here")
    with stage() as on:
        where = tmp_path_factory.mktemp("agent")
        inventory = SITE + LOGIN + "devices:\n" + _campus(on)
        with agent_on(where, {"inventory.yaml": inventory}) as running:
            count = (len(SAYS) + 1) * len(PICKED)
            until(lambda: running.get("/metrics").count("campus_probe_success{") == count, 40)
            yield running
            quiet(running.log)


def test_pages_and_documents(agent: Running) -> None:
    promtool(agent.get("/metrics"))
    listing = json.loads(agent.get("/api/v1/devices?limit=1000"))
    _clean(listing["items"])
    facts = {key for item in listing["items"] for probe in item["probes"] for key in probe.get("facts", {})}
    for path in ("/", "/devices", *(f"/devices/{item['id']}" for item in listing["items"][::7])):
        for lang in ("zh", "en"):
            shape(agent.get(f"{path}?lang={lang}"))
    alone = [json.loads(agent.get(f"/api/v1/devices/{item['id']}")) for item in listing["items"][::7]]
    _clean(alone)
    facts |= {key for item in alone for probe in item["probes"] for key in probe.get("facts", {})}
    assert facts >= {"http_title", "sip_server", "barix_error", "vnc_refused"}, facts


def test_terminals_and_scripts(agent: Running) -> None:
    names = [f"{probe}-{number}" for probe in (*SAYS, "onvif") for number in (13,)]
    for name in names:
        for words in (("device", name), ("probe", name), ("--json", "probe", name)):
            told = agent.run(*words)
            quiet(told.stdout + told.stderr)
            if "--json" in words:
                _clean([json.loads(told.stdout)])


# -- lists that people bring


def _command(folder_: Path, *words: str) -> str:
    argv = [sys.executable, "-m", "agent.cli", "--lang", "en", *words]
    done = subprocess.run(argv, cwd=folder_, capture_output=True, timeout=60, check=False)
    return quiet(done.stdout.decode("utf-8") + done.stderr.decode("utf-8"))


def test_a_list_in_and_out(tmp_path: Path) -> None:
    """Names, rooms and makers of an asset list; the inventory made of it, its export, and what is said meanwhile."""
    words = [word for word in STRINGS if len(word) < 300 and "\0" not in word]
    rows = [["名称", "类型", "IP地址", "楼栋", "房间", "品牌", "型号"]]
    rows += [
        [word, "摄像机", f"198.18.{n // 200}.{n % 200 + 1}", word, word, word, word] for n, word in enumerate(words)
    ]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    (tmp_path / "list.csv").write_text(text.getvalue(), "utf-8", errors="surrogatepass")
    (tmp_path / "bytes.csv").write_bytes(
        (tmp_path / "list.csv").read_bytes() + b"\xff\xfe\x80,x,198.18.9.9,\x9b31m\r\n"
    )
    assert "neither UTF-8 nor GB18030" in _command(tmp_path, "inventory", "import", "bytes.csv", "--yes")
    _command(tmp_path, "inventory", "import", "list.csv", "--write", "made.yaml", "--yes")
    quiet((tmp_path / "made.yaml").read_text("utf-8"))
    _command(tmp_path, "check", "--inventory", "made.yaml")
    for form in ("csv", "netbox"):
        _command(tmp_path, "inventory", "export", f"{form}.csv", "--format", form, "--inventory", "made.yaml")
        table = list(csv.reader(io.StringIO((tmp_path / f"{form}.csv").read_text("utf-8-sig"))))
        assert len(table) > 100
        _clean([table])
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in table for cell in row)
