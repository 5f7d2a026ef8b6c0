"""The rungs, in order. Each either holds or breaks; the first that breaks names the fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agent.clock import Clock
from agent.model import Json, Ms, Outcome, Target
from agent.probes.base import Log
from agent.probes.channels import Channel
from agent.probes.logins import AUTH, CLOCK, IDENTITY, LOCKED, Logins
from agent.probes.onvif import answers, soap
from agent.probes.onvif.call import Conversation, Login, LoginRefused, Place, Scheme
from agent.probes.onvif.soap import Fault, NoSoap
from agent.probes.onvif.where import Host, elsewhere, service, shown, stream
from agent.probes.wire import certificate
from agent.probes.wire.httpc import BadAnswer, Line

CONNECT, ONVIF, CLOCKS, LOGIN, SERVICES, PROFILES, STREAM_URI = (
    "connect", "onvif", "clock", "login", "services", "profiles", "stream_uri",
)  # fmt: skip
"""Names of the rungs, lowest first; `clock` breaks the ladder only where it may be why a login was refused."""

_MEDIA_PATHS = {soap.MEDIA: "/onvif/media_service", soap.MEDIA2: "/onvif/media2_service"}


class Broken(Exception):
    """A rung does not hold. outcome: UNKNOWN where this machine could not look."""

    def __init__(self, reason: str, rung: str = "", outcome: Outcome = Outcome.FAILED) -> None:
        super().__init__(reason)
        self.reason, self.rung, self.outcome = reason, rung, outcome


@dataclass(slots=True)
class Known:
    """What is kept of a device between looks.

    certificate, serial: must not change unseen.  old: it knows no GetServices.  media: the media service that has its
    profiles.  oldest, overwrites: by channel, from when on it is recorded, and whether that has moved.  denied: what
    this user may not ask.  open: of what is beside ONVIF (RTSP, the snapshot), what has taken the login before.
    """

    login: Login
    scheme: Scheme = Scheme.UNKNOWN
    certificate: str = ""
    serial: str = ""
    old: bool = False
    media: str = soap.MEDIA
    beside_at: float | None = None
    beside: dict[str, Json] = field(default_factory=dict)
    samples: dict[str, float] = field(default_factory=dict)
    channels: tuple[Channel, ...] = ()
    oldest: dict[str, Ms] = field(default_factory=dict)
    overwrites: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Ladder:
    """One climb. What it has seen is in `facts`, `samples` and `checks`, however far it came.

    asked: a person wants this look, so a login that rests is tried once.
    """

    target: Target
    host: Host
    known: Known
    talk: Conversation
    logins: Logins
    clock: Clock
    log: Log
    asked: bool
    rung: str = CONNECT
    drift: Ms | None = None
    services: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Json] = field(default_factory=dict)
    samples: dict[str, float] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)
    profile: str = ""
    stream: str = ""

    async def climb(self) -> None:
        """Up to the stream's URI. Raises what `Conversation` raises, and Broken; `rung` says where."""
        begun = self.clock.mono()
        line = await self.talk.connect()
        self.samples["connect_seconds"] = self.clock.mono() - begun
        self._identify(line)
        self.rung = ONVIF
        told = await self._ask_time()
        self.rung = LOGIN
        async with self.logins.turn(self.target.device):
            await self._log_in()
        if not told:
            await self._ask_time(as_user=True)
        self.rung = SERVICES
        self.services = await self._ask_services()
        self.rung = PROFILES
        await self._ask_profile()
        self.rung = STREAM_URI
        await self._ask_stream()

    def _identify(self, line: Line) -> None:
        """Its certificate must not change unseen; when it ends is told, whoever signed it."""
        if line.shown:
            seen = certificate.shown(line.shown, self.clock.now())
            self.samples, self.facts = self.samples | seen.samples, self.facts | seen.facts
            self.checks |= seen.checks
        self._same("certificate", line.certificate)

    @property
    def device(self) -> Place:
        """The device service."""
        return Place(self.host.port, self.target.options.path)

    @property
    def now(self) -> Ms:
        """The time now, by the device's clock as far as it is known."""
        return self.clock.now() + (self.drift or 0)

    async def ask(self, name: str, operation: str, place: Place, token: str = "") -> Any:
        return await self.talk.ask(name, operation, place, self.now, token)

    async def tried(self, name: str, operation: str, place: Place, token: str = "") -> Any:
        """The answer to what is asked beside the rungs, None without one. Raises TimeoutError alone.

        What this user may not ask is not asked again: devices count refusals.
        """
        if operation in self.known.denied:
            return None
        try:
            return await self.ask(name, operation, place, token)
        except LoginRefused as error:
            self.known.denied.add(operation)
            self.log(f"{operation}: not for this user ({error})")
        except (Fault, NoSoap, BadAnswer) as error:
            self.log(f"{operation}: {error}")
        except TimeoutError:
            raise
        except OSError as error:
            self.log(f"{operation}: {type(error).__name__}: {error}")
        return None

    @property
    def media(self) -> Place:
        """The media service that has the profiles."""
        return self.place(self.known.media, _MEDIA_PATHS[self.known.media])

    @property
    def resting(self) -> str:
        """Why the login may not be tried now, "" where it may. A person's wish was fulfilled by the ladder's login."""
        login = self.known.login
        return self.logins.rests(self.target.device, login.username, login.secret, self.clock.now())

    def place(self, name: str, default: str) -> Place:
        """Where a service is: what the device says, at the host that we ask."""
        said = self.services.get(soap.namespace(name), "")
        away = elsewhere(said, self.host)
        if away:
            self.log(f"the {name} service is said to be at {away}: asked here all the same")
        found = service(said, self.host)
        return Place(*found) if found is not None else Place(self.host.port, default)

    # -- the clock, before any login

    async def _ask_time(self, *, as_user: bool = False) -> bool:
        """Measure the clock; False where the device tells its time only to users (its web server may, meanwhile)."""
        before = self.clock.now()
        ask = self.ask if as_user else self.talk.anonymous
        try:
            reply = await ask(soap.DEVICE, "GetSystemDateAndTime", self.device)
        except Fault as fault:
            self.log(f"does not tell its time: {fault}")
            return True
        except LoginRefused as error:
            if as_user:
                raise
            self.log(f"tells its time only to users: {error}")
            self._set_drift(answers.http_date(self.talk.date), (before + self.clock.now()) // 2)
            return False
        self._set_clock(reply, (before + self.clock.now()) // 2)
        return True

    def _set_clock(self, reply: Any, asked_at: Ms) -> None:
        told, source = answers.device_time(reply)
        if source:
            self.facts["clock_source"] = source
        self._set_drift(told, asked_at)

    def _set_drift(self, told: Ms | None, asked_at: Ms) -> None:
        if told is None:
            return
        self.drift = told - asked_at
        self.samples["clock_drift_seconds"] = self.drift / 1000
        self.checks["clock"] = CLOCK if abs(self.drift) > self.target.options.clock * 1000 else ""
        self.log(f"its clock is {self.drift / 1000:+.1f} s from ours")

    # -- the login

    async def _log_in(self) -> None:
        login, device = self.known.login, self.target.device
        why = self.logins.rests(device, login.username, login.secret, self.clock.now(), asked=self.asked)
        if why == CLOCK and self.checks.get("clock") == "":
            why = ""  # The clock is right again: now the password can be judged.
        if why:
            self.log(f"the login rests ({why}): it is tried again when the secret changes or a person asks")
            raise Broken(why, CLOCKS if why == CLOCK else LOGIN)
        if self.known.scheme is Scheme.UNKNOWN or self.asked:
            await self.talk.learn_scheme(self.device)
        else:
            self.talk.scheme = self.known.scheme
        try:
            told = await self.ask(soap.DEVICE, "GetDeviceInformation", self.device)
        except LoginRefused as error:
            raise self.refused(error) from error
        self.facts |= answers.information(told)
        self._same("serial", str(self.facts.get("serial", "")))
        self.known.scheme = self.talk.scheme
        self.logins.accepted(device, login.username, login.secret)

    def refused(self, error: LoginRefused) -> Broken:
        """The login was refused: it rests from now on, for the reason that fits what is known of the clock."""
        self.log(f"login refused: {error}")
        why = LOCKED if error.locked else CLOCK if self.checks.get("clock") == CLOCK else AUTH
        self.rest(why)
        return Broken(why, CLOCKS if why == CLOCK else LOGIN)

    def rest(self, why: str) -> None:
        """The device has said no: nobody tries this login on it again."""
        self.known.scheme = Scheme.UNKNOWN
        self.known.open.clear()
        login = self.known.login
        self.logins.refused(self.target.device, login.username, login.secret, why, self.clock.now())

    def _same(self, what: str, now: str) -> None:
        """Something else at this address gets no login of ours until a person has looked."""
        before = getattr(self.known, what)
        if before and now and before != now and not self.asked:
            self.facts |= {"identity_changed": True, f"{what}_before": before}
            self.rest(IDENTITY)
            raise Broken(IDENTITY, LOGIN)
        if now:
            setattr(self.known, what, now)

    # -- the media

    async def _ask_services(self) -> dict[str, str]:
        if not self.known.old:
            try:
                return answers.services(await self.ask(soap.DEVICE, "GetServices", self.device))
            except (Fault, NoSoap) as error:
                self.log(f"no list of services ({error}): an older device")
        found = await self.ask(soap.DEVICE, "GetCapabilities", self.device)
        self.known.old = True
        return answers.capabilities(found, {name: soap.namespace(name) for name in soap.SERVICES})

    async def _ask_profile(self) -> None:
        """Of Media1 where that has one: nearly all have, and it is read with the fewest calls. Else of Media2."""
        offered = [name for name in _MEDIA_PATHS if soap.namespace(name) in self.services]
        for name in sorted(offered, key=lambda name: name != self.known.media):
            self.known.media = name
            self.profile = await self._profile_of(name)
            if self.profile:
                return
        raise Broken("no_profile")

    async def _profile_of(self, name: str) -> str:
        """The token of the wanted profile, else of the first with a picture; "" without."""
        try:
            reply = await self.ask(name, "GetProfiles", self.media)
        except Fault as fault:
            self.log(f"no profiles: {fault}")
            return ""
        found = answers.profiles(reply)
        self.facts["encoders"] = answers.encoders(found)
        self.samples["profiles"] = len(found)
        wanted = self.target.options.profile
        return next((one.token for one in found if (one.token == wanted if wanted else one.video)), "")

    async def _ask_stream(self) -> None:
        try:
            said = answers.uri(await self.ask(self.known.media, "GetStreamUri", self.media, self.profile))
        except Fault as fault:
            self.log(f"no stream: {fault}")
            raise Broken("no_stream") from fault
        found = stream(said, self.host)
        if found is None:
            raise Broken("no_stream")
        away = elsewhere(said, self.host)
        if away:
            self.log(f"the stream is said to be at {away}: asked here all the same")
            self.facts["names_another_host"] = away
        self.stream = found
        self.facts["stream_uri"] = shown(found, self.known.login.secret)
