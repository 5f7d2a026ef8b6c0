"""`device` and `probe` tell a device in words: sockets, ladder, figures, tables, and what to do."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

import pytest

from agent.locale import catalogue
from agent.plain.advice import Trouble, advice
from agent.plain.reader import Reader

from .conftest import Campus
from .given import agent

AT = "2026-09-01T02:00:00.000Z"
ENCODERS = [{"profile": "main", "codec": "H264", "width": 1920, "height": 1080, "fps": 25, "kbit_s": 4096}]


def probe(name: str, **over: Any) -> dict[str, Any]:
    return {
        "name": name, "outcome": "ok", "reason": "", "at": AT, "duration_seconds": 0.004, "samples": {}, "facts": {},
        "checks": {}, "tables": {},
    } | over  # fmt: skip


def device(*probes: dict[str, Any], **over: Any) -> dict[str, Any]:
    return {
        "id": "sw-1", "name": "一层接入交换机", "kind": "switch", "role": "access", "address": "127.0.0.2",
        "location": {"building": "A", "floor": "1F", "room": "弱电间"}, "vendor": "H3C", "model": "", "state": "up",
        "since": AT, "up": True, "parent": {"device": "core", "port": "GigabitEthernet1/0/9", "source": "declared"},
        "tickets": [], "probes": list(probes),
    } | over  # fmt: skip


def port(number: int, **over: Any) -> dict[str, Any]:
    return {
        "index": number, "name": f"GigabitEthernet1/0/{number}", "descr": "", "alias": "", "type": "ethernetCsmacd",
        "admin": "up", "oper": "up", "speed_bps": 10**9, "duplex": "full",
    } | over  # fmt: skip


def poe(number: int, detection: str, watts: float | None = None) -> dict[str, Any]:
    return {
        "port": f"GigabitEthernet1/0/{number}", "index": "", "admin": "on", "detection": detection, "watts": watts
    }  # fmt: skip


def sensor(of: str, descr: str, state: str, unit: str = "") -> dict[str, Any]:
    return {"class": of, "index": "1", "descr": descr, "value": 2, "unit": unit, "state": state, "oid": ""}


def told(campus: Campus, document: dict[str, Any], lang: str = "zh") -> str:
    with agent(campus.folder, {"device": lambda request: document}):
        said = campus("device", document["id"], lang=lang)
    assert said.code == 0
    return str(said.out)


def test_a_switch_tells_its_sockets(campus: Campus) -> None:
    rows = {
        "ports": [port(1), port(2, oper="down"), port(3, oper="down", admin="down"),
                  port(4, duplex="half", speed_bps=10**8), {**port(90), "name": "Vlan-interface1", "type": "l3ipvlan"}],
        "poe": [poe(1, "delivering", 6.4), poe(2, "fault")],
        "neighbours": [{"local_port": "GigabitEthernet1/0/1", "remote_name": "ap-3", "remote_id": "",
                        "remote_port": "GigabitEthernet0/1", "remote_port_descr": ""}],
        "sensors": [sensor("state", "Fan 1", "critical")],
    }  # fmt: skip
    checks = {"fan": "fan_failed", "psu": ""}
    said = told(campus, device(probe("snmp", tables=rows, checks=checks), state="degraded"))
    assert "交换机 接入" in said and "端口 (4)  接通 2  没接通 1  已关闭 1  PoE 供电中 1  PoE 故障 1" in said
    assert re.search(r"GE1/0/1 +接通 1G +6.4 W +ap-3", said) and re.search(r"GE1/0/4 +接通 100M 半双工", said)
    assert said.index("GE1/0/2 ") < said.index("GE1/0/1 "), "what is wrong comes first"
    assert "GE1/0/3" not in said and "Vlan" not in said and re.search(r"风扇 1 +严重", said)
    assert "风扇  风扇故障" in said and "正常  电源" in said and "带上：同型风扇" in said


def test_a_camera_tells_the_rung_that_broke_and_what_to_do(campus: Campus) -> None:
    climbed = probe("onvif", outcome="failed", reason="auth", facts={"rung": "login", "clock_source": "ntp"},
                    samples={"clock_drift_seconds": 0.5}, checks={"clock": ""})  # fmt: skip
    said = told(
        campus, device(probe("icmp", samples={"rtt_seconds": 0.0012}), climbed, kind="camera", state="degraded")
    )
    assert "✓ ping  ✓ 连接  ✓ ONVIF 应答  ✓ 时钟  ✗ 登录 口令不对  · 服务列表" in said
    assert "怎么办" in said and "口令文件" in said and "ping 用时         1.2 ms" in said
    english = told(campus, device(climbed, kind="camera", state="degraded"), "en")
    assert "✗ login login refused" in english and "What to do" in english


def test_nothing_is_told_as_python_or_as_a_key(campus: Campus) -> None:
    facts = {"encoders": ENCODERS, "sip_allow": ["INVITE", "BYE"], "vendor": "HIKVISION", "odd": {"a": 1}}
    samples = {"uptime_seconds": 90000.0, "jitter_seconds": 1e-6, "recorded_until_timestamp_seconds": 1788228000.0}
    for lang in ("zh", "en"):
        said = told(campus, device(probe("onvif", facts=facts, samples=samples), kind="recorder", role=""), lang)
        assert "1920 × 1080 H264 25 fps 4096 kbit/s (main)" in said and "INVITE, BYE" in said
        assert not re.search(r"\[\{?'|None|web\.|probes\.|uptime_seconds|1\.78e", said), said


def test_a_dark_device_says_which_port_to_look_at(campus: Campus) -> None:
    dark = probe("icmp", outcome="failed", reason="timeout")
    said = told(campus, device(dark, kind="camera", state="down"))
    assert "先看 core 上 GE1/0/9 口的灯" in said
    assert "怎么办" not in told(campus, device(probe("icmp"))), "who is well needs no advice"


TROUBLES = [
    ("camera", "down", "icmp", "timeout", "core", "GE1/0/9", "GE1/0/9"),
    ("camera", "down", "icmp", "unreachable", "core", "", "core"),
    ("camera", "down", "icmp", "unreachable", "", "", "电源灯"),
    ("camera", "down", "tcp", "refused", "core", "GE1/0/9", "没有运行"),
    ("switch", "down", "icmp", "timeout", "core", "GE1/0/9", "机柜"),
    ("gateway", "down", "icmp", "timeout", "", "", "机柜"),
    ("switch", "degraded", "snmp", "timeout", "core", "", "团体字"),
    ("camera", "degraded", "icmp", "timeout", "core", "", "ping 被拦"),
    ("amplifier", "degraded", "sip", "timeout", "core", "", "服务没有回应"),
    ("camera", "shadowed", "icmp", "timeout", "core", "", "先修它的上级"),
    ("ups", "degraded", "snmp:ups", "ups_trouble", "core", "", "市电"),
]


@pytest.mark.parametrize("case", TROUBLES, ids=lambda case: f"{case[0]}-{case[1]}-{case[3]}")
def test_advice_fits_the_fault(case: tuple[str, ...]) -> None:
    kind, state, probe_name, reason, parent, socket, word = case
    trouble = Trouble(kind=kind, state=state, probe=probe_name, reason=reason, parent=parent, port=socket)
    assert word in advice(Reader(catalogue("zh"), UTC), trouble)
    assert advice(Reader(catalogue("en"), UTC), trouble)


def test_a_box_moves_no_cursor(campus: Campus) -> None:
    evil = "\x1b[2Jname\x07"
    rows = {"sensors": [sensor("temperature", evil, evil, evil)],
            "ports": [port(1, name=evil), port(2, alias=evil)]}  # fmt: skip
    document = device(probe("snmp", facts={"sys_name": evil, "rung": evil}, reason=evil, outcome="failed", tables=rows))
    said = told(campus, document)
    assert "\x1b" not in said and "\x07" not in said
