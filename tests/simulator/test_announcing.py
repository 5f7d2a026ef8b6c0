"""A camera of the practice campus is found by WS-Discovery: by us, and by a client that is not ours."""

from __future__ import annotations

from importlib import import_module

from agent.discovery.onvif import parse_match, probe_message
from agent.simulator.services.announcing import match
from tests.simulator.test_services import camera


def test_it_says_who_it_is() -> None:
    voice = camera("onvif", vendor="Hikvision", model="DS-2CD <&>", place="教学楼A 3F")
    said = match(voice, probe_message())
    assert said is not None
    found = parse_match(said)
    assert found is not None and found.camera_like
    assert (found.name, found.hardware, found.location) == ("Hikvision DS-2CD <&>", "DS-2CD <&>", "教学楼A 3F")
    assert found.xaddrs == ("http://127.0.0.1/onvif/device_service",)


def test_a_foreign_client_understands_it() -> None:
    said = match(camera("onvif"), probe_message())
    assert said is not None
    client = import_module("wsdiscovery.message")  # it has no types
    (one,) = client.parseSOAPMessage(said, "127.0.0.1").getProbeResolveMatches()
    assert [str(each.getLocalname()) for each in one.getTypes()] == ["NetworkVideoTransmitter"]
    assert one.getXAddrs() == ["http://127.0.0.1/onvif/device_service"]


def test_who_asks_for_a_printer_hears_nothing() -> None:
    printer = probe_message().replace(b"<d:Probe/>", b"<d:Probe><d:Types>p:PrintDeviceType</d:Types></d:Probe>")
    assert match(camera("onvif"), printer) is None
    for nonsense in (b"", b"\0" * 99, b"<Body>" * 999, probe_message().replace(b"<d:Probe/>", b"<d:Resolve/>")):
        assert match(camera("onvif"), nonsense) is None
