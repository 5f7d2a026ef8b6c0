"""What is confirmed to be wrong, and the battery of a UPS, as Prometheus reads them."""

from __future__ import annotations

from pathlib import Path

from agent.probes.snmp.rows import Sensor
from tests.metrics.campus import campus, device
from tests.metrics.test_page import of, promtool

ON_BATTERY = "1.3.6.1.2.1.33.1.2.2.0"


def sensor(of_class: str, value: float, oid: str = "") -> Sensor:
    return Sensor(class_=of_class, index="1", descr=of_class, value=value, oid=oid)


async def test_a_fault_is_there_while_it_is_confirmed(tmp_path: Path) -> None:
    async with campus(tmp_path, [device("cam", kind="camera")], ("icmp", "snmp")) as c:
        await c.pass_time(20)
        for _ in range(3):
            c.later(10)
            c.look("cam", probe="snmp", checks={"fan": "fan_failed"})
            c.tick()
        await c.settle()
        page = await c.page()
        assert of(page, "campus_fault", device="cam", probe="snmp", check="fan", reason="fan_failed") == 1
        await c.pass_time(30, down=["cam"])
        assert of(await c.page(), "campus_fault", device="cam", probe="icmp", check="", reason="timeout") == 1
        await c.pass_time(900)
        c.look("cam", probe="snmp", checks={"fan": ""})
        promtool(await c.page())


async def test_a_ups_tells_how_long_it_lasts_and_not_how_long_it_has(tmp_path: Path) -> None:
    rows = (sensor("charge", 64.0), sensor("runtime", 25.0), sensor("runtime", 3.0, ON_BATTERY), sensor("load", 31.0))
    async with campus(tmp_path, [device("ups", kind="ups"), device("sw")], ("snmp",)) as c:
        for name in ("ups", "sw"):
            c.look(name, probe="snmp", tables={"sensors": rows})
        await c.settle()
        page = await c.page()
        assert of(page, "campus_ups_charge_ratio", device="ups") == 0.64
        assert of(page, "campus_ups_runtime_seconds", device="ups") == 1500
        assert of(page, "campus_ups_load_ratio", device="ups") == 0.31
        assert of(page, "campus_ups_load_ratio", device="sw") is None, "only a UPS has a battery to tell of"
