"""Times as people type them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agent.calendar import ms
from agent.cli import moment

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> int:
    return ms(datetime.fromisoformat(text).replace(tzinfo=ZONE))


NOW = at("2026-09-01 10:00")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("now", "2026-09-01 10:00"),
        ("-20m", "2026-09-01 09:40"),
        ("-1h30m", "2026-09-01 08:30"),
        ("+2h", "2026-09-01 12:00"),
        ("9:30", "2026-09-01 09:30"),
        ("09:30:15", "2026-09-01 09:30:15"),
        ("10:30", "2026-09-01 10:30"),
        ("23:50", "2026-08-31 23:50"),
        ("08-31 14:05", "2026-08-31 14:05"),
        ("2025-12-31 14:05", "2025-12-31 14:05"),
        ("2026-09-01T01:30:00Z", "2026-09-01 09:30"),
        ("2026-09-01T09:30:00", "2026-09-01 09:30"),
    ],
)
def test_it_is_understood(typed: str, meant: str) -> None:
    assert moment.parse(typed, NOW, ZONE) == at(meant)


def test_a_time_ahead_is_the_next_one() -> None:
    assert moment.parse("09:00", NOW, ZONE, ahead=True) == at("2026-09-02 09:00")
    assert moment.parse("11:00", NOW, ZONE, ahead=True) == at("2026-09-01 11:00")


@pytest.mark.parametrize("typed", ["", "soon", "24:01", "-20", "-", "13-01 10:00", "02-30 10:00", "-m", "2026-13-01"])
def test_it_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        moment.parse(typed, NOW, ZONE)


def test_shown() -> None:
    assert moment.shown(None, ZONE, NOW) == "-"
    assert moment.shown("2026-09-01T01:30:00.000Z", ZONE, NOW) == "09:30:00"
    assert moment.shown("2026-08-31T01:30:00.000Z", ZONE, NOW) == "08-31 09:30"
    assert moment.shown("2025-08-31T01:30:00.000Z", ZONE, NOW) == "2025-08-31 09:30"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0s"), (59, "59s"), (60, "1m"), (-1500, "25m"), (7500, "2h05m"), (273_600, "3d4h")]
)
def test_spans(seconds: float, words: str) -> None:
    assert moment.span(seconds) == words
