"""SOAP messages: requests by the WSDLs that onvif-zeep ships, replies by a hardened parser.

zeep only serialises, it never dials; each WSDL is parsed once for the process, when it is first needed (device and
media: 13 MB and 0.17 s together). It does not read the replies: the five of a ladder would cost it 1.5 ms of the 3 ms
that a camera may cost, and its converters raise what they please. Here a reply has no DTD, no entity, no depth and no
size beyond what is honest, and nothing is fetched for it.
"""

from __future__ import annotations

import importlib.util
import re
from datetime import timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import zeep
from lxml import etree

from agent.probes.onvif import byhand
from agent.text import clean

DEPTH = 48
"""Deepest nesting taken; the deepest honest reply has 14."""
ELEMENTS = 20_000
"""Most elements of one reply: a recorder of 64 channels with two profiles each has 15,000."""
DEVICE, MEDIA, MEDIA2, SEARCH, RECORDING = "devicemgmt", "media", "media2", "search", "recording"
SERVICES = (DEVICE, MEDIA, MEDIA2, SEARCH, RECORDING)
"""The services, as their WSDL files are called."""
PAGE = 64
"""Recordings asked for in one answer."""
KEEP_ALIVE = timedelta(seconds=10)
"""How long a search is kept that nobody ends any more; devices must grant as much (ONVIF Recording Search, 5.9)."""
_PATIENCE = timedelta(seconds=1)

_NAMESPACES = {
    DEVICE: "http://www.onvif.org/ver10/device/wsdl",
    MEDIA: "http://www.onvif.org/ver10/media/wsdl",
    MEDIA2: "http://www.onvif.org/ver20/media/wsdl",
    SEARCH: "http://www.onvif.org/ver10/search/wsdl",
    RECORDING: "http://www.onvif.org/ver10/recording/wsdl",
}
_BINDINGS = {DEVICE: "DeviceBinding", MEDIA: "MediaBinding", SEARCH: "SearchBinding"}
_ENVELOPES = ("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/")
_ZEEP: Any = zeep
"""Its hints are incomplete, and wrong for Document."""
_SETTINGS = zeep.Settings(strict=False, forbid_dtd=True, forbid_entities=True, forbid_external=True, force_https=False)
_PARSER = etree.XMLParser(
    resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
)
_TOO_DEEP = etree.XPath("boolean(" + "/*" * (DEPTH + 1) + ")")
_COUNT = etree.XPath("count(//*)")
_FORBIDDEN = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION = re.compile(r"\A[^<]{0,16}<\?xml[^>]{0,200}\?>")


class NoSoap(Exception):
    """What came is not a SOAP answer to what was asked."""


class Fault(Exception):
    """The device answered with a SOAP fault. codes: its codes without their prefixes.  text: its reason."""

    def __init__(self, codes: tuple[str, ...], text: str) -> None:
        super().__init__(f"{' / '.join(codes)}: {text}")
        self.codes, self.text = codes, text


@cache
def document(service: str) -> Any:
    """The WSDL of a service, as zeep has it."""
    # onvif is not imported, only found: its own camera class opens a subscription on every camera.
    spec = importlib.util.find_spec("onvif")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("onvif-zeep is not installed", name="onvif")
    package = Path(spec.origin).parent
    folder = next(place for place in (package.parent / "wsdl", package / "wsdl") if place.is_dir())
    return _ZEEP.wsdl.Document(str(folder / f"{service}.wsdl"), _ZEEP.Transport(), None, _SETTINGS)


@cache
def _proxy(service: str) -> tuple[Any, Any]:
    client = _ZEEP.Client(document(service), transport=_ZEEP.Transport(), settings=_SETTINGS)
    name = f"{{{_NAMESPACES[service]}}}{_BINDINGS[service]}"
    return client, client.create_service(name, "http://device.invalid/")


def load() -> None:
    """Parse the WSDLs that every ladder needs, before the first look has a deadline running."""
    _proxy(DEVICE)
    _proxy(MEDIA)


def namespace(service: str) -> str:
    """By which a device names a service in its list."""
    return _NAMESPACES[service]


def action(service: str, operation: str) -> str:
    """The SOAP action, for the Content-Type header (RFC 3902)."""
    if service not in _BINDINGS:
        return byhand.action(_NAMESPACES[service], operation)
    return str(_operation(service, operation).soapaction)


def message(service: str, operation: str, token: str = "") -> tuple[bytes, bytes]:
    """A request, cut where its header goes. token: of the media profile, the recording or the search, where the
    operation is about one.
    """
    return (_made if operation in _PASSING else _kept)(service, operation, token)


_PASSING = frozenset(("GetRecordingSearchResults", "EndSearch", "GetRecordingInformation"))
"""Their tokens are never asked for again, so that nothing is kept for them."""


def _made(service: str, operation: str, token: str) -> tuple[bytes, bytes]:
    if service in _BINDINGS:
        client, proxy = _proxy(service)
        made: bytes = etree.tostring(client.create_message(proxy, operation, **_values(operation, token)))
    else:
        made = byhand.message(_NAMESPACES[service], operation, _fields(operation, token))
    head, mark, rest = made.partition(b"<soap-env:Body>")
    return b'<?xml version="1.0" encoding="UTF-8"?>' + head, mark + rest


_kept = lru_cache(maxsize=1024)(_made)


def _values(operation: str, token: str) -> dict[str, Any]:
    """What a request holds, for zeep."""
    match operation:
        case "GetServices":
            return {"IncludeCapability": False}
        case "GetStreamUri":
            setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
            return {"ProfileToken": token, "StreamSetup": setup}
        case "GetSnapshotUri":
            return {"ProfileToken": token}
        case "FindRecordings":
            return {"Scope": {}, "KeepAliveTime": KEEP_ALIVE}
        case "GetRecordingSearchResults":
            return {"SearchToken": token, "MaxResults": PAGE, "WaitTime": _PATIENCE}
        case "EndSearch":
            return {"SearchToken": token}
        case "GetRecordingInformation":
            return {"RecordingToken": token}
    return {}


def _fields(operation: str, token: str) -> tuple[tuple[str, str], ...]:
    """What a request of Media2 holds. GetProfiles tells of no configuration that is not asked for."""
    match operation:
        case "GetProfiles":
            return ("Type", "VideoSource"), ("Type", "VideoEncoder")
        case "GetStreamUri":
            return ("Protocol", "RTSP"), ("ProfileToken", token)
        case "GetSnapshotUri":
            return (("ProfileToken", token),)
    return ()


def reply(operation: str, body: bytes) -> Any:
    """The element that answers an operation (lxml). Raises Fault, NoSoap."""
    root = parse(body)
    for space in _ENVELOPES:
        found = root.find(f"{{{space}}}Body")
        if found is not None:
            answer = next(iter(found), None)
            if answer is None or answer.tag == f"{{{space}}}Fault":
                raise NoSoap("an empty body") if answer is None else _fault(answer)
            if answer.tag.rpartition("}")[2] == f"{operation}Response":
                return answer
    raise NoSoap(f"no {operation}Response")


def parse(body: bytes) -> Any:
    """The root of an envelope. Raises NoSoap for anything else, for a DTD, for what is too deep or too much."""
    if _FORBIDDEN.search(body) or body[:2] in (b"\xfe\xff", b"\xff\xfe"):
        raise NoSoap("a DTD, or an encoding that could hide one")
    try:
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        root = _mended(body)
    if root.getroottree().docinfo.doctype:
        raise NoSoap("a DTD")
    if _TOO_DEEP(root.getroottree()) or _COUNT(root) > ELEMENTS:
        raise NoSoap("too deep, or too much")
    if root.tag not in [f"{{{space}}}Envelope" for space in _ENVELOPES]:
        raise NoSoap("no envelope")
    return root


def _mended(body: bytes) -> Any:
    """Once more as text: names in GB18030 under a UTF-8 label, NUL and controls are common and harmless."""
    for encoding in ("utf-8", "gb18030"):
        try:
            text = body.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = body.decode("utf-8", "replace")  # a byte that is in neither must not spoil all the names beside it
    text = _NO_XML.sub("\ufffd", _DECLARATION.sub("", text, count=1))
    try:
        return etree.fromstring(text.encode("utf-8"), _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NoSoap("no XML") from error


def _fault(fault: Any) -> Fault:
    codes, text = [], ""
    for element in fault.iter("{*}Value", "{*}Text", "{*}faultcode", "{*}faultstring"):
        said = clean(element.text or "", 200)
        if etree.QName(element).localname in ("Value", "faultcode"):
            codes.append(said.rpartition(":")[2])
        else:
            text = text or said
    return Fault(tuple(codes[:4]), text)


def _operation(service: str, operation: str) -> Any:
    return document(service).bindings[f"{{{_NAMESPACES[service]}}}{_BINDINGS[service]}"].get(operation)
