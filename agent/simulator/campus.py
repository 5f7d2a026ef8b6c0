"""What the faults do to the campus: power, cables, switch ports, PoE, and who can be reached. Pure; `now` is handed in.

A device is reachable when it is powered, its cable is joined, the port at the other end is open, and so is every device
between it and the core, where the agent's machine is plugged in.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from agent.simulator.plan import Box, Plan
from agent.simulator.script import Fault
from agent.simulator.settings import check

REBOOT_SECONDS = 40.0
LIMIT_WATTS = 7.0
"""What a port under `poe limit` still gives: enough for a camera, not for an access point."""
BAD_CABLE_LOSS = 0.3
EARLIER_UPTIME_MAX = 90 * 86_400
"""Seconds that a device may have run before the campus began (each its own, from its id)."""

End = tuple[str, str]
"""A device and one of its ports."""


class Refused(Exception):
    """The campus has no such thing; `key` and `args` are a sentence under `demo.campus.`."""

    def __init__(self, key: str, **args: str) -> None:
        super().__init__(key)
        self.key, self.sentence_args = key, args


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The way to a device: `loss` is a ratio of packets, there and back together; `delay` seconds, likewise."""

    reachable: bool
    loss: float = 0.0
    delay: float = 0.0


GONE = Path(reachable=False)


@dataclass(slots=True)
class Rhythm:
    """A flapping cable or a reboot: `until` is when it turns over; `down` whether it is down until then."""

    up: float
    down_for: float
    down: bool
    until: float


@dataclass(slots=True)
class Campus:
    """The state of every thing that a fault can touch. Faults come by `apply`, time by `tick`."""

    plan: Plan
    began: float
    boxes: dict[str, Box] = field(init=False)
    off: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    shut: set[End] = field(default_factory=set)
    denied: set[End] = field(default_factory=set)
    limited: set[End] = field(default_factory=set)
    loss: dict[str, float] = field(default_factory=dict)
    delay: dict[str, float] = field(default_factory=dict)
    services: dict[End, str] = field(default_factory=dict)
    """(device, service) -> `stop` or `hang`."""
    settings: dict[End, str] = field(default_factory=dict)
    """(device, key) -> value, for the protocols that know the key."""
    set_at: dict[End, float] = field(default_factory=dict)
    """(device, key) -> when the value was set."""
    turn: int = 0
    """Grows with everything that happens, for whoever keeps a picture of the campus."""
    rebooting: dict[str, float] = field(default_factory=dict)
    flapping: dict[str, Rhythm] = field(default_factory=dict)
    uplink_cut: bool = False
    paths: dict[str, Path] = field(init=False)
    booted: dict[str, float] = field(init=False)
    linked: dict[str, tuple[float, float | None]] = field(init=False)
    """Device -> seconds its cable has carried before, and since when it does now (None: it does not)."""
    _dark: set[str] = field(init=False)
    _order: list[Box] = field(init=False)
    _children: dict[End, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.boxes = {box.id: box for box in self.plan.boxes}
        self._order = _parents_first(self.boxes)
        self._children = {}
        for box in self.plan.boxes:
            self._children.setdefault((box.parent, box.port), []).append(box.id)
        self.booted = {box: self.began - zlib.crc32(box.encode()) % EARLIER_UPTIME_MAX for box in self.boxes}
        self.linked = {
            box.id: (0.0, max(self.booted[box.id], self.booted.get(box.parent, self.booted[box.id])))
            for box in self.plan.boxes
        }
        self.paths = {}
        self._dark = set()
        self._settle(self.began)

    def apply(self, fault: Fault, now: float) -> None:
        """Throw one fault. Raises Refused when it names what is not there; the campus is then as before."""
        if fault.device and fault.device not in self.boxes:
            raise Refused("unknown", device=fault.device)
        _DEEDS[fault.verb](self, fault, now)
        self._settle(now)

    def tick(self, now: float) -> bool:
        """Let reboots end and cables flap; true when anything changed."""
        changed = False
        for device, until in list(self.rebooting.items()):
            if until <= now:
                del self.rebooting[device]
                changed = True
        for rhythm in self.flapping.values():
            while rhythm.until <= now:
                rhythm.down = not rhythm.down
                rhythm.until += rhythm.down_for if rhythm.down else rhythm.up
                changed = True
        if changed:
            self._settle(now)
        return changed

    def next_tick(self) -> float | None:
        """When `tick` next has something to do."""
        return min([*self.rebooting.values(), *(rhythm.until for rhythm in self.flapping.values())], default=None)

    def powered(self, device: str) -> bool:
        box = self.boxes[device]
        if device in self.off or device in self.rebooting:
            return False
        return not box.watts or self._fed(box)

    def joined(self, device: str) -> bool:
        """Whether its cable carries: in one piece, port open, both ends powered."""
        box = self.boxes[device]
        if self._unplugged(box) or (box.parent, box.port) in self.shut or not self.powered(device):
            return False
        return not box.parent or self.powered(box.parent)

    def port_up(self, device: str, port: str) -> bool:
        """ifOperStatus of a port, RFC 2863: some cable in it carries."""
        return (device, port) not in self.shut and any(map(self.joined, self._children.get((device, port), ())))

    def children(self, device: str, port: str) -> list[str]:
        return self._children.get((device, port), [])

    def ports_of(self, device: str) -> list[str]:
        """The ports that something is plugged into."""
        return [port for parent, port in self._children if parent == device and port]

    def uptime(self, device: str, now: float) -> float:
        return now - self.booted[device]

    def link_seconds(self, device: str, now: float) -> float:
        """How long its cable has carried since its far end was booted, for counters that stand still with it."""
        before, since = self.linked[device]
        return before + (now - since if since is not None else 0.0)

    def service(self, device: str, name: str) -> str:
        """`stop`, `hang`, or "" when the service runs."""
        return self.services.get((device, name), "")

    def setting(self, device: str, key: str, default: str) -> str:
        """What `set` has put there, else the default."""
        return self.settings.get((device, key), default)

    def _unplugged(self, box: Box) -> bool:
        rhythm = self.flapping.get(box.id)
        return box.id in self.cut or (rhythm is not None and rhythm.down)

    def _fed(self, box: Box) -> bool:
        end = (box.parent, box.port)
        if self._unplugged(box) or end in self.denied or (end in self.limited and box.watts > LIMIT_WATTS):
            return False
        return self.powered(box.parent)

    def _settle(self, now: float) -> None:
        self.turn += 1
        self.paths = {}
        for box in self._order:
            self.paths[box.id] = self._path(box)
            self._note_power(box.id, now)
            self._note_link(box.id, now)

    def _path(self, box: Box) -> Path:
        if not self.joined(box.id) or (not box.parent and self.uplink_cut):
            return GONE
        above = self.paths[box.parent] if box.parent else Path(reachable=True)
        if not above.reachable:
            return GONE
        through = (1 - above.loss) * (1 - self.loss.get(box.id, 0.0)) * (1 - BAD_CABLE_LOSS * (box.id in self.bad))
        return Path(reachable=True, loss=1 - through, delay=above.delay + self.delay.get(box.id, 0.0))

    def _note_power(self, device: str, now: float) -> None:
        if not self.powered(device):
            self._dark.add(device)
        elif device in self._dark:
            self._dark.discard(device)
            self.booted[device] = now
            # The counters of its ports begin anew with it.
            self.linked.update(
                {child: (0.0, None) for port in self.ports_of(device) for child in self.children(device, port)}
            )

    def _note_link(self, device: str, now: float) -> None:
        before, since = self.linked[device]
        up = self.joined(device)
        if up and since is None:
            self.linked[device] = (before, now)
        elif not up and since is not None:
            self.linked[device] = (before + now - since, None)


def _parents_first(boxes: Mapping[str, Box]) -> list[Box]:
    """Raises ValueError for a parent that is not there or a ring."""
    order: dict[str, Box] = {}
    for box in boxes.values():
        chain: dict[str, Box] = {}
        at: Box | None = box
        while at is not None and at.id not in order:
            if at.id in chain:
                raise ValueError(f"the parents of {at.id} form a ring")
            chain[at.id] = at
            if at.parent and at.parent not in boxes:
                raise ValueError(f"{at.id} hangs on {at.parent}, which is not there")
            at = boxes.get(at.parent)
        order.update(reversed(chain.items()))
    return list(order.values())


def _member(things: set[str], thing: str, there: bool) -> None:
    (things.add if there else things.discard)(thing)


def _power(campus: Campus, fault: Fault, now: float) -> None:
    campus.flapping.pop(fault.device, None)
    campus.rebooting.pop(fault.device, None)
    _member(campus.off, fault.device, fault.action == "off")


def _cable(campus: Campus, fault: Fault, now: float) -> None:
    for device in _far_ends(campus, fault):
        campus.flapping.pop(device, None)
        _member(campus.cut, device, fault.action == "cut")
        _member(campus.bad, device, fault.action == "bad")


def _far_ends(campus: Campus, fault: Fault) -> Iterable[str]:
    """The devices whose own cable is meant: the device itself, or what hangs on the named port of it."""
    if not fault.port:
        return [fault.device]
    ends = campus.children(fault.device, fault.port)
    if not ends:
        known = " · ".join(sorted(campus.ports_of(fault.device)))
        raise Refused("empty_port", device=fault.device, port=fault.port, known=known)
    return ends


def _port(campus: Campus, fault: Fault, now: float) -> None:
    _far_ends(campus, fault)
    end = (fault.device, fault.port)
    (campus.shut.add if fault.action == "shut" else campus.shut.discard)(end)


def _poe(campus: Campus, fault: Fault, now: float) -> None:
    if not any(campus.boxes[device].watts for device in _far_ends(campus, fault)):
        raise Refused("no_poe", device=fault.device, port=fault.port)
    end = (fault.device, fault.port)
    campus.denied.discard(end)
    campus.limited.discard(end)
    if fault.action != "allow":
        (campus.denied if fault.action == "deny" else campus.limited).add(end)


def _loss(campus: Campus, fault: Fault, now: float) -> None:
    campus.loss[fault.device] = fault.number


def _delay(campus: Campus, fault: Fault, now: float) -> None:
    campus.delay[fault.device] = fault.number


def _service(campus: Campus, fault: Fault, now: float) -> None:
    box = campus.boxes[fault.device]
    if not _speaks(box, fault.service):
        raise Refused("no_service", device=box.id, service=fault.service)
    campus.services.pop((box.id, fault.service), None)
    if fault.action != "start":
        campus.services[box.id, fault.service] = fault.action


def _speaks(box: Box, service: str) -> bool:
    plain = {"icmp": True, "snmp": bool(box.community), "tcp": bool(box.tcp), "capwap": bool(box.controller)}
    return plain.get(service, False) or any(one.name == service and not one.foreign for one in box.services)


def _set(campus: Campus, fault: Fault, now: float) -> None:
    known = check(fault.key, fault.value)
    if known is not None:
        raise Refused("no_setting", word=fault.key, value=fault.value, known=known)
    campus.settings[fault.device, fault.key] = fault.value
    campus.set_at[fault.device, fault.key] = now


def _reboot(campus: Campus, fault: Fault, now: float) -> None:
    campus.rebooting[fault.device] = now + REBOOT_SECONDS


def _flap(campus: Campus, fault: Fault, now: float) -> None:
    rhythm = Rhythm(up=fault.number, down_for=fault.number2, down=True, until=now + fault.number2)
    campus.flapping[fault.device] = rhythm


def _uplink(campus: Campus, fault: Fault, now: float) -> None:
    campus.uplink_cut = fault.action == "cut"


def _not_ours(campus: Campus, fault: Fault, now: float) -> None:
    raise Refused("not_ours", verb=fault.verb)


_DEEDS: Mapping[str, Callable[[Campus, Fault, float], None]] = {
    "power": _power,
    "cable": _cable,
    "port": _port,
    "poe": _poe,
    "loss": _loss,
    "delay": _delay,
    "service": _service,
    "set": _set,
    "reboot": _reboot,
    "flap": _flap,
    "uplink": _uplink,
    "agent": _not_ours,
    "clock": _not_ours,
}
