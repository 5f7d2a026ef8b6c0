"""R24, S10: two hundred hostile strings through all that the agent says: pages, JSON, metrics, terminal, log, books."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent.store import DataDirectory, read_copy
from agent.text import clean
from tests.agent.running import Running, until
from tests.fakes import ber
from tests.fakes.snmp_agent import Rows, SnmpAgent, interfaces, system
from tests.hostile.corpus import BYTES, STRINGS, is_control
from tests.hostile.given import SITE, agent_on, ask, door, raw_ask

pytestmark = pytest.mark.net

RAW: tuple[bytes, ...] = (*(string.encode("utf-8", "surrogatepass") for string in STRINGS), *BYTES)
LINE = re.compile(r"inventory\.yaml:\d+: |\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) ")
WORDS = tuple(string for string in STRINGS if len(string) <= 1000)


ELEMENTS = """html head meta title link script noscript body header nav main section article footer h1 h2 h3 p a span
    div ul li ol dl dt dd table thead tbody tr th td time form label select option button b strong em small svg path
    rect circle g details summary abbr code i line polyline text use progress meter input br caption col colgroup"""


class Shape(HTMLParser):
    """The elements and attributes of a page; what a browser would run or fetch is noted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[str] = Counter()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        for name, value in attrs:
            outside = name in ("href", "src", "action") and not re.match(r"[/?#]|data:image/|$", value or "")
            if name.startswith("on") or name == "style" or outside or (value or "").startswith("//"):
                self.bad.append(f"{tag} {name}={value}")

    def handle_comment(self, data: str) -> None:
        self.bad.append(f"comment {data}")


def shape(page: str) -> Shape:
    found = Shape()
    found.feed(page)
    found.close()
    assert not found.bad, found.bad[:5]
    allowed = set(ELEMENTS.split())
    assert set(found.elements) <= allowed, set(found.elements) - allowed
    assert found.elements["script"] <= 1 and found.elements["form"] == found.elements["input"] == 0
    assert not any(is_control(char) and char not in "\n\t" for char in page)
    return found


@contextmanager
def switch() -> Iterator[int]:
    """The UDP port of an SNMP agent all of whose words are hostile."""
    rows: Rows = system(descr=b"".join(RAW[:60])) | interfaces(len(RAW))
    for column in ("1.3.6.1.2.1.31.1.1.1.18", "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2"):
        rows |= {(*ber.dotted(column), index): ber.tlv(ber.OCTETS, raw) for index, raw in enumerate(RAW, 1)}
    for place in range(4, 7):
        rows[(1, 3, 6, 1, 2, 1, 1, place, 0)] = ber.tlv(ber.OCTETS, RAW[place] + b"\x00\xff\x1b[31m" * 20)
    loop, ready, ports = asyncio.new_event_loop(), threading.Event(), list[int]()

    async def serve() -> None:
        agent = await SnmpAgent(rows, most=12).open()
        ports.append(agent.port)
        ready.set()

    def live() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=live)
    thread.start()
    ready.wait(5)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def yaml(word: str) -> str:
    """A word of a YAML file: JSON is YAML, but for its surrogate pairs."""
    return json.dumps(word, ensure_ascii=False)


def inventory(snmp: int, tcp: int) -> str:
    """Devices whose names, rooms and makers are hostile; JSON strings are YAML."""
    lines = [
        f"  - {{id: d-{n}, kind: camera, address: 127.0.0.1, probes: [{{tcp: {{port: {tcp}}}}}], name: {yaml(word)}, "
        f"vendor: {yaml(word)}, model: {yaml(word)}, location: {{building: {yaml(word)}, room: {yaml(word)}}}}}\n"
        for n, word in enumerate(WORDS)
        if word.isprintable() and word.strip()
    ]
    return (
        SITE + "credentials: {x: {snmp: {version: '2c', community: public}}}\n"
        "defaults: {snmp: {interval: 5s, timeout: 3s}}\ndevices:\n"
        f"  - {{id: sw, kind: switch, address: 127.0.0.1, probes: [{{snmp: {{port: {snmp}}}}}], credentials: x}}\n"
        + "".join(lines)
    )


def promtool(page: str) -> None:
    found = shutil.which("promtool")
    if found is None:
        assert not os.environ.get("CI"), "needs promtool, from the Debian package prometheus"
        return
    ended = subprocess.run(
        [found, "check", "metrics"], input=page.encode(), capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()[:2000]


def quiet(told: str) -> str:
    """Text for a terminal: lines, and nothing that steers it."""
    assert not any(is_control(char) and char != "\n" for char in told), [
        c for c in told if is_control(c) and c != "\n"
    ][:5]
    return told


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with switch() as snmp, door() as tcp:
        folder = tmp_path_factory.mktemp("agent")
        with agent_on(folder, {"inventory.yaml": inventory(snmp, tcp)}) as running:
            until(
                lambda: (
                    "campus_port_info" in running.get("/metrics/ports")
                    and 'index="200"' in running.get("/metrics/ports")
                ),
                30,
            )
            yield running
            lines = running.log.splitlines()
            assert all(LINE.match(line) for line in lines), [line for line in lines if not LINE.match(line)][:5]
            quiet(running.log)


def test_metrics_of_devices_and_ports(agent: Running) -> None:
    for path in ("/metrics", "/metrics/ports"):
        page = agent.get(path)
        promtool(page)
        families = {family.name: family for family in text_string_to_metric_families(page)}
        assert families
    ports = {sample.labels["index"]: sample.labels for sample in families["campus_port_info"].samples}
    assert len(ports) == len(RAW)
    for index, raw in enumerate(RAW, 1):
        said = clean(raw)
        assert ports[str(index)]["alias"][:100] == said[:100], (raw[:60], ports[str(index)])


def test_pages(agent: Running) -> None:
    paths = ["/", "/devices", "/tickets", "/devices/sw", "/devices?page=1"]
    paths += [f"/devices/d-{n}" for n in range(0, len(WORDS), 12)]
    for path in paths:
        for lang in ("zh", "en"):
            with_lang = path + ("&" if "?" in path else "?") + f"lang={lang}"
            try:
                shape(agent.get(with_lang))
            except OSError as missing:
                assert "404" in str(missing), (path, missing)


def test_words_of_a_query_come_back_as_words(agent: Running) -> None:
    for word in WORDS[:80]:
        sent = quote(word.encode("utf-8", "surrogatepass"))
        for path in (f"/devices?state={sent}&kind={sent}&building={sent}", f"/tickets?page={sent}", f"/?lang={sent}"):
            shape(agent.get(path))


def test_documents(agent: Running) -> None:
    listing = json.loads(agent.get("/api/v1/devices?limit=1000"))
    names = {item["id"]: item["name"] for item in listing["items"]}
    for n, word in enumerate(WORDS):
        if word.isprintable() and word.strip():
            assert names[f"d-{n}"] == clean(word, 200)
    switch = json.loads(agent.get("/api/v1/devices/sw"))
    facts = switch["probes"][0]["facts"]
    assert facts and not any(is_control(char) for value in facts.values() if isinstance(value, str) for char in value)


def test_terminal(agent: Running) -> None:
    for words in (("devices",), ("device", "sw"), ("tickets",), ("probe", "sw"), ("device", "\x1b[31m<x>")):
        ended = agent.run(*words)
        quiet(ended.stdout + ended.stderr)
    for what in (("devices",), ("device", "sw")):
        json.loads(quiet(agent.run(*what, "--json").stdout))


def test_tickets_and_their_books(agent: Running, tmp_path: Path) -> None:
    number = _reported(agent)
    noted = [_noted(agent, number, word) for word in STRINGS]
    texts = [one["args"]["text"] for one in _journal(agent, number) if one["event"] == "noted"]
    kept = [text for text in ("\n".join(map(clean, word.splitlines())).strip("\n") for word in STRINGS) if text]
    assert texts == kept
    assert noted.count("items") == len(kept) and set(noted) == {"items", "unprocessable"}
    for path in (f"/tickets/{number}", "/tickets", "/"):
        shape(agent.get(path))
    quiet(agent.run("ticket", number).stdout)
    quiet(agent.run("tickets").stdout)
    document = json.loads(agent.run("ticket", number, "--json").stdout)
    _restored(agent, number, document, tmp_path)


def _reported(agent: Running) -> str:
    line = {
        "do": "command",
        "verb": "open",
        "by": "<b>\ud800\u202e李\x00",
        "args": {"place": "\x1b]0;x\x07<img src=x onerror=y>", "what": "=1+1\x9b31m"},
    }
    number: str = raw_ask(agent, json.dumps(line).encode())["items"][0]["id"]
    return number


def _noted(agent: Running, number: str, text: str) -> str:
    line = {"do": "command", "verb": "note", "ids": [number], "by": text[:150] or "x", "args": {"text": text}}
    answer = raw_ask(agent, json.dumps(line).encode())
    return "items" if "items" in answer else str(answer["error"]["code"])


def _journal(agent: Running, number: str) -> list[dict[str, Any]]:
    journal: list[dict[str, Any]] = ask(agent, do="ticket", id=number)["journal"]
    return journal


def _restored(agent: Running, number: str, document: dict[str, Any], folder: Path) -> None:
    """Away and back: the books hold, and say the same."""
    made = agent.run("backup", str(folder / "copy.db"))
    assert made.returncode == 0, made.stderr
    back = subprocess.run(
        ["campus-agent", "--data", str(folder / "data"), "restore", str(folder / "copy.db")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert back.returncode == 0, back.stdout + back.stderr
    with read_copy(DataDirectory(folder / "data")) as store:
        assert store.verify_chains() == {}
        assert [event.hash for event in store.journal(number)] == [one["hash"] for one in document["journal"]]


def test_sixty_four_kibibytes(agent: Running) -> None:
    answer = raw_ask(
        agent,
        json.dumps({"do": "command", "verb": "open", "by": "x", "args": {"place": "x", "what": "y" * 65536}}).encode(),
    )
    assert (answer["error"]["code"], answer["error"]["where"]) == ("bad_request", "args.what")
