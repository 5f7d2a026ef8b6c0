"""What is taken out of replies: plain, cleaned, bounded values. A field that is absent or nonsense is None or ""."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from agent.model import Json, Ms
from agent.text import clean

TEXT = 128
"""Characters kept of a name."""
URI = 2048
PROFILES = 256
"""Most media profiles looked at: a recorder of 64 channels has 128."""
_SHOWN = 8
"""Profiles whose encoder settings are kept as facts."""
_NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,12})?", re.ASCII)
_MAC = re.compile(r"[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}")


def pick(element: Any, *names: str) -> Any:
    """The element at the end of a path of names, in whatever namespace; None where the path ends early."""
    return None if element is None else element.find("/".join(f"{{*}}{name}" for name in names))


def items(element: Any, name: str, most: int) -> list[Any]:
    """The elements of a name, no more than `most` of them."""
    return list(islice(element.iterchildren(f"{{*}}{name}"), most)) if element is not None else []


def text(element: Any, *names: str, limit: int = TEXT) -> str:
    """What stands there, cleaned; "" where nothing does."""
    found = pick(element, *names) if names else element
    return clean(found.text, limit) if found is not None and found.text else ""


def number(element: Any, *names: str) -> int | float | None:
    """A plain decimal number of at most twelve digits, a whole one as int; None for anything else."""
    said = text(element, *names, limit=32)
    if not _NUMBER.fullmatch(said):
        return None
    value = float(said)
    return int(value) if value.is_integer() else value


@dataclass(frozen=True, slots=True)
class Profile:
    """A media profile. token: by which it is asked for, as it came.  facts: what its video encoder is set to."""

    token: str
    video: bool
    facts: Mapping[str, Json]


def device_time(reply: Any) -> tuple[Ms | None, str]:
    """UTC of the device, to the second, and who sets its clock: `ntp`, `manual` or ""."""
    clock = pick(reply, "SystemDateAndTime")
    date, time = pick(clock, "UTCDateTime", "Date"), pick(clock, "UTCDateTime", "Time")
    parts = [number(date, name) for name in ("Year", "Month", "Day")]
    parts += [number(time, name) for name in ("Hour", "Minute", "Second")]
    source = text(clock, "DateTimeType", limit=16).lower()
    whole = [part for part in parts if isinstance(part, int)]
    if len(whole) != 6:
        return None, source
    year, month, day, hour, minute, second = whole
    try:
        return int(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC).timestamp() * 1000), source
    except (ValueError, OverflowError):
        return None, source


def http_date(header: str) -> Ms | None:
    """The time in a `Date` header (RFC 9110, 6.6.1): where a camera tells its time to nobody, its web server does."""
    try:
        return _milliseconds(parsedate_to_datetime(header[:64]))
    except (ValueError, TypeError, IndexError):
        return None


def moment(element: Any, name: str) -> Ms | None:
    """An xs:dateTime; one without a zone is UTC."""
    try:
        return _milliseconds(datetime.fromisoformat(text(element, name, limit=40)))
    except ValueError:
        return None


def _milliseconds(moment: datetime) -> Ms | None:
    try:
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return int(aware.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def information(reply: Any) -> dict[str, Json]:
    """GetDeviceInformation."""
    names = {
        "manufacturer": "Manufacturer", "model": "Model", "firmware": "FirmwareVersion", "serial": "SerialNumber",
        "hardware": "HardwareId",
    }  # fmt: skip
    return {key: said for key, name in names.items() if (said := text(reply, name))}


def services(reply: Any) -> dict[str, str]:
    """GetServices: XAddr by namespace."""
    found: dict[str, str] = {}
    for item in items(reply, "Service", 64):
        found.setdefault(text(item, "Namespace"), text(item, "XAddr", limit=URI))
    return found


def capabilities(reply: Any, namespaces: Mapping[str, str]) -> dict[str, str]:
    """GetCapabilities, for devices older than GetServices, in the form of `services`."""
    paths = {
        "devicemgmt": ("Device",), "media": ("Media",), "search": ("Extension", "Search"),
        "recording": ("Extension", "Recording"),
    }  # fmt: skip
    found = {namespaces[name]: text(reply, "Capabilities", *path, "XAddr", limit=URI) for name, path in paths.items()}
    return {space: uri for space, uri in found.items() if uri}


def profiles(reply: Any) -> list[Profile]:
    """GetProfiles."""
    found: list[Profile] = []
    for item in items(reply, "Profiles", PROFILES):
        token = item.get("token") or ""
        if 0 < len(token) <= TEXT:
            found.append(Profile(token, _has_video(item), _encoder(item) if len(found) < _SHOWN else {}))
    return found


def _configuration(item: Any, name: str) -> Any:
    """Of a profile by its first name in Media1; Media2 calls it otherwise."""
    found = pick(item, f"{name}Configuration")
    return found if found is not None else pick(item, "Configurations", name)


def _has_video(item: Any) -> bool:
    return _configuration(item, "VideoSource") is not None


def _encoder(item: Any) -> dict[str, Json]:
    encoder = _configuration(item, "VideoEncoder")
    size, rate = pick(encoder, "Resolution"), pick(encoder, "RateControl")
    values: dict[str, Json] = {
        "profile": text(item, "Name"),
        "codec": text(encoder, "Encoding", limit=16) if encoder is not None else "",
        "width": number(size, "Width"),
        "height": number(size, "Height"),
        "fps": number(rate, "FrameRateLimit"),
        "kbit_s": number(rate, "BitrateLimit"),
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def encoders(found: list[Profile]) -> list[Json]:
    """The encoder settings of the first profiles, for the facts."""
    return [dict(profile.facts) for profile in found if profile.facts]


def uri(reply: Any) -> str:
    """GetStreamUri, GetSnapshotUri; of Media2 the URI stands there bare."""
    found = pick(reply, "MediaUri", "Uri")
    return raw(found if found is not None else pick(reply, "Uri"), URI)


def raw(element: Any, limit: int = TEXT) -> str:
    """A text that is given back as it came, "" where it is too long for that."""
    said = (element.text or "") if element is not None else ""
    return said if len(said) <= limit else ""


def mac(reply: Any) -> str:
    """GetNetworkInterfaces: the address of the first enabled interface that has one, `aa:bb:cc:dd:ee:ff`."""
    for item in items(reply, "NetworkInterfaces", 16):
        said = text(item, "Info", "HwAddress")
        if text(item, "Enabled") not in ("false", "0") and _MAC.fullmatch(said):
            plain = said.replace(":", "").replace("-", "").lower()
            return ":".join(plain[at : at + 2] for at in range(0, 12, 2))
    return ""
