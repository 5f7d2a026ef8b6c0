"""Which logins a device has refused, so that nobody is locked out by us; and how many sessions it may carry at once.

After ONE refusal a login is not tried again on that device until its secret changes or a person asks. Cameras lock an
account, or an address, for half an hour after a few wrong passwords, and then nobody sees anything. Kept across
restarts as plain values: a salted, slow fingerprint of user and secret, never the secret.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from agent.model import Ms, Secret, Target

AUTH, LOCKED, CLOCK, IDENTITY = "auth", "locked", "clock_drift", "identity_changed"
"""Why a login rests: refused; the device says that it is locked; refused while its clock was wrong, so that nothing is
known of the password; something else answers at the device's address."""

LOCKED_MS = 35 * 60_000
"""How long a device that says it is locked is left alone: they lock for 30 minutes."""
SESSIONS = 1
"""Media sessions of ours on one device at once: many cameras carry two, and the recorder has one of them."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """Why a login rests. until: ms UTC, None until something changes."""

    why: str
    until: Ms | None = None


class Logins:
    """One for the house: all probes of a device share what it has refused.

    `changed` is called after every change of what `dump` gives; it must return at once.
    """

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.changed = changed
        self._salt = os.urandom(16)
        self._held: dict[tuple[str, str], Held] = {}
        """By device and fingerprint: two probes of a device may have two users."""
        self._devices: Counter[str] = Counter()
        self._marks: dict[tuple[str, Secret], str] = {}
        self._sessions: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    # -- what a look asks

    def rests(self, device: str, username: str, secret: Secret, now: Ms, *, asked: bool = False) -> str:
        """ "" where the login may be tried; else why it rests. asked: a person wants it tried now, once."""
        if asked or not self._devices[device]:
            return ""
        held = self._held.get((device, self._mark(username, secret)))
        over = held is None or (held.until is not None and now >= held.until)
        return "" if held is None or over else held.why

    def refused(self, device: str, username: str, secret: Secret, why: str, now: Ms) -> None:
        """The device has said no. why: AUTH, LOCKED, CLOCK or IDENTITY."""
        key, held = (device, self._mark(username, secret)), Held(why, now + LOCKED_MS if why == LOCKED else None)
        if self._held.get(key) != held:
            self._devices[device] += key not in self._held
            self._held[key] = held
            _log.warning("login.rests device=%s why=%s", device, why)
            self.changed()

    def accepted(self, device: str, username: str, secret: Secret) -> None:
        """The device has let us in."""
        if self._drop(device, username, secret):
            _log.info("login.accepted_again device=%s", device)

    def _drop(self, device: str, username: str, secret: Secret) -> bool:
        if not self._devices[device] or self._held.pop((device, self._mark(username, secret)), None) is None:
            return False
        self._devices[device] -= 1
        self.changed()
        return True

    def turn(self, device: str) -> asyncio.Lock:
        """Held by whoever tries a login that nothing is known of yet, so that two probes do not try it at once."""
        return self._turns.setdefault(device, asyncio.Lock())

    def session(self, address: str) -> asyncio.Semaphore:
        """`async with` it around a media session (RTSP) with an address: its budget is shared by all probes."""
        return self._sessions.setdefault(address, asyncio.Semaphore(SESSIONS))

    # -- across a restart

    def dump(self) -> dict[str, Any]:
        """What the next start must know; JSON."""
        held = [
            {"device": device, "mark": mark, "why": one.why, "until": one.until}
            for (device, mark), one in self._held.items()
        ]
        return {"salt": self._salt.hex(), "held": held}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what an earlier start has dumped."""
        self._salt = bytes.fromhex(state["salt"])
        self._marks.clear()
        self._held = {(one["device"], one["mark"]): Held(one["why"], one["until"]) for one in state["held"]}
        self._devices = Counter(device for device, _ in self._held)

    def keep(self, targets: Iterable[Target]) -> None:
        """Forget what was refused to logins that the inventory has no more: it may be tried when it comes back. One
        that stays as it was goes on resting, whatever else of its target has changed."""
        logins = ((one.device, one.credential) for one in targets if self._devices[one.device])
        known = {
            (device, self._mark(login.username, login.password))
            for device, login in logins
            if hasattr(login, "username") and hasattr(login, "password")
        }
        gone = [key for key in self._held if key not in known]
        for key in gone:
            del self._held[key]
        if gone:
            self._devices = Counter(device for device, _ in self._held)
            self.changed()

    def _mark(self, username: str, secret: Secret) -> str:
        """About 10 ms the first time, so that a stolen database is no list of guesses."""
        if (username, secret) not in self._marks:
            text = f"{username}\0{secret.reveal()}".encode()
            made = hashlib.scrypt(text, salt=self._salt, n=4096, r=8, p=1, dklen=16)
            self._marks[username, secret] = made.hex()
        return self._marks[username, secret]
