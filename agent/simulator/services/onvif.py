"""ONVIF of cameras and recorders: device, media and search service (ONVIF Core, Media, Recording Search).

Time is told to everybody, all else to a user: Dahua's boxes ask for HTTP digest, the others for a WS-UsernameToken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.simulator.services import soap
from agent.simulator.services.soap import element, text
from agent.simulator.services.voice import Voice

CONTENT = "application/soap+xml; charset=utf-8"
DEVICE, MEDIA, SEARCH = "/onvif/device_service", "/onvif/media_service", "/onvif/search_service"
SNAPSHOT = "/onvif/snapshot"
KEPT_DAYS = 42
"""Days of recordings that a recorder keeps."""
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
    make = _OPERATIONS.get(asked)
    if make is None or (asked == "GetRecordingSummary" and voice.box.kind != "recorder"):
        return Reply(400, soap.fault("ter:ActionNotSupported", "Optional Action Not Implemented"))
    return Reply(200, soap.envelope(make(voice)))


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
        "tds:Service", text("tds:Namespace", soap.SPACES[prefix]), text("tds:XAddr", _address(voice, path)), version
    )


def _places(voice: Voice) -> list[tuple[str, str]]:
    places = [("tds", DEVICE), ("trt", MEDIA)]
    return [*places, ("tse", SEARCH)] if voice.box.kind == "recorder" else places


def _capabilities(voice: Voice) -> str:
    device = element("tt:Device", text("tt:XAddr", _address(voice, DEVICE)))
    media = element("tt:Media", text("tt:XAddr", _address(voice, MEDIA)))
    search = element("tt:Search", text("tt:XAddr", _address(voice, SEARCH)))
    more = [element("tt:Extension", search)] if voice.box.kind == "recorder" else []
    return _response("tds:GetCapabilities", element("tds:Capabilities", device, media, *more))


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


# -- media


def _profiles(voice: Voice) -> str:
    main = _profile(voice, "Profile_1", "mainStream", (1920, 1080), 25, 4096)
    return _response("trt:GetProfiles", main, _profile(voice, "Profile_2", "subStream", (640, 360), 15, 512))


def _profile(voice: Voice, token: str, name: str, size: tuple[int, int], rate: int, kilobits: int) -> str:
    width, height = size
    bounds = '<tt:Bounds x="0" y="0" width="1920" height="1080"/>'
    source = element(
        "tt:VideoSourceConfiguration",
        text("tt:Name", "VideoSourceConfig"), text("tt:UseCount", 2), text("tt:SourceToken", "VideoSource_1"), bounds,
        token="VideoSourceToken",
    )  # fmt: skip
    encoder = element(
        "tt:VideoEncoderConfiguration",
        text("tt:Name", name), text("tt:UseCount", 1), text("tt:Encoding", codec(voice)),
        element("tt:Resolution", text("tt:Width", width), text("tt:Height", height)), text("tt:Quality", 3),
        element("tt:RateControl", text("tt:FrameRateLimit", rate), text("tt:EncodingInterval", 1),
                text("tt:BitrateLimit", kilobits)),
        token=f"VideoEncoder_{token}",
    )  # fmt: skip
    return element("trt:Profiles", text("tt:Name", name), source, encoder, token=token, fixed="true")


def codec(voice: Voice) -> str:
    """H264, H265: a camera of the newer kind is tagged so."""
    return "H265" if "h265" in voice.box.tags else "H264"


def _stream(voice: Voice) -> str:
    service = voice.box.service("rtsp")
    port, path = (service.port, service.path) if service is not None else (554, "")
    host = voice.box.address if port == 554 else f"{voice.box.address}:{port}"
    return _uri("trt:GetStreamUri", f"rtsp://{host}{path or '/Streaming/Channels/101'}")


def _snapshot(voice: Voice) -> str:
    return _uri("trt:GetSnapshotUri", _address(voice, SNAPSHOT))


def _uri(name: str, uri: str) -> str:
    after = text("tt:InvalidAfterConnect", "false") + text("tt:InvalidAfterReboot", "false")
    return _response(name, element("trt:MediaUri", text("tt:Uri", uri), after, text("tt:Timeout", "PT60S")))


# -- recordings


def _summary(voice: Voice) -> str:
    """By the recorder's own clock: what is kept ends now, or when the recording stopped."""
    recording, now = voice.setting("recording", "on"), voice.now()
    until = now if recording == "on" else now - timedelta(seconds=voice.set_ago("recording"))
    since = until if recording == "never" else until - timedelta(days=KEPT_DAYS)
    count = 0 if recording == "never" else _channels(voice)
    return _response(
        "tse:GetRecordingSummary",
        element("tse:Summary", text("tt:DataFrom", _moment(since)), text("tt:DataUntil", _moment(until)),
                text("tt:NumberRecordings", count)),
    )  # fmt: skip


def _channels(voice: Voice) -> int:
    return sum(box.kind == "camera" for box in voice.campus.boxes.values())


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _address(voice: Voice, path: str) -> str:
    port = voice.service.port
    return f"http://{voice.box.address}{'' if port == 80 else f':{port}'}{path}"


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
    "GetProfiles": _profiles,
    "GetStreamUri": _stream,
    "GetSnapshotUri": _snapshot,
    "GetRecordingSummary": _summary,
}
