"""R10: the whole agent and its page in a year of which no holiday is known: it works, and it says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from agent.alerting import sla
from agent.calendar import at_local, local
from agent.metrics import Exposition, Own
from agent.tallies import Tallies
from agent.view import View
from agent.web import make_app
from tests.time.campus import Agent, Wires, at

CAMERAS = ["cam-01", "cam-02"]


@pytest.mark.net
@pytest.mark.parametrize("day", [date(2026, 3, 2), date(2026, 11, 20), date(2027, 2, 5), date(2029, 6, 8)])
def test_engine_metrics_and_page(tmp_path: Path, day: date) -> None:
    pages: dict[str, str] = {}
    agent = Agent(tmp_path, Wires(down={"cam-01": [(100.0, 2000.0)]}), devices=CAMERAS, start=at_noon(day))

    async def look(agent: Agent) -> None:
        pages["/"], pages["/metrics"] = await read(agent, "/"), await read(agent, "/metrics")

    (ticket,) = agent.play(4000.0, [at(3000.0, look)])
    zone = agent.setting.inventory.site.zone
    assert ticket.state == "restored"
    due = local(sla.deadline(ticket.times, "feedback") or 0, zone)
    assert (due.hour, due.weekday() < 5) == (18, True)
    assert 1 <= (due.date() - day).days <= 3
    end = at_local(date(2027, 1, 1), "00:00", zone) // 1000
    (line,) = (
        line for line in pages["/metrics"].splitlines() if line.startswith("campus_calendar_valid_until_timestamp")
    )
    assert float(line.split()[1]) == end
    assert ("节假日数据只到 " in pages["/"]) is (day >= date(2026, 11, 17))


def at_noon(day: date) -> int:
    return at_local(day, "12:00", ZoneInfo("Asia/Shanghai"))


async def read(agent: Agent, path: str) -> str:
    view, tallies = View(agent.monitor), Tallies(agent.setting.policy.contract)
    exposition = Exposition(view, tallies, Own(), agent.writer, lambda: True)

    async def nothing(*args: object) -> None:
        return None

    app = make_app(view, exposition, nothing, nothing, lambda: (True, ""))  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://campus") as client:
        answer = await client.get(path, headers={"accept": "text/html", "accept-language": "zh"})
        assert answer.status_code == 200
        return answer.text
