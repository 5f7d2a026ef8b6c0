"""Boxes of H3C, Huawei, Ruijie, ZTE, TP-Link, Maipu, SNR and D-Link in lines written from their MIBs, over the wire."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from agent.model import Secret
from agent.probes import snmp
from agent.probes.snmp.collect import collect
from agent.probes.snmp.library import Library, load
from agent.probes.snmp.rows import Collection
from agent.probes.snmp.session import Session
from tests.fakes.replay import Replay

PRIVATE = "1.3.6.1.4.1"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
HUAWEI = f"{PRIVATE}.2011.5.25"
STATE = f"{HUAWEI}.31.1.1.1.1"
OPTICS = f"{HUAWEI}.31.1.1.3.1"


@cache
def shipped() -> Library:
    return load()


async def told(tmp_path: Path, lines: str, object_id: str, descr: str = "a box") -> Collection:
    head = f"1.3.6.1.2.1.1.1.0|4|{descr}\n1.3.6.1.2.1.1.2.0|6|{PRIVATE}.{object_id}\n1.3.6.1.2.1.1.3.0|67|100\n"
    (tmp_path / "box.snmprec").write_text(head + lines, "utf-8")
    replay = await Replay(tmp_path).open()
    credential = snmp.Credential(version="2c", community=Secret("box"))
    try:
        async with Session("127.0.0.1", replay.port, credential, lambda why: None) as session:
            session.patience(2.0, 1)
            return await collect(session, shipped())
    finally:
        replay.close()


def rows(table: str, **cells: object) -> str:
    """Lines of one table: `c5_9=1` is column 5, index 9 (an index of several parts has `_` for its dots)."""
    lines = []
    for cell, value in cells.items():
        column, _, index = cell[1:].partition("_")
        kind = 2 if isinstance(value, int) else 4
        lines.append(f"{table}.{column}.{index.replace('_', '.')}|{kind}|{value}\n")
    return "".join(lines)


def measured(found: Collection) -> dict[str, tuple[float | None, str | None]]:
    """Value and state of each sensor, by its class and the end of its OID."""
    return {
        f"{row.class_} {'.'.join(row.oid.split('.')[-2:])}": (
            None if row.value is None else round(row.value, 4),
            row.state,
        )
        for row in found.rows["sensors"]
    }


UPS = "1.3.6.1.2.1.33.1.1.1.0|4|HUAWEI\n"


@pytest.mark.parametrize(
    ("object_id", "descr", "lines", "profile"),
    [
        ("25506.1.1", "H3C Comware", "", "h3c-comware"),
        ("2011.10.1.119", "Quidway WX5002", "", "h3c-comware-2011"),
        ("43.1.16.4.3.9", "3Com Switch 4500 26-Port", "", "h3c-3com"),
        ("43.1.16.4.3.9", "HP Comware Platform", "", "h3c-comware"),
        ("2011.2.23.96", "S5700 Huawei Versatile Routing Platform", "", "huawei-vrp"),
        ("2011.2.23.800", "HUAWEI S5735 YunShan OS", "", "huawei-yunshan"),
        ("2011.2.115", "Huawei Integrated Access Software", "", "huawei-smartax"),
        ("2011.2.235", "Hardware management system", "", "huawei-ibmc"),
        ("2011.2.91", "ISM SNMP Agent", "", "generic"),
        ("2011.6.174.4", "SNMP Card", "", "huawei-ups"),
        ("8072.3.2.10", "Linux GSE200M 2.6.32", UPS, "huawei-ups"),
        ("8072.3.2.10", "Linux GSE200M 2.6.32", "", "linux"),
        ("2011.99", "UPS", UPS, "huawei-ups"),
        ("2011.99", "UPS", "", "huawei-vrp"),
        ("4881.1.1.10.1.150", "Ruijie", "", "ruijie"),
        ("52642.1.1.10.1.797", "FS", "", "fs-ruijie"),
        ("52642.1.99.5802", "FSOS software, S5850", "", "fs-centec"),
        ("52642.1.445.1", "S3900-24T6S-R", "", "fs-bdcom"),
        ("52642.2.1.45.101", "S3900-24T4S", "", "fs-switch"),
        ("27975.99.3520", "S5800-8TF12S", "", "fs-switch"),
        ("13464.1.10.10.24", "S5330-28TX", "", "fs-gbn"),
        ("27514.1.1.10", "QTECH", "", "qtech-ruijie"),
        ("27514.1.287", "QTECH", "", "qtech"),
        ("40418.7.53", "SNR-S2990X", "", "snr"),
        ("57206.1.1", "SNR-S5210X", "", "snr"),
        ("3902.3.100.614", "ZTE", "", "zte"),
        ("8072.3", "ZTE 5950-36TM", "", "zte"),
        ("3902.1082.1001.9999", "C600", "", "zte-zxa10"),
        ("11863.5.190", "Omada 18-Port", "", "tplink-jetstream"),
        ("11863.3.2.10", "EAP225", "", "tplink-eap"),
        ("11863.99", "EAP610", f"{PRIVATE}.11863.10.1.1.1.0|2|3\n", "tplink-eap"),
        ("5651.1.102.21", "MyPower S4320", "", "maipu"),
        ("171.10.76.31.1", "DGS-1210-20/ME", "", "dlink-dgs1210-20"),
        ("99999", "D-Link DES-3028", "", "dlink"),
    ],
)
async def test_a_box_gets_its_makers_profile(
    object_id: str, descr: str, lines: str, profile: str, tmp_path: Path
) -> None:
    assert (await told(tmp_path, lines, object_id, descr)).profile == profile


# -- FS ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("object_id", "system", "kilobytes", "percent", "total"),
    [
        ("52642.1.99.5802", f"{PRIVATE}.52642.1.1.1", (2048, 512), 25, 2048 * 1024),
        ("27975.99.3520", f"{PRIVATE}.27975.1.1", (2048, 512), 25, 2048 * 1024),
    ],
)
async def test_the_memory_of_an_fs_of_centecs_make(
    object_id: str, system: str, kilobytes: tuple[int, int], percent: int, total: int, tmp_path: Path
) -> None:
    lines = f"{system}.5.0|2|{kilobytes[0]}\n{system}.11.0|2|1\n{system}.12.0|2|{kilobytes[1]}\n"
    pools = (await told(tmp_path, lines, object_id)).rows["memory"]
    assert [(pool.percent, pool.total_bytes) for pool in pools] == [(percent, total)]


@pytest.mark.parametrize(("size", "idle", "total"), [(256, 64, 256 * 2**20), (268435456, 67108864, 268435456)])
async def test_an_fs_of_greenets_make(size: int, idle: int, total: int, tmp_path: Path) -> None:
    platform = f"{PRIVATE}.13464.1.2.1.1.2"
    found = await told(
        tmp_path, rows(platform, c5_0="MIPS 533MHz", c11_0=93, c12_0=size, c13_0=idle), "13464.1.10.10.24"
    )
    assert [(row.descr, row.percent) for row in found.rows["processors"]] == [("MIPS 533MHz", 7)]
    assert [(pool.percent, pool.total_bytes) for pool in found.rows["memory"]] == [(75, total)]


# -- Huawei -----------------------------------------------------------------------------------------------------------


async def test_the_memory_of_a_huawei_is_counted_in_megabytes_and_a_port_is_none(tmp_path: Path) -> None:
    # Column 19 is hwEntityMemSizeMega; column 20 hwEntityPortType, which ports have.
    lines = rows(STATE, c7_9=43, c9_9=-1, c19_9=4096, c20_9=0, c7_10=0, c9_10=0, c19_10=0, c20_10=3)
    pools = (await told(tmp_path, lines, "2011.2.23.96")).rows["memory"]
    assert [(pool.index, pool.percent, pool.total_bytes) for pool in pools] == [("9", 43, 4096 * 2**20)]


async def test_a_board_with_memory_of_its_own_has_a_processor(tmp_path: Path) -> None:
    lines = rows(STATE, c5_9=0, c7_9=0, c9_9=159457752, c5_10=0, c7_10=0, c9_10=0)
    found = (await told(tmp_path, lines, "2011.2.23.96")).rows["processors"]
    assert [(row.index, row.percent) for row in found] == [("9", 0)]


@pytest.mark.parametrize(
    ("rx", "lane", "told_of"),
    [
        (604, "-270.19", {"dbm 8.7": (-2.1896, None)}),  # microwatt; the lane says the same
        (-250, "-270.19", {"dbm 8.7": (-2.5, None), "dbm 32.7": (-2.7019, None)}),
        (0, "-270.19", {"dbm 32.7": (-2.7019, None)}),
        (-1, "", {}),
    ],
)
async def test_light_of_a_huawei(rx: int, lane: str, told_of: dict[str, tuple[float, None]], tmp_path: Path) -> None:
    assert measured(await told(tmp_path, rows(OPTICS, c8_7=rx, c32_7=lane), "2011.2.23.96")) == told_of


async def test_the_modem_of_a_router_is_judged_only_where_one_is_fitted(tmp_path: Path) -> None:
    modem = f"{HUAWEI}.241.1.2.1.1"
    lines = rows(
        modem, c11_5=1, c12_5="ME909u", c34_5="LTE", c35_5="-65", c38_5="-93dBm", c41_5="866710", c53_5=3, c55_5=12000,
        c11_6=4, c12_6="", c34_6="", c41_6="", c53_6=0,
    )  # fmt: skip
    assert measured(await told(tmp_path, lines, "2011.2.224.60")) == {
        "state 11.5": (1, "ok"), "state 34.5": (3, "ok"), "state 53.5": (3, "critical"), "dbm 35.5": (-65, None),
        "dbm 38.5": (-93, None), "runtime 55.5": (2, None),
    }  # fmt: skip


async def test_an_optical_line_terminal_of_huawei(tmp_path: Path) -> None:
    board, optics = f"{PRIVATE}.2011.2.6.7.1.1.2.1", f"{PRIVATE}.2011.6.128.1.1.2.23.1"
    lines = rows(board, c5_0_9=12, c6_0_9=44, c7_0_9="MCUD1", c5_0_1=-1, c6_0_1=-1)
    lines += rows(f"{PRIVATE}.2011.6.3.3.2.1", c8_0_9=2, c8_0_1=8)
    lines += rows(optics, c1_5=41, c2_5=330, c3_5=14, c4_5=452, c1_6=2147483647, c4_6=2147483647)
    found = await told(tmp_path, lines, "2011.2.115", "Huawei Integrated Access Software")
    assert [(row.index, row.descr, row.percent) for row in found.rows["processors"]] == [("9", "MCUD1 processor", 12)]
    assert [row.percent for row in found.rows["memory"]] == [44]
    assert measured(found) == {
        "state 0.9": (2, "ok"), "state 0.1": (8, "critical"), "temperature 1.5": (41, None), "voltage 2.5": (3.3, None),
        "current 3.5": (0.014, None), "dbm 4.5": (4.52, None),
    }  # fmt: skip


# -- H3C --------------------------------------------------------------------------------------------------------------


def text_index(text: str) -> str:
    """As an index of a table: the length, then the bytes."""
    raw = text.encode()
    return ".".join(map(str, [len(raw), *raw]))


async def test_access_points_in_the_brief_table_of_comware_7(tmp_path: Path) -> None:
    brief, radio = f"{PRIVATE}.25506.2.75.2.1.12.1", f"{PRIVATE}.25506.2.75.2.1.3.1.5"
    up, down = text_index("教1-3F"), text_index("ap2")
    lines = (
        f"{brief}.2.{up}|4|219801A0\n{brief}.3.{up}|4|WA6320\n{brief}.16.{up}|64|10.1.2.3\n{brief}.17.{up}|4x|0011bb0000a1\n"
        f"{brief}.21.{up}|2|17\n{brief}.25.{up}|2|1\n{brief}.2.{down}|4|219801A1\n{brief}.25.{down}|2|2\n"
        f"{radio}.{up}.1|2|149\n{radio}.{up}.2|2|6\n{PRIVATE}.25506.2.75.1.1.2.2.0|2|17\n"
    )
    found = await told(tmp_path, lines, "25506.1.2000", "H3C Comware Software, Version 7.1.064")
    points = {row.name: row for row in found.rows["access_points"]}
    first = points["教1-3F"]
    assert (first.state, first.clients, first.serial, first.model) == ("up", 17, "219801A0", "WA6320")
    assert (first.address, first.mac, first.channel) == ("10.1.2.3", "00:11:bb:00:00:a1", "149,6")
    assert points["ap2"].state == "down"


async def test_a_controller_of_before_2008_answers_under_the_old_number(tmp_path: Path) -> None:
    old = f"{PRIVATE}.2011.10.2"
    serial = text_index("210235A42Q")
    lines = rows(f"{old}.6.1.1.1.1", c6_2=7, c8_2=51, c10_2=536870912, c12_2=44) + rows(ENTITY, c5_2=9, c7_2="Board 0")
    lines += f"{old}.75.2.1.1.1.4.{serial}|2|5\n{old}.75.2.1.2.1.8.{serial}|4|lib-1\n{old}.75.2.1.2.1.7.{serial}|2|4\n"
    lines += f"{old}.75.1.1.2.1.0|2|1\n" + rows(f"{PRIVATE}.2011.2.23.1.9.1.1.1", c2_1=2)
    found = await told(tmp_path, lines, "2011.10.1.119")
    assert [(row.descr, row.percent) for row in found.rows["processors"]] == [("Board 0", 7)]
    assert [(row.percent, row.total_bytes) for row in found.rows["memory"]] == [(51, 2**29)]
    points = [(row.name, row.state, row.clients) for row in found.rows["access_points"]]
    assert points == [("lib-1", "up", 4)]
    assert measured(found) == {"temperature 12.2": (44, None), "state 2.1": (2, "critical")}


# -- the others -------------------------------------------------------------------------------------------------------


async def test_an_snr_tells_slots_and_scalars_and_both_count(tmp_path: Path) -> None:
    nag = f"{PRIVATE}.40418.7.100"
    lines = rows(f"{nag}.1.11", c6_0=536870912, c7_0=268435456, c9_0=0, c10_0=15)
    lines += rows(f"{nag}.1.8.1", c7_1=268435456, c8_1=67108864, c10_1=39, c11_1=4) + rows(f"{nag}.1.12.1", c4_1=4)
    found = await told(tmp_path, lines + rows(f"{nag}.1", c16_1=2), "40418.7.39")
    assert [(row.index, row.percent) for row in found.rows["memory"]] == [("0", 50), ("1", 25)]
    assert sorted(row.percent for row in found.rows["processors"]) == [4, 15]
    assert measured(found) == {
        "temperature 9.0": (0, None), "temperature 10.1": (39, None), "state 4.1": (4, "critical"),
        "state 16.1": (2, "ok"),
    }  # fmt: skip
    lines = rows(f"{nag}.1.11", c6_0=512, c7_0=256) + rows(f"{nag}.1.8.1", c7_1=536870912, c8_1=268435456)
    found = await told(tmp_path, lines, "40418.7.53")
    assert [(row.index, row.total_bytes) for row in found.rows["memory"]] == [("1", 2**29)]


async def test_maipus_own_system(tmp_path: Path) -> None:
    own = f"{PRIVATE}.5651.3.20.1.1"
    found = await told(
        tmp_path, rows(f"{own}.1", c1_0=750, c5_0=250, c8_0=1000) + f"{own}.3.5.1.10.1|2|9\n", "5651.1.102.21"
    )
    assert [row.percent for row in found.rows["memory"]] == [25]
    assert [row.percent for row in found.rows["processors"]] == [9]


async def test_both_trees_of_d_link_count(tmp_path: Path) -> None:
    lines = f"{PRIVATE}.171.12.1.1.6.1.0|2|12\n" + rows(f"{PRIVATE}.171.12.1.1.9.1", c4_1=61)
    lines += f"{PRIVATE}.171.14.5.1.7.1.4.1.1|2|33\n" + rows(f"{PRIVATE}.171.14.5.1.4.1", c3_1_1=2000, c4_1_1=500)
    found = await told(tmp_path, lines, "171.10.118.2")
    assert sorted(row.percent for row in found.rows["processors"]) == [12, 33]
    assert sorted(row.percent for row in found.rows["memory"]) == [25, 61]
    own = f"{PRIVATE}.171.10.76.31.1.100"
    found = await told(tmp_path, f"{own}.1.3.0|2|8\n{own}.2.3.0|2|47\n", "171.10.76.31.1")
    assert [row.percent for row in (*found.rows["processors"], *found.rows["memory"])] == [8, 47]


async def test_an_access_point_of_tp_link_counts_its_clients(tmp_path: Path) -> None:
    found = await told(tmp_path, f"{PRIVATE}.11863.10.1.1.1.0|2|23\n", "11863.3.2.10")
    assert {row.of: row.value for row in found.rows["totals"]}["clients"] == 23


async def test_optics_of_zte_in_thousandths(tmp_path: Path) -> None:
    optics = rows(
        f"{PRIVATE}.3902.1082.30.40.2.4.1", c2_7=-6120, c3_7=-2040, c5_7=6200, c6_7=3290, c8_7=38500, c2_8=2147483647
    )
    expected = {
        "dbm 2.7": (-6.12, None), "dbm 3.7": (-2.04, None), "current 5.7": (0.0062, None), "voltage 6.7": (3.29, None),
        "temperature 8.7": (38.5, None),
    }  # fmt: skip
    assert measured(await told(tmp_path, optics, "3902.3.100.614")) == expected


async def test_an_optical_line_terminal_of_zte(tmp_path: Path) -> None:
    card = rows(
        f"{PRIVATE}.3902.1082.10.1.2.4.1", c2_1_1_10=5, c4_1_1_10="SFUQ", c5_1_1_10=1, c9_1_1_10=6, c11_1_1_10=31,
        c19_1_1_10=2048, c2_1_1_2=7, c4_1_1_2="GFGH", c5_1_1_2=4, c9_1_1_2=0, c11_1_1_2=0, c19_1_1_2=0,
        c2_1_1_3=0, c5_1_1_3=10,
    )  # fmt: skip
    lines = card + f"{IF_NAME}.7|4|gpon_olt-1/2/1\n" + rows(f"{PRIVATE}.3902.1082.30.40.2.4.1", c3_7=4030, c3_8=4030)
    found = await told(tmp_path, lines, "3902.1082.1001.9999")
    assert [(row.descr, row.percent) for row in found.rows["processors"]][:2] == [
        ("GFGH Processor", 0),
        ("SFUQ Processor", 6),
    ]
    assert [(row.percent, row.total_bytes) for row in found.rows["memory"]] == [(31, 2**31)]
    assert measured(found) == {
        "state 1.10": (1, "ok"), "state 1.2": (4, "critical"), "dbm 3.7": (4.03, None),
    }  # fmt: skip


async def test_poe_of_a_huawei_port(tmp_path: Path) -> None:
    table = f"{HUAWEI}.195.3.1"
    lines = rows(table, c3_5=1, c6_5="on", c7_5="Powered", c8_5=4, c10_5=6307)
    lines += rows(table, c3_6=1, c6_6="off", c7_6="Detecting", c8_6=255, c10_6=0)
    found = (await told(tmp_path, lines + f"{IF_NAME}.5|4|GE0/0/1\n", "2011.2.23.96")).rows["poe"]
    told_of = [(row.port, row.admin, row.detection, row.class_, row.watts) for row in found]
    assert told_of == [("GE0/0/1", "on", "delivering", "4", 6.307), ("6", "on", "searching", "", 0)]


async def test_fans_of_a_comware_box_without_the_table_of_fans(tmp_path: Path) -> None:
    lines = rows(ENTITY, c5_7=7, c7_7="FAN 1", c5_8=6, c7_8="PSU 1", c5_9=9, c7_9="Board")
    lines += rows(f"{PRIVATE}.25506.2.6.1.1.1.1", c19_7=41, c19_8=2, c19_9=1)
    found = await told(tmp_path, lines, "25506.1.1")
    assert {row.descr: row.state for row in found.rows["sensors"]} == {"FAN 1": "critical", "PSU 1": "ok"}


async def test_a_zte_of_the_latest_platform(tmp_path: Path) -> None:
    own = f"{PRIVATE}.3902.3.6002.2"
    lines = rows(f"{own}.1.1", c6_1=25, c9_1=14) + rows(f"{own}.3.1", c7_2=0, c14_2=128, c22_2="FAN2")
    lines += rows(f"{own}.5.1", c6_3="MPU", c7_3="inlet", c9_3=71, c11_3=70)
    lines += rows(f"{own}.6.2.1", c4_4=1, c7_4=1, c17_4="66.12W", c27_4="PWR1", c4_5=2, c7_5=2, c27_5="PWR2")
    found = await told(tmp_path, lines, "3902.3.600.3.1.601")
    assert [row.percent for row in (*found.rows["processors"], *found.rows["memory"])] == [14, 25]
    assert measured(found) == {
        "state 7.2": (0, "critical"), "temperature 9.3": (71, "critical"), "state 7.4": (1, "ok"),
        "state 7.5": (2, None), "power 17.4": (66.12, None),
    }  # fmt: skip


SLOTS = {"c5_1": 21, "c6_1": 80, "c7_1": 19, "c19_1": 4096, "c5_2": 0, "c6_2": 0, "c7_2": 0, "c19_2": 4096}


async def test_a_port_of_a_huawei_that_is_told_the_memory_of_its_board(tmp_path: Path) -> None:
    lines = rows(STATE, **SLOTS) + rows(ENTITY, c2_9="ME60-X8 frame", c5_9=3, c5_1=9, c7_1="LPU 4", c13_1="ME0DL2X")
    found = await told(tmp_path, lines + rows(ENTITY, c5_2=10, c7_2="GE4/0/0"), "2011.2.89.5", "")
    assert [(row.descr, row.percent) for row in found.rows["memory"]] == [("LPU 4 Memory", 19)]
    assert found.system.model == "ME60-X8", "that of the frame, not of the first card that has one"


async def test_an_access_point_that_is_down_has_no_address(tmp_path: Path) -> None:
    table, down, up = f"{PRIVATE}.2011.6.139.13.3.3.1", "0.0.94.0.83.1", "0.0.94.0.83.2"
    lines = f"{table}.4.{down}|4|lib-1\n{table}.4.{up}|4|lib-2\n{table}.6.{down}|2|4\n{table}.6.{up}|2|8\n"
    lines += f"{table}.13.{down}|64|255.255.255.255\n{table}.13.{up}|64|198.18.7.2\n"
    found = await told(tmp_path, lines, "2011.2.279.3", "S12704")
    assert [(row.name, row.state, row.address) for row in found.rows["access_points"]] == [
        ("lib-1", "down", ""), ("lib-2", "up", "198.18.7.2"),
    ]  # fmt: skip
    assert found.system.model == "S12704"


VLAN = "1.3.6.1.2.1.17.7.1.4.3.1"


@pytest.mark.parametrize(
    ("no_ports", "ports"),
    [("4|00000000000000", "4|800000000000f0"), ("4x|00000000000000", "4x|800000000000f0")],
    ids=["digits", "octets"],
)
async def test_a_vlan_of_zte_without_a_name_is_one_where_it_has_ports(
    no_ports: str, ports: str, tmp_path: Path
) -> None:
    lines = rows(VLAN, c1_1="NULL", c1_2="NULL", c1_30="office", c1_40="guests", c5_40=2)
    lines += f"{VLAN}.2.1|{ports}\n{VLAN}.2.2|{no_ports}\n{VLAN}.2.30|{no_ports}\n{VLAN}.2.40|{ports}\n"
    found = await told(tmp_path, lines, "3902.3.100.614")
    assert [(row.id, row.name) for row in found.rows["vlans"]] == [("1", "VLAN 1"), ("30", "office")]


async def test_a_controller_of_sangfor_tells_which_points_are_up(tmp_path: Path) -> None:
    wac = f"{PRIVATE}.35047.2.12"
    lines = rows(
        f"{wac}.1.1.1", c2_1="117", c3_1="ap-350-p", c4_1="CFQ1", c6_1="198.18.7.3", c8_1="online", c12_1=8, c17_1=157,
        c19_1=4, c2_2="118", c8_2="offline", c12_2=0, c17_2=0, c19_2=0,
    )  # fmt: skip
    found = await told(tmp_path, lines + f"{wac}.1.2.0|2|1\n{wac}.2.2.0|2|4\n", "35047.2.12", "Linux Wac")
    told_of = [(row.name, row.state, row.address, row.channel, row.clients) for row in found.rows["access_points"]]
    assert told_of == [("117", "up", "198.18.7.3", "8,157", 4), ("118", "down", "", "", 0)]
    assert {row.of: row.value for row in found.rows["totals"]} == {"aps": 2, "aps_up": 1, "clients": 4}


@pytest.mark.parametrize(("object_id", "vendor"), [("35047.2.12", "Sangfor"), ("45577.2.12", "Sundray")])
async def test_a_controller_of_sangfor_under_the_number_of_sundray(object_id: str, vendor: str, tmp_path: Path) -> None:
    own = f"{PRIVATE}.45577"
    lines = rows(f"{own}.1", c1_0="WAC m5800", c3_0=46, c4_0="1024 MB", c9_0="4096 MB", c14_0="WAC3.7.5")
    lines += rows(f"{own}.2.12.1", c1_0=1, c2_0=1, c4_0=2) + rows(f"{own}.2.12.2", c1_0=3, c2_0=40000)
    lines += rows(
        f"{own}.2.12.1.6.1", c2_1="gym-1", c3_1="00-00-5E-00-53-01", c4_1="Online", c5_1="198.18.7.4", c7_1="ap-370-d",
        c17_1=3, c2_2="gym-2", c3_2="00-00-5E-00-53-02", c4_2="Offline", c5_2="", c17_2=0,
    )  # fmt: skip
    found = await told(tmp_path, lines, object_id, "Linux Wac")
    assert (found.system.vendor, found.system.model, found.system.firmware) == (vendor, "WAC m5800", "WAC3.7.5")
    assert [row.percent for row in (*found.rows["processors"], *found.rows["memory"])] == [46, 75]
    told_of = [(row.name, row.mac, row.state, row.address, row.clients) for row in found.rows["access_points"]]
    assert told_of == [
        ("gym-1", "00:00:5e:00:53:01", "up", "198.18.7.4", 3), ("gym-2", "00:00:5e:00:53:02", "down", "", 0),
    ]  # fmt: skip
    assert {row.of: row.value for row in found.rows["totals"]} == {"aps": 2, "aps_up": 1, "clients": 3}


async def test_the_controller_of_a_server_of_huawei(tmp_path: Path) -> None:
    own = f"{PRIVATE}.2011.2.235.1.1"
    lines = rows(f"{own}.1", c1_0=1, c6_0="RH5885 V3", c7_0="2102311JWG")
    lines += rows(f"{own}.26.50.1", c2_1="Inlet", c3_1=450, c5_1=440, c6_1=420, c2_2="CPU1", c3_2=490, c5_2=65535)
    lines += rows(f"{own}.8.50.1", c2_1=3965, c4_1=1, c7_1="Fan1 Front")
    lines += rows(f"{own}.6.50.1", c7_1=4, c8_1=246, c13_1="PS1", c7_2=5, c8_2=0) + rows(
        f"{own}.18.50.1", c3_1=3, c3_2=5
    )
    found = await told(tmp_path, lines, "2011.2.235", "Hardware management system")
    assert (found.system.model, found.system.serial) == ("RH5885 V3", "2102311JWG")
    assert measured(found) == {
        "state 1.0": (1, "ok"), "temperature 3.1": (45, "critical"), "temperature 3.2": (49, None),
        "fanspeed 2.1": (3965, None), "state 4.1": (1, "ok"), "state 7.1": (4, "critical"), "power 8.1": (246, None),
        "state 3.1": (3, "critical"),
    }  # fmt: skip


@pytest.mark.parametrize(("object_id", "descr", "model"), [
    ("25506.1.264", "H3C Comware Platform Software H3C WX6103. Product Version Release 2509P33 Copyright", "WX6103"),
    ("25506.1.612", "H3C Comware Platform Software LSQ1WCMD0. Product Version Release 2509P61", "LSQ1WCMD0"),
    ("6339.1.1.5.3", "Digital China DCS-3726S", "DCS-3726S"),
])  # fmt: skip
async def test_the_model_in_a_sentence(object_id: str, descr: str, model: str, tmp_path: Path) -> None:
    assert (await told(tmp_path, "", object_id, descr)).system.model == model
