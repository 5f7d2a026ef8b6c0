"""Rules of single vendors, in lines written from their MIBs, over the wire: which profile, which rows, which states."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.probes.snmp.checks import Worked, judge
from tests.probes.boxes import collected, lines, sensors

CISCO, ARUBA, FOUNDRY, SYNOLOGY, QNAP = (
    "1.3.6.1.4.1.9", "1.3.6.1.4.1.14823", "1.3.6.1.4.1.1991", "1.3.6.1.4.1.6574", "1.3.6.1.4.1.24681"
)  # fmt: skip
DAHUA, EATON, MEGARAID = "1.3.6.1.4.1.1004849.2", "1.3.6.1.4.1.534.1", "1.3.6.1.4.1.3582.4.1"
NET_SNMP = "1.3.6.1.4.1.8072.3.2.10"


@pytest.mark.parametrize(
    ("object_id", "descr", "more", "profile"),
    [
        (f"{CISCO}.1.669", "Cisco Adaptive Security Appliance Version 8.4(7)", {}, "cisco-asa"),
        (f"{CISCO}.1.2245", "Cisco Industrial Security Appliance Version 9.8", {}, "cisco-asa"),
        ("1.3.6.1.4.1.3955.1.1", "Linksys SLM2048", {}, "linksys"),
        ("1.3.6.1.4.1.89.1.1.62.8", "Linksys SLM2024", {}, "cisco-sb"),
        (f"{CISCO}.6.1.83.28.1", "SG300-28P 28-Port Gigabit PoE Managed Switch", {}, "cisco-sb"),
        (f"{CISCO}.1.1059", "SG200-26 26-Port", {}, "cisco-sb"),
        (f"{CISCO}.1.1069", "Cisco Controller", {}, "cisco-wlc"),
        (f"{CISCO}.6.1.37.1", "Cisco Controller", {}, "cisco-wlc"),
        (f"{ARUBA}.1.1.9999", "ArubaOS (MODEL: ArubaMC-VA), Version 8.10", {}, "aruba-wlc"),
        (f"{ARUBA}.1.5.1", "ArubaOS (MODEL: 7030), Version 8.6", {}, "aruba-wlc"),
        ("1.3.6.1.4.1.6486.800.1.1.2.2.2.1.1.3", "AOS-W (MODEL: OAW-4550)", {}, "aruba-wlc"),
        ("1.3.6.1.4.1.4.5.6", "ArubaOS (MODEL: 9012), Version 8.11", {}, "aruba-wlc"),
        (f"{ARUBA}.1.2.59", "ArubaOS (MODEL: 225), Version 8.4", {}, "aruba-instant"),
        (f"{ARUBA}.1.6.1", "ClearPass Policy Manager", {}, "generic"),
        ("1.3.6.1.4.1.25053.3.1.5.20", "Ruckus Wireless R550", {}, "ruckus-unleashed"),
        ("1.3.6.1.4.1.25053.3.1.5.15", "Ruckus Wireless R710", {}, "ruckus-unleashed"),
        ("1.3.6.1.4.1.25053.3.1.5.2", "ZD1106", {}, "ruckus-zd"),
        ("1.3.6.1.4.1.388.1", "Ruckus ICX7150, IronWare Version 08.0.95", {}, "ruckus-icx"),
        (NET_SNMP, "Ubiquiti UniFi UCG-Ultra 4.0.6 Linux 5.4.213", {}, "ubiquiti-switch"),
        (NET_SNMP, "U7-Pro 8.0.7.16083", {}, "ubiquiti-unifi-ap"),
        ("1.3.6.1.4.1.10002.1", "Linux 2.6.32.33 mips", {"1.2.840.10036.3.1.2.1.3.7": "UAP-LR"}, "ubiquiti-unifi-ap"),
        ("1.3.6.1.4.1.10002.1", "Linux 2.6.32.33 mips", {"1.2.840.10036.3.1.2.1.3.7": "NanoStation M5"},
         "ubiquiti-airos"),
        (NET_SNMP, "Linux nas 4.4.302+ x86_64", {f"{SYNOLOGY}.1.1.0": 1}, "synology-dsm"),
        (NET_SNMP, "Linux nas 3.10.105 x86_64", {"1.3.6.1.2.1.25.1.4.0": "root=/dev/md0 syno_hw_version=DS918+"},
         "synology-dsm"),
        (NET_SNMP, "Linux web 5.10.0 x86_64", {"1.3.6.1.2.1.25.1.4.0": "root=/dev/vda1 ro quiet"}, "linux"),
        (f"{QNAP}.1", "Linux TS-453D 5.1.0", {}, "qnap"),
        ("1.3.6.1.4.1.8072.3.2.255", "Linux TS-431P 4.5", {"1.3.6.1.2.1.47.1.1.1.1.12.1": "QNAP Systems"}, "qnap"),
        ("1.3.6.1.4.1.534.2.12", "Eaton 5P 1550", {}, "eaton-ups"),
    ],
)  # fmt: skip
async def test_which_profile_a_box_gets(
    object_id: str, descr: str, more: dict[str, int | str], profile: str, tmp_path: Path
) -> None:
    assert (await collected(tmp_path, more, object_id=object_id, descr=descr)).profile == profile


async def test_a_controller_of_cisco_counts_what_is_connected(tmp_path: Path) -> None:
    values: dict[str, int | str] = {f"{CISCO}.9.513.1.3.35.0": 7, f"{CISCO}.9.618.1.8.4.0": 8}
    values |= {f"1.3.6.1.4.1.14179.2.1.1.1.38.{wlan}": clients for wlan, clients in ((1, 30), (2, 12))}
    for descr, profile in (("Cisco Controller", "cisco-wlc"), ("Cisco IOS Software, IOS-XE, C9800", "cisco-wlc-iosxe")):
        found = await collected(tmp_path, values, object_id=f"{CISCO}.1.2530", descr=descr)
        assert found.profile == profile
        assert {total.of: total.value for total in found.rows["totals"]} == {"aps_up": 8, "clients": 42}


async def test_the_channels_of_the_points_of_a_zonedirector(tmp_path: Path) -> None:
    points, mac = "1.3.6.1.4.1.25053.1.2.2.1.1.2", "36.121.42.0.1.2"
    values: dict[str, int | str] = {f"{points}.1.1.2.{mac}": "ap-a-101", f"{points}.1.1.3.{mac}": 1}
    values |= {f"{points}.1.1.15.{mac}": 12, f"{points}.2.1.4.{mac}.0": 6, f"{points}.2.1.4.{mac}.1": 149}
    found = await collected(tmp_path, values, object_id="1.3.6.1.4.1.25053.3.1.5.5", descr="Ruckus ZD1200")
    assert found.profile == "ruckus-zd"
    told = [(each.name, each.state, each.clients, each.channel) for each in found.rows["access_points"]]
    assert told == [("ap-a-101", "up", 12, "6,149")]


@pytest.mark.parametrize("tables", ["1.3.6.1.4.1.25053.1.4", "1.3.6.1.4.1.25053.1.3"])
async def test_a_smartzone_and_the_smartcell_gateway_before_it(tables: str, tmp_path: Path) -> None:
    points, up, down = f"{tables}.2.1.1.2.2.1", "6.0.0.94.0.83.1", "6.0.0.94.0.83.2"
    values: dict[str, int | str] = {f"{tables}.1.1.1.15.1.0": 2, f"{tables}.1.1.1.15.2.0": 9}
    values |= {f"{tables}.1.1.1.15.13.0": "491436000950", f"{points}.5.{up}": "lib-1", f"{points}.8.{up}": "H500"}
    values |= {f"{points}.16.{up}": "Connect", f"{points}.15.{up}": 9, f"{points}.16.{down}": "Disconnect"}
    values |= {f"{points}.9.{down}": "911704006161"}
    found = await collected(tmp_path, values, object_id="1.3.6.1.4.1.25053.3.1.10", descr="SmartCell Gateway")
    assert (found.system.model, found.system.serial) == ("SmartCell Gateway", "491436000950")
    told = [(each.name, each.model, each.state, each.clients) for each in found.rows["access_points"]]
    assert told == [("lib-1", "H500", "up", 9), ("911704006161", "", "down", None)]
    assert {total.of: total.value for total in found.rows["totals"]} == {"aps": 2, "aps_up": 1, "clients": 9}


async def test_calls_bands_and_light_of_cisco(tmp_path: Path) -> None:
    calls, sensor = f"{CISCO}.9.63.1.3.8.1.1.2", f"{CISCO}.9.91.1.1.1.1"
    values: dict[str, int | str] = {f"{calls}.1": 5, f"{calls}.2": 3, f"{CISCO}.9.817.1.1.1.1.1.6.9": 20}
    values |= {f"{sensor}.1.77": 6, f"{sensor}.2.77": 8, f"{sensor}.3.77": 4, f"{sensor}.4.77": 5012}
    values |= {"1.3.6.1.2.1.47.1.1.1.1.7.77": "TenGigE0/0/0/1 Rx Lane 0 Power"}
    found = sensors(await collected(tmp_path, values, object_id=f"{CISCO}.1.2658", descr="Cisco IOS XR Software"))
    assert found[f"{calls}.2"] == ("count", 3, None) and f"{calls}.1" not in found
    assert found[f"{CISCO}.9.817.1.1.1.1.1.6.9"] == ("count", 20, None)
    light = {each.class_: round(each.value, 4) for each in (await collected(
        tmp_path, values, object_id=f"{CISCO}.1.2658", descr="Cisco IOS XR Software")).rows["sensors"]
        if each.oid == f"{sensor}.4.77"}  # fmt: skip
    assert light == {"power": 0.0005, "dbm": -2.9999}


async def test_neighbours_by_the_protocol_of_foundry(tmp_path: Path) -> None:
    cache = f"{FOUNDRY}.1.1.3.20.1.2.1.1"
    rows = {1: ("sw-a-2f", "GigabitEthernet1/1/1", 1), 2: ("core.example", "Ethernet1/7", 2)}
    values: dict[str, int | str] = {"1.3.6.1.2.1.31.1.1.1.1.65": "ethernet1/2/1"}
    for remote, (name, port, spoken) in rows.items():
        values |= {f"{cache}.3.65.{remote}": name, f"{cache}.7.65.{remote}": port, f"{cache}.10.65.{remote}": spoken}
    found = await collected(tmp_path, values, object_id=f"{FOUNDRY}.1.3.48.2", descr="Brocade, IronWare Version 08")
    told = [(each.protocol, each.local_port, each.remote_name, each.remote_port) for each in found.rows["neighbours"]]
    assert told == [
        ("fdp", "ethernet1/2/1", "sw-a-2f", "GigabitEthernet1/1/1"),
        ("cdp", "ethernet1/2/1", "core.example", "Ethernet1/7"),
    ]  # fmt: skip


async def test_the_ups_at_a_synology(tmp_path: Path) -> None:
    floats = f"{SYNOLOGY}.4.2.12.1.0|68x|9f780441200000\n{SYNOLOGY}.4.3.1.1.0|68x|9f780442c80000\n"
    found = sensors(await collected(
        tmp_path, {f"{SYNOLOGY}.1.1.0": 1}, object_id=NET_SNMP, descr="Linux nas 4.4", more=floats))  # fmt: skip
    assert found[f"{SYNOLOGY}.4.2.12.1.0"] == ("load", 10, "ok")
    assert found[f"{SYNOLOGY}.4.3.1.1.0"] == ("charge", 100, "ok")


async def test_a_disk_of_a_qnap_that_its_own_test_condemns(tmp_path: Path) -> None:
    smart = f"{QNAP}.1.4.1.1.1.1.5.2.1.5"
    values: dict[str, int | str] = {f"{smart}.1": 0, f"{smart}.2": -1, f"{QNAP}.1.4.1.1.1.1.5.2.1.6.2": -1}
    found = sensors(await collected(tmp_path, values, object_id=f"{QNAP}.1", descr="Linux TS-453D"))
    assert found == {f"{smart}.1": ("state", 0, "ok"), f"{smart}.2": ("state", -1, "critical")}


async def test_the_volts_of_an_eaton(tmp_path: Path) -> None:
    values: dict[str, int | str] = {f"{EATON}.2.2.0": 54, f"{EATON}.3.4.1.2.1": 231, f"{EATON}.4.4.1.2.1": 230}
    found = sensors(await collected(tmp_path, values, object_id=EATON, descr="Eaton 9PX"))
    assert sorted(found.values()) == [("voltage", 54, None), ("voltage", 230, None), ("voltage", 231, None)]


async def test_the_raid_of_a_server(tmp_path: Path) -> None:
    adapter, drive = f"{MEGARAID}.4.1.2.1", f"{MEGARAID}.4.2.1.2.1"
    values: dict[str, int | str] = {f"{adapter}.19.0": 1, f"{adapter}.24.0": 0, f"{drive}.3.7": 4, f"{drive}.36.7": 38}
    found = await collected(tmp_path, values, object_id=NET_SNMP, descr="Linux web 5.10.0 x86_64")
    assert {each.descr: (each.class_, each.value, each.state) for each in found.rows["sensors"]} == {
        "Virtual disk degraded": ("count", 1, "critical"), "Failed disks": ("count", 0, "ok"),
        "Slot 4": ("temperature", 38, None),
    }  # fmt: skip


async def test_the_channels_and_disks_of_a_recorder_of_dahua(tmp_path: Path) -> None:
    disk, camera = f"{DAHUA}.4.1.1", f"{DAHUA}.10.2.1.2.1"
    values: dict[str, int | str] = {f"{DAHUA}.1.2.6.0": "NVR1602", f"{DAHUA}.1.9.2.0": 41}
    values |= {f"{disk}.4.1": "/dev/sda", f"{disk}.5.1": "Running", f"{disk}.6.1": 99, f"{disk}.7.1": 3726}
    values |= {f"{disk}.4.2": "/dev/sdb", f"{disk}.5.2": "Error"}
    values |= {f"{camera}.2.1": "198.18.9.1", f"{camera}.3.1": "Connected", f"{camera}.2.2": "198.18.9.2",
               f"{camera}.3.2": "Unconnect", f"{camera}.2.3": "0.0.0.0", f"{camera}.3.3": "Unconnect"}  # fmt: skip
    found = await collected(tmp_path, values, object_id="1.3.6.1.4.1.1004849.3.2.10", descr="NVR1602")
    assert [(each.name, each.online, each.recording, each.days) for each in found.rows["channels"]] == [
        ("Channel 1 198.18.9.1", "yes", "", None), ("Channel 2 198.18.9.2", "no", "", None),
    ]  # fmt: skip
    assert [(each.descr, each.state, each.percent, each.total_bytes) for each in found.rows["storage"]] == [
        ("/dev/sda", "ok", 99, 3726 * 2**30), ("/dev/sdb", "critical", None, None),
    ]  # fmt: skip
    assert [each.percent for each in found.rows["memory"]] == [41]


async def test_the_video_inputs_of_an_analogue_recorder(tmp_path: Path) -> None:
    values: dict[str, int | str] = {f"{DAHUA}.10.1.1.1.1.2.1": 1, f"{DAHUA}.10.1.1.1.1.2.2": 0}
    found = await collected(tmp_path, values, object_id="1.3.6.1.4.1.1004849.3.2.10", descr="XVR")
    assert [(each.name, each.online) for each in found.rows["channels"]] == [("Channel 1", "yes"), ("Channel 2", "no")]


@pytest.mark.parametrize(
    ("table", "vlan", "object_id"),
    [
        ("1.3.6.1.2.1.17.4.3.1", "", "1.3.6.1.4.1.99999"),
        ("1.3.6.1.2.1.17.7.1.2.2.1", ".7", "1.3.6.1.4.1.99999"),
        ("1.3.6.1.2.1.17.7.1.2.2.1", ".7", "1.3.6.1.4.1.11863.5.190"),
        ("1.3.111.2.802.1.1.4.1.2.2.1", ".1.7", "1.3.6.1.4.1.47196.4.1.1.1.100"),
        ("1.3.6.1.2.1.17.4.3.1", "", f"{CISCO}.1.1208"),
    ],
)
async def test_an_address_of_the_box_itself_is_at_no_port(
    table: str, vlan: str, object_id: str, tmp_path: Path
) -> None:
    values: dict[str, int | str] = {"1.3.6.1.2.1.17.1.4.1.2.3": 3, "1.3.6.1.2.1.31.1.1.1.1.3": "ge3"}
    for mac, port, status in (("0.0.94.0.83.1", 3, 3), ("0.0.94.0.83.2", 0, 4), ("0.0.94.0.83.3", 3, 4)):
        values |= {f"{table}.2{vlan}.{mac}": port, f"{table}.3{vlan}.{mac}": status}
    if object_id.startswith(CISCO + "."):
        values[f"{CISCO}.9.46.1.3.1.1.2.1.1"] = 1
    found = await collected(tmp_path, values, object_id=object_id, patience=0.6)
    assert [(each.mac, each.port, each.status) for each in found.rows["forwarding"]] == [
        ("00:00:5e:00:53:01", "ge3", "learned"), ("00:00:5e:00:53:03", "ge3", "self"),
    ]  # fmt: skip


async def test_a_vlan_that_is_not_in_service_is_none(tmp_path: Path) -> None:
    vlan = "1.3.6.1.2.1.17.7.1.4.3.1"
    values: dict[str, int | str] = {f"{vlan}.1.{number}": f"v{number}" for number in (1, 2, 3)}
    found = await collected(tmp_path, values | {f"{vlan}.5.1": 1, f"{vlan}.5.2": 2}, object_id="1.3.6.1.4.1.99999")
    assert [each.name for each in found.rows["vlans"]] == ["v1", "v3"]


async def test_the_forwarding_table_of_each_vlan(tmp_path: Path) -> None:
    """IOS answers for VLAN 1 under the plain community, for the others under `COMMUNITY@VLAN`; VLAN 30 is silent."""
    state, bridge = f"{CISCO}.9.46.1.3.1.1.2.1", "1.3.6.1.2.1.17"
    own = {f"{bridge}.1.2.0": 2}

    def learned(mac: str, port: int, index: int) -> dict[str, int | str]:
        return {**own, f"{bridge}.4.3.1.2.{mac}": port, f"{bridge}.4.3.1.3.{mac}": 3, f"{bridge}.1.4.1.2.{port}": index}

    names = {f"1.3.6.1.2.1.31.1.1.1.1.{10100 + port}": f"Gi0/{port}" for port in (1, 2)}
    box: dict[str, int | str] = {
        f"{state}.{vlan}": told for vlan, told in ((1, 1), (10, 1), (20, 2), (30, 1), (1002, 1))
    }
    box |= names | learned("0.0.94.0.83.1", 1, 10101)
    (tmp_path / "box@1.snmprec").write_text(lines(learned("0.0.94.0.83.1", 1, 10101)))
    (tmp_path / "box@10.snmprec").write_text(lines(learned("0.0.94.0.83.16", 2, 10102)))
    ios = "Cisco IOS Software, C2960X Software"
    found = await collected(tmp_path, box, object_id=f"{CISCO}.1.1208", descr=ios, patience=0.6)
    assert [(each.mac, each.port, each.vlan, each.status) for each in found.rows["forwarding"]] == [
        ("00:00:5e:00:53:01", "Gi0/1", "1", "learned"), ("00:00:5e:00:53:10", "Gi0/2", "10", "learned"),
    ]  # fmt: skip


async def test_a_switch_of_cisco_without_vlan_communities(tmp_path: Path) -> None:
    mac, state = "0.0.94.0.83.1", f"{CISCO}.9.46.1.3.1.1.2.1"
    box: dict[str, int | str] = {f"{state}.1": 1, f"{state}.10": 1, f"1.3.6.1.2.1.17.4.3.1.2.{mac}": 3}
    ios = "Cisco IOS Software, C2960X Software"
    found = await collected(tmp_path, box, object_id=f"{CISCO}.1.1208", descr=ios, patience=0.6)
    assert [(each.mac, each.port) for each in found.rows["forwarding"]] == [("00:00:5e:00:53:01", "3")]


async def test_a_supply_that_never_worked_is_not_there(tmp_path: Path) -> None:
    gauge, worked = "1.3.6.1.4.1.14988.1.1.3.100.1", Worked()

    async def look(first: int, second: int, memory: Worked = worked) -> str | None:
        values: dict[str, int | str] = {}
        for index, name, value in ((7401, "psu1-state", first), (7402, "psu2-state", second)):
            values |= {f"{gauge}.2.{index}": name, f"{gauge}.3.{index}": value, f"{gauge}.4.{index}": 6}
        found = await collected(tmp_path, values, object_id="1.3.6.1.4.1.14988.1", descr="RouterOS CRS317-1G-16S+")
        states = {0: "ok", 1: "critical"}
        assert [each.state for each in found.rows["sensors"]] == [states[first], states[second]], "told in any case"
        return judge(found.rows, worked=memory).get("psu")

    assert await look(0, 1) is None, "one never worked: nothing is said"
    assert await look(1, 1) == "psu_failed", "the other one did"
    assert await look(0, 1) == "", "what was called bad is called good again"
    assert await look(0, 0) == ""
    assert await look(0, 1) == "psu_failed", "now it has been there"
    assert await look(0, 1, Worked()) is None, "an agent that was started anew does not close what was opened"


async def test_a_link_of_a_stack_that_was_up(tmp_path: Path) -> None:
    stack, worked = f"{CISCO}.9.500.1", Worked()
    values: dict[str, int | str] = {f"{stack}.1.3.0": 1, f"{stack}.2.1.1.3.1001": 1, f"{stack}.2.1.1.3.2001": 2}
    values |= {f"{stack}.2.1.1.6.1001": 4, f"{stack}.2.1.1.6.2001": 4, f"{stack}.2.2.1.1.5001": 1}
    told = []
    for link in (1, 2, 1):
        values[f"{stack}.2.2.1.1.5001"] = link
        found = await collected(tmp_path, values, object_id=f"{CISCO}.1.1208", descr="Cisco IOS Software")
        told.append(judge(found.rows, worked=worked)["stack"])
    assert told == ["", "stack_broken", ""]


@pytest.mark.parametrize(("version", "minutes"), [("6.45.9", 20), ("6.47", 1200), ("7.15.3", 1200)])
async def test_the_minutes_of_a_ups_at_a_mikrotik(version: str, minutes: float, tmp_path: Path) -> None:
    values: dict[str, int | str] = {"1.3.6.1.4.1.14988.1.1.4.4.0": version, "1.3.6.1.2.1.33.1.2.3.0": 1200}
    found = sensors(await collected(tmp_path, values, object_id="1.3.6.1.4.1.14988.1", descr="RouterOS RB450G"))
    assert found == {"1.3.6.1.2.1.33.1.2.3.0": ("runtime", minutes, None)}


async def test_an_easy_pdu_and_a_netbotz_of_apc(tmp_path: Path) -> None:
    pdu, outlet, botz = (f"1.3.6.1.4.1.{end}" for end in ("318.1.1.32.2.4.1", "318.1.1.32.5.9.1", "52674.500"))
    values: dict[str, int | str] = {f"{pdu}.2.1": "PDU-1", f"{pdu}.3.1": 2, f"{pdu}.4.1": 640, f"{pdu}.13.1": 97}
    values |= {f"{outlet}.{column}.1.{row}": value for row, number in ((1, 1), (2, 0)) for column, value in (
        (2, number), (4, 5), (5, 123))}  # fmt: skip
    found = await collected(tmp_path, values, object_id="1.3.6.1.4.1.318.1.1.32.1")
    assert found.profile == "apc-rack"
    assert sensors(found) == {
        f"{pdu}.3.1": ("state", 2, "warning"), f"{pdu}.4.1": ("power", 640, None),
        f"{pdu}.13.1": ("power_factor", 0.97, None), f"{outlet}.4.1.1": ("state", 5, "ok"),
        f"{outlet}.5.1.1": ("current", 1.23, None),
    }  # fmt: skip
    values = {f"{botz}.4.1.1.1.8.7": 23, f"{botz}.4.1.1.1.3.7": 2, f"{botz}.4.2.12.1.2.9": 1}
    assert sensors(await collected(tmp_path, values, object_id=botz)) == {
        f"{botz}.4.1.1.1.8.7": ("temperature", 23, None), f"{botz}.4.1.1.1.3.7": ("state", 2, "warning"),
        f"{botz}.4.2.12.1.2.9": ("state", 1, "critical"),
    }  # fmt: skip


@pytest.mark.parametrize("phases", [1, 3])
async def test_a_ups_behind_a_netagent(phases: int, tmp_path: Path) -> None:
    card = "1.3.6.1.4.1.935.1.1.1"
    values: dict[str, int | str] = {"1.3.6.1.2.1.33.1.3.2.0": phases, f"{card}.4.1.1.0": 3, f"{card}.2.2.1.0": 98}
    values |= {f"{card}.2.2.5.0": 2, f"{card}.2.2.3.0": 315, f"{card}.3.2.1.0": 2390, f"{card}.4.2.3.0": 21}
    values |= {f"{card}.8.2.2.0": 2312, f"{card}.8.3.5.0": 345, f"{card}.8.6.3.0": 11, f"{card}.8.5.7.0": 14}
    found = await collected(tmp_path, values, object_id=card)
    every = {
        f"{card}.4.1.1.0": ("state", 3, "warning"), f"{card}.2.2.1.0": ("charge", 98, "ok"),
        f"{card}.2.2.5.0": ("state", 2, "critical"), f"{card}.2.2.3.0": ("temperature", 31.5, None),
    }  # fmt: skip
    by_phases: dict[int, dict[str, tuple[str, float, str | None]]] = {
        1: {f"{card}.3.2.1.0": ("voltage", 239, None), f"{card}.4.2.3.0": ("load", 21, "ok")},
        3: {
            f"{card}.8.2.2.0": ("voltage", 231.2, None), f"{card}.8.3.5.0": ("load", 34.5, "ok"),
            f"{card}.8.6.3.0": ("state", 11, "critical"), f"{card}.8.5.7.0": ("state", 14, "ok"),
        },
    }  # fmt: skip
    assert (found.profile, sensors(found)) == ("phoenixtec-ups", every | by_phases[phases])
    assert judge(found.rows)["ups"] == "ups_trouble"


async def test_a_ups_behind_a_card_of_eppc(tmp_path: Path) -> None:
    card = "1.3.6.1.4.1.935.10.1.1"
    values: dict[str, int | str] = {f"{card}.2.1.0": 5, f"{card}.3.1.0": 2, f"{card}.3.3.0": 37, f"{card}.3.6.0": -1}
    values |= {f"{card}.2.16.1.3.1": 2301, f"{card}.2.18.1.7.1": 12, f"{card}.2.20.1.5.1": 40, f"{card}.6.1.1.0": 235}
    found = await collected(tmp_path, values, object_id="1.3.6.1.4.1.935.10.1")
    assert found.profile == "eppc-ups"
    assert sensors(found) == {
        f"{card}.2.1.0": ("state", 5, "critical"), f"{card}.3.1.0": ("state", 2, "ok"),
        f"{card}.3.3.0": ("runtime", 37, None), f"{card}.2.16.1.3.1": ("voltage", 230.1, None),
        f"{card}.2.18.1.7.1": ("load", 12, "ok"), f"{card}.2.20.1.5.1": ("power", 4, None),
        f"{card}.6.1.1.0": ("temperature", 23.5, None),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("descr", "profile", "volts"), [("Eaton 5PX", "mge-ups", 230), ("Galaxy 3500", "mge-galaxy", 23)]
)
async def test_the_volts_of_an_mge(descr: str, profile: str, volts: float, tmp_path: Path) -> None:
    standard, mge = "1.3.6.1.2.1.33.1", "1.3.6.1.4.1.705.1"
    values: dict[str, int | str] = {f"{standard}.2.4.0": 97, f"{standard}.4.4.1.2.1": 230, f"{mge}.5.5.0": 2704}
    found = await collected(tmp_path, values, object_id=f"{mge}.2", descr=descr)
    assert (found.profile, sensors(found)) == (profile, {
        f"{standard}.2.4.0": ("charge", 97, "ok"), f"{standard}.4.4.1.2.1": ("voltage", volts, None),
        f"{mge}.5.5.0": ("voltage", 270.4, None),
    })  # fmt: skip


@pytest.mark.parametrize(("seconds", "told"), [(1800, [30, 1800]), (65535, [])])
async def test_the_time_that_an_mge_does_not_know(seconds: int, told: list[float], tmp_path: Path) -> None:
    found = await collected(tmp_path, {"1.3.6.1.4.1.705.1.5.1.0": seconds}, object_id="1.3.6.1.4.1.705.1")
    assert sorted(each.value or 0 for each in found.rows["sensors"]) == told


async def test_the_probe_of_an_eaton(tmp_path: Path) -> None:
    card = "1.3.6.1.4.1.534.1"
    probe: dict[str, int | str] = {f"{card}.6.5.0": 24, f"{card}.6.6.0": 41, f"{card}.7.1.0": 2}
    probe |= {f"{card}.6.8.1.3.1": 2, f"{card}.2.10.0": 1}
    room = {f"{card}.6.5.0": ("temperature", 24, None), f"{card}.6.6.0": ("humidity", 41, None)}
    contact = {f"{card}.6.8.1.3.1": ("state", 2, "unknown"), f"{card}.2.10.0": ("state", 1, "critical")}
    assert sensors(await collected(tmp_path, probe, object_id=f"{card}.1")) == room | contact
    alarms = {f"{card}.7.1.0": ("state", 2, "critical")}
    assert sensors(await collected(tmp_path, probe, object_id="1.3.6.1.4.1.705.1")) == room | alarms


async def test_a_ups_of_vertiv_with_one_phase(tmp_path: Path) -> None:
    ups = "1.3.6.1.4.1.13400.2.54"
    values: dict[str, int | str] = {f"{ups}.2.1.2.0": 2, f"{ups}.2.5.8.0": 65535, f"{ups}.2.5.9.0": 24500}
    values |= {f"{ups}.2.2.1.0": 2301, f"{ups}.2.2.2.0": 0, f"{ups}.2.3.14.0": 345, f"{ups}.2.3.15.0": 0}
    found = await collected(tmp_path, values, object_id=ups)
    assert (found.profile, sensors(found)) == ("vertiv-ita2", {
        f"{ups}.2.1.2.0": ("state", 2, "warning"), f"{ups}.2.5.9.0": ("temperature", 24.5, None),
        f"{ups}.2.2.1.0": ("voltage", 230.1, None), f"{ups}.2.3.14.0": ("load", 34.5, "ok"),
    })  # fmt: skip
    assert judge(found.rows)["ups"] == "ups_trouble"


async def test_cameras_that_tell_their_heat(tmp_path: Path) -> None:
    bosch = "1.3.6.1.4.1.3967.1.1"
    found = await collected(tmp_path, {f"{bosch}.9.1.1.1": 73, f"{bosch}.7.1.1.1": 412}, object_id=f"{bosch}.0")
    assert [each.percent for each in found.rows["processors"]] == [27]
    assert sensors(found) == {f"{bosch}.7.1.1.1": ("temperature", 41.2, "ok")}
    avigilon = "1.3.6.1.4.1.46202.1.1.1"
    values: dict[str, int | str] = {f"{avigilon}.1.1.4.1": 44, f"{avigilon}.1.1.3.1": 3, f"{avigilon}.5.0": 13}
    found = await collected(tmp_path, values, object_id="1.3.6.1.4.1.46202.1.1")
    assert sorted(sensors(found).values()) == [
        ("state", 3, "warning"), ("state", 13, "critical"), ("temperature", 44, None),
    ]  # fmt: skip
    assert judge(found.rows) == {"temperature": "", "disk": "disk_failed"}
