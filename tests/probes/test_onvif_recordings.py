"""Recorded, not only alive: each channel of a recorder by ONVIF Profile G; nothing of ours stays on the device."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from agent.alerting.findings import RECORDING, RETENTION, find
from agent.model import Device as Thing
from agent.model import Outcome, Reading, Target
from agent.probes.onvif.prober import Climber
from tests.fakes import onvif_mischief as mischief
from tests.fakes.onvif_camera import Request, fault
from tests.fakes.onvif_recorder import Device, Recorded

from .test_onvif import PASSWORD, at, look, replies  # noqa: F401  (the fixture that skips without the replies)
from .watching import Watch

pytestmark = pytest.mark.net

DAY = 86400.0


@pytest_asyncio.fixture
async def recorder() -> AsyncIterator[Device]:
    it = Device(password=PASSWORD, services=("media", "search", "recording"))
    it.kept = [Recorded(token=f"r{number}", name=f"通道 {number:02}") for number in range(1, 33)]
    await it.start()
    yield it
    await it.close()


@pytest_asyncio.fixture
async def climber() -> AsyncIterator[Climber]:
    it = Climber(Watch().hooks())
    yield it
    await it.close()


def again(one: Device, **options: Any) -> Target:
    return at(one, beside=0.0, **options)


def told(reading: Reading, check: str) -> tuple[str, int]:
    """What a check says, and of how many channels."""
    return reading.checks[check], round(reading.samples.get(f"{check}_count", 0))


async def test_thirty_two_channels_in_one_search(recorder: Device, climber: Climber) -> None:
    reading = await look(climber, at(recorder))
    assert reading.outcome is Outcome.OK
    assert (told(reading, "recording"), told(reading, "storage_days")) == (("", 0), ("", 0))
    channels = reading.tables["channels"]
    assert [channel.name for channel in channels] == [f"通道 {number:02}" for number in range(1, 33)]
    assert {channel.recording for channel in channels} == {"yes"}
    assert channels[0].days == pytest.approx(40.0, abs=0.01)
    assert (reading.samples["recordings"], reading.samples["channels_recording"]) == (32, 32)
    assert recorder.asked.count("GetRecordingSearchResults") == 4
    assert recorder.asked.count("GetRecordingInformation") == 0
    assert recorder.searching == {}, "the search was ended"
    assert not any(word in " ".join(recorder.asked) for word in ("Subscription", "PullPoint"))


async def test_the_table_stays_between_two_questions(recorder: Device, climber: Climber) -> None:
    await look(climber, at(recorder))
    recorder.asked.clear()
    reading = await look(climber, at(recorder))
    assert len(reading.tables["channels"]) == 32
    assert "recording" not in reading.checks, "nobody has looked"
    assert not [word for word in recorder.asked if "Recording" in word or "Search" in word]


async def test_what_was_known_stays_while_a_recorder_is_slow_and_goes_with_its_search(
    recorder: Device, climber: Climber
) -> None:
    await look(climber, again(recorder))
    recorder.mischief["FindRecordings"] = mischief.hang
    reading = await look(climber, again(recorder, timeout=0.5))
    assert (len(reading.tables["channels"]), "recording" in reading.checks) == (32, False)
    recorder.services = ("media",)
    assert (await look(climber, again(recorder))).tables == {}


async def test_channels_that_stopped_are_counted_for_the_severity(recorder: Device, climber: Climber) -> None:
    for one in recorder.kept[:6]:
        one.status, one.newest = "Stopped", 21 * DAY
    reading = await look(climber, at(recorder))
    assert told(reading, "recording") == ("not_recording", 6)
    stopped = [channel.name for channel in reading.tables["channels"] if channel.recording == "no"]
    assert stopped == [f"通道 {number:02}" for number in range(1, 7)]
    found = {one.probe: one for one in find(reading, Thing(id="nvr", name="nvr", kind="recorder"), "icmp")}
    assert (found["onvif:recording"].cause, found["onvif:recording"].extent) == (RECORDING, 6)
    recorder.kept[0].status, recorder.kept[0].newest = "Recording", 5.0
    assert told(await look(climber, again(recorder)), "recording") == ("not_recording", 5)


async def test_a_spare_channel_is_no_fault(recorder: Device, climber: Climber) -> None:
    recorder.kept[3].status, recorder.kept[3].newest = "Stopped", 30 * DAY
    assert told(await look(climber, again(recorder, spare=("通道 04",))), "recording") == ("", 0)
    recorder.kept[4].oldest = None
    reading = await look(climber, again(recorder, spare=("通道 04",)))
    assert told(reading, "recording") == ("", 1 - 1), "never recorded: a socket without a camera, perhaps"
    assert reading.tables["channels"][4].recording == "yes", "by its status"
    recorder.kept[4].status = "Initiated"
    reading = await look(climber, again(recorder, spare=("通道 04",)))
    assert (told(reading, "recording"), reading.tables["channels"][4].recording) == (("", 0), "")
    strict = again(recorder, spare=("通道 04",), records="yes")
    assert told(await look(climber, strict), "recording") == ("not_recording", 1)


async def test_nothing_at_all_is_recorded(recorder: Device, climber: Climber) -> None:
    for one in recorder.kept:
        one.oldest, one.status = None, "Stopped"
    assert told(await look(climber, at(recorder)), "recording") == ("never_recorded", 32)


async def test_who_says_that_he_records_is_believed_for_a_day(recorder: Device, climber: Climber) -> None:
    recorder.kept[0].newest, recorder.kept[1].newest = 3 * 3600.0, 20 * DAY
    assert told(await look(climber, at(recorder)), "recording") == ("not_recording", 1)


async def test_too_few_days_of_some_channels_once_their_oldest_go(recorder: Device, climber: Climber) -> None:
    for one in recorder.kept[:8]:
        one.oldest = 10 * DAY
    assert told(await look(climber, again(recorder)), "storage_days") == ("", 0), "their disks may still be filling"
    for one in recorder.kept[:3]:
        one.oldest = 9 * DAY
    reading = await look(climber, again(recorder))
    assert told(reading, "storage_days") == ("too_few_days", 3)
    found = {one.probe: one for one in find(reading, Thing(id="nvr", name="nvr", kind="recorder"), "icmp")}
    assert (found["onvif:storage_days"].cause, found["onvif:storage_days"].extent) == (RETENTION, 3)
    assert told(await look(climber, again(recorder, days=5.0)), "storage_days") == ("", 0)


async def test_an_older_recording_of_the_same_channel_is_no_second_channel(recorder: Device, climber: Climber) -> None:
    recorder.kept = [
        Recorded(token="a", source="cam", name="大门", oldest=60 * DAY, newest=20 * DAY, status="Stopped"),
        Recorded(token="b", source="cam", name="大门", oldest=20 * DAY),
    ]
    reading = await look(climber, at(recorder))
    assert told(reading, "recording") == ("", 0)
    assert [(channel.name, round(channel.days)) for channel in reading.tables["channels"]] == [("大门", 60)]


async def test_without_a_search_each_is_asked_for(recorder: Device, climber: Climber) -> None:
    recorder.finds, recorder.kept[7].newest, recorder.kept[7].status = False, 21 * DAY, "Stopped"
    reading = await look(climber, at(recorder))
    assert told(reading, "recording") == ("not_recording", 1)
    assert recorder.asked.count("GetRecordingInformation") == 32
    recorder.kept = recorder.kept * 3
    recorder.recordings = (40 * DAY, 5.0, 96)
    recorder.asked.clear()
    reading = await look(climber, again(recorder))
    assert recorder.asked.count("GetRecordingInformation") == 0, "too many: the sum will do"
    assert (reading.samples["recordings"], reading.tables) == (96, {})


@pytest.mark.parametrize("name", ["GetRecordingSearchResults", "EndSearch"])
async def test_the_search_is_ended_even_when_time_runs_out(recorder: Device, climber: Climber, name: str) -> None:
    recorder.mischief[name] = mischief.hang
    loop = asyncio.get_running_loop()
    begun = loop.time()
    reading = await look(climber, at(recorder, timeout=1.0))
    assert loop.time() - begun < 2.0
    assert reading.outcome is Outcome.OK, "what is beside the ladder breaks none of it"
    assert "EndSearch" in recorder.asked


async def test_a_search_without_an_end(recorder: Device, climber: Climber) -> None:
    recorder.endless, recorder.pages, recorder.services = True, 1, ("media", "search")
    recorder.recordings = (40 * DAY, 5.0, 32)
    reading = await look(climber, at(recorder))
    assert (reading.samples["recordings"], reading.tables) == (32, {}), "half a list accuses nobody"
    assert recorder.searching == {}


async def test_thousands_of_recordings(recorder: Device, climber: Climber) -> None:
    recorder.kept = [Recorded(token=f"e{number}", source="cam", name="动") for number in range(5000)]
    recorder.pages, recorder.recordings = 64, (40 * DAY, 5.0, 5000)
    recorder.services = ("media", "search")
    reading = await look(climber, at(recorder, timeout=8.0))
    assert (reading.samples["recordings"], reading.tables) == (5000, {})
    assert recorder.asked.count("GetRecordingSearchResults") <= 17
    recorder.pages = 5000
    assert (await look(climber, again(recorder, timeout=8.0))).samples["recordings"] == 5000, (
        "more than one answer holds"
    )


@pytest.mark.parametrize(
    ("first", "last"),
    [("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"), ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"), ("", "x"),
     ("2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z"), ("2026-13-45T99:00:00Z", "2026-01-01T00:00:00+99:00"),
     ("9" * 5000, "-" * 5000)],
)  # fmt: skip
async def test_dates_that_are_nonsense(recorder: Device, climber: Climber, first: str, last: str) -> None:
    for one in recorder.kept[:3]:
        one.said, one.status = (first, last), "Unknown"
    reading = await look(climber, at(recorder))
    assert told(reading, "recording") == ("", 0)
    assert {channel.days for channel in reading.tables["channels"][:3]} == {0.0}


async def test_dates_that_only_the_tracks_tell(recorder: Device, climber: Climber) -> None:
    plain = recorder._information(recorder.kept[0])
    track = "<tt:Track><tt:DataFrom>{}</tt:DataFrom><tt:DataTo>{}</tt:DataTo></tt:Track><tt:Recording"
    said = track.format(recorder._ago(5 * DAY), recorder._ago(10.0))
    whole = plain.partition("<tt:Earliest")[0] + "<tt:Content/>" + said + "Status>" + plain.partition("Status>")[2]
    inner = f"<tse:ResultList><tt:SearchState>Completed</tt:SearchState>{whole}</tse:ResultList>"
    recorder.replaced["GetRecordingSearchResults"] = recorder._said("search", "GetRecordingSearchResults", inner, "tse")
    recorder.services = ("media", "search")
    reading = await look(climber, at(recorder))
    assert [round(channel.days) for channel in reading.tables["channels"]] == [5]


async def test_what_a_user_may_not_search_is_asked_once(recorder: Device, climber: Climber) -> None:
    recorder.replaced["FindRecordings"] = fault("ter:NotAuthorized", "Sender not Authorized")
    for _ in range(3):
        assert (await look(climber, again(recorder, timeout=5.0))).outcome is Outcome.OK
    assert recorder.asked.count("FindRecordings") == 1


async def test_each_is_asked_every_so_often(recorder: Device, climber: Climber) -> None:
    one = at(recorder, beside=600.0)
    for _ in range(3):
        await look(climber, replace(one))
    assert recorder.asked.count("FindRecordings") == 1


def _heard(recorder: Device, operation: str) -> list[Request]:
    return [request for request in recorder.heard if request.operation == operation]


async def test_requests_are_as_the_standard_has_them(recorder: Device, climber: Climber) -> None:
    await look(climber, at(recorder))
    (find_,), (end,) = _heard(recorder, "FindRecordings"), _heard(recorder, "EndSearch")
    assert b"<ns0:Scope/><ns0:KeepAliveTime>PT10S<" in find_.body
    assert end.headers["content-type"].endswith('action="http://www.onvif.org/ver10/search/wsdl/EndSearch"')
    (listed,) = _heard(recorder, "GetRecordings")
    assert b'"http://www.onvif.org/ver10/recording/wsdl"' in listed.body
    assert listed.path == "/onvif/recording"
