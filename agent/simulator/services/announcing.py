"""A camera that is asked who is there (OASIS WS-Discovery 2005/04, ONVIF Core Specification 7)."""

from __future__ import annotations

import uuid
from urllib.parse import quote
from xml.sax.saxutils import escape

from agent.simulator.services import places, soap
from agent.simulator.services.voice import Voice

PORT = 3702
_TYPE = "NetworkVideoTransmitter"
_MOST = 8_192
_SPACE = uuid.UUID("6f9c2c5e-5c5b-4d0c-9d0a-1f6f2a6f3702")
_SCOPE = "onvif://www.onvif.org/"
_WSD = "http://schemas.xmlsoap.org/ws/2005/04/discovery"


def match(voice: Voice, datagram: bytes) -> bytes | None:
    """ProbeMatches for a Probe that asks for everything or for cameras; None for anything else."""
    asked = datagram[:_MOST]
    types = soap.word(asked, "Types")
    if soap.operation(asked) != "Probe" or (types and _TYPE not in types):
        return None
    return _answer(voice, soap.word(asked, "MessageID")).encode()


def _answer(voice: Voice, message: str) -> str:
    ident = uuid.uuid5(_SPACE, voice.box.id)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{soap.ENVELOPE}" '
        f'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="{_WSD}" '
        'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>'
        f"<a:MessageID>uuid:{uuid.uuid4()}</a:MessageID><a:RelatesTo>{escape(message)}</a:RelatesTo>"
        "<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>"
        f"<a:Action>{_WSD}/ProbeMatches</a:Action></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>"
        f"<a:EndpointReference><a:Address>urn:uuid:{ident}</a:Address></a:EndpointReference>"
        f"<d:Types>dn:{_TYPE}</d:Types><d:Scopes>{' '.join(_scopes(voice))}</d:Scopes>"
        f"<d:XAddrs>{escape(places.address(voice, places.DEVICE))}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
        "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
    )


def _scopes(voice: Voice) -> list[str]:
    """Maker and model in the name, as most makers write it."""
    box = voice.box
    told = {"type": "video_encoder", "name": f"{box.vendor} {box.model}".strip(), "hardware": box.model,
            "location": box.place}  # fmt: skip
    return [f"{_SCOPE}{key}/{quote(value, safe='')}" for key, value in told.items() if value]
