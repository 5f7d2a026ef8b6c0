"""What the shipped profiles make of the standard MIBs and of a vendor's table, in lines written from the MIBs."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.model import Secret
from agent.probes import snmp
from agent.probes.snmp.collect import collect
from agent.probes.snmp.library import load
from agent.probes.snmp.rows import Collection
from agent.probes.snmp.session import Session
from tests.fakes.replay import Replay

UCD = "1.3.6.1.4.1.2021"
UNITS = "1.3.6.1.2.1.99.1.1.1"
HUAWEI = "1.3.6.1.4.1.2011"


async def of(tmp_path: Path, lines: str, object_id: str = "1.3.6.1.4.1.99999") -> Collection:
    head = f"1.3.6.1.2.1.1.1.0|4|Example\n1.3.6.1.2.1.1.2.0|6|{object_id}\n1.3.6.1.2.1.1.3.0|67|100\n"
    (tmp_path / "box.snmprec").write_text(head + lines, "utf-8")
    replay = await Replay(tmp_path).open()
    credential = snmp.Credential(version="2c", community=Secret("box"))
    try:
        async with Session("127.0.0.1", replay.port, credential, lambda why: None) as session:
            session.patience(2.0, 1)
            return await collect(session, load())
    finally:
        replay.close()


async def test_a_host_without_host_resources_has_the_pools_of_ucd(tmp_path: Path) -> None:
    sizes = {3: 2000, 4: 1500, 5: 8000, 6: 1000, 14: 400, 15: 2600, 27: 4000}
    lines = "".join(f"{UCD}.4.{column}.0|2|{size}\n" for column, size in sizes.items())
    found = await of(tmp_path, lines + f"{UCD}.2.1.2.1|4|sshd\n{UCD}.2.1.3.1|2|1\n{UCD}.2.1.5.1|2|0\n")
    pools = {pool.descr: (pool.index, round(pool.percent, 6), pool.total_bytes) for pool in found.rows["memory"]}
    assert pools == {
        "Physical memory": ("1", 50.0, 8000 * 1024), "Swap space": ("2", 25.0, 2000 * 1024),
        "Memory buffers": ("3", 5.0, 8000 * 1024), "Cached memory": ("4", 32.5, 8000 * 1024),
        "Available memory": ("5", 50.0, 8000 * 1024),
    }  # fmt: skip
    sshd = found.rows["sensors"][0]
    assert (sshd.class_, sshd.descr, sshd.value, sshd.state) == ("count", "Proc:sshd", 0, "critical")


@pytest.mark.parametrize(
    ("kind", "scale", "oper", "value", "class_", "shown"),
    [(8, 9, 1, 41, "temperature", 41), (8, 1, 1, 41, "temperature", 41), (10, 9, 3, 0, "fanspeed", 0),
     (8, 9, 2, 41, "", None), (8, 9, 1, 255, "", None), (3, 8, 1, 3500, "voltage", 3.5)],
)  # fmt: skip
async def test_an_entity_sensor(
    kind: int, scale: int, oper: int, value: int, class_: str, shown: float | None, tmp_path: Path
) -> None:
    row = {1: kind, 2: scale, 3: 0, 4: value, 5: oper}
    found = await of(tmp_path, "".join(f"{UNITS}.{column}.7|2|{each}\n" for column, each in row.items()))
    assert [(each.class_, each.value) for each in found.rows["sensors"]] == ([(class_, shown)] if class_ else [])


async def test_a_ups_tells_of_its_test_and_its_alarms(tmp_path: Path) -> None:
    found = await of(tmp_path, "1.3.6.1.2.1.33.1.7.3.0|2|3\n1.3.6.1.2.1.33.1.6.1.0|66|2\n")
    told = {each.descr: (each.class_, each.value, each.state) for each in found.rows["sensors"]}
    assert told == {"UPS Test": ("state", 3, "critical"), "UPS Alarms": ("count", 2, "warning")}


async def test_the_clients_of_a_controller_are_those_of_its_networks(tmp_path: Path) -> None:
    ssid = f"{HUAWEI}.6.139.17.1.2.1"
    lines = f"{HUAWEI}.6.139.12.1.2.1.0|2|4\n{HUAWEI}.6.139.12.1.2.2.0|2|31\n"
    lines += f"{ssid}.2.1.97|2|7\n{ssid}.2.1.98|2|3\n{ssid}.3.1.97|2|20\n{ssid}.3.1.98|2|0\n{ssid}.4.1.97|2|999\n"
    found = await of(tmp_path, lines, f"{HUAWEI}.2.240.7")
    assert {total.of: total.value for total in found.rows["totals"]} == {"aps": 4, "clients": 30, "stations": 31}


async def test_an_idle_processor_counts(tmp_path: Path) -> None:
    row = f"{HUAWEI}.5.25.31.1.1.1.1"
    found = await of(
        tmp_path,
        f"{row}.5.9|2|0\n{row}.5.10|2|0\n{row}.6.9|2|80\n{row}.6.10|2|0\n{row}.7.9|2|0\n{row}.7.10|2|0\n{row}.9.9|2|0\n"
        f"{row}.9.10|2|0\n{row}.19.9|2|2048\n{row}.19.10|2|0\n",
        f"{HUAWEI}.2.23.95",
    )
    assert [(each.index, each.percent) for each in found.rows["processors"]] == [("9", 0)]
    assert [(each.index, each.total_bytes) for each in found.rows["memory"]] == [("9", 2048 * 2**20)]
