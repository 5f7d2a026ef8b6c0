"""The promised JSON documents (interface.md): device, ticket, list, error. One shape for the command line, the socket,
the page and the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from agent.alerting import roots, sla
from agent.alerting.commands import Refused
from agent.alerting.events import Event
from agent.alerting.frame import Frame
from agent.alerting.standing import Standing
from agent.alerting.state import Key
from agent.alerting.tickets import Ticket
from agent.calendar import local
from agent.locale import Catalogue
from agent.model import Device, Ms, Reading

Document = dict[str, Any]


def stamp(at: Ms | None) -> str | None:
    """RFC 3339 in UTC with milliseconds and `Z`."""
    if at is None:
        return None
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def device(
    device: Device,
    frame: Frame,
    standing: Standing,
    since: Ms | None,
    looks: Mapping[Key, Reading],
    tickets: Iterable[str],
    tables: bool = False,
) -> Document:
    """One device as it stands. since: when it came into this state.  tables: with the rows that its looks brought."""
    place, parent = device.location, device.parent
    return {
        "id": device.id,
        "name": device.name,
        "kind": device.kind,
        "role": device.role,
        "address": device.address,
        "location": {"building": place.building, "floor": place.floor, "room": place.room},
        "vendor": device.vendor,
        "model": device.model,
        "state": standing.state,
        "since": stamp(since),
        "up": standing.up,
        "parent": parent and {"device": parent.device, "port": parent.port, "source": parent.source},
        "tickets": list(tickets),
        "probes": [_probe(name, looks.get((device.id, name)), tables) for name in frame.probes.get(device.id, ())],
    }


def _probe(name: str, reading: Reading | None, tables: bool) -> Document:
    if reading is None:
        return {
            "name": name,
            "outcome": "unknown",
            "reason": "no_look_yet",
            "at": None,
            "duration_seconds": None,
            "samples": {},
            "facts": {},
            "checks": {},
        }
    return {"name": name, **look(reading), **({"tables": rows(reading)} if tables else {})}


def look(reading: Reading) -> Document:
    """One look: what came of it."""
    return {
        "outcome": reading.outcome.value,
        "reason": reading.reason,
        "at": stamp(reading.at),
        "duration_seconds": round(reading.duration, 6),
        "samples": dict(reading.samples),
        "facts": dict(reading.facts),
        "checks": dict(reading.checks),
    }


ROWS = 1000
"""Rows of one class in a document."""
_LONG = ("forwarding", "arp", "vlans")
"""Classes that a device's document leaves to `profile test`."""


def rows(reading: Reading) -> Document:
    """The rows that a look brought, by class, as the `collection` document has them."""
    if not reading.tables:
        return {}
    from agent.probes.snmp.rows import Collection, System  # a protocol's own library, already there if it has spoken

    given = {of: tuple(some.values() if isinstance(some, Mapping) else some) for of, some in reading.tables.items()}
    ports = reading.tables.get("ports") or {}
    body = Collection(profile="", why="", system=System(), ports=ports, rows=given).document()
    return {of: some[:ROWS] for of, some in body.items() if isinstance(some, list) and some and of not in _LONG}


def ticket(
    ticket: Ticket, now: Ms, say: Catalogue, journal: Iterable[Event] | None = None, live: Iterable[str] = ()
) -> Document:
    """One ticket as it stands at `now`, its journal with it where it is given.

    live: flags of what its devices do just now, which no journal tells.
    """
    times, (title_key, title_args) = ticket.times, ticket.title
    body: Document = {
        "id": ticket.id,
        "title": say.say(title_key, **title_args),
        "title_key": title_key,
        "title_args": title_args,
        "severity": ticket.severity,
        "severity_reasons": [dict(reason) for reason in ticket.reasons],
        "policy_version": ticket.policy_version,
        "state": ticket.state,
        "source": ticket.source,
        "kind": ticket.kind,
        "tier": ticket.tier,
        "device": ticket.root if roots.is_device(ticket.root) else None,
        "system": ticket.root.removeprefix(roots.SYSTEM) if roots.is_system(ticket.root) else None,
        "place": ticket.root.removeprefix("place:") if ticket.root.startswith("place:") else None,
        "members": list(ticket.members),
        "repeat_of": ticket.repeat_of,
        "merged_into": ticket.merged_into,
        "started_at": stamp(times.started_at),
        "opened_at": stamp(times.opened_at),
        "restored_at": stamp(times.restored_at),
        "confirmed_at": stamp(times.confirmed_at),
        "owner": ticket.owner,
        "handler": ticket.handler,
        "asked": ticket.asked,
        "party": ticket.party,
        "flags": sorted({*ticket.flags, *live}),
        "counters": {"relapses": ticket.relapses, "refusals": ticket.refusals, "urges": ticket.urges},
        "reporters": [dict(reporter) for reporter in ticket.reporters],
        "pending": dict(ticket.pending) if ticket.pending else None,
        "version": ticket.version,
        "clocks": {name: _clock(ticket, name, now) for name in sla.CLOCKS},
    }
    if journal is not None:
        body["journal"] = [event(one) for one in journal]
    return body


def _clock(ticket: Ticket, name: str, now: Ms) -> Document | None:
    times = ticket.times
    if name == "feedback" and times.feedback_from is None and sla.standing(times, name) is None:
        return None
    clock = sla.clock(times, name, now)
    return {
        "running": clock.running,
        "deadline_at": stamp(clock.deadline),
        "ended_at": stamp(clock.ended_at),
        "elapsed_seconds": clock.elapsed,
        "remaining_seconds": clock.remaining,
        "result": clock.result,
    }


def event(one: Event) -> Document:
    """One line of a journal."""
    return {
        "seq": one.seq,
        "at": stamp(one.at),
        "recorded_at": stamp(one.recorded_at),
        "event": one.event,
        "by": one.by,
        "via": one.via,
        "args": dict(one.args),
        "hash": one.hash,
    }


def listing(items: list[Document], total: int, following: str | None = None) -> Document:
    return {"items": items, "total": total, "next": following}


def refusal(refused: Refused, say: Catalogue, zone: tzinfo) -> Document:
    """Why a command was not carried out, with what is possible instead."""
    key = f"ticket.refused.{refused.key}"
    words = {**refused.args, **_spoken(refused.args, say, zone)}
    hint = f"{key}_hint"
    handled = f"{key}_handled" if refused.args.get("handler") and say.has(f"{key}_handled") else key
    message = say.say(handled, **words)
    return error(_CODES.get(refused.code, "refused"), message, say.say(hint, **words) if say.has(hint) else "")


_CODES = {
    400: "bad_request", 403: "forbidden", 404: "not_found", 409: "conflict", 422: "unprocessable", 503: "unavailable",
}  # fmt: skip


def _spoken(args: Mapping[str, Any], say: Catalogue, zone: tzinfo) -> dict[str, str]:
    """Arguments in the reader's words: states and verbs by their names, lists joined."""
    words: dict[str, Callable[[Any], str]] = {
        "state": lambda value: say.say(f"ticket.state.{value}"),
        "possible": lambda value: ", ".join(value) or "-",
        "missing": lambda value: ", ".join(say.say(f"ticket.unfinished.{name}") for name in value),
        "what": lambda value: ", ".join(value) if isinstance(value, list) else str(value),
        "at": lambda value: f"{local(value, zone):%Y-%m-%d %H:%M:%S}",
        "before": lambda value: f"{local(value, zone):%Y-%m-%d %H:%M:%S}",
    }
    return {name: words[name](value) for name, value in args.items() if name in words}


def error(code: str, message: str, hint: str = "", where: str | None = None) -> Document:
    return {"error": {"code": code, "message": message, "hint": hint, "where": where}}
