"""What seldom changes, asked for now and then beside the ladder: interfaces, snapshot, recordings. Nothing here breaks
a rung: what the device does not tell is left out.
"""

from __future__ import annotations

from typing import Any

from agent.probes.onvif import answers, soap
from agent.probes.onvif.answers import Recorded
from agent.probes.onvif.call import LoginRefused, Place
from agent.probes.onvif.ladder import Ladder
from agent.probes.onvif.soap import Fault, NoSoap
from agent.probes.onvif.where import shown, snapshot
from agent.probes.wire.httpc import BadAnswer

DAY_MS = 86_400_000
_SEARCH_PATH = "/onvif/search_service"


def due(ladder: Ladder) -> bool:
    """Whether it is time to ask again."""
    last = ladder.known.beside_at
    return last is None or ladder.clock.mono() - last >= ladder.target.options.beside


async def ask(ladder: Ladder) -> None:
    """Ask for all of it; the answers are in `Known.beside`, `Known.samples`, `ladder.checks`. Raises TimeoutError."""
    known = ladder.known
    known.beside_at = ladder.clock.mono()
    interfaces = await _tried(ladder, soap.DEVICE, "GetNetworkInterfaces", ladder.device)
    mac = answers.mac(interfaces)
    if mac:
        known.beside["mac"] = mac
    media = ladder.place(soap.MEDIA, ladder.device.path)
    said = answers.uri(await _tried(ladder, soap.MEDIA, "GetSnapshotUri", media, ladder.profile))
    found = snapshot(said, ladder.host)
    if found is not None:
        known.beside["snapshot_uri"] = shown(found, known.login.secret)
    if ladder.target.options.records != "no" and soap.namespace(soap.SEARCH) in ladder.services:
        place = ladder.place(soap.SEARCH, _SEARCH_PATH)
        summary = answers.recorded(await _tried(ladder, soap.SEARCH, "GetRecordingSummary", place))
        if summary is not None:
            _judge(ladder, summary)


async def _tried(ladder: Ladder, service: str, operation: str, place: Place, profile: str = "") -> Any:
    """The answer, None without one. What this user may not ask is not asked again: devices count refusals."""
    if operation in ladder.known.denied:
        return None
    try:
        return await ladder.ask(service, operation, place, profile)
    except LoginRefused as error:
        ladder.known.denied.add(operation)
        ladder.log(f"{operation}: not for this user ({error})")
    except (Fault, NoSoap, BadAnswer) as error:
        ladder.log(f"{operation}: {error}")
    except TimeoutError:
        raise
    except OSError as error:
        ladder.log(f"{operation}: {type(error).__name__}: {error}")
    return None


def _judge(ladder: Ladder, summary: Recorded) -> None:
    """Does it record now, and are enough days kept? Times are by the device's own clock."""
    known, options = ladder.known, ladder.target.options
    empty = summary.recordings == 0 or summary.until <= summary.since
    days = 0.0 if empty else max(0, min(summary.until, ladder.now) - summary.since) / DAY_MS
    known.samples |= {"recordings": summary.recordings, "recorded_days": days}
    if not empty:
        known.samples["recorded_until_timestamp_seconds"] = summary.until / 1000
    ladder.log(f"recordings: {summary.recordings}, {days:.1f} days")
    if empty and options.records == "auto":
        return
    late = ladder.now - summary.until > options.idle * 1000
    ladder.checks["recording"] = "never_recorded" if empty else "not_recording" if late else ""
    if options.records == "yes":
        _judge_days(ladder, summary, days)


def _judge_days(ladder: Ladder, summary: Recorded, days: float) -> None:
    """Too few days are a fault once the oldest goes: until then a new camera is still filling its disk."""
    known, wanted = ladder.known, ladder.target.options.days
    if known.oldest is not None and summary.since > known.oldest:
        known.overwrites = True
    known.oldest = summary.since
    ladder.checks["storage_days"] = "too_few_days" if days < wanted and known.overwrites else ""
