"""A camera's ladder: which rungs hold, and the first that does not."""

from __future__ import annotations

from dataclasses import dataclass

from agent.plain.facts import rung_of
from agent.plain.reader import Looks, Reader, Said

RUNGS = ("connect", "onvif", "clock", "login", "services", "profiles", "stream_uri", "rtsp", "rtsp_login", "stream")
"""As `agent.probes.onvif` climbs them."""
_FIRST_OF_STREAM = "rtsp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """key: its name.  state: ok, bad, warn (it holds, and is a defect all the same), or "" where nobody came so far.

    why: of what is bad, in words.
    """

    key: str
    name: str
    state: str
    why: str = ""


def ladder(looks: Looks, words: Reader) -> list[Rung]:
    """From ping to picture, of a camera that is asked by ONVIF; nothing of other devices."""
    climbed = next((look for name, look in looks if look and _is(name, "onvif")), None)
    if climbed is None:
        return []
    ping = next((look for name, look in looks if look and _is(name, "icmp")), None)
    found = [_ping(ping, words)] if ping is not None else []
    return [*found, *_rungs(climbed, words), *_picture(climbed, words)]


def _is(name: str, protocol: str) -> bool:
    return name == protocol or name.startswith(f"{protocol}-")


def _ping(look: Said, words: Reader) -> Rung:
    good = not look.reason
    return Rung(
        key="ping", name=words("step.ping"), state="ok" if good else "bad", why=words.word("reason", look.reason)
    )


def _rungs(look: Said, words: Reader) -> list[Rung]:
    broken = rung_of(look)
    height = RUNGS.index(broken) if broken in RUNGS else 0 if look.reason else len(RUNGS)
    streamed = "rtsp_seconds" in look.samples or height < len(RUNGS)
    told = RUNGS if streamed else RUNGS[: RUNGS.index(_FIRST_OF_STREAM)]
    return [_rung(key, place - height, look, words) for place, key in enumerate(told)]


def _rung(key: str, above: int, look: Said, words: Reader) -> Rung:
    """above: how many rungs this one is above the broken one."""
    drifts = look.checks.get("clock", "") if key == "clock" else ""
    state = "bad" if above == 0 else "" if above > 0 else "warn" if drifts else "ok"
    why = look.reason if above == 0 else drifts if state == "warn" else ""
    return Rung(key=key, name=words(f"step.{key}"), state=state, why=words.word("reason", why))


def _picture(look: Said, words: Reader) -> list[Rung]:
    """The picture may come by snapshot, too: what breaks above the login does not keep it away."""
    if "picture" not in look.checks:
        return []
    broken = rung_of(look)
    reached = not look.reason or (broken in RUNGS and RUNGS.index(broken) > RUNGS.index("login"))
    why = look.checks["picture"] if reached else ""
    state = "bad" if why else "ok" if reached else ""
    return [Rung(key="picture", name=words("step.picture"), state=state, why=words.word("reason", why))]
