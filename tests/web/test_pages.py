"""The pages: what stands on them, in both languages, however many devices fall and whatever they are called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.locale import catalogue
from agent.model import Location
from agent.plain.reader import short
from agent.web.words import countdown
from tests.metrics.campus import Campus, campus, device, school
from tests.metrics.test_page import HOSTILE
from tests.web.serving import client

FALLEN = ("sw-a", "cam-a-1", "cam-a-2")


async def fallen(c: Campus) -> str:
    """A switch falls and takes two cameras with it; the number of the ticket."""
    await c.pass_time(20)
    await c.pass_time(30, down=FALLEN)
    return c.view.tickets()[0].id


async def test_the_front_page_says_what_is_down_and_until_when(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c, client(c) as http:
        number = await fallen(c)
        page = (await http.get("/")).text
        assert "1 处故障" in page and "影响 3 台设备" in page and "教学楼A 一层接入交换机 不通" in page
        (ticket,) = c.view.tickets()
        assert f'href="/tickets/{number}"' in page and f'data-due="{ticket.times.opened_at + 1800_000}"' in page
        assert "受影响 3 台" in page and 'href="/devices/cam-a-1"' in page
        assert page.count('class="m-shadowed"') == 2 and page.count('<i class="m-down">') == 1


async def test_it_speaks_both_languages(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c, client(c) as http:
        await fallen(c)
        assert '<html lang="zh-CN">' in (await http.get("/")).text
        english = await http.get("/", headers={"Accept-Language": "en-GB,en;q=0.9,zh;q=0.5"})
        assert '<html lang="en">' in english.text and "1 out of order" in english.text
        asked = await http.get("/?lang=en", headers={"Accept-Language": "zh-CN"})
        assert "does not answer" in asked.text and "/devices?lang=en" in asked.text
        assert '<html lang="zh-CN">' in (await http.get("/?lang=tlh")).text


def test_both_languages_have_the_same_words() -> None:
    rooms = ("web.", "device.")
    words = {lang: {key for key in catalogue(lang)._sentences if key.startswith(rooms)} for lang in ("zh", "en")}
    assert words["zh"] == words["en"] and len(words["en"]) > 80


async def test_the_front_page_tells_of_the_public_address_and_of_classrooms(tmp_path: Path) -> None:
    room = Location(building="教学楼A", room="云教室301")
    devices = [device("amp", kind="amplifier"), *(device(f"pc-{n}", kind="terminal", location=room) for n in range(3))]
    async with campus(tmp_path, devices) as c, client(c) as http:
        await c.pass_time(20)
        await c.pass_time(30, down=["amp"])
        page = (await http.get("/")).text
        systems = page[page.index('<ul class="systems">') :].split("</ul>")[0]
        assert re.search(r"校园广播</span><small>不通 · 0 / 1 台在用", systems)
        assert re.search(r"教学楼A 云教室301</span><small>正常 · 3 / 3 台在用", systems)
        assert "serve" in (await http.get("/?lang=en")).text


async def test_everything_is_fine(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c, client(c) as http:
        await c.pass_time(20)
        page = (await http.get("/")).text
        assert "一切正常" in page and "没有正在发生的故障" in page and 'role="alert"' not in page.split("<main")[1]


async def test_banners(tmp_path: Path) -> None:
    async with campus(tmp_path, school(1)) as c, client(c, writable=lambda: False) as http:
        await c.pass_time(20)
        c.good[0] = False
        c.monitor.memory.see(c.clock.at, None)
        page = (await http.get("/")).text
        assert page.count('<p class="banner" role="alert">') == 3
        assert "监测中断，现状未知" in page and "一切正常" not in page and "没有正在发生的故障" not in page


async def test_a_device_without_a_ticket_says_why(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c, client(c) as http:
        await c.pass_time(20)
        c.later(10)
        c.look("cam-a-1", ok=False)
        page = (await http.get("/")).text
        assert "异常但未建单" in page and "等待上级设备的检测结果" in page and "1 台设备异常" in page


async def test_ticket_and_device_pages(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c, client(c) as http:
        number = await fallen(c)
        await c.order(number, "take")
        page = (await http.get(f"/tickets/{number}")).text
        assert "张工" in page and "接单" in page and "响应（标书口径）" in page and "过程记录" in page
        page = (await http.get("/devices/cam-a-1")).text
        assert "受上级影响" in page and 'href="/devices/core"' in page and f'href="/tickets/{number}"' in page
        page = (await http.get("/devices?state=shadowed")).text
        assert page.count('class="line"') == 2
        assert number in (await http.get("/tickets")).text


async def test_a_ticket_whose_device_comes_and_goes_says_so(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c, client(c) as http:
        await c.pass_time(20)
        for _ in range(4):
            await c.pass_time(20, down=["cam-a-1"])
            await c.pass_time(10)
        (ticket,) = c.view.tickets()
        document = (await http.get(f"/api/v1/tickets/{ticket.id}")).json()
        assert "flapping" in document["flags"]
        assert "反复通断" in (await http.get(f"/tickets/{ticket.id}")).text
        assert "反复通断" in (await http.get("/")).text
        await c.pass_time(400)
        assert "flapping" not in (await http.get(f"/api/v1/tickets/{ticket.id}")).json()["flags"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_strings_stay_text(tmp_path: Path, text: str) -> None:
    nasty = device("sw", name=text, vendor=text, model=text, serial=text)
    async with campus(tmp_path, [nasty]) as c, client(c) as http:
        await c.pass_time(20)
        await c.pass_time(30, down=["sw"])
        number = c.view.tickets()[0].id
        for path in ("/", "/devices", "/devices/sw", "/tickets", f"/tickets/{number}"):
            answer = await http.get(path)
            assert answer.status_code == 200 and len(answer.content) < 100_000
            assert "<script>alert" not in answer.text and "49" not in re.findall(r"<h1>(.*?)</h1>", answer.text)
        for path in ("/api/v1/devices", f"/api/v1/tickets/{number}"):
            assert (await http.get(path)).status_code == 200


async def test_a_page_stays_light_when_a_large_campus_falls(tmp_path: Path) -> None:
    """One switch takes 3,000 cameras away, and 60 more devices fall for themselves."""
    devices = [device("core")]
    devices += [device(f"cam-{n}", "core", "camera", name=f"摄像机 {n}") for n in range(3000)]
    devices += [device(f"pc-{n}", kind="terminal", name=f"终端 {n}") for n in range(60)]
    async with campus(tmp_path, devices) as c, client(c) as http:
        c.all_well()
        c.later(10)
        c.all_well(but=[one.id for one in devices])
        c.tick()
        await c.settle()
        for path in ("/", "/?lang=en", "/devices", "/tickets"):
            answer = await http.get(path)
            assert answer.status_code == 200 and len(answer.content) < 100_000, path
        page = (await http.get("/")).text
        assert "还有" in page and "一格代表 3 台" in page


def test_countdown_and_short() -> None:
    assert [countdown(s) for s in (0, 59.9, 61, 3600, 90061, -75)] == [
        "0:00",
        "0:59",
        "1:01",
        "1:00:00",
        "25:01:01",
        "1:15",
    ]
    assert short("字" * 100, 10) == "字" * 9 + "…" and short("a\x00\n b") == "a b"
