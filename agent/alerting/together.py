"""What fails together without a common root: a system or place that the annex judges as a whole (V1, V3, N5, B1), and
the same latent defect of many. One outage is one ticket: the system's; tickets of its devices go into it (row 40).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agent.alerting import findings, opening, roots
from agent.alerting.conditions import COMPANY, Condition
from agent.alerting.facts import gather
from agent.alerting.findings import BESIDE, LATENT
from agent.alerting.frame import family
from agent.alerting.severity import Rule, assess
from agent.alerting.state import Draft
from agent.alerting.tickets import BROKEN, Ticket
from agent.model import Device

SYSTEMS = ("camera", "recorder", "ap", "broadcast")
"""Families that have rules for how much of them is gone."""
SYSTEMIC = frozenset(
    (findings.DRIFT, findings.MANAGEMENT, findings.PING, findings.RECORDING, findings.RETENTION)
)  # fmt: skip
"""Defects beside the service that come from one place to many: a time server, a password, a filter, a recorder. What
wears out (a fan, a disk) does so by itself."""
_CROWD_MS = 60_000
"""Others of its kind that fell this shortly before a device make it wait for more."""
_CROWD = 2


@dataclass(frozen=True, slots=True)
class Group:
    """What may fail as one: a family of devices under one contract, by the same fault (row 40): "" where they do not
    answer, else the cause class, of a service with its rung. lost: whether their function is."""

    family: str
    fault: str
    party: str
    lost: bool

    def root(self, building: str) -> str:
        return roots.system(self.family, self.fault, building, self.party)


def group(device: Device, cause: str, rung: str = "") -> Group | None:
    """None for what each device fails by itself."""
    if cause in SYSTEMIC:
        return Group(family(device.kind), cause, device.owner_party, lost=False)
    if cause in LATENT or cause in BESIDE or family(device.kind) not in SYSTEMS:
        return None
    fault = f"{cause}-{rung}" if cause == findings.SERVICE and rung else cause
    return Group(family(device.kind), "" if cause == findings.UNREACHABLE else fault, device.owner_party, lost=True)


# --- a device falls -----------------------------------------------------------------------------------------


def carrying(draft: Draft, device: Device, condition: Condition) -> Ticket | None:
    """The system's ticket of which the device is a member already: of this defect, or of its lost function."""
    own = group(device, condition.cause, condition.rung)
    known = [(ticket, _named(draft, ticket)[0]) for ticket in of(draft, device)]
    same = [ticket for ticket, one in known if one == own]
    return next(iter([*same, *(ticket for ticket, one in known if one and one.lost)]), None)


def of(draft: Draft, device: Device) -> Iterator[Ticket]:
    """The systems' tickets of which the device is a member."""
    opened = (ticket.root for ticket in draft.delta.tickets.values())
    for root in dict.fromkeys((*draft.state.by_root, *opened)):
        for ticket in draft.agent_tickets(root) if roots.is_system(root) else ():
            if ticket.state in BROKEN and device.id in ticket.members:
                yield ticket


def join(draft: Draft, condition: Condition, device: Device) -> bool:
    """Whether a system's ticket carries the condition from now on; opened here where so many have fallen by now."""
    one = group(device, condition.cause, condition.rung)
    if one is None:
        return False
    for ticket in _standing(draft, one, device.location.building):
        if _near(draft, ticket, condition):
            draft.delta.dirty.add(ticket.root)
            return True
    building = reached(draft, one, device.location.building)
    if building is None:
        return False
    _carry(draft, one, building, condition)
    return True


def waits(draft: Draft, condition: Condition, device: Device) -> bool:
    """Whether others of its kind have just fallen, so that more may follow in a moment and all be one outage."""
    one = group(device, condition.cause, condition.rung)
    if one is None or draft.now - (condition.fired_at or draft.now) >= draft.frame.policy.grouping.company * 1000:
        return False
    fallen = (c.since for c in _strays(draft, one, "") if c.device != device.id)
    return sum(1 for since in fallen if abs(condition.since - since) <= _CROWD_MS) >= _CROWD


def _standing(draft: Draft, one: Group, building: str) -> Iterator[Ticket]:
    """The group's broken tickets that reach as far as this building, the widest first."""
    for place in dict.fromkeys(("", building)):
        yield from (ticket for ticket in draft.agent_tickets(one.root(place)) if ticket.state in BROKEN)


def _near(draft: Draft, ticket: Ticket, condition: Condition) -> bool:
    """Fallen close to the outage's beginning or to what became of it last, so that nobody need be counted again; a
    latent defect has no hurry."""
    moments = (ticket.times.started_at, ticket.last_at)
    return condition.cause in LATENT or min(abs(condition.since - at) for at in moments) <= _window(draft)


def _strays(draft: Draft, one: Group, building: str) -> Iterator[Condition]:
    """The first condition of each device of the group that has fallen and stands in nobody's shadow; what is on its way
    back makes no outage."""
    for name in draft.frame.kin.get((one.family, building), ()):
        device = draft.frame.devices[name]
        bad = (c for c in draft.of_device(name) if c.fires and c.good_since is None)
        fallen = (c for c in bad if c.held in ("", COMPANY))
        first = next((c for c in fallen if group(device, c.cause, c.rung) == one), None)
        if first is not None:
            yield first


# --- how many are a system ----------------------------------------------------------------------------------


def reached(draft: Draft, one: Group, building: str) -> str | None:
    """The widest place of which so many have fallen that it is judged as a whole: "" the campus, or the building."""
    fallen = [draft.frame.devices[c.device].location.building for c in _strays(draft, one, "")]
    census = draft.frame.census(draft.now)
    total = sum(n for (_, kind), n in census.items() if family(kind) == one.family)
    if _whole_campus(draft, one, len(fallen), total):
        return ""
    here = sum(n for (name, kind), n in census.items() if family(kind) == one.family and name == building)
    return building if building and _whole_building(draft, one, fallen.count(building), here) else None


def _whole_campus(draft: Draft, one: Group, count: int, total: int) -> bool:
    grouping, rules = draft.frame.policy.grouping, draft.frame.policy.severity.rules
    if not one.lost:
        return count >= 3 and _share(count, total) >= grouping.alike_share
    if one.family == "recorder":
        return count > 1 and count >= total
    rule = rules.get({"camera": "V1"}.get(one.family, "N5"))
    least = 2 if one.family == "camera" else rule.count if rule else 0
    return rule is not None and count >= max(2, least) and _share(count, total) >= rule.share > 0


def _whole_building(draft: Draft, one: Group, count: int, total: int) -> bool:
    rules = draft.frame.policy.severity.rules
    if not one.lost:
        return count >= draft.frame.policy.grouping.alike > 0
    if one.family == "camera":
        return _v3(rules.get("V3"), count, total)
    rule = rules.get("N5") if one.family == "ap" else None
    return rule is not None and count >= max(2, rule.count) and _share(count, total) >= rule.share > 0


def _v3(rule: Rule | None, count: int, total: int) -> bool:
    return rule is not None and count >= 2 and (count >= rule.count > 0 or _share(count, total) >= rule.share > 0)


def _share(count: int, total: int) -> float:
    return count / total if total else 0.0


# --- the system's ticket ------------------------------------------------------------------------------------


def _carry(draft: Draft, one: Group, building: str, condition: Condition) -> None:
    """From now on the system's ticket carries it: the one that stands, the one that was restored just now, or a new."""
    for place in dict.fromkeys(("", building)):
        for ticket in draft.agent_tickets(one.root(place)):
            if ticket.state in BROKEN:
                draft.delta.dirty.add(ticket.root)
                return
            if opening.relapses(ticket, condition):
                opening.relapse(draft, ticket, condition)
                _absorb(draft, one, place, ticket, condition)
                draft.delta.dirty.add(ticket.root)
                return
    _open(draft, one, building, condition)


def _open(draft: Draft, one: Group, building: str, condition: Condition) -> None:
    """Rows 1 and 40: the system's own ticket, and into it those of its devices that fell with it."""
    old = _long_carried(draft, one, building, condition)
    fallen = [c for c in _strays(draft, one, building) if c.device not in old and _fell_with(draft, c, condition)]
    ticket = draft.write(draft.number(), "opened", _opening(draft, one, building, condition, fallen))
    _absorb(draft, one, building, ticket, condition)
    opening.dispatch(draft, draft.ticket(ticket.id) or ticket)
    draft.delta.dirty.add(ticket.root)


def _absorb(draft: Draft, one: Group, building: str, ticket: Ticket, condition: Condition) -> None:
    """What had fallen long before keeps its ticket and clocks, and says which other one there is."""
    for other in tuple(_parts(draft, one, building, ticket)):
        if not other.by_agent or _fell_lately(draft, other, condition):
            opening.merge(draft, other, ticket.id)
        else:
            draft.write(other.id, "linked", {"to": ticket.id})


def _fell_with(draft: Draft, other: Condition, condition: Condition) -> bool:
    own = _own(draft, other.device)
    if own is not None:
        return _fell_lately(draft, own, condition)
    return condition.cause in LATENT or abs(other.since - condition.since) <= _window(draft)


def _long_carried(draft: Draft, one: Group, building: str, condition: Condition) -> set[str]:
    """Devices that a system's ticket of long before goes on carrying."""
    places = {draft.frame.devices[name].location.building for name in draft.frame.kin[one.family, building]}
    tickets = {ticket.id: ticket for place in places for ticket in _standing(draft, one, place)}
    old = (ticket for ticket in tickets.values() if not _fell_lately(draft, ticket, condition))
    return {member for ticket in old for member in ticket.members}


def _fell_lately(draft: Draft, ticket: Ticket, condition: Condition) -> bool:
    """Whether what the ticket carries fell close enough to the condition to be the same outage: their clocks become
    one. A latent defect has none."""
    if condition.cause in LATENT:
        return True
    moments = [ticket.times.started_at]
    moments += [c.since for c in draft.of_ticket(ticket) if c.fires] if roots.is_system(ticket.root) else []
    return min(abs(condition.since - at) for at in moments) <= _window(draft)


def _window(draft: Draft) -> float:
    return draft.frame.policy.grouping.system * 1000


def _own(draft: Draft, device: str) -> Ticket | None:
    return next((ticket for ticket in draft.agent_tickets(device) if ticket.state in BROKEN), None)


def _parts(draft: Draft, one: Group, building: str, ticket: Ticket) -> Iterator[Ticket]:
    """Tickets of the system's devices, of its buildings where it is the campus's, and people's reports of either."""
    kin = set(draft.frame.kin.get((one.family, building), ()))
    for number in dict.fromkeys((*draft.state.tickets, *draft.delta.tickets)):
        other = draft.ticket(number)
        if other is None or other.id == ticket.id or other.state not in BROKEN or not other.times.faulty:
            continue
        reported = not other.by_agent and other.root in ticket.members and one.lost
        device = other.by_agent and other.root in kin and _cause_group(draft, other) == one
        narrower = not building and other.root.startswith(f"{one.root('')}@")
        if reported or device or narrower:
            yield other


def _cause_group(draft: Draft, ticket: Ticket) -> Group | None:
    device = draft.frame.devices.get(ticket.root)
    return group(device, ticket.cause, _rung(ticket)) if device is not None else None


def _rung(ticket: Ticket) -> str:
    return str((ticket.title_args or {}).get("rung", "")).rpartition(".")[2]


def _opening(draft: Draft, one: Group, building: str, condition: Condition, fallen: list[Condition]) -> dict[str, Any]:
    members = tuple(c.device for c in fallen)
    facts = gather(draft, None, condition.cause, members, of=condition, joint=True)
    level, reasons = assess(facts, draft.frame.policy.severity)
    root, policy = one.root(building), draft.frame.policy
    return {
        "root": root,
        "source": "agent",
        "level": level,
        "rule": reasons[0].rule,
        "reasons": [reason.as_json() for reason in reasons],
        "members": list(members),
        "started_at": min(c.since for c in fallen),
        "cause": condition.cause,
        "kind": "emergency" if level in ("major", "serious") else "repair",
        **title(draft, one, building, fallen),
        "policy": f"{policy.severity.version}/{policy.sha256[:12]}",
        "limits": policy.contract.as_json(),
        **({} if one.party == "us" else {"contract": False, "party": one.party}),
        **opening.repeat(draft, condition, root),
    }


def title(draft: Draft, one: Group, building: str, fallen: list[Condition]) -> dict[str, Any]:
    """By what most of them have."""
    causes = [c.cause for c in fallen]
    total = len(draft.frame.kin.get((one.family, building), ()))
    where = f" {building}" if building else ""
    args = {"system": f"ticket.system.{one.family}", "where": where, "count": len(fallen), "total": total}
    args |= opening.why(fallen[-1]) if one.fault else {}
    return {"title_key": f"ticket.title.system.{max(dict.fromkeys(causes), key=causes.count)}", "title_args": args}


# --- it moves on --------------------------------------------------------------------------------------------


def swell(draft: Draft, ticket: Ticket) -> Ticket | None:
    """The tick's look at a system's ticket: who has fallen since joins it, who was taken out of it (row 44) leaves.
    None where the outage has grown over its building and is the campus's now."""
    one, building = _named(draft, ticket)
    if one is None:
        return ticket
    apart = [m for m in ticket.members if (own := _own(draft, m)) is not None and _cause_group(draft, own) == one]
    if apart:
        ticket = draft.write(ticket.id, "extended", {"left": apart, "why": "split"})
    members = set(ticket.members)
    fresh = [c for c in _strays(draft, one, building) if c.device not in members and not _told(draft, c)]
    fresh = [c for c in fresh if c.held == "" and not _elsewhere(draft, one, ticket, c.device)]
    if fresh:
        joined = [c.device for c in fresh]
        ticket = draft.write(ticket.id, "extended", {"joined": joined})
    if building and fresh and reached(draft, one, building) == "":
        _carry(draft, one, "", fresh[-1])
        now = draft.ticket(ticket.id)
        return now if now is not None and now.state in BROKEN else None
    return ticket


def _elsewhere(draft: Draft, one: Group, ticket: Ticket, device: str) -> bool:
    """Whether another ticket of the system carries the device: its building's fell long before the campus's did."""
    others = ((other, _named(draft, other)[0]) for other in of(draft, draft.frame.devices[device]))
    return any(other.id != ticket.id and (its == one or (its and its.lost and one.lost)) for other, its in others)


def _told(draft: Draft, condition: Condition) -> bool:
    """Whether the device has a ticket of its own for this failure: a broken one, or one that a person has ended."""
    own = draft.agent_tickets(condition.device)
    return any(one.state in BROKEN or condition.since <= (one.times.restored_at or 0) for one in own)


def _named(draft: Draft, ticket: Ticket) -> tuple[Group | None, str]:
    """The group and building of a system's ticket, by one of its members."""
    for member in ticket.members:
        device = draft.frame.devices.get(member)
        one = group(device, ticket.cause, _rung(ticket)) if device is not None else None
        if device is not None and one is not None:
            for building in ("", device.location.building):
                if one.root(building) == ticket.root:
                    return one, building
    return None, ""


def counts(draft: Draft, ticket: Ticket, condition: Condition) -> bool:
    """Whether the condition is of the defect that the system's ticket is about; lost function is whatever takes it."""
    device = draft.frame.devices.get(condition.device)
    one = _named(draft, ticket)[0]
    same = device is not None and group(device, condition.cause, condition.rung) == one
    return one is None or same or (one.lost and condition.cause not in LATENT)
