"""`/metrics` and its sisters: the promised names, hostile strings, no long slices, the real judges of the format."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent.alerting.engine import Removal
from agent.alerting.frame import build
from agent.metrics import probe_page
from agent.metrics.devices import BY_DEVICE, BY_PROBE
from agent.metrics.text import label
from agent.model import Location, Outcome, Reading
from agent.probes.snmp.ports import Port
from tests.metrics.campus import campus, device, school, target

PROMISED = """\
campus_device_info campus_device_up campus_device_state campus_probe_success campus_probe_duration_seconds
campus_probe_last_timestamp_seconds campus_icmp_rtt_seconds campus_icmp_loss_ratio campus_tickets
campus_tickets_opened_total campus_ticket_info campus_ticket_started_timestamp_seconds
campus_ticket_opened_timestamp_seconds campus_ticket_response_deadline_timestamp_seconds
campus_ticket_repair_deadline_timestamp_seconds campus_ticket_feedback_deadline_timestamp_seconds
campus_ticket_response_seconds campus_ticket_repair_seconds campus_sla_clocks_total campus_sla_voided_total
campus_ticket_ceiling_deadline_timestamp_seconds campus_tickets_reopened_total campus_severity_policy_info
campus_agent_build_info campus_agent_config_last_reload_successful campus_agent_scheduler_lag_seconds
campus_agent_outbox_oldest_seconds campus_agent_blind_seconds_total campus_agent_store_writable
campus_agent_store_pending_entries campus_agent_rejected_replies_total campus_calendar_valid_until_timestamp_seconds
"""

HOSTILE = (
    b"\xff\xfe\x00caf\xe9".decode("latin-1"), "a\x00b",
    "‮gnp.exe", "📷🎥", 'quote " and \\ and }', "two\nlines\r\n# TYPE x gauge",
    "<script>alert(1)</script>", "{{ 7*7 }} {% raw %}", "字" * 65536, 'x" 1\ncampus_device_up{device="',
)  # fmt: skip


def samples(page: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by name and labels; a pair that comes twice is an error."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, key
            assert sample.timestamp is None
            found[key] = sample.value
    return found


def of(page: str, name: str, **labels: str) -> float | None:
    return samples(page).get((name, tuple(sorted(labels.items()))))


def promtool(page: str) -> None:
    """Fails unless the real promtool has nothing to say."""
    found = shutil.which("promtool") or ""
    if not found:
        message = "needs promtool, from the Debian package prometheus"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    done = subprocess.run(
        [found, "check", "metrics"], input=page.encode(), capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


async def test_every_promised_name_has_its_head_even_without_a_sample(tmp_path: Path) -> None:
    async with campus(tmp_path, []) as c:
        page = await c.page()
    for name in PROMISED.split():
        assert f"# HELP {name} " in page, name
        assert f"# TYPE {name} " in page, name
    samples(page)


async def test_a_device_that_falls(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c:
        assert of(await c.page(), "campus_device_up", device="sw-a") is None
        await c.pass_time(20)
        page = await c.page()
        assert of(page, "campus_device_up", device="sw-a") == 1
        assert of(page, "campus_probe_success", device="sw-a", probe="icmp") == 1
        assert of(page, "campus_probe_duration_seconds", device="sw-a", probe="icmp") == 0.0021
        assert of(page, "campus_probe_last_timestamp_seconds", device="sw-a", probe="icmp") == c.clock.at / 1000
        assert of(page, "campus_icmp_rtt_seconds", device="sw-a") == 0.0015
        await c.pass_time(30, down=["sw-a", "cam-a-1", "cam-a-2"])
        page = await c.page()
        assert of(page, "campus_device_up", device="cam-a-1") == 0
        assert of(page, "campus_device_state", device="cam-a-1", state="shadowed") == 1
        assert of(page, "campus_device_state", device="cam-a-1", state="down") == 0
        assert of(page, "campus_device_state", device="sw-a", state="down") == 1
        for one in c.view.devices():
            states = [
                v
                for (name, own), v in samples(page).items()
                if name == "campus_device_state" and ("device", one.id) in own
            ]
            assert sorted(states) == [0, 0, 0, 0, 0, 0, 1]


async def test_a_ticket_and_its_deadlines(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c:
        await c.pass_time(20)
        await c.pass_time(30, down=["sw-a", "cam-a-1", "cam-a-2"])
        (ticket,) = c.view.tickets()
        page = await c.page()
        told = {"ticket": ticket.id, "device": "sw-a", "severity": ticket.severity, "state": "new", "tier": "1"}
        assert of(page, "campus_ticket_info", **told) == 1
        assert of(page, "campus_tickets", severity=ticket.severity, state="new") == 1
        opened = ticket.times.opened_at / 1000
        assert of(page, "campus_ticket_opened_timestamp_seconds", ticket=ticket.id) == opened
        limit = ticket.times.limits.response[ticket.severity]
        assert of(page, "campus_ticket_response_deadline_timestamp_seconds", ticket=ticket.id) == opened + limit
        ceiling = of(page, "campus_ticket_ceiling_deadline_timestamp_seconds", ticket=ticket.id, clock="repair_ceiling")
        assert ceiling == opened + 86400
        await c.order(ticket.id, "take")
        page = await c.page()
        assert of(page, "campus_ticket_response_deadline_timestamp_seconds", ticket=ticket.id) is None
        assert of(page, "campus_ticket_feedback_deadline_timestamp_seconds", ticket=ticket.id) is None
        assert of(page, "campus_ticket_response_seconds_count", severity=ticket.severity) == 1
        await c.pass_time(300)
        page = await c.page()
        assert of(page, "campus_ticket_repair_deadline_timestamp_seconds", ticket=ticket.id) is None
        assert of(page, "campus_ticket_feedback_deadline_timestamp_seconds", ticket=ticket.id) is not None


async def test_a_look_that_could_not_be_made_is_no_failure(tmp_path: Path) -> None:
    async with campus(tmp_path, [device("sw")]) as c:
        c.look("sw", outcome=Outcome.UNKNOWN, reason="local_error:ENETUNREACH", samples={})
        page = await c.page()
        assert of(page, "campus_probe_success", device="sw", probe="icmp") is None
        assert of(page, "campus_device_state", device="sw", state="unknown") == 1


async def test_a_new_inventory_brings_new_labels(tmp_path: Path) -> None:
    async with campus(tmp_path, [device("sw")]) as c:
        assert 'campus_device_info{device="sw",' in await c.page()
        c.monitor.reload(build({"ap": device("ap")}, [target("ap")], {}), Removal(devices=("sw",)))
        page = await c.page()
        assert 'device="sw"' not in page
        assert of(page, "campus_device_state", device="ap", state="unknown") == 1


async def test_what_the_agent_says_of_itself(tmp_path: Path) -> None:
    async with campus(tmp_path, [device("sw")]) as c:
        c.own.rejected("icmp", "late")
        c.own.rejected("icmp", "late")
        c.monitor.scheduler.lag.add(0.03, 7)
        c.good[0] = False
        page = await c.page()
        assert of(page, "campus_agent_rejected_replies_total", probe="icmp", reason="late") == 2
        assert of(page, "campus_agent_scheduler_lag_seconds_bucket", le="0.01") == 0
        assert of(page, "campus_agent_scheduler_lag_seconds_bucket", le="0.05") == 7
        assert of(page, "campus_agent_scheduler_lag_seconds_count") == 7
        assert of(page, "campus_agent_config_last_reload_successful") == 0
        assert of(page, "campus_agent_store_writable") == 1
        assert of(page, "campus_agent_store_pending_entries") == 0
        assert of(page, "campus_agent_outbox_oldest_seconds") is None
        assert of(page, "process_start_time_seconds") is not None


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_strings_break_no_page(tmp_path: Path, text: str) -> None:
    nasty = device("sw", name=text, vendor=text, model=text, role=text, location=Location(building=text, room=text))
    async with campus(tmp_path, [nasty, device("ok")], probes=("icmp", "snmp")) as c:
        ports = {1: port(1, name=text, alias=text, descr=text)}
        c.look("sw", tables={"ports": ports}, probe="snmp", samples={})
        await c.pass_time(30, down=["sw"])
        c.look("sw", tables={"ports": ports}, probe="snmp", samples={})
        page = await c.page()
        assert of(page, "campus_device_up", device="ok") == 1
        told = [dict(own) for (name, own) in samples(page) if name == "campus_device_info" and ("device", "sw") in own]
        assert len(told) == 1 and len(told[0]["name"]) <= 200 and "\n" not in told[0]["name"]
        detail = b"".join([chunk async for chunk in c.exposition.ports()]).decode()
        assert len(samples(detail)) == 9


async def test_a_lone_surrogate_is_left_out(tmp_path: Path) -> None:
    async with campus(tmp_path, [device("sw", name="\ud800 alone")]) as c:
        assert 'device="sw",name="alone"' in await c.page()


def test_a_label_is_escaped_once() -> None:
    assert label('a"b\\c') == 'a\\"b\\\\c'


def port(index: int, **over: object) -> Port:
    fields: dict[str, object] = {
        "index": index, "name": f"Gi1/0/{index}", "descr": "", "alias": "", "type": 6, "admin": 1, "oper": 1,
        "speed_bps": 1_000_000_000, "mac": "", "in_octets": 2**64 - 1, "out_octets": 7, "in_errors": 0, "out_errors": 0,
        "in_discards": None, "out_discards": 3, "wide": True,
    }  # fmt: skip
    return Port(**{**fields, **over})  # type: ignore[arg-type]  # the fields of a frozen value, by name


async def test_ports_are_told_apart_and_64_bits_wide(tmp_path: Path) -> None:
    async with campus(tmp_path, [device("sw")], probes=("icmp", "snmp")) as c:
        ports: Mapping[int, Port] = {1: port(1), 2: port(2, name="Gi1/0/1", oper=2)}
        c.look("sw", probe="snmp", samples={}, tables={"ports": ports})
        page = b"".join([chunk async for chunk in c.exposition.ports()]).decode()
        assert 'campus_port_in_octets_total{device="sw",index="1",port="Gi1/0/1"} 18446744073709551615\n' in page
        assert of(page, "campus_port_oper_status", device="sw", index="2", port="Gi1/0/1") == 2
        assert of(page, "campus_port_in_discards_total", device="sw", index="1", port="Gi1/0/1") is None
        assert of(page, "campus_port_speed_bytes", device="sw", index="1", port="Gi1/0/1") == 125_000_000
        assert "campus_port" not in await c.page()


async def test_one_look_in_the_names_of_blackbox_exporter() -> None:
    good = Reading(target("sw"), 0, 0.25, Outcome.OK, samples={"rtt_seconds": 0.001})
    assert of(probe_page(good), "probe_success") == 1
    assert of(probe_page(good), "probe_icmp_duration_seconds", phase="rtt") == 0.001
    bad = Reading(target("sw"), 0, 4.5, Outcome.FAILED, "timeout", samples={"rtt_seconds": 0.001})
    assert (of(probe_page(bad), "probe_success"), of(probe_page(bad), "probe_duration_seconds")) == (0, 4.5)
    assert of(probe_page(bad), "probe_icmp_duration_seconds", phase="rtt") is None


async def test_a_large_page_lets_the_loop_turn(tmp_path: Path) -> None:
    """The work is cut into slices: others get their turn many times while one page is made."""
    async with campus(tmp_path, [device(f"d-{n}", kind="camera") for n in range(4000)]) as c:
        c.all_well()
        turns, over = 0, False

        async def others() -> None:
            nonlocal turns
            while not over:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(others())
        page = await c.exposition.render()
        over = True
        await task
        assert page.count(b"\ncampus_") > 14 * 4000
        assert turns >= 3


@pytest.mark.net
def test_promtool_likes_every_family_of_the_looks() -> None:
    families = [one for group in (*BY_DEVICE.values(), *BY_PROBE.values()) for _, one in group]
    promtool("".join(f'{one.head}{one.name}{{device="x"}} 1\n' for one in dict.fromkeys(families)))


async def test_a_moment_is_told_to_the_second(tmp_path: Path) -> None:
    async with campus(tmp_path, school(1), probes=("icmp", "onvif")) as c:
        c.look("cam-a-1", probe="onvif", samples={"recorded_until_timestamp_seconds": 1795382123.0, "recorded_days": 2})
        page = await c.page()
    assert of(page, "campus_camera_recorded_until_timestamp_seconds", device="cam-a-1") == 1795382123.0
    assert of(page, "campus_camera_recorded_seconds", device="cam-a-1") == 172_800


@pytest.mark.net
async def test_promtool_finds_nothing_wrong(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2), probes=("icmp", "snmp", "tcp")) as c:
        promtool(await c.page())
        c.own.rejected("snmp", "wrong_id")
        await c.pass_time(30, down=["sw-a", "cam-a-1"])
        c.look(
            "sw-b",
            probe="snmp",
            samples={"uptime_seconds": 5.0, "ports": 1, "ports_up": 1},
            tables={"ports": {1: port(1)}},
        )
        c.look("sw-b", probe="tcp", samples={"connect_seconds": 0.001})
        promtool(await c.page())
        promtool(b"".join([chunk async for chunk in c.exposition.ports()]).decode())
        promtool(probe_page(Reading(target("sw"), 0, 0.25, Outcome.OK, samples={"rtt_seconds": 0.001})))
