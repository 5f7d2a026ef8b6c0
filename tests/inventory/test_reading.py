"""What a good inventory becomes."""

from __future__ import annotations

import time
import traceback
from pathlib import Path

import pytest

from agent.calendar import Hours
from agent.inventory import Inventory, difference, load_inventory
from agent.model import Location, Parent, Secret, Target, Warranty
from agent.probes import PROBES

SITE = "site: {id: school, name: 第一中学, timezone: Asia/Shanghai}\n"
CANARY = "CANARY-91ba"


def inventory(tmp_path: Path, text: str, *warnings: str) -> Inventory:
    path = tmp_path / "inventory.yaml"
    path.write_text(text)
    loaded = load_inventory(path)
    assert [problem.key for problem in loaded.problems] == list(warnings)
    assert loaded.value is not None
    return loaded.value


def targets(made: Inventory, device: str) -> dict[str, Target]:
    return {target.probe: target for target in made.targets if target.device == device}


INTERFACE = """version: 1
site: {id: no1-middle-school, name: 第一中学, timezone: Asia/Shanghai, references: [sw-core, 198.18.0.53, ns.example]}
credentials:
  switches: {snmp: {version: "2c", community_file: secrets/ro}}
  core:     {snmp: {version: "3", user: noc, auth: SHA, auth_key_file: secrets/a, priv: AES, priv_key_file: secrets/p}}
  cameras:  {onvif: {username: admin, password_file: secrets/cam}}
schedules:
  school-hours: {weekdays: [mon, tue, wed, thu, fri], hours: ["07:30-12:00", "14:00-21:30"], terms_only: true}
defaults: {icmp: {interval: 20s}, snmp: {interval: 120s}}
devices:
  - id: sw-core
    kind: switch
    address: {address: 127.0.2.1, ports: {snmp: 1161, onvif: 8080}}
    credentials: core
  - id: sw-a-1f
    name: 教学楼A 一层接入交换机
    kind: switch
    role: access
    address: 198.18.1.1
    location: {building: A, floor: 1F, room: 弱电间}
    parent: {device: sw-core, port: GigabitEthernet1/0/3}
    credentials: switches
    probes: [icmp, snmp]
    schedule: always
    criticality: normal
    vendor: H3C
    model: S5130
    serial: 0210
    mac: 00-11-22-AA-BB-CC
    warranty: {accepted: 2025-09-01, months: 36}
    tags: [key-point]
    owner_party: us
    pictures: never
  - id: "pc-301-[01-60]"
    kind: terminal
    address: "198.18.31.[1-60]"
    location: {building: A, floor: 3F, room: 云教室301}
    schedule: school-hours
  - {id: desk, kind: asset, address: 198.18.9.9}
  - {id: board, kind: asset, address: 198.18.9.8, probes: [icmp]}
  - {id: cam, kind: camera, address: 198.18.4.1, probes: [icmp, {tcp: {port: 554}}, {tcp: {port: 80, interval: 5m}}]}
  - {id: dark, kind: server, address: 198.18.4.2, probes: []}
  - {id: six, kind: server, address: "2001:DB8:0::1"}
  - {id: ap-1, kind: ap, controller: sw-core}
"""


@pytest.fixture
def school(tmp_path: Path) -> Inventory:
    (tmp_path / "secrets").mkdir()
    for name in ("ro", "a", "p", "cam"):
        (tmp_path / "secrets" / name).write_text(f"{CANARY}-{name}\n")
        (tmp_path / "secrets" / name).chmod(0o600)
    return inventory(tmp_path, INTERFACE)


def test_the_format_of_the_interface(school: Inventory) -> None:
    device = school.devices["sw-a-1f"]
    assert device.location == Location(building="A", floor="1F", room="弱电间")
    assert device.parent == Parent(device="sw-core", port="GigabitEthernet1/0/3")
    assert device.warranty == Warranty(accepted="2025-09-01", months=36)
    assert (device.serial, device.mac, device.tags) == ("0210", "00:11:22:aa:bb:cc", frozenset({"key-point"}))
    assert (device.pictures, device.owner_party, device.source.rpartition(":")[2]) == ("never", "us", "15")
    assert school.devices["six"].address == "2001:db8::1"
    assert len(school.devices) == 70
    assert school.site.zone.key == "Asia/Shanghai"
    assert len(school.sha256) == 64


def test_targets_by_kind_defaults_credentials_and_ports(school: Inventory) -> None:
    core = targets(school, "sw-core")
    assert set(core) == {"icmp", "snmp"}
    assert core["snmp"].options.port == 1161
    assert core["snmp"].credential.auth_key == Secret(f"{CANARY}-a")
    access = targets(school, "sw-a-1f")
    assert (access["icmp"].interval, access["snmp"].interval) == (20.0, 120.0)
    assert access["snmp"].options.port == PROBES["snmp"].port
    assert access["snmp"].timeout == PROBES["snmp"].timeout
    assert access["snmp"].credential.community == Secret(f"{CANARY}-ro")


def test_which_probes_a_device_gets(school: Inventory) -> None:
    assert set(targets(school, "pc-301-07")) == {"icmp"}
    assert targets(school, "desk") == targets(school, "dark") == targets(school, "ap-1") == {}
    assert set(targets(school, "board")) == {"icmp"}
    camera = targets(school, "cam")
    assert set(camera) == {"icmp", "tcp", "tcp-80"}
    assert (camera["tcp"].options.port, camera["tcp-80"].interval) == (554, 300.0)


def test_references(school: Inventory) -> None:
    assert school.references == ("sw-core", "@198.18.0.53", "@ns.example")
    pseudo = school.devices["@198.18.0.53"]
    assert (pseudo.kind, pseudo.address) == ("reference", "198.18.0.53")
    assert targets(school, "@198.18.0.53")["icmp"].interval == 20.0


def test_references_by_kind_and_by_a_devices_address(tmp_path: Path) -> None:
    made = inventory(
        tmp_path,
        "site: {id: s, references: [gateway, 198.18.0.2]}\ndevices:\n"
        "- {id: gw-1, kind: gateway, address: 198.18.0.1}\n- {id: dns, kind: server, address: 198.18.0.2}\n",
    )
    assert made.references == ("gw-1", "dns")


def test_schedules(school: Inventory) -> None:
    assert set(school.schedules) == {"always", "school-hours"}
    hours = school.schedules["school-hours"]
    assert hours.weekdays == frozenset(range(5))
    assert hours.hours == (Hours(450, 720), Hours(840, 1290))
    assert hours.terms_only


def test_ranges_expand_together(tmp_path: Path) -> None:
    made = inventory(
        tmp_path,
        SITE + "devices:\n- {id: sw, kind: switch, address: 198.18.0.1}\n"
        '- {id: "cam-[08-11]", name: "摄像机[8-11]号", kind: camera, address: "198.18.4.[8-11]", serial: "S[008-011]",'
        ' mac: "00:11:22:33:44:[08-11]", parent: {device: sw, port: "GigabitEthernet1/0/[1-4]"},'
        ' location: {room: "[301-304]"}}\n',
    )
    ids = [name for name in made.devices if name.startswith("cam")]
    assert ids == ["cam-08", "cam-09", "cam-10", "cam-11"]
    last = made.devices["cam-11"]
    assert (last.name, last.address, last.serial, last.mac) == (
        "摄像机11号",
        "198.18.4.11",
        "S011",
        "00:11:22:33:44:11",
    )
    assert last.parent == Parent(device="sw", port="GigabitEthernet1/0/4")
    assert last.location.room == "304"
    assert made.devices["cam-08"].parent == Parent(device="sw", port="GigabitEthernet1/0/1")
    assert made.children() == {"sw": ids}


def test_a_name_expands_with_the_id_and_brackets_stay_text_without_a_range(tmp_path: Path) -> None:
    made = inventory(
        tmp_path, SITE + 'devices:\n- {id: "d-[1-2]", kind: asset}\n- {id: x, name: "会议室[2-3]", kind: asset}\n'
    )
    assert [device.name for device in made.devices.values()] == ["d-1", "d-2", "会议室[2-3]"]


def test_an_interval_shorter_than_the_kinds_timeout_shortens_it(tmp_path: Path) -> None:
    made = inventory(
        tmp_path,
        SITE + "defaults: {tcp: {interval: 2s, port: 80}}\n"
        "devices:\n- {id: a, kind: server, address: a.example, probes: [tcp]}\n",
    )
    assert (made.targets[0].interval, made.targets[0].timeout, made.targets[0].options.port) == (2.0, 2.0, 80)


def test_secrets_show_nowhere(school: Inventory) -> None:
    assert CANARY not in repr(school)
    assert CANARY not in "".join(map(repr, school.targets))
    try:
        raise RuntimeError(f"{school} {school.targets}")
    except RuntimeError as wrong:
        told = traceback.TracebackException.from_exception(wrong, capture_locals=True).format()
        assert CANARY not in "".join(told)


def test_difference(tmp_path: Path) -> None:
    head = SITE + "devices:\n- {id: a, kind: server, address: 198.18.1.1}\n"
    old = inventory(
        tmp_path, head + "- {id: b, kind: server, address: 198.18.1.2}\n- {id: c, kind: server, address: 198.18.1.3}\n"
    )
    new = inventory(
        tmp_path,
        "# one line more\n" + head + "- {id: c, name: new, kind: server, address: 198.18.1.3}\n"
        "- {id: d, kind: server, address: 198.18.1.4, probes: [icmp, {tcp: {port: 22}}]}\n",
    )
    found = difference(old, new)
    assert [device.id for device in found.devices.added] == ["d"]
    assert [device.id for device in found.devices.removed] == ["b"]
    assert [(before.name, after.name) for before, after in found.devices.changed] == [("c", "new")]
    assert [device.id for device in found.devices.kept] == ["a"]
    assert [target.key for target in found.targets.added] == [("d", "icmp"), ("d", "tcp")]
    assert [target.key for target in found.targets.removed] == [("b", "icmp")]
    assert [target.key for target in found.targets.kept] == [("a", "icmp"), ("c", "icmp")]
    assert found.targets.changed == ()
    assert difference(new, new).devices.empty


def test_a_new_secret_changes_the_target(tmp_path: Path) -> None:
    text = (
        SITE + "credentials: {sw: {snmp: {community: XX}}}\n"
        "devices:\n- {id: a, kind: switch, address: 198.18.1.1, credentials: sw}\n"
    )
    old = inventory(tmp_path, text.replace("XX", "one"), "config.secret.inline")
    new = inventory(tmp_path, text.replace("XX", "two"), "config.secret.inline")
    found = difference(old, new)
    assert [(before.key, after.key) for before, after in found.targets.changed] == [(("a", "snmp"), ("a", "snmp"))]
    assert [target.key for target in found.targets.kept] == [("a", "icmp")]


def test_two_thousand_devices_are_read_in_no_time(tmp_path: Path) -> None:
    """A tenth of what must take less than three seconds; quadratic checks would show."""
    entries = "".join(
        f"- {{id: d-{n}, kind: server, address: 10.0.{n // 250}.{n % 250}, parent: {{device: d-{max(n - 1, 0)}}}}}\n"
        for n in range(1, 2000)
    )
    path = tmp_path / "inventory.yaml"
    path.write_text(SITE + "devices:\n- {id: d-0, kind: server, address: 10.1.0.1}\n" + entries)
    begun = time.process_time()
    loaded = load_inventory(path)
    assert loaded.problems == ()
    assert time.process_time() - begun < 1.5


def test_many_unknown_parents_do_not_stall(tmp_path: Path) -> None:
    entries = "".join(f"- {{id: d-{n}, kind: asset, parent: {{device: e-{n}}}}}\n" for n in range(3000))
    path = tmp_path / "inventory.yaml"
    path.write_text(SITE + "devices:\n" + entries)
    begun = time.process_time()
    assert load_inventory(path).problems[-1].args == {"count": 2000}
    assert time.process_time() - begun < 3.0
