"""One SNMP-speaking device of the campus: its table, and the answer to a request. Pure.

A wrong community is silence, as RFC 1157 has it; so is everything that is not a request.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

from agent.simulator import ber, tables
from agent.simulator.campus import Campus
from agent.simulator.cells import Cell, Shape, View
from agent.simulator.mib import port_names, shape
from agent.simulator.plan import Box

MAX_ANSWER = 1_400
"""Octets of bindings in one answer: it fits an Ethernet frame. A GETBULK is cut short there, as RFC 3416 allows."""
MAX_REPETITIONS = 128
SPEAK_LLDP = frozenset({"switch", "gateway", "controller", "ap"})
BAD_CABLE_ERRORS = 25
"""ifInErrors a second behind a bad cable."""


class Station(View):
    """A device's answers. `now` of a request is set once; the cells ask for the rest."""

    def __init__(self, campus: Campus, box: Box) -> None:
        self.name, self.place, self.salt = box.name or box.id, box.place, zlib.crc32(box.id.encode())
        self.uptime = self._now = 0.0
        self._campus, self._box = campus, box
        self._ports = port_names(box.vendor, box.ports or 1, tuple(campus.ports_of(box.id)))
        self._ends = [campus.children(box.id, port) for port in self._ports]
        poe = box.ports > 8
        self._fixed = shape(box.vendor, box.model, self._ports, poe).plus(dict(_of_kind(campus, box)))
        self._turn = -1
        self.shape: Shape = self._fixed
        self._community = box.community.encode()

    def answer(self, datagram: bytes, now: float) -> bytes | None:
        """What goes back for one datagram; None is silence."""
        try:
            request = ber.read_request(datagram)
            if request.community != self._community:
                return None
            self._now, self.uptime = now, self._campus.uptime(self._box.id, now)
            self._hear()
            return self._answer(request)
        except ber.BadMessage:
            return None

    def _answer(self, request: ber.Request) -> bytes | None:
        if request.kind == ber.GET:
            return self._each(request, self._exactly)
        if request.kind == ber.GETNEXT:
            return self._each(request, self._beyond)
        if request.kind == ber.GETBULK and request.version == 1:
            return ber.response(request, list(self._bulk(request)))
        if request.kind == ber.SET:
            return ber.refusal(request, ber.READ_ONLY if request.version == 0 else ber.NOT_WRITABLE, 1)
        return None

    def _each(self, request: ber.Request, find: Callable[[bytes, int], bytes | None]) -> bytes:
        bindings: list[bytes] = []
        for index, name in enumerate(request.oids, 1):
            found = find(name, request.version)
            if found is None:
                return ber.refusal(request, ber.NO_SUCH_NAME, index)
            bindings.append(found)
        if sum(map(len, bindings)) > MAX_ANSWER * 4:
            return ber.refusal(request, ber.TOO_BIG, 0)
        return ber.response(request, bindings)

    def _exactly(self, name: bytes, version: int) -> bytes | None:
        at = self.shape.at(name)
        if at is not None:
            found = self._render(self.shape.cells[at])
            if version == 1 or not _is_wide(found):
                return found
        return None if version == 0 else ber.binding(name, ber.NO_SUCH_INSTANCE)

    def _beyond(self, name: bytes, version: int) -> bytes | None:
        for cell in self.shape.cells[self.shape.after(name) :]:
            found = self._render(cell)
            if version == 1 or not _is_wide(found):
                return found
        return None if version == 0 else ber.binding(name, ber.END_OF_MIB_VIEW)

    def _bulk(self, request: ber.Request) -> Iterator[bytes]:
        single = max(0, min(request.first, len(request.oids)))
        room = MAX_ANSWER
        for binding in self._bulk_rows(request, single):
            room -= len(binding)
            if room < 0:
                return
            yield binding

    def _bulk_rows(self, request: ber.Request, single: int) -> Iterator[bytes]:
        cells, size = self.shape.cells, len(self.shape)
        for name in request.oids[:single]:
            yield self._cell_or_end(self.shape.after(name), name)
        names = request.oids[single:]
        at = [self.shape.after(name) for name in names]
        for _ in range(max(0, min(request.second, MAX_REPETITIONS)) if names else 0):
            for column, index in enumerate(at):
                if index < size:
                    cell = cells[index]
                    yield cell if type(cell) is bytes else self._render(cell)
                    at[column] = index + 1
                else:
                    yield ber.binding(self._last_name(index, names[column]), ber.END_OF_MIB_VIEW)
            if min(at) >= size:
                return

    def _cell_or_end(self, at: int, name: bytes) -> bytes:
        if at < len(self.shape):
            return self._render(self.shape.cells[at])
        return ber.binding(name, ber.END_OF_MIB_VIEW)

    def _last_name(self, at: int, asked: bytes) -> bytes:
        return self.shape.names[-1] if self.shape.after(asked) < at else asked

    def _render(self, cell: Cell) -> bytes:
        return cell if isinstance(cell, bytes) else cell(self)

    def _hear(self) -> None:
        """Take the neighbours anew when something has happened on the campus."""
        if self._turn != self._campus.turn:
            self._turn = self._campus.turn
            self.shape = self._fixed.plus(dict(tables.neighbours(self._neighbours())))

    def _neighbours(self) -> Iterator[tables.Neighbour]:
        boxes, campus, own = self._campus.boxes, self._campus, self._box
        if own.kind not in SPEAK_LLDP:
            return
        for index, ends in enumerate(self._ends, 1):
            for end in ends:
                box = boxes[end]
                if box.kind in SPEAK_LLDP and campus.joined(end) and campus.port_up(own.id, box.port):
                    yield tables.Neighbour(index, end, box.name or end, uplink(box), box.address)
        if own.parent and campus.joined(own.id) and boxes[own.parent].kind in SPEAK_LLDP and uplink(own) in self._ports:
            above = boxes[own.parent]
            yield tables.Neighbour(
                self._ports.index(uplink(own)) + 1, above.id, above.name or above.id, own.port, above.address
            )

    def seconds(self, index: int) -> float:
        ends = self._ends[index - 1]
        if ends:
            return self._campus.link_seconds(ends[0], self._now)
        return self.uptime if self._busy(index) else 0.0

    def admin(self, index: int) -> bool:
        return (self._box.id, self._ports[index - 1]) not in self._campus.shut

    def oper(self, index: int) -> bool:
        if self._ends[index - 1]:
            return self._campus.port_up(self._box.id, self._ports[index - 1])
        return self.admin(index) and self._busy(index)

    def errors(self, index: int) -> int:
        ends = self._ends[index - 1]
        return int(self.seconds(index) * BAD_CABLE_ERRORS) if any(end in self._campus.bad for end in ends) else 0

    def watts(self, index: int) -> float:
        if index == 0:
            return sum(self.watts(at) for at in range(1, len(self._ports) + 1))
        boxes = self._campus.boxes
        return sum(boxes[end].watts for end in self._ends[index - 1] if self._campus.powered(end))

    def denied(self, index: int) -> bool:
        end = (self._box.id, self._ports[index - 1])
        return end in self._campus.denied or end in self._campus.limited

    def serves(self, device: str) -> bool:
        campus = self._campus
        return campus.paths[device].reachable and not campus.service(device, "capwap")

    def setting(self, key: str, default: str) -> str:
        return self._campus.setting(self._box.id, key, default)

    def set_ago(self, key: str) -> float:
        return self._now - self._campus.set_at.get((self._box.id, key), self._campus.began)

    def load(self) -> int:
        return 6 + (self.salt + int(self._now) // 30 * 7) % 17

    def _busy(self, index: int) -> bool:
        """Whether some computer that nobody watches is plugged in: six ports of ten, and the uplink."""
        return (index * 7 + self.salt) % 10 < 6 or index == self._box.ports + 1 or len(self._ports) == 1


def uplink(box: Box) -> str:
    """The port of a device that its cable to the parent is in: a switch's first fast one, the others' first."""
    names = port_names(box.vendor, box.ports or 1, ())
    return names[box.ports] if box.ports and len(names) > box.ports else names[0]


def _of_kind(campus: Campus, box: Box) -> Iterable[tables.Row]:
    """What only devices of its kind tell."""
    if box.kind == "controller":
        return tables.access_points(one for one in campus.plan.boxes if one.controller == box.id)
    if box.kind == "recorder":
        return tables.recorder(box.vendor, box.model)
    return tables.ups(box.model) if box.kind == "ups" else ()


def _is_wide(binding: bytes) -> bool:
    """Whether the value is a Counter64, which version 1 cannot carry (RFC 2089)."""
    name_end = 4 + binding[3] if binding[1] < 0x80 else 0
    return name_end > 0 and binding[name_end] == ber.COUNTER64
