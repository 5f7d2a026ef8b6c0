"""What a device has recorded, by channel (ONVIF Recording Search, Recording Control; Profile G). Pure.

A channel is a source: a recorder that has begun a new recording of it keeps the old one for a while. Times are by the
device's own clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from agent.model import Ms
from agent.probes.channels import Channel
from agent.probes.onvif.answers import TEXT, items, moment, number, pick, raw, text
from agent.text import clean

DAY_MS = 86_400_000
TRACKS = 16
_OLDEST: Ms = 946_684_800_000
"""2000-01-01: a clock that has never been set says less, and proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """token: as it came.  source: what it is of, the same for all recordings of one channel.  since, until: ms UTC,
    None where nothing is kept.  running: the device says that it is recording now.
    """

    token: str
    source: tuple[str, ...]
    name: str = ""
    since: Ms | None = None
    until: Ms | None = None
    running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """From when to when (ms UTC), in how many recordings."""

    since: Ms
    until: Ms
    recordings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What is kept of one channel, all its recordings together."""

    key: str
    name: str
    since: Ms | None
    until: Ms | None
    running: bool

    @property
    def empty(self) -> bool:
        """Nothing was ever recorded, as far as the device tells."""
        return self.until is None and not self.running

    def days(self, now: Ms) -> float:
        """How long back it reaches; an end in the future is none."""
        if self.since is None or self.until is None:
            return 0.0
        return max(0, min(self.until, now) - self.since) / DAY_MS

    def records(self, now: Ms, idle: float) -> bool:
        """Is it recording now? idle: seconds. Who says so is believed for a day: a full disk goes on saying it."""
        if self.until is None:
            return self.running
        return now - self.until <= max(idle * 1000, DAY_MS if self.running else 0)

    def row(self, now: Ms, idle: float, *, used: bool) -> Channel:
        """As pages show it. used: something is to be recorded there."""
        now_recording = "yes" if self.records(now, idle) else "no" if used else ""
        return Channel(index=self.key, name=self.name, recording=now_recording, days=round(self.days(now), 2))


def summary(reply: Any) -> Summary | None:
    """GetRecordingSummary."""
    found = pick(reply, "Summary")
    since, until = moment(found, "DataFrom"), moment(found, "DataUntil")
    count = number(found, "NumberRecordings")
    if since is None or until is None or count is None:
        return None
    return Summary(since=since, until=until, recordings=int(count))


def page(reply: Any, most: int) -> tuple[list[Recording], bool]:
    """GetRecordingSearchResults: what was found, and whether there may be more."""
    found = pick(reply, "ResultList")
    more = text(found, "SearchState", limit=16) in ("Queued", "Searching")
    return list(_read(items(found, "RecordingInformation", most))), more


def information(reply: Any) -> list[Recording]:
    """GetRecordingInformation."""
    return list(_read(items(reply, "RecordingInformation", 1)))


def listed(reply: Any, most: int) -> list[Recording]:
    """GetRecordings: which there are; of their times it says nothing."""
    found = items(reply, "RecordingItem", most)
    return [one for one in (_recording(item, pick(item, "Configuration", "Source")) for item in found) if one]


def _read(found: Iterable[Any]) -> Iterator[Recording]:
    for item in found:
        since, until = _times(item)
        said = text(item, "RecordingStatus", limit=16)
        one = _recording(item, pick(item, "Source"), since, until, running=said == "Recording")
        if one is not None:
            yield one


def _recording(
    item: Any, source: Any, since: Ms | None = None, until: Ms | None = None, *, running: bool = False
) -> Recording | None:
    token = raw(pick(item, "RecordingToken"))
    if not token:
        return None
    said = tuple(text(source, name) for name in ("SourceId", "Name", "Address"))
    name = next((word for word in (said[1], text(source, "Location"), text(source, "Description")) if word), "")
    return Recording(
        token=token, source=said if any(said) else (token,), name=name, since=since, until=until, running=running
    )


def _times(item: Any) -> tuple[Ms | None, Ms | None]:
    """From when to when; where the whole does not say it, its tracks may."""
    tracks = items(item, "Track", TRACKS)
    since = _sane(moment(item, "EarliestRecording")) or min(_moments(tracks, "DataFrom"), default=None)
    until = _sane(moment(item, "LatestRecording")) or max(_moments(tracks, "DataTo"), default=None)
    return (since, until) if since is not None and until is not None and since < until else (None, None)


def _moments(tracks: Iterable[Any], name: str) -> Iterator[Ms]:
    return (at for track in tracks if (at := _sane(moment(track, name))) is not None)


def _sane(at: Ms | None) -> Ms | None:
    return at if at is not None and at >= _OLDEST else None


def stretches(found: Iterable[Recording]) -> list[Stretch]:
    """The channels, in the order in which the device tells of them."""
    channels: dict[tuple[str, ...], list[Recording]] = {}
    for one in found:
        channels.setdefault(one.source, []).append(one)
    return [_stretch(recordings) for recordings in channels.values()]


def _stretch(recordings: list[Recording]) -> Stretch:
    return Stretch(
        key=clean(recordings[0].source[0] or recordings[0].token, TEXT),
        name=next((one.name for one in recordings if one.name), ""),
        since=min((one.since for one in recordings if one.since is not None), default=None),
        until=max((one.until for one in recordings if one.until is not None), default=None),
        running=any(one.running for one in recordings),
    )
