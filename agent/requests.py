"""What the requests of the control socket mean: documents for reading, commands for the one writer, a look now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any
from weakref import WeakValueDictionary

from agent import controllers, documents
from agent.alerting.commands import Command, Refused
from agent.alerting.events import Event
from agent.alerting.frame import THROUGH
from agent.alerting.tickets import Ticket, replay
from agent.control import Caller
from agent.documents import Document
from agent.locale import Catalogue, catalogue, language
from agent.model import Json, Reading
from agent.monitor import Answer
from agent.probes.base import Log
from agent.probes.each import silent
from agent.saying import Wrong, checked
from agent.store import Store, Unavailable
from agent.view import View
from agent.wake import NotWakeable, wake

PATIENCE = 20.0
"""Seconds that a request waits for the disk; the caller is then told how it stands, well before his own patience ends
(`agent.control.DEADLINE`)."""

PAGE = 200
"""Tickets of one list at most."""

_log = logging.getLogger(__name__)

Status = Callable[[], Document]


class Requests:
    """Answers requests; made once, by the composition root."""

    def __init__(self, view: View, store: Store, status: Status) -> None:
        self._view, self._store, self._status = view, store, status
        self._keys: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._unwritten: set[asyncio.Task[Document]] = set()
        self._answers: Mapping[str, Callable[[Document, Caller], Awaitable[Document]]] = {
            "status": self._tell_status,
            "devices": self._devices,
            "device": self._device,
            "tickets": self._tickets,
            "ticket": self._ticket,
            "command": self._commands,
            "probe": self._probe,
            "wake": self._wake,
        }

    async def answer(self, request: Document, caller: Caller) -> Document:
        """The answer to one request; an error document for what is not known."""
        known = self._answers.get(str(request.get("do")))
        if known is None:
            return documents.error("bad_request", "unknown request", ", ".join(self._answers), "do")
        try:
            said = checked(request)
        except Wrong as wrong:
            return documents.error("bad_request", wrong.what, where=wrong.where)
        try:
            return await known(said, caller)
        except Unavailable as error:
            # Devices and the state of the agent are told from memory; tickets are read, and their server may be away.
            words = _words(request)
            return documents.error("unavailable", words.say("requests.no_database", why=str(error)))

    async def _tell_status(self, request: Document, caller: Caller) -> Document:
        return self._status()

    # -- reading

    async def _devices(self, request: Document, caller: Caller) -> Document:
        numbers = self._view.tickets_by_device()
        items = [self._view.device_document(d, numbers.get(d.id, ())) for d in self._view.devices()]
        return documents.listing(items, len(items))

    async def _device(self, request: Document, caller: Caller) -> Document:
        device = self._view.find(str(request.get("id")))
        if device is None:
            return _unknown("device", request.get("id"), _words(request))
        numbers = self._view.tickets_by_device()
        return self._view.device_document(device, numbers.get(device.id, ()), tables=True)

    async def _tickets(self, request: Document, caller: Caller) -> Document:
        limit = max(1, min(request.get("limit") or PAGE, PAGE))
        wanted = {name: request.get(name) or None for name in ("state", "severity", "device", "cursor")}
        page = await asyncio.to_thread(
            self._store.tickets, **wanted, only_open=not (request.get("all") or wanted["state"]), limit=limit
        )
        words = _words(request)
        items = []
        for row in page.items:
            ticket = self._view.monitor.published.get(row.number) or await self._replayed(row.number)
            if ticket is not None:
                items.append(self._view.ticket_document(ticket, words))
        return documents.listing(items, page.total, page.next)

    async def _ticket(self, request: Document, caller: Caller) -> Document:
        number = str(request.get("id"))
        journal = await self.journal(number)
        ticket = replay(journal)
        if ticket is None:
            return _unknown("ticket", number, _words(request))
        return self._view.ticket_document(ticket, _words(request), journal)

    async def journal(self, number: str) -> tuple[Event, ...]:
        """The committed journal of a ticket."""
        return await asyncio.to_thread(self._store.journal, number)

    async def _replayed(self, number: str) -> Ticket | None:
        return replay(await self.journal(number))

    # -- commands

    async def _commands(self, request: Document, caller: Caller) -> Document:
        """One verb on one or many tickets. The caller is whom the kernel names; `by` says for whom he acts."""
        words, until = _words(request), asyncio.get_running_loop().time() + PATIENCE
        if request.get("verb") == "open":
            return await self._in_time(self._one(request, "", caller, words), until, words)
        items: list[Document] = []
        errors: list[Document] = []
        for number in dict.fromkeys(request.get("ids") or ()):
            answer = await self._in_time(self._one(request, number, caller, words), until, words)
            if "error" in answer:
                errors.append({"id": number, **answer})
            else:
                items += answer["items"]
        if len(errors) == 1 and not items:
            return {"error": errors[0]["error"]}
        listing = documents.listing(items, len(items))
        return {**listing, "errors": errors} if errors else listing

    async def _in_time(self, work: Coroutine[Any, Any, Document], until: float, words: Catalogue) -> Document:
        """The answer of one command, or an honest word when the disk does not take it: the command stands all the same.

        It is in memory and is written before anything that came after it; a repeat with its key waits for it.
        """
        if asyncio.get_running_loop().time() >= until:
            work.close()
            return documents.error("not_begun", words.say("requests.not_begun"), words.say("requests.not_begun_hint"))
        task = asyncio.create_task(work, name="command")
        self._unwritten.add(task)
        task.add_done_callback(self._unwritten.discard)
        try:
            async with asyncio.timeout_at(until):
                return await asyncio.shield(task)
        except TimeoutError:
            hint = words.say("requests.not_written_hint")
            return documents.error("not_written", words.say("requests.not_written"), hint)

    async def _one(self, request: Document, number: str, caller: Caller, words: Catalogue) -> Document:
        command = _command(request, number, caller, self._view)
        if not request.get("key"):
            return await self._told(command, None, words)
        key = f"{request['key']}/{number}"
        # The first one with this key is asked about only once it is written: a second one beside it would not see it.
        async with self._keys.setdefault(key, asyncio.Lock()):
            done = await asyncio.to_thread(self._store.request, key)
            if done is None:
                return await self._told(command, key, words)
            if not _same(done.answer, command):
                return documents.error("conflict", words.say("requests.key_used"), words.say("requests.key_used_hint"))
            return await self._shown([done.ticket], words)

    async def _told(self, command: Command, key: str | None, words: Catalogue) -> Document:
        answer = await self._carry_out(command, key)
        if answer.refused is not None:
            return documents.refusal(answer.refused, words, self._view.monitor.frame.zone)
        return await self._shown([ticket.id for ticket in answer.tickets][:1], words)

    async def _carry_out(self, command: Command, key: str | None) -> Answer:
        """An ended ticket is not in memory: it is read for the note or follow-up that is left for it."""
        if command.verb == "open" or command.ticket in self._view.monitor.memory.tickets:
            return await self._view.monitor.command(command, key)
        ended = await self._replayed(command.ticket)
        if ended is None:
            return Answer(refused=Refused(code=404, key="unknown_ticket", args={"ticket": command.ticket}))
        return await self._view.monitor.command(command, key, ended)

    async def _shown(self, numbers: list[str], words: Catalogue) -> Document:
        items = []
        for number in numbers:
            journal = await self.journal(number)
            ticket = replay(journal)
            if ticket is not None:
                items.append(self._view.ticket_document(ticket, words, journal))
        return documents.listing(items, len(items))

    # -- a look now

    async def _probe(self, request: Document, caller: Caller) -> Document:
        device = self._view.find(str(request.get("device")))
        words = _words(request)
        if device is None:
            return _unknown("device", request.get("device"), words)
        names = self._view.monitor.frame.probes.get(device.id, ())
        wanted = request.get("probe")
        if wanted and wanted not in names:
            known = ", ".join(names) or "-"
            return documents.error("not_found", words.say("requests.no_probe", device=device.id, probes=known))
        looks = []
        for name in [wanted] if wanted else names:
            log: list[str] = []
            reading = await self.look(device.id, name, log.append)
            if reading is not None:
                looks.append({"probe": name, "log": log, **documents.look(reading)})
        return {"device": device.id, "looks": looks}

    async def look(self, device: str, probe: str | None, log: Log = silent) -> Reading | None:
        """One look now with the loop's own code, outside the schedule; None for what the inventory does not probe.

        log: whoever reads it is a person, for whom a login that rests is tried once more. A scrape is none.
        """
        monitor = self._view.monitor
        name = probe or monitor.frame.leading.get(device, "")
        if name != THROUGH:
            return await monitor.scheduler.look(device, name, log)
        controller = monitor.frame.devices[device].controller
        log(f"asking its controller {controller}")
        reading = await monitor.scheduler.look(controller, "snmp", log)
        found = controllers.told(reading, monitor.frame) if reading else ()
        return next((told for told in found if told.target.device == device), None)

    # -- waking up

    async def _wake(self, request: Document, caller: Caller) -> Document:
        """A magic packet to each device named. Only this socket asks for it: whoever may use it commands the agent."""
        items: list[Document] = []
        errors: list[Document] = []
        for name in dict.fromkeys(request.get("ids") or ()):
            answer = self._woken(name, request.get("broadcast") or "", caller, _words(request))
            (errors if "error" in answer else items).append(answer)
        if len(errors) == 1 and not items:
            return {"error": errors[0]["error"]}
        listing = documents.listing(items, len(items))
        return {**listing, "errors": errors} if errors else listing

    def _woken(self, name: str, broadcast: str, caller: Caller, words: Catalogue) -> Document:
        device = self._view.find(name)
        if device is None:
            return _unknown("device", name, words)
        told = {"device": device.id, "address": device.address, "broadcast": broadcast}
        try:
            to = wake(device.mac, device.address, broadcast)
        except NotWakeable as wrong:
            key = f"requests.wake.{wrong.why}"
            hint = words.say(f"{key}_hint") if words.has(f"{key}_hint") else ""
            return documents.error("refused", words.say(key, **told), hint)
        except OSError as error:
            return documents.error("failed", words.say("requests.wake.not_sent", why=error.strerror, **told))
        _log.info("wake.sent device=%s mac=%s to=%s by=%s(%d)", device.id, device.mac, to, caller.user, caller.uid)
        return {"device": device.id, "mac": device.mac, "to": to}


def _words(request: Mapping[str, Any]) -> Catalogue:
    return catalogue(language(request.get("lang")))


def _unknown(what: str, name: Any, words: Catalogue) -> Document:
    return documents.error(
        "not_found", words.say(f"requests.unknown_{what}", name=str(name)), words.say(f"requests.unknown_{what}_hint")
    )


def _same(answered: Json, command: Command) -> bool:
    """Whether a key stands for this command: the same verb by the same person (ticket-life.md 3.3, rule 3)."""
    return not isinstance(answered, dict) or (answered["verb"], answered["by"]) == (command.verb, command.by)


def _command(request: Document, number: str, caller: Caller, view: View) -> Command:
    """The request as a command. A name on the roster brings its role with it, whatever the request says."""
    by = str(request.get("by") or caller.user)
    args = {name: value for name, value in (request.get("args") or {}).items() if value is not None}
    return Command(
        ticket=number,
        verb=str(request.get("verb")),
        by=by,
        role=view.monitor.frame.roster.role_of(by) or str(request.get("role") or ""),
        via=str(request.get("via") or "cli"),
        at=request.get("at"),
        version=request.get("version"),
        caller=f"{caller.user}({caller.uid})",
        args=args,
    )
