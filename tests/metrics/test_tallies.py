"""Counts since ever: what a restart reads from the store equals what the running agent has counted."""

from __future__ import annotations

from pathlib import Path

from agent.metrics.text import histogram
from agent.tallies import Spread, Tallies
from tests.metrics.campus import Campus, campus, device, school


def figures(tallies: Tallies) -> dict[str, object]:
    """All counts, those that are nought left out."""
    return {
        "opened": {key: count for key, count in tallies.opened.items() if count},
        "booked": {key: count for key, count in tallies.booked.items() if count},
        "voided": {key: count for key, count in tallies.voided.items() if count},
        "reopened": {key: count for key, count in tallies.reopened.items() if count},
        "took": {
            (clock, level): (spread.counts, spread.milliseconds)
            for clock, spreads in tallies.took.items()
            for level, spread in spreads.items()
            if spread.total
        },
    }


def after_restart(c: Campus) -> dict[str, object]:
    fresh = Tallies()
    fresh.load(c.store)
    return figures(fresh)


async def outage(c: Campus, root: str) -> str:
    await c.pass_time(30, down=[root])
    return next(ticket.id for ticket in c.view.tickets() if ticket.root == root)


async def test_a_whole_life_is_counted_and_a_restart_counts_the_same(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c:
        await c.pass_time(20)
        number = await outage(c, "cam-a-1")
        assert sum(c.tallies.opened.values()) == 1
        await c.pass_time(600, down=["cam-a-1"])
        await c.order(number, "take")
        assert c.tallies.booked["response", "general", "met"] + c.tallies.booked["response", "other", "met"] == 1
        assert figures(c.tallies) == after_restart(c)
        await c.pass_time(300)
        await c.order(number, "report", cause="power", measures="换电源")
        await c.order(number, "confirm", by="李老师", evidence="电话确认")
        assert figures(c.tallies) == after_restart(c)
        await c.order(number, "reopen", by="李老师", reason="又坏了")
        assert c.tallies.reopened["reopen"] == 1
        assert figures(c.tallies) == after_restart(c)
        took = c.tallies.took["response"]
        assert sum(spread.total for spread in took.values()) == 1
        assert 600 <= sum(spread.milliseconds for spread in took.values()) / 1000 <= 640


async def test_relapse_refusal_and_false_alarm_are_counted_and_a_restart_counts_the_same(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c:
        await c.pass_time(20)
        number = await outage(c, "cam-b-1")
        await c.order(number, "take")
        await c.pass_time(200)
        await c.pass_time(30, down=["cam-b-1"])
        assert c.tallies.reopened["relapse"] == 1
        await c.pass_time(300)
        await c.order(number, "report", cause="cable", measures="重做水晶头")
        await c.order(number, "refuse", by="李老师", reason="还是卡")
        assert c.tallies.reopened["refusal"] == 1
        other = await outage(c, "cam-a-2")
        await c.order(other, "take")
        await c.pass_time(200)
        await c.order(other, "false-alarm", reason="误报", evidence="现场正常")
        await c.order(other, "approve", by="王经理")
        assert sum(c.tallies.voided.values()) == 2  # response and its ceiling
        assert figures(c.tallies) == after_restart(c)


async def test_waived_and_breached_clocks(tmp_path: Path) -> None:
    async with campus(tmp_path, school(1)) as c:
        await c.pass_time(20)
        await outage(c, "sw-a")
        await c.pass_time(3600, every=20)
        await c.pass_time(3900, every=20)
        assert sum(count for (_, _, result), count in c.tallies.booked.items() if result == "waived") == 2
        await outage(c, "sw-b")
        await c.pass_time(8000, down=["sw-b", "cam-b-1"], every=20)
        assert sum(count for (clock, _, result), count in c.tallies.booked.items() if result == "breached") >= 2
        number = next(ticket.id for ticket in c.view.tickets() if ticket.root == "sw-b")
        await c.order(number, "take")
        assert figures(c.tallies) == after_restart(c)


async def test_known_ones_begin_at_nought(tmp_path: Path) -> None:
    async with campus(tmp_path, [device("sw")]) as c:
        page = await c.page()
        assert 'campus_sla_clocks_total{clock="response",severity="major",result="waived"} 0\n' in page
        assert 'campus_tickets_reopened_total{why="relapse"} 0\n' in page
        assert 'campus_tickets_opened_total{severity="major",kind="emergency"} 0\n' in page
        assert 'campus_ticket_response_seconds_bucket{severity="major",le="1800.0"} 0\n' in page
        assert 'result="met"' in page and 'clock="repair",severity="other"' not in page


def test_limits_are_inclusive() -> None:
    spread = Spread((1800.0, 3600.0))
    for seconds in (1800.0, 1800.001, 3600.0, 9000.0):
        spread.add(seconds)
    assert list(spread.cumulated()) == [(1800.0, 1), (3600.0, 3)]
    text = histogram("x", 'severity="major"', spread.cumulated(), spread.total, spread.milliseconds / 1000)
    assert text.splitlines() == [
        'x_bucket{severity="major",le="1800.0"} 1',
        'x_bucket{severity="major",le="3600.0"} 3',
        'x_bucket{severity="major",le="+Inf"} 4',
        'x_sum{severity="major"} 16200.001',
        'x_count{severity="major"} 4',
    ]
