"""ONVIF of cameras and recorders: who may ask, and the device service (ONVIF Core); the rest is at its own place.

Time is told to everybody, all else to a user: Dahua's boxes ask for HTTP digest, the others for a WS-UsernameToken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.simulator.services import media, pictures, recordings, soap
from agent.simulator.services.places import DEVICE, MEDIA, RECORDING, SEARCH, address
from agent.simulator.services.soap import element, text
from agent.simulator.services.voice import Voice

CONTENT = "application/soap+xml; charset=utf-8"
_OPEN = frozenset(("GetSystemDateAndTime", "GetHostname"))


@dataclass(frozen=True, slots=True)
class Reply:
    """headers: beside those of every answer."""

    status: int
    body: bytes
    headers: tuple[str, ...] = ()


def answer(voice: Voice, headers: Mapping[str, str], body: bytes) -> Reply:
    """What a device answers to one SOAP message."""
    asked = soap.operation(body)
    if asked not in _OPEN:
        refusal = _refusal(voice, headers, body)
        if refusal is not None:
            return refusal
    said = recordings.answer(voice, asked, body)
    if said == "":
        return Reply(400, soap.fault("ter:InvalidToken", "No such token, or too many searches"))
    make = _OPERATIONS.get(asked)
    if said is None and (make is None or _of_another_media(voice, body)):
        return Reply(400, soap.fault("ter:ActionNotSupported", "Optional Action Not Implemented"))
    return Reply(200, soap.envelope(said or (make(voice) if make is not None else "")))


def snapshot(voice: Voice, headers: Mapping[str, str]) -> Reply:
    """The picture as a JPEG, by HTTP digest whatever ONVIF takes."""
    guard, mono, user = voice.guard, voice.mono, voice.service.username
    header = headers.get("authorization", "")
    stale = bool(header) and not guard.fresh(mono)
    if user and (guard.locked(mono) or stale or not guard.digest_is_right("GET", header, user, voice.password)):
        if header and not stale:
            guard.refuse(mono)
        return Reply(401, b"", (f"WWW-Authenticate: {guard.challenge(mono, stale)}",))
    voice.looks += 1
    return Reply(200, pictures.still(voice.setting("picture", "good"), voice.looks))


def _of_another_media(voice: Voice, body: bytes) -> bool:
    """Is Media1 asked where there is Media2, or the other way round?"""
    other = {"trt": "tr2", "tr2": "trt"}[media.place(voice)[0]]
    return soap.SPACES[other].encode() in body


def _refusal(voice: Voice, headers: Mapping[str, str], body: bytes) -> Reply | None:
    """None where the caller may ask."""
    guard, mono = voice.guard, voice.mono
    if not voice.service.username:
        return None
    if guard.locked(mono):
        return Reply(401, soap.fault("ter:NotAuthorized", "The account is locked, try again in 30 minutes"))
    digest = voice.box.vendor.lower() == "dahua"
    header = headers.get("authorization", "")
    stale = digest and bool(header) and not guard.fresh(mono)
    if not stale and (header if digest else b"UsernameToken" in body):
        if _is_right(voice, header, body, digest):
            guard.accept()
            return None
        guard.refuse(mono)
    refused = soap.fault("ter:NotAuthorized", "Sender not Authorized")
    if not digest:
        return Reply(400, refused)
    return Reply(401, refused, (f"WWW-Authenticate: {guard.challenge(mono, stale)}",))


def _is_right(voice: Voice, header: str, body: bytes, digest: bool) -> bool:
    user, password = voice.service.username, voice.password
    if digest:
        return voice.guard.digest_is_right("POST", header, user, password)
    return voice.guard.token_is_right(body, user, password, voice.now())


# -- device


def _time(voice: Voice) -> str:
    now = voice.now()
    clock = "".join(text(f"tt:{name}", value) for name, value in
                    (("Hour", now.hour), ("Minute", now.minute), ("Second", now.second)))  # fmt: skip
    day = "".join(text(f"tt:{name}", value) for name, value in
                  (("Year", now.year), ("Month", now.month), ("Day", now.day)))  # fmt: skip
    return _response(
        "tds:GetSystemDateAndTime",
        element(
            "tds:SystemDateAndTime",
            text("tt:DateTimeType", "Manual" if voice.setting("clock", "0") != "0" else "NTP"),
            text("tt:DaylightSavings", "false"),
            element("tt:TimeZone", text("tt:TZ", "CST-8")),
            element("tt:UTCDateTime", element("tt:Time", clock), element("tt:Date", day)),
        ),
    )


def _information(voice: Voice) -> str:
    box = voice.box
    return _response(
        "tds:GetDeviceInformation",
        text("tds:Manufacturer", box.vendor.upper()), text("tds:Model", box.model),
        text("tds:FirmwareVersion", "V5.7.3 build 220112"), text("tds:SerialNumber", voice.serial),
        text("tds:HardwareId", "88"),
    )  # fmt: skip


def _services(voice: Voice) -> str:
    return _response("tds:GetServices", *(_one_service(voice, *one) for one in _places(voice)))


def _one_service(voice: Voice, prefix: str, path: str) -> str:
    version = element("tds:Version", text("tt:Major", 2), text("tt:Minor", 60))
    return element(
        "tds:Service", text("tds:Namespace", soap.SPACES[prefix]), text("tds:XAddr", address(voice, path)), version
    )


def _places(voice: Voice) -> list[tuple[str, str]]:
    places = [("tds", DEVICE), media.place(voice)]
    return [*places, ("tse", SEARCH), ("trc", RECORDING)] if voice.box.kind == "recorder" else places


def _capabilities(voice: Voice) -> str:
    """Of Media2 this older list knows nothing."""
    found = [element("tt:Device", text("tt:XAddr", address(voice, DEVICE)))]
    if media.place(voice)[1] == MEDIA:
        found.append(element("tt:Media", text("tt:XAddr", address(voice, MEDIA))))
    if voice.box.kind == "recorder":
        recording = element("tt:Recording", text("tt:XAddr", address(voice, RECORDING)))
        search = element("tt:Search", text("tt:XAddr", address(voice, SEARCH)))
        found.append(element("tt:Extension", recording, search))
    return _response("tds:GetCapabilities", element("tds:Capabilities", *found))


def _interfaces(voice: Voice) -> str:
    info = element("tt:Info", text("tt:Name", "eth0"), text("tt:HwAddress", voice.mac), text("tt:MTU", 1500))
    manual = element("tt:Manual", text("tt:Address", voice.box.address), text("tt:PrefixLength", 24))
    config = element("tt:Config", manual, text("tt:DHCP", "false"))
    ipv4 = element("tt:IPv4", text("tt:Enabled", "true"), config)
    return _response(
        "tds:GetNetworkInterfaces",
        element("tds:NetworkInterfaces", text("tt:Enabled", "true"), info, ipv4, token="eth0"),
    )


def _scopes(voice: Voice) -> str:
    box = voice.box
    words = ("type/video_encoder", "Profile/Streaming", f"hardware/{box.model}", f"name/{box.vendor}")
    scopes = (
        element("tds:Scopes", text("tt:ScopeDef", "Fixed"), text("tt:ScopeItem", f"onvif://www.onvif.org/{word}"))
        for word in words
    )
    return _response("tds:GetScopes", *scopes)


def _hostname(voice: Voice) -> str:
    inner = text("tt:FromDHCP", "false") + text("tt:Name", voice.box.id)
    return _response("tds:GetHostname", element("tds:HostnameInformation", inner))


def _response(name: str, *inner: str) -> str:
    return element(f"{name}Response", *inner)


_OPERATIONS: Mapping[str, Callable[[Voice], str]] = {
    "GetSystemDateAndTime": _time,
    "GetDeviceInformation": _information,
    "GetServices": _services,
    "GetCapabilities": _capabilities,
    "GetNetworkInterfaces": _interfaces,
    "GetScopes": _scopes,
    "GetHostname": _hostname,
    "GetProfiles": media.profiles,
    "GetStreamUri": media.stream,
    "GetSnapshotUri": media.snapshot,
}
