"""Times as people type and read them: the site's local time, RFC 3339, `-20m`, `+2h`; spans and deadlines in words."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from agent.calendar import at_local, local, ms
from agent.model import Ms
from agent.units import duration

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)
_LEAP = re.compile(r":(\d\d):60(?!\d)", re.ASCII)
_DAY = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})[ T]+(\d{1,2}:\d\d(?::\d\d)?)", re.ASCII)


def machine_zone(now: Ms) -> tzinfo:
    """This machine's own zone."""
    return datetime.fromtimestamp(now / 1000, UTC).astimezone().tzinfo or UTC


def parse(text: str, now: Ms, zone: tzinfo, *, ahead: bool = False) -> Ms:
    """The instant that `text` means; ahead: of a time of day, the next one, else the one that is nearest to now.

    `now`, `-20m`, `+2h`, `14:05`, `11-22 14:05`, `2026-11-22 14:05[:10]`, RFC 3339; 23:59:60, a leap second, is
    the first second of the next minute, as in POSIX time. Raises ValueError.
    """
    text = text.strip()
    leap = _LEAP.search(text)
    if leap is not None and int(leap[1]) % 15 == 14:  # the end of a quarter: zones differ by such
        return parse(_LEAP.sub(r":\1:59", text), now, zone, ahead=ahead) + 1000
    if text == "now":
        return now
    if text[:1] in ("-", "+"):
        return _relative(text, now)
    if clock := _CLOCK.fullmatch(text):
        return _time_of_day(_time(clock), now, zone, ahead=ahead)
    if day := _DAY.fullmatch(text):
        year = int(day[1]) if day[1] else local(now, zone).year
        clock = _CLOCK.fullmatch(day[4])
        assert clock is not None
        return at_local(date(year, int(day[2]), int(day[3])), _time(clock), zone)
    return _rfc3339(text, zone)


def _relative(text: str, now: Ms) -> Ms:
    seconds = duration(text[1:])
    if seconds is None or not text[-1:].isalpha():
        raise ValueError("not a time")
    return now + round(seconds * 1000) * (-1 if text[0] == "-" else 1)


def _time(match: re.Match[str]) -> time:
    return time(int(match[1]), int(match[2]), int(match[3] or 0))


def _time_of_day(clock: time, now: Ms, zone: tzinfo, *, ahead: bool) -> Ms:
    """Just after midnight 23:50 is yesterday's; a time that is meant to come is never behind us."""
    today = local(now, zone).date()
    found = [at_local(today + timedelta(days=days), clock, zone) for days in (-1, 0, 1)]
    return next(at for at in found if at > now) if ahead else min(found, key=lambda at: abs(at - now))


def _rfc3339(text: str, zone: tzinfo) -> Ms:
    moment = datetime.fromisoformat(text)
    return ms(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def shown(stamp: str | None, zone: tzinfo, now: Ms) -> str:
    """A document's time as people of the site read it: without the day when it is today's; a dash for none."""
    return shown_at(ms(datetime.fromisoformat(stamp)), zone, now) if stamp else "-"


def shown_at(at: Ms, zone: tzinfo, now: Ms) -> str:
    """The same of an instant."""
    moment, here = local(at, zone), local(now, zone)
    if moment.date() == here.date():
        return f"{moment:%H:%M:%S}"
    return f"{moment:%m-%d %H:%M}" if moment.year == here.year else f"{moment:%Y-%m-%d %H:%M}"


def span(seconds: float) -> str:
    """`40s`, `25m`, `2h05m`, `3d4h`; the sign is left to the words around it."""
    whole = round(abs(seconds))
    if whole < 60:
        return f"{whole}s"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86_400
    if minutes < 60:
        return f"{minutes}m"
    return f"{hours}h{minutes % 60:02}m" if hours < 48 else f"{days}d{hours % 24}h"
