"""The page of one device: what it said of itself in words, its tables worst first, and all of it bounded."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.locale import catalogue
from agent.model import Parent
from agent.plain.facts import FIGURES, KNOWN
from agent.plain.tables import _SHOWN, ROWS
from agent.probes.channels import Channel
from agent.probes.onvif.ladder import CLOCKS, CONNECT, LOGIN, ONVIF, PROFILES, SERVICES, STREAM_URI
from agent.probes.rtsp import RUNGS as RTSP_RUNGS
from agent.probes.snmp.ports import Port
from agent.probes.snmp.rows import AccessPoint, Poe, Processor, Sensor
from tests.metrics.campus import Campus, campus, device
from tests.metrics.test_page import HOSTILE
from tests.web.serving import client

CLIMBED = (CONNECT, ONVIF, CLOCKS, LOGIN, SERVICES, PROFILES, STREAM_URI, "rtsp", "rtsp_login", "stream")


def port(index: int, name: str = "") -> Port:
    told = name or f"GigabitEthernet1/0/{index}"
    return Port(index, told, told, "", 6, 1, index % 2 + 1, 10**9, "", 0, 0, 0, 0, 0, 0, True)


def sensor(number: int, state: Any = "ok", descr: str = "") -> Sensor:
    return Sensor(
        class_="temperature", index=f"{number}", descr=descr or f"Board {number}", value=40.5, unit="°C", state=state
    )


async def shown(c: Campus, http: Any, lang: str = "zh", **look: Any) -> str:
    await c.pass_time(20)
    c.look("sw", probe="snmp", **look)
    await c.settle()
    answer = await http.get(f"/devices/sw?lang={lang}")
    assert answer.status_code == 200
    return str(answer.text)


def two(tmp_path: Path) -> Any:
    return campus(tmp_path, [device("sw", vendor="H3C")], ("icmp", "snmp"))


async def test_facts_have_names_that_people_read_and_the_rest_is_folded(tmp_path: Path) -> None:
    facts = {"sys_descr": "H3C Comware", "vendor": "H3C", "firmware": "7.1.070", "sys_object_id": "1.3.6.1.4.1.25506.1",
             "encoders": [{"profile": "main", "codec": "H264", "width": 1920, "height": 1080, "fps": 25}],
             "clock_source": "manual", "tables_failed": {"ifTable": "too_slow"}}  # fmt: skip
    async with two(tmp_path) as c, client(c) as http:
        page = await shown(c, http, facts=facts)
        plain, technical = page.split('id="d-technical"')
        assert "<dt>固件</dt><dd>7.1.070</dd>" in plain and "1920 × 1080 H264 25 fps (main)" in plain
        assert "手工（没有对时服务器）" in plain and "sys_" not in plain and "encoders" not in plain
        assert "<dt>厂商</dt>" not in plain, "the inventory says it already"
        assert "snmp sys_descr" in technical and "too_slow" in technical


async def test_tables_are_worst_first_and_say_how_many_are_wrong(tmp_path: Path) -> None:
    rows = {"sensors": (sensor(1), sensor(2, "critical"), sensor(3, "warning")),
            "access_points": (AccessPoint(index="1", name="AP-1", state="up", clients=12.0, channel="36"),
                              AccessPoint(index="2", name="AP-2", state="down")),
            "poe": (Poe(port="Gi1/0/1", admin="on", detection="delivering", watts=6.4),),
            "processors": (Processor(index="1", percent=42.0),)}  # fmt: skip
    async with two(tmp_path) as c, client(c) as http:
        page = await shown(c, http, "en", tables=rows, samples={"cpu_percent": 42.0, "aps": 2.0, "aps_up": 1.0})
        assert page.index("Board 2") < page.index("Board 3") < page.index("Board 1")
        assert page.index("AP-2") < page.index("AP-1") and page.count("1 not well") == 2
        assert "40.5 °C" in page and "6.4" in page and "delivering" in page
        assert "Processor <b>42 %</b>" in page and "of these up <b>1</b>" in page
        assert re.search(r"<th>Name</th><th>.*</th><th>.*</th><th>Channel</th></tr>", page), "no column that is empty"


async def test_a_camera_says_where_its_ladder_broke_and_what_an_earlier_look_found(tmp_path: Path) -> None:
    async with two(tmp_path) as c, client(c) as http:
        await c.pass_time(20)
        for _ in range(3):
            c.later(10)
            c.look("sw", probe="snmp", checks={"picture": "picture_black"})
            c.tick()
        c.later(10)
        c.look("sw", probe="snmp", ok=False, reason="auth", facts={"rung": "login"})
        await c.settle()
        page = (await http.get("/devices/sw")).text
        assert "口令不对" in page and "断在：登录" in page and "黑屏" in page and "web." not in page


async def test_a_ticket_says_why_and_its_journal_speaks_the_readers_language(tmp_path: Path) -> None:
    async with two(tmp_path) as c, client(c) as http:
        await c.pass_time(20)
        await c.pass_time(30, down=["sw"])
        (ticket,) = c.view.tickets()
        await c.order(ticket.id, "take")
        await c.order(ticket.id, "reclassify", by="赵经理", up="major", reason="考试")
        chinese = (await http.get(f"/tickets/{ticket.id}?lang=zh")).text
        assert "<p>超时无应答</p>" in chinese and "给: 重大" in chinese and "原因: 考试" in chinese
        english = (await http.get(f"/tickets/{ticket.id}?lang=en")).text
        assert "<p>no answer in time</p>" in english and "to: major" in english and "web." not in english


async def test_a_switch_is_drawn_with_its_sockets_and_says_where_a_device_has_no_link(tmp_path: Path) -> None:
    hung = replace(device("cam", kind="camera"), parent=Parent(device="sw", port="GigabitEthernet1/0/1"))
    devices = [device("sw"), hung]
    rows = {"ports": {n: port(n) for n in range(1, 25)},
            "poe": (Poe(port="GigabitEthernet1/0/2", admin="on", detection="delivering", watts=6.4),
                    Poe(port="GigabitEthernet1/0/3", admin="on", detection="fault"))}  # fmt: skip
    async with campus(tmp_path, devices, ("icmp", "snmp")) as c, client(c) as http:
        page = await shown(c, http, tables=rows)
        front = page[page.index('<ol class="front') : page.index("</ol>", page.index('<ol class="front'))]
        assert front.count("<li") == 24 and '<li class="k-down e-fault" title="GigabitEthernet1/0/3">3</li>' in front
        assert 'title="GigabitEthernet1/0/2">2</li>' in front
        assert '<li class="k-lost" title="GigabitEthernet1/0/1">1</li>' in front, "the camera's port has no link"
        assert (
            "6.4 W" in page and "PoE 故障" in page and re.search(r"<td>GE1/0/1</td><td>.*</td><td>设备 cam</td>", page)
        )
        told = (await http.get("/api/v1/devices/sw")).json()["probes"][1]["tables"]
        assert told["ports"][0]["oper"] == "down" and told["poe"][0]["watts"] == 6.4
        assert "tables" not in (await http.get("/api/v1/devices")).json()["items"][0]["probes"][1], "lists stay light"
        assert "接在 设备 sw GE1/0/1" in (await http.get("/devices/cam?lang=zh")).text


async def test_a_recorder_is_drawn_by_its_channels(tmp_path: Path) -> None:
    rows = {"channels": (Channel(index="1", name="大门", online="yes", recording="yes", days=31.0),
                         Channel(index="2", name="走廊", online="yes", recording="no"),
                         Channel(index="3", name="操场", online="no"))}  # fmt: skip
    async with two(tmp_path) as c, client(c) as http:
        page = await shown(c, http, tables=rows)
        assert '<li class="k-on" title="大门">1<small>31 天</small></li>' in page and "1 / 3 路在录" in page
        assert '<li class="k-idle" title="走廊">2</li><li class="k-dark" title="操场">3</li>' in page


async def test_a_fault_comes_with_what_to_do(tmp_path: Path) -> None:
    async with two(tmp_path) as c, client(c) as http:
        await c.pass_time(20)
        await c.pass_time(30, down=["sw"])
        (ticket,) = c.view.tickets()
        for address in ("/devices/sw", f"/tickets/{ticket.id}"):
            assert "怎么办：" in (await http.get(f"{address}?lang=zh")).text
            assert "What to do:" in (await http.get(f"{address}?lang=en")).text


@pytest.mark.parametrize("text", [*HOSTILE, "<&'\"" * 20, "汉" * 80], ids=range(len(HOSTILE) + 2))
async def test_a_page_stays_light_whatever_a_box_says(tmp_path: Path, text: str) -> None:
    rows = {
        "ports": {index: port(index, text) for index in range(1, 2000)},
        "sensors": tuple(sensor(number, "critical", text) for number in range(5000)),
        "access_points": tuple(AccessPoint(index=f"{n}", name=text, state=text, channel=text) for n in range(2000)),
        "poe": tuple(Poe(port=text, admin=text, detection=text) for _ in range(500)),
    }
    facts = {f"fact_{n}": text for n in range(200)} | dict.fromkeys(KNOWN, text) | {"rung": text}
    async with two(tmp_path) as c, client(c) as http:
        page = await shown(c, http, tables=rows, facts=facts, checks={"fan": text})
        assert len(page.encode()) < 100_000 and page.count("<tr") <= 4 * ROWS and "<script>alert" not in page
        assert "还有" in page


def test_every_key_has_its_words() -> None:
    for lang in ("zh", "en"):
        say = catalogue(lang)
        keys = [f"web.fact.{name}" for name in KNOWN if name != "manufacturer"]
        keys += [f"web.figure.{name}" for name in FIGURES]
        keys += [f"web.rung.{rung}" for rung in {*CLIMBED, *RTSP_RUNGS} - {"picture"}]
        for of, (heads, _, _) in _SHOWN.items():
            keys += [f"probes.class.{of}", *(f"probes.column.{head}" for head in heads)]
        assert [key for key in keys if not say.has(key)] == []
