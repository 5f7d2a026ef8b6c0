"""Asking a device what it records, channel by channel, and judging it. Nothing of ours is left on it: a search ends.

Asked in one search, which tells of all recordings; a device that knows no search is asked for each by itself; one that
tells of neither sums up all it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agent.probes.onvif import answers, recorded, soap
from agent.probes.onvif.call import Place
from agent.probes.onvif.ladder import Ladder
from agent.probes.onvif.recorded import DAY_MS, Recording, Stretch, Summary

MOST = 1024
"""Recordings read. Of a device that has more (one each time somebody walks by) only the sum is believed."""
PAGES = 32
ONE_BY_ONE = 64
"""Recordings that are asked for each by itself."""
LEAVING = 0.5
"""Seconds for the end of a search, beyond the deadline where that is over."""
_SHOWN = 8
_SEARCH_PATH, _RECORDING_PATH = "/onvif/search_service", "/onvif/recording_service"


async def ask(ladder: Ladder) -> None:
    """The answers are in `Known.samples`, `Known.channels`, `ladder.checks`. Raises TimeoutError."""
    search = ladder.place(soap.SEARCH, _SEARCH_PATH)
    found = await _recordings(ladder, search)
    if found:
        _judge(ladder, len(found), recorded.stretches(found))
        return
    told = recorded.summary(await ladder.tried(soap.SEARCH, "GetRecordingSummary", search))
    ladder.known.samples, ladder.known.channels = {}, ()
    if told is not None:
        _judge(ladder, told.recordings, [_whole(told)])


async def _recordings(ladder: Ladder, search: Place) -> list[Recording]:
    """All recordings of the device; none where it does not tell, or tells of too many."""
    listed: list[Recording] = []
    if soap.namespace(soap.RECORDING) in ladder.services:
        place = ladder.place(soap.RECORDING, _RECORDING_PATH)
        listed = recorded.listed(await ladder.tried(soap.RECORDING, "GetRecordings", place), MOST)
    found = await _searched(ladder, search)
    if found is None:
        found = await _one_by_one(ladder, search, listed)
    known = {one.token for one in found or ()}
    return [*found, *(one for one in listed if one.token not in known)] if found is not None else []


async def _searched(ladder: Ladder, place: Place) -> list[Recording] | None:
    """By one search, which is ended whatever comes of it; None where it tells of nothing, or has no end."""
    begun = await ladder.tried(soap.SEARCH, "FindRecordings", place)
    token = answers.raw(answers.pick(begun, "SearchToken"))
    if not token:
        return None
    found: dict[str, Recording] = {}
    try:
        for _ in range(PAGES):
            reply = await ladder.tried(soap.SEARCH, "GetRecordingSearchResults", place, token)
            if reply is None:
                return None
            some, more = recorded.page(reply, MOST)
            found |= {one.token: one for one in some}
            if not more:
                return list(found.values()) or None
            if len(found) >= MOST:
                break
    finally:
        await _end(ladder, place, token)
    ladder.log(f"a search without an end, or more than {MOST} recordings")
    return None


async def _end(ladder: Ladder, place: Place, token: str) -> None:
    try:
        async with asyncio.timeout(LEAVING):
            await ladder.tried(soap.SEARCH, "EndSearch", place, token)
    except TimeoutError:
        ladder.log("EndSearch: no answer")


async def _one_by_one(ladder: Ladder, place: Place, listed: Sequence[Recording]) -> list[Recording] | None:
    if not 0 < len(listed) <= ONE_BY_ONE:
        return None
    found: list[Recording] = []
    for one in listed:
        reply = await ladder.tried(soap.SEARCH, "GetRecordingInformation", place, one.token)
        if reply is None:
            return None
        found += recorded.information(reply)
    return found


def _whole(told: Summary) -> Stretch:
    """A device that only sums up, as if it had one channel."""
    empty = told.recordings == 0 or told.until <= told.since
    since, until = (None, None) if empty else (told.since, told.until)
    return Stretch(key="", name="", since=since, until=until, running=False)


# -- the judgement


def _judge(ladder: Ladder, count: int, channels: Sequence[Stretch]) -> None:
    """Is each channel recorded now, and are enough days of it kept?

    Where nothing was ever recorded nothing is wrong, unless this is said to be the place, or it is so of all channels
    of a recorder: which is whatever tells of several.
    """
    known, now, options = ladder.known, ladder.now, ladder.target.options
    many, idle = len(channels) > 1, options.idle
    wanted = options.records == "yes" or (many and all(one.empty for one in channels))
    used = [one for one in channels if one.name not in options.spare and (wanted or not one.empty)]
    known.channels = tuple(one.row(now, idle, used=one in used) for one in channels if one.key)
    kept = [one for one in channels if one.until is not None]
    known.samples = {"recordings": count, "recorded_days": _days(kept, ladder)}
    if kept:
        known.samples["recorded_until_timestamp_seconds"] = max(one.until or 0 for one in kept) / 1000
    if known.channels:
        known.samples |= {"channels": len(channels), "channels_recording": sum(one.records(now, idle) for one in used)}
    ladder.log(f"recordings: {count}, of {len(channels)} channels, {known.samples['recorded_days']:.1f} days")
    _judge_now(ladder, channels, used)
    _judge_days(ladder, used, kept_here=many or options.records == "yes")


def _days(kept: Sequence[Stretch], ladder: Ladder) -> float:
    """From the oldest recording to the newest."""
    if not kept:
        return 0.0
    oldest, newest = min(one.since or 0 for one in kept), max(one.until or 0 for one in kept)
    return max(0, min(newest, ladder.now) - oldest) / DAY_MS


def _judge_now(ladder: Ladder, channels: Sequence[Stretch], used: Sequence[Stretch]) -> None:
    now, idle, checks = ladder.now, ladder.target.options.idle, ladder.checks
    stopped = [one for one in used if not one.records(now, idle)]
    for one in stopped[:_SHOWN]:
        ladder.log(f"channel {one.name or one.key or 'all'}: not recording, {one.days(now):.1f} days kept")
    nothing = all(one.empty for one in channels)
    if used:
        checks["recording"] = "" if not stopped else "never_recorded" if nothing else "not_recording"
    _count(ladder, "recording", len(stopped))


def _judge_days(ladder: Ladder, used: Sequence[Stretch], *, kept_here: bool) -> None:
    """Too few days are a fault once the oldest goes: until then a new disk, or a new camera, is still filling."""
    known, options = ladder.known, ladder.target.options
    judged = [one for one in used if one.since is not None] if kept_here else []
    before, known.oldest = known.oldest, {one.key: one.since for one in judged if one.since is not None}
    moved = {key for key, since in known.oldest.items() if since > before.get(key, since)}
    known.overwrites = {key for key in known.oldest if key in moved or key in known.overwrites}
    short = [one for one in judged if one.key in known.overwrites and one.days(ladder.now) < options.days]
    for one in short[:_SHOWN]:
        ladder.log(f"channel {one.name or one.key or 'all'}: {one.days(ladder.now):.1f} days kept")
    if judged or used:
        ladder.checks["storage_days"] = "too_few_days" if short else ""
    _count(ladder, "storage_days", len(short))


def _count(ladder: Ladder, name: str, count: int) -> None:
    """How many channels a fault is about, by which it is weighed."""
    if count:
        ladder.known.samples[f"{name}_count"] = count
