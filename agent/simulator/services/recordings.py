"""What a recorder keeps of each camera (ONVIF Recording Search, Recording Control: Profile G), by its own clock.

`set RECORDER recording off|never` stops all channels, `set CAMERA recording off|never` that camera's alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.simulator.plan import Box
from agent.simulator.services import soap
from agent.simulator.services.soap import element, text
from agent.simulator.services.voice import Voice

KEPT_DAYS = 42
"""Days of recordings that a recorder keeps."""
PAGE = 32
"""Most results in one answer."""
SEARCHES = 4
"""Searches that it keeps at once, as few as real ones do: who never ends his own has none soon."""


@dataclass(frozen=True, slots=True)
class Channel:
    """since, until: None where nothing was ever recorded."""

    camera: Box
    since: datetime | None
    until: datetime | None
    status: str

    @property
    def token(self) -> str:
        return f"recording-{self.camera.id}"


def answer(voice: Voice, operation: str, body: bytes) -> str | None:
    """The response to an operation, "" for a token that it does not know; None where it knows no such operation."""
    make = _OPERATIONS.get(operation)
    return None if make is None or voice.box.kind != "recorder" else make(voice, body)


def _channels(voice: Voice) -> list[Channel]:
    return [_channel(voice, box) for box in voice.campus.boxes.values() if box.kind == "camera"]


def _channel(voice: Voice, camera: Box) -> Channel:
    own, now = voice.setting("recording", "on"), voice.now()
    state, ago = (own, voice.set_ago("recording")) if own != "on" else voice.of(camera.id, "recording", "on")
    if state == "never":
        return Channel(camera, None, None, "Stopped")
    until = now if state == "on" else now - timedelta(seconds=ago)
    return Channel(camera, until - timedelta(days=KEPT_DAYS), until, "Recording" if state == "on" else "Stopped")


def _summary(voice: Voice, body: bytes) -> str:
    kept = [(one.since, one.until) for one in _channels(voice) if one.since is not None and one.until is not None]
    since = min((since for since, _ in kept), default=voice.now())
    until = max((until for _, until in kept), default=since)
    return element(
        "tse:GetRecordingSummaryResponse",
        element("tse:Summary", text("tt:DataFrom", _moment(since)), text("tt:DataUntil", _moment(until)),
                text("tt:NumberRecordings", len(kept))),
    )  # fmt: skip


def _listed(voice: Voice, body: bytes) -> str:
    items = (
        element("trc:RecordingItem", text("tt:RecordingToken", one.token),
                element("tt:Configuration", _source(one), text("tt:Content", ""),
                        text("tt:MaximumRetentionTime", f"P{KEPT_DAYS}D")), element("tt:Tracks", _track()))
        for one in _channels(voice)
    )  # fmt: skip
    return element("trc:GetRecordingsResponse", *items)


def _find(voice: Voice, body: bytes) -> str:
    if len(voice.searches) >= SEARCHES:
        return ""
    token = secrets.token_hex(8)
    voice.searches[token] = 0
    return element("tse:FindRecordingsResponse", text("tse:SearchToken", token))


def _results(voice: Voice, body: bytes) -> str:
    token = soap.word(body, "SearchToken")
    if token not in voice.searches:
        return ""
    asked, channels = soap.word(body, "MaxResults"), _channels(voice)
    size = min(PAGE, int(asked)) if asked.isascii() and asked.isdigit() and asked != "0" else PAGE
    at = voice.searches[token]
    voice.searches[token] = at + size
    state = "Completed" if at + size >= len(channels) else "Searching"
    found = (_information("tt:RecordingInformation", one) for one in channels[at : at + size])
    return element(
        "tse:GetRecordingSearchResultsResponse", element("tse:ResultList", text("tt:SearchState", state), *found)
    )


def _end(voice: Voice, body: bytes) -> str:
    if voice.searches.pop(soap.word(body, "SearchToken"), None) is None:
        return ""
    return element("tse:EndSearchResponse", text("tse:Endpoint", _moment(voice.now())))


def _one(voice: Voice, body: bytes) -> str:
    token = soap.word(body, "RecordingToken")
    found = next((one for one in _channels(voice) if one.token == token), None)
    if found is None:
        return ""
    return element("tse:GetRecordingInformationResponse", _information("tse:RecordingInformation", found))


def _information(name: str, one: Channel) -> str:
    dates = []
    if one.since is not None and one.until is not None:
        dates = [text("tt:EarliestRecording", _moment(one.since)), text("tt:LatestRecording", _moment(one.until))]
    return element(name, text("tt:RecordingToken", one.token), _source(one), *dates, text("tt:Content", ""),
                   text("tt:RecordingStatus", one.status))  # fmt: skip


def _source(one: Channel) -> str:
    camera = one.camera
    return element(
        "tt:Source", text("tt:SourceId", f"urn:campus:{camera.id}"), text("tt:Name", camera.name or camera.id),
        text("tt:Location", camera.place), text("tt:Description", camera.model),
        text("tt:Address", f"rtsp://{camera.address}/"),
    )  # fmt: skip


def _track() -> str:
    config = element("tt:Configuration", text("tt:TrackType", "Video"), text("tt:Description", "video"))
    return element("tt:Track", text("tt:TrackToken", "video"), config)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


_OPERATIONS: Mapping[str, Callable[[Voice, bytes], str]] = {
    "GetRecordingSummary": _summary,
    "GetRecordings": _listed,
    "FindRecordings": _find,
    "GetRecordingSearchResults": _results,
    "EndSearch": _end,
    "GetRecordingInformation": _one,
}
