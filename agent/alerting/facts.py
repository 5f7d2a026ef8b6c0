"""The facts of one incident, gathered from the state for the rules of severity."""

from __future__ import annotations

from agent.alerting import findings
from agent.alerting.conditions import Condition
from agent.alerting.severity import Facts
from agent.alerting.state import Draft
from agent.model import Device, Ms


def gather(
    draft: Draft, root: Device | None, cause: str, members: tuple[str, ...], own: str = "",
    of: Condition | None = None, joint: bool = False,
) -> Facts:  # fmt: skip
    """What severity asks about this root and the devices that fell with it. own: the ticket that is judged again;
    of: the root's condition, where an observation and no person says so; joint: the root is a system as a whole."""
    frame, now = draft.frame, draft.now
    known = [frame.devices[member] for member in members if member in frame.devices]
    down = [device for device in known if frame.in_schedule(device, now)]
    room = _room(draft, root) if root is not None and root.kind == "terminal" else ()
    gone = {device.id for device in down} | _out(draft)
    return Facts(
        root=root,
        cause=cause,
        dark=tuple(down),
        failing=_failing(draft, gone),
        census=frame.census(now),
        room_dark=sum(1 for device in room if device.id in gone),
        room_total=len(room),
        occupied=frame.occupied(now),
        in_term=frame.calendar.in_term(frame.local(now).date()),
        listening=frame.listening(now),
        lesson=root is not None and frame.on(root.schedule, now),
        in_use=lambda device: device.schedule != "always" and frame.on(device.schedule, now),
        covered=lambda device: _covered(draft, device, gone),
        clock=frame.local(now).time(),
        recent=_recent(draft, root, cause, own),
        reason=of.reason if of else "",
        extent=(len(members) if joint else of.extent) if of else 1,
        joint=joint,
    )


def _out(draft: Draft) -> set[str]:
    """Devices that have lost their function by now, by whatever condition."""
    changed = draft.delta.conditions
    gone = {c.device for key, c in draft.state.conditions.items() if key not in changed and _lost(c, draft.now)}
    return gone | {c.device for c in changed.values() if c is not None and _lost(c, draft.now)}


def _lost(condition: Condition, now: Ms) -> bool:
    serves = condition.cause in findings.LATENT or condition.cause in findings.BESIDE
    return condition.fires and condition.since <= now and not serves


def _failing(draft: Draft, gone: set[str]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for name in gone:
        device = draft.frame.devices.get(name)
        if device is not None and draft.frame.in_schedule(device, draft.now):
            group = (device.location.building, device.kind)
            counts[group] = counts.get(group, 0) + 1
    return counts


def _room(draft: Draft, root: Device) -> tuple[Device, ...]:
    """The terminals of the root's classroom."""
    return draft.frame.rooms.get((root.location.building, root.location.room), ())


def _covered(draft: Draft, camera: Device, gone: set[str]) -> bool:
    """Whether another camera of the same key point still serves."""
    others = draft.frame.key_points.get(camera.location, ())
    return any(device.id not in gone and device.id != camera.id for device in others)


def _recent(draft: Draft, root: Device | None, cause: str, own: str) -> int:
    """Other faults of this root and cause class in the last 30 days (X1)."""
    if root is None:
        return 0
    oldest = draft.now - draft.frame.policy.life.repeat_window * 1000
    past = [fault for fault in draft.state.faults.get(root.id, {}).values() if fault.ticket != own]
    return sum(1 for fault in past if fault.counts and fault.cause == cause and fault.opened_at >= oldest)
