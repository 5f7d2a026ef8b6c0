"""The log on stderr: one line an event, repeats folded, never a secret; text for people or JSON for machines.

An event is a message like `ticket.opened ticket=%s`: what stands before the arguments is its kind. Of one kind a few
lines are written in a span, the rest are counted: five hundred devices dropping do not write five hundred lines.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from agent.text import clean

SPAN = 10.0
"""Seconds in which lines of one kind are counted together."""
FREE = 5
"""Lines of one kind that are written in a span before the rest are folded."""
LONGEST = 2000
"""Characters of a line at most, a traceback left out."""


@dataclass(slots=True)
class _Span:
    begun: float
    count: int = 0


class Folding(logging.StreamHandler[TextIO]):
    """Writes the first lines of a kind in a span, and after it one line that says how many were not written."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._spans: dict[str, _Span] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.unfold(record.created)
        kind = f"{record.name}:{record.msg}"
        span = self._spans.setdefault(kind, _Span(record.created))
        span.count += 1
        if span.count <= FREE or record.levelno >= logging.CRITICAL:
            super().emit(record)

    def unfold(self, now: float) -> None:
        """Say what was folded in spans that are over; called now and then, since a kind may never come again."""
        for kind, span in self._over(now):
            del self._spans[kind]
            if span.count > FREE:
                name, _, message = kind.partition(":")
                what = message.split(" ", 1)[0]
                line = f"log.folded event={what} more={span.count - FREE} seconds={SPAN:.0f}"
                super().emit(logging.LogRecord(name, logging.INFO, "", 0, line, None, None))

    def _over(self, now: float) -> Iterator[tuple[str, _Span]]:
        return iter([(kind, span) for kind, span in self._spans.items() if now - span.begun > SPAN])


class Text(logging.Formatter):
    """`TIME LEVEL event key=value`, UTC, one line; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_stamp(record.created)} {record.levelname:<7} {clean(record.getMessage(), LONGEST)}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        body = {
            "at": _stamp(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": clean(record.getMessage(), LONGEST),
        }
        if record.exc_info:
            body["traceback"] = self.formatException(record.exc_info)
        return json.dumps(body, ensure_ascii=False)


def _stamp(created: float) -> str:
    return f"{datetime.fromtimestamp(created, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def set_up(level: str, form: str, stream: TextIO | None = None) -> Folding:
    """Send the program's log to stderr, in place of what was there before."""
    handler = Folding(stream or sys.stderr)
    handler.setFormatter(Json() if form == "json" else Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Other people's libraries speak only when something is wrong.
    for noisy in ("asyncio", "uvicorn", "alembic", "pyroute2", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return handler
