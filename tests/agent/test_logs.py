"""The log: one line an event, repeats folded, machines and people."""

from __future__ import annotations

import io
import json
import logging

from agent.logs import FREE, SPAN, Folding, Json, Text


def lines(form: logging.Formatter, records: list[logging.LogRecord], unfold: float | None = None) -> list[str]:
    stream = io.StringIO()
    handler = Folding(stream)
    handler.setFormatter(form)
    for record in records:
        handler.emit(record)
    if unfold is not None:
        handler.unfold(unfold)
    return stream.getvalue().splitlines()


def record(message: str, *args: object, at: float = 1000.0, level: int = logging.INFO) -> logging.LogRecord:
    made = logging.LogRecord("agent.monitor", level, "", 0, message, args, None)
    made.created = at
    return made


def test_five_hundred_devices_do_not_write_five_hundred_lines() -> None:
    records = [record("ticket.%s ticket=%s", "opened", f"T{n}") for n in range(500)]
    written = lines(Text(), records, 1000.0 + SPAN + 1)
    assert len(written) == FREE + 1
    assert f"more={500 - FREE}" in written[-1]


def test_other_events_are_not_folded_with_them() -> None:
    records = [record("a x=%d", n) for n in range(50)] + [record("b x=%d", 1)]
    assert sum(" b x=1" in line for line in lines(Text(), records)) == 1


def test_a_new_span_begins_again() -> None:
    records = [record("a x=%d", n, at=1000.0 + n * 3) for n in range(12)]
    assert len(lines(Text(), records)) == 12


def test_critical_is_always_written() -> None:
    records = [record("bad", level=logging.CRITICAL) for _ in range(20)]
    assert len(lines(Text(), records)) == 20


def test_hostile_text_stays_on_its_line() -> None:
    (line,) = lines(Text(), [record("device name=%s", "evil\n2026-01-01 ERROR forged \x1b[31m")])
    assert "\n" not in line
    assert "\x1b" not in line


def test_json_is_json() -> None:
    (line,) = lines(Json(), [record("device name=%s", '"quoted"\n')])
    assert json.loads(line)["message"] == 'device name="quoted"'
