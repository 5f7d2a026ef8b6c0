"""From what boxes told to who hangs on whom, and to the difference with what is written."""

from __future__ import annotations

import tempfile
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.discovery.box import Box, Managed, Neighbour
from agent.discovery.boxes import room_of
from agent.discovery.compare import Differences, compare, known_of
from agent.discovery.draft import additions, whole
from agent.discovery.ground import Ground, read_ranges
from agent.discovery.onvif import Match
from agent.discovery.proposal import Proposal, propose
from agent.inventory import load_inventory
from agent.model import Device, Location, Parent
from agent.text import clean

MAC = "00:1c:c5:00:00:{:02x}"


def bridge(last: int, name: str, *neighbours: Neighbour, **more: object) -> Box:
    base = Box(
        address=f"198.18.0.{last}", heard=("icmp", "snmp"), descr="H3C Comware Platform Software S5130", name=name,
        object_id="1.3.6.1.4.1.25506.1.921", bridge_ports=28, macs=(MAC.format(last),), neighbours=neighbours,
        credential="switches",
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def beside(port: str, name: str, far: str = "", **more: str) -> Neighbour:
    return Neighbour(protocol="lldp", local_port=port, name=name, port=far, capabilities=("bridge",), **more)


def quiet(last: int) -> Box:
    return Box(address=f"198.18.0.{last}", heard=("icmp",))


CORE = bridge(1, "core", beside("GE1/0/1", "acc-1", "GE1/0/28"), beside("GE1/0/2", "acc-2", "GE1/0/28"),
              forwarding=tuple((MAC.format(number), "GE1/0/1") for number in (2, 20, 21, 22)))  # fmt: skip
ACCESS = bridge(2, "acc-1", beside("GE1/0/28", "core", "GE1/0/1"),
                forwarding=((MAC.format(1), "GE1/0/28"), (MAC.format(20), "GE1/0/5"), (MAC.format(21), "GE1/0/6"),
                            (MAC.format(22), "GE1/0/6")))  # fmt: skip
OTHER = bridge(3, "acc-2", beside("GE1/0/28", "core", "GE1/0/2"))
ARP = {f"198.18.0.{number}": MAC.format(number) for number in (20, 21, 22)}


def found(*boxes: Box) -> dict[str, Proposal]:
    return {each.host: each for each in propose(boxes, ARP)}


def test_bridges_by_lldp_and_ends_by_the_forwarding_table() -> None:
    one = found(CORE, ACCESS, OTHER, quiet(20), quiet(21), quiet(22))
    assert one["198.18.0.1"].parent == ""
    assert (one["198.18.0.2"].parent, one["198.18.0.2"].port, one["198.18.0.2"].source) == ("core", "GE1/0/1", "lldp")
    assert (one["198.18.0.3"].parent, one["198.18.0.3"].port) == ("core", "GE1/0/2")
    camera = one["198.18.0.20"]
    assert (camera.parent, camera.port, camera.source) == ("acc-1", "GE1/0/5", "fdb")
    assert one["198.18.0.21"].evidence[-1].words == "198.18.0.2 GE1/0/6 (+1 MAC)"


def test_a_link_told_by_one_end_alone_has_its_port_from_the_other() -> None:
    silent_core = replace(CORE, neighbours=(beside("GE1/0/2", "acc-2"), beside("GE1/0/3", "acc-3")))
    one = found(silent_core, ACCESS, OTHER)
    assert (one["198.18.0.2"].parent, one["198.18.0.2"].port) == ("core", "GE1/0/1")


def test_a_name_that_two_have_means_nobody() -> None:
    twins = bridge(4, "switch"), bridge(5, "switch")
    one = found(CORE, *twins, bridge(6, "x", beside("GE1/0/1", "switch")))
    assert not one["198.18.0.4"].parent and not one["198.18.0.5"].parent
    assert len({each.id for each in one.values()}) == len(one)


def test_a_router_at_two_addresses_is_one_device() -> None:
    twice = replace(CORE, address="198.18.0.254"), replace(CORE, own=("198.18.0.1", "198.18.0.254"))
    (one,) = propose(twice, {})
    assert (one.address, one.also) == ("198.18.0.1", ("198.18.0.254",))


def test_machines_of_one_image_are_not_one_device() -> None:
    """Engine and name are copied with the disk; the MACs are not."""
    cloned = [replace(bridge(last, "localhost"), engine="80001f88") for last in (4, 5)]
    assert len(propose(cloned, {})) == 2
    twice = [replace(cloned[0], address=address) for address in ("198.18.0.4", "198.18.7.4")]
    (one,) = propose(twice, {})
    assert one.also == ("198.18.7.4",)


def test_access_points_learn_of_their_controller() -> None:
    controller = replace(bridge(9, "ac"), managed=(
        Managed(mac=MAC.format(20), name="ap-301", address="198.18.0.20", model="AP820"),
        Managed(mac=MAC.format(99), name="ap-302"),
    ))  # fmt: skip
    one = found(controller, quiet(20))
    assert one["198.18.0.9"].kind == "controller"
    assert (one["198.18.0.20"].kind, one["198.18.0.20"].controller) == ("ap", "ac")
    assert (one[MAC.format(99)].id, one[MAC.format(99)].address) == ("ap-302", "")


def test_an_access_point_of_which_the_controller_tells_the_name_alone() -> None:
    controller = replace(bridge(9, "ac"), managed=(Managed(mac=MAC.format(99), name="AP 302"),))
    listed = {
        "ap-2": Device(id="ap-2", name="AP 302", kind="ap", address="10.1.1.2", controller="ac"),
        "ac": Device(id="ac", name="ac", kind="controller", address="198.18.0.9"),
    }
    proposals = propose([controller], {}, known_of(listed))
    assert [each.id for each in proposals] == ["ac", "ap-2"]
    assert compare(proposals, listed, lambda address: address.startswith("198.")) == Differences()


def test_cameras_by_their_announcement_and_by_their_ports() -> None:
    hik = replace(quiet(20), match=Match(name="HIKVISION DS-2CD2T47", hardware="DS-2CD2T47", types=("NetworkVideo",)))
    nvr = replace(quiet(21), match=Match(name="NVR", hardware="DS-7732NI", types=("NetworkVideo",)))
    some = replace(quiet(22), ports=(80, 554))
    one = found(hik, nvr, some, replace(quiet(23), ports=(3389,)), quiet(24))
    kinds = [each.kind for each in one.values()]
    assert kinds == ["camera", "recorder", "camera", "terminal", "asset"]
    assert (one["198.18.0.20"].vendor, one["198.18.0.20"].model) == ("Hikvision", "DS-2CD2T47")
    assert one["198.18.0.20"].id == "camera-198-18-0-20"


def test_a_ups_by_its_own_table_and_a_model_that_is_none() -> None:
    card = Box(
        address="198.18.0.50", heard=("snmp",), descr="YTR3310-J network card", model="YTR3310-J", ups="KELONG YTR"
    )
    nvr = Box(address="198.18.0.51", heard=("snmp",), descr="Hikvision DS-8664N-I16 NVR", model="NVR", name="nvr",
              profile="hikvision-recorder", vendor="Hikvision")  # fmt: skip
    ups, recorder = propose([card, nvr], {})
    (plain,) = propose([replace(card, ups="YTR3310-J")], {})
    assert (plain.kind, plain.vendor) == ("ups", "")
    assert (ups.kind, ups.vendor, ups.model) == ("ups", "KELONG YTR", "YTR3310-J")
    assert (recorder.kind, recorder.model) == ("recorder", "DS-8664N-I16")
    listed = Device(id="nvr", name="nvr", kind="recorder", address="198.18.0.51", model="DS-8632N")
    vague = replace(recorder, model="NVR")
    assert compare([vague], {"nvr": listed}, lambda address: True).changed == ()


def test_a_place_that_the_maker_has_written_is_none() -> None:
    said = ("Unknown", "Hangzhou, China", "Shenzhen China", "Beijing P.R.China", "country china", "信息楼 机房", "gate")
    assert [room_of(text) for text in said] == ["", "", "", "", "", "信息楼 机房", "gate"]


def test_hostile_names_stay_words() -> None:
    nasty = replace(CORE, name="x]\n- {id: evil} # [1-9]", location="a: b")
    (entry,) = additions(propose([nasty], {}), lambda each: [one.words for one in each.evidence])
    assert entry.fields["location"] == {"room": "a: b"}


def device(name: str, last: int, **more: object) -> Device:
    base = Device(id=name, name=name, kind="switch", address=f"198.18.0.{last}")
    return replace(base, **more)  # type: ignore[arg-type]


def test_the_difference() -> None:
    devices = {
        each.id: each
        for each in (
            device("core", 1),
            device("sw-1", 2, parent=Parent(device="core", port="GigabitEthernet1/0/1"), vendor="华三", model="S5130"),
            device("sw-2", 3, parent=Parent(device="core", port="GE1/0/9"), vendor="Huawei"),
            device("cam", 77, kind="camera", mac=MAC.format(20), location=Location(room="gate")),
            device("away", 50),
            device("elsewhere", 1, address="10.9.9.9"),
        )
    }
    here = Ground(read_ranges(["198.18.0.0/24"]))
    proposals = propose([CORE, ACCESS, OTHER, quiet(20), quiet(21)], ARP, known_of(devices))
    known = [*proposals, Proposal(id="asset-9", host="198.18.0.9", address="198.18.0.9", kind="asset")]
    result = compare(known, devices, here.__contains__, {"198.18.0.9"})
    assert [each.address for each in result.new] == ["198.18.0.21"]
    assert [each.id for each in result.gone] == ["away"]
    assert {(each.device, each.field, each.before, each.after) for each in result.moved} == {
        ("sw-2", "port", "GE1/0/9", "GE1/0/2"),
        ("cam", "address", "198.18.0.77", "198.18.0.20"),
    }
    assert [(each.device, each.field, each.after) for each in result.changed] == [("sw-2", "vendor", "H3C")]
    assert next(each for each in proposals if each.address == "198.18.0.21").parent == "sw-1"


def test_a_core_hangs_under_its_gateway_when_people_say_so() -> None:
    gateway = bridge(8, "gw", beside("GE0/1", "core", "GE1/0/9"))
    devices = {
        "gw": device("gw", 8, kind="gateway"),
        "core": device("core", 1, parent=Parent(device="gw", port="GE0/1")),
    }
    proposals = propose([CORE, ACCESS, OTHER, gateway], {}, known_of(devices))
    assert {each.id: each.parent for each in proposals}["core"] == "gw"
    assert compare(proposals, devices, lambda address: True).moved == ()


def test_bridges_without_lldp_and_hosts_behind_a_crowd() -> None:
    """A chain of three whose tables are not whole: nobody below has heard of the core."""
    up, down = "GE1/0/28", "GE1/0/1"
    many = tuple((f"02:00:00:00:{number // 256:02x}:{number % 256:02x}", "GE1/0/3") for number in range(200))
    behind = tuple((mac, down) for mac, _ in many)
    core = bridge(
        1, "core", forwarding=((MAC.format(2), down), (MAC.format(3), down), (MAC.format(20), "GE1/0/9"), *behind)
    )
    middle = bridge(
        2, "mid", forwarding=((MAC.format(20), up), (MAC.format(3), "GE1/0/2"), *((mac, "GE1/0/2") for mac, _ in many))
    )
    last = bridge(3, "last", forwarding=((MAC.format(2), up), (MAC.format(20), up), *many))
    one = found(core, middle, last, replace(quiet(20), heard=("icmp", "gateway")))
    assert (one["198.18.0.2"].parent, one["198.18.0.2"].port) == ("core", down)
    assert (one["198.18.0.3"].parent, one["198.18.0.3"].port) == ("mid", "GE1/0/2")
    assert (one["198.18.0.20"].parent, one["198.18.0.20"].port) == ("core", "GE1/0/9")


def test_a_mac_of_many_addresses_is_nobody_s() -> None:
    """Proxy ARP: the router's MAC stands beside every host behind it; a copied MAC is on two ports."""
    proxy = replace(CORE, arp=tuple((f"198.18.0.{last}", MAC.format(1)) for last in (30, 31, 32)))
    one = found(proxy, ACCESS, quiet(30), quiet(31), replace(quiet(32), match=Match(mac=MAC.format(77))))
    assert [one[f"198.18.0.{last}"].mac for last in (1, 30, 31, 32)] == [MAC.format(1), "", "", MAC.format(77)]
    assert one["198.18.0.30"].parent == ""
    twice = replace(ACCESS, forwarding=(*ACCESS.forwarding, (MAC.format(20), "GE1/0/6")))
    assert found(CORE, twice, quiet(20))["198.18.0.20"].port == "GE1/0/5"


def test_who_is_seen_at_no_port_of_its_own_hangs_on_the_one_that_leads_to_it() -> None:
    forgotten = replace(ACCESS, forwarding=((MAC.format(1), "GE1/0/28"), (MAC.format(23), "GE1/0/28")))
    core = replace(CORE, forwarding=(*CORE.forwarding, (MAC.format(23), "GE1/0/2")))
    arp = {"198.18.0.20": MAC.format(20), "198.18.0.23": MAC.format(23)}
    one = {each.host: each for each in propose([core, forgotten, OTHER, quiet(20), quiet(23)], arp)}
    assert (one["198.18.0.20"].parent, one["198.18.0.20"].port) == ("core", "GE1/0/1")
    assert (one["198.18.0.23"].parent, one["198.18.0.23"].port) == ("core", "GE1/0/2")


def test_this_server_is_one_device_at_all_its_addresses() -> None:
    own = [replace(quiet(last), heard=("icmp", "self"), name="noc") for last in (40, 41)]
    (one,) = propose(own, {}, makers={"001cc5": "H3C"})
    assert (one.kind, one.id, one.also) == ("server", "noc", ("198.18.0.41",))
    (camera,) = propose([quiet(20)], ARP, makers={"001cc5": "H3C"})
    assert (camera.vendor, camera.kind) == ("H3C", "asset")


WORDS = st.sampled_from((
    "", "core", "a: b", "- x", "#", "[1-9]", "{x", "'", '"', "null", "yes", "1e3", "\u202e名", "名称", "a" * 300,
    "x.y.z", "1.2.3.4", "aa:bb:cc:dd:ee:ff", "a:b:c:d:e:f", "\n- id: evil", "AP", "H3C S5130 switch",
    "wireless controller", "camera", "@{x}",
))  # fmt: skip


@st.composite
def boxes(
    draw: st.DrawFn, words: st.SearchStrategy[str] = WORDS, macs: st.SearchStrategy[str] = WORDS,
    serials: st.SearchStrategy[str] = WORDS,
) -> list[Box]:  # fmt: skip
    made = []
    for last in draw(st.lists(st.integers(1, 9), unique=True, max_size=6)):
        neighbours = draw(st.lists(st.builds(
            Neighbour, protocol=st.sampled_from(("lldp", "cdp")), local_port=words, name=words, port=words, mac=macs,
            address=st.sampled_from(("", "198.18.0.1", "198.18.0.2", "10.0.0.1")), descr=words,
        ), max_size=3))  # fmt: skip
        aps = draw(st.lists(st.builds(Managed, mac=macs, name=words, serial=serials, model=words), max_size=3))
        made.append(Box(
            address=f"198.18.0.{last}", heard=("icmp", "snmp"), descr=draw(words), name=draw(words), model=draw(words),
            location=draw(words), serial=draw(serials), macs=(draw(macs),), neighbours=tuple(neighbours),
            managed=tuple(aps), forwarding=((draw(macs), draw(words)),), bridge_ports=draw(st.integers(0, 4)),
            match=draw(st.none() | st.builds(Match, name=words, hardware=words, mac=macs)),
        ))  # fmt: skip
    return made


@given(boxes())
@settings(max_examples=60, deadline=None)
def test_whatever_boxes_say_the_inventory_passes(told: list[Box]) -> None:
    proposals = propose(told, {"198.18.0.1": "zz"})
    text = whole(proposals, {"id": "school"}, ["head"], lambda each: [one.words for one in each.evidence])
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        loaded = load_inventory(file.name)
    assert [problem.render("en") for problem in loaded.errors] == []
    assert loaded.value is not None and len(loaded.value.devices) == len(proposals)


MACS = st.sampled_from(("", "aa:bb:cc:dd:ee:ff", MAC.format(1), MAC.format(2)))
SERIALS = st.sampled_from(("", "210235A1", "210235A2", "a" * 300))


@given(boxes(WORDS.map(clean), MACS, SERIALS))
@settings(max_examples=100, deadline=None)
def test_what_was_written_is_no_difference(told: list[Box]) -> None:
    """Texts of boxes are clean when they come from the wire."""
    proposals = propose(told, {})
    assert propose(told, {}) == proposals
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(whole(proposals, {"id": "school"}, ["head"], lambda each: []))
        file.flush()
        loaded = load_inventory(file.name)
    assert loaded.value is not None
    known = known_of(loaded.value.devices)
    assert compare(propose(told, {}, known), loaded.value.devices, lambda address: True) == Differences()
