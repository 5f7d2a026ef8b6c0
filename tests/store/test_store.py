"""What is written is read back, on SQLite and on PostgreSQL alike; what must not be written is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.store import Batch, Refused, RequestRow, Store, open_store

from .given import NOON, booking, chain, event, ticket


def raw(store: Store, sql: str) -> None:
    """A statement past the store, as a stranger at the database would send it."""
    engine = sa.create_engine(store.where if isinstance(store.where, str) else f"sqlite:///{store.where}")
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(sql)
    finally:
        engine.dispose()


def test_a_step_is_read_back_as_it_was_written(store: Store) -> None:
    lines, row = chain("T1", 3), ticket("T1", opened_severity="major", opened_kind="抢修")
    batch = Batch(
        events=lines, tickets=(row,), conditions={"cam-1/icmp": {"state": "firing"}}, meta={"policy": [1, "乙"]},
        counters={"20260901": 7},
    )  # fmt: skip
    store.write(batch)
    loaded = store.load()
    assert loaded.tickets == (row,)
    assert loaded.journals == {"T1": lines}
    assert loaded.conditions == {"cam-1/icmp": {"state": "firing"}}
    assert (loaded.meta, loaded.counters) == ({"policy": [1, "乙"]}, {"20260901": 7})
    assert store.journal("T1") == lines
    assert store.ticket_snapshot("T1") == row.snapshot
    assert (store.journal("T2"), store.ticket_snapshot("T2")) == ((), None)
    assert store.verify_chains() == {}


def test_it_survives_closing(where: str | Path) -> None:
    first = open_store(where)
    first.write(Batch(events=chain("T1", 2), tickets=(ticket("T1"),)))
    first.close()
    second = open_store(where, read_only=True)
    assert len(second.journal("T1")) == 2
    second.close()


def test_a_start_does_not_read_what_has_ended(store: Store) -> None:
    ended = ticket("T1", is_open=False, holds_root=False, state="filed")
    store.write(Batch(events=chain("T1", 2) + chain("T2", 1), tickets=(ended, ticket("T2"))))
    loaded = store.load()
    assert [row.number for row in loaded.tickets] == ["T2"]
    assert set(loaded.journals) == {"T2"}


def test_none_deletes_a_condition(store: Store) -> None:
    store.write(Batch(conditions={"a": {"n": 1}, "b": {"n": 1}}))
    store.write(Batch(conditions={"a": None, "b": {"n": 2}, "c": None}))
    assert store.load().conditions == {"b": {"n": 2}}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE journal SET event = 'opened' WHERE seq = 1",
        "DELETE FROM journal WHERE seq = 2",
        "UPDATE journal SET hash = 'x'",
    ],
)
def test_the_journal_is_append_only(store: Store, sql: str) -> None:
    store.write(Batch(events=chain("T1", 2)))
    with pytest.raises(sa.exc.IntegrityError, match="append-only"):
        raw(store, sql)


def test_a_line_that_does_not_follow_is_refused_with_all_its_batch(store: Store) -> None:
    lines = chain("T1", 3)
    store.write(Batch(events=lines[:1]))
    for wrong in (lines[0], lines[2], event("T1", 2, prev_hash="f" * 64), event("T2", 1, prev_hash="f" * 64)):
        with pytest.raises(Refused):
            store.write(Batch(events=(wrong,), meta={"came": True}))
    assert store.journal("T1") == lines[:1]
    assert store.load().meta == {}


def test_what_no_json_can_say_is_refused(store: Store) -> None:
    with pytest.raises(TypeError):
        store.write(Batch(meta={"x": object()}))  # type: ignore[dict-item]
    assert store.load().meta == {}


def test_one_open_ticket_a_root(store: Store) -> None:
    store.write(Batch(tickets=(ticket("T1", root="sw-1"),)))
    with pytest.raises(Refused):
        store.write(Batch(tickets=(ticket("T2", root="sw-1"),)))
    store.write(Batch(tickets=(ticket("T3", root="sw-1", holds_root=False),)))


def test_roots_change_hands_within_one_batch(store: Store) -> None:
    one, two = ticket("T1", root="sw-1"), ticket("T2", root="sw-2")
    store.write(Batch(tickets=(one, two)))
    swapped = (replace(one, root="sw-2"), replace(two, root="sw-1"))
    store.write(Batch(tickets=swapped))
    assert {row.number: row.root for row in store.load().tickets} == {"T1": "sw-2", "T2": "sw-1"}


def test_a_repeat_of_a_batch_that_had_arrived_adds_only_what_is_missing(store: Store) -> None:
    lines = chain("T1", 3)
    store.write(Batch(events=lines[:2], tickets=(ticket("T1"),), counters={"20260901": 1}))
    store.write(Batch(events=lines, tickets=(ticket("T1", version=3),), counters={"20260901": 2}), repeated=True)
    assert store.journal("T1") == lines
    forged = event("T1", 3, lines[1].hash, event="restored")
    with pytest.raises(Refused):
        store.write(Batch(events=(forged,)), repeated=True)


def test_lists_are_newest_first_and_paged(store: Store) -> None:
    rows = tuple(
        ticket(f"T{n:02}", opened_at=NOON + n // 2, state="new" if n % 3 else "filed", is_open=n % 3 > 0, root=f"r{n}")
        for n in range(10)
    )
    store.write(Batch(tickets=rows))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = store.tickets(limit=3, cursor=cursor)
        assert page.total == 10
        seen += [row.number for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [f"T{n:02}" for n in reversed(range(10))]
    assert [row.number for row in store.tickets(state="filed").items] == ["T09", "T06", "T03", "T00"]
    assert store.tickets(only_open=True, severity="major", limit=1).total == 6
    assert [row.number for row in store.tickets(device="r4").items] == ["T04"]
    assert store.tickets(severity="other").items == ()


@pytest.mark.parametrize("cursor", ["", "x", "1", ".T1", "1.", "-1.T1", "9" * 30 + ".T1", "１.T1"])
def test_a_cursor_that_no_page_gave_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        store.tickets(cursor=cursor)


def test_booked_results_are_counted_and_never_uncounted(store: Store) -> None:
    voided = booking("T1", 3, result="breached", voided_reason="lowered", voided_at=NOON)
    booked = (booking("T1", 2), replace(voided, voided_reason=None, voided_at=None), booking("T2", 2, "repair"))
    store.write(Batch(bookings=booked))
    store.write(Batch(bookings=(voided,)))
    assert store.booking_totals() == {
        ("response", "major", "met"): 1, ("response", "major", "breached"): 1, ("repair", "major", "met"): 1,
    }  # fmt: skip
    assert store.voided_totals() == {("response", "major", "breached", "lowered"): 1}


def test_histograms_come_from_bookings(store: Store) -> None:
    took = (30.0, 60.0, 90.0, 4000.0)
    rows = [booking(f"T{n}", 2, elapsed_seconds=seconds) for n, seconds in enumerate(took)]
    rows += [
        booking("T8", 2, elapsed_seconds=None),
        booking("T9", 2, voided_reason="merged", voided_at=NOON, elapsed_seconds=90.0),
    ]
    store.write(Batch(bookings=tuple(rows)))
    found = store.booked_histograms("response", (60.0, 1800.0))["major"]
    # What was voided later still took its time: a histogram may not fall.
    assert (found.counts, found.total, found.sum) == ((2, 4), 5, 4270.0)
    assert store.booked_histograms("repair", (60.0,)) == {}


def test_opened_counts_stand_when_a_ticket_is_reclassified(store: Store) -> None:
    store.write(Batch(tickets=(ticket("T1", severity="general"), ticket("T2"))))
    store.write(Batch(tickets=(ticket("T1", severity="major", kind="维修"),)))
    assert store.opened_totals() == {("general", "抢修"): 1, ("major", "抢修"): 1}
    found = store.ticket_row("T1")
    assert found is not None
    assert (found.severity, found.opened_severity) == ("major", "general")


def test_reopenings_are_counted_from_the_journal(store: Store) -> None:
    first = event("T1", 1)
    second = event("T1", 2, first.hash, event="relapsed")
    third = event("T1", 3, second.hash, event="relapsed")
    store.write(Batch(events=(first, second, third, event("T2", 1, event="refused"))))
    assert store.reopened_totals() == {"relapsed": 2, "refused": 1}


def test_recent_faults_are_those_restored_since(store: Store) -> None:
    times = {"T1": NOON - 5, "T2": NOON + 1, "T3": NOON, "T4": None}
    store.write(Batch(tickets=tuple(ticket(n, restored_at=at, cause="poe") for n, at in times.items())))
    faults = store.recent_faults(NOON)
    assert [(fault.number, fault.restored_at) for fault in faults] == [("T3", NOON), ("T2", NOON + 1)]
    assert (faults[0].root, faults[0].cause, faults[0].kind) == ("cam-T3", "poe", "抢修")


def test_an_answered_request_is_found_by_its_key(store: Store) -> None:
    answered = RequestRow(key="k1", ticket="T1", answered_at=NOON, answer={"version": 4})
    store.write(Batch(requests=(answered,)))
    assert store.request("k1") == answered
    assert store.request("k2") is None


def test_a_broken_journal_is_found(store: Store) -> None:
    lines = chain("T1", 2)
    store.write(Batch(events=(*lines, *chain("T2", 2)), tickets=(ticket("T1"), ticket("T2"), ticket("T3"))))
    postgres = isinstance(store.where, str)
    raw(store, "ALTER TABLE journal DISABLE TRIGGER ALL" if postgres else "DROP TRIGGER journal_no_update")
    raw(store, "UPDATE journal SET via = 'web' WHERE ticket = 'T1' AND seq = 2")
    assert store.verify_chains() == {"T1": 2, "T3": 0}


def test_a_store_for_reading_writes_nothing(store: Store) -> None:
    reader = open_store(store.where, read_only=True)
    with pytest.raises(Refused):
        reader.write(Batch(meta={"a": 1}))
    reader.close()


def test_merged_batches_say_what_they_said_in_turn() -> None:
    one = Batch(events=chain("T1", 1), tickets=(ticket("T1", severity="general"),), conditions={"a": 1, "b": 2})
    two = Batch(
        tickets=(ticket("T1", version=2),), conditions={"a": None}, counters={"d": 2}, bookings=(booking("T1", 1),)
    )
    merged = Batch.merged([one, two])
    assert merged.events == one.events
    assert [(row.version, row.severity, row.opened_severity) for row in merged.tickets] == [(2, "major", "general")]
    assert merged.conditions == {"a": None, "b": 2}
    assert merged.counters == {"d": 2}
    assert merged
    assert not Batch.merged([])
