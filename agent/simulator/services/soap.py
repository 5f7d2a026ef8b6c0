"""SOAP 1.2 envelopes of ONVIF, as text (ONVIF Core Specification 5.11; W3C SOAP 1.2)."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
SPACES = {
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "ter": "http://www.onvif.org/ver10/error",
}
_OPERATION = re.compile(rb"<(?:[\w-]+:)?Body[^>]{0,512}>\s*<(?:[\w-]+:)?(\w{1,64})")
_HEAD = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in {"s": ENVELOPE, **SPACES}.items())


def operation(body: bytes) -> str:
    """The name of the body's only element, "" where there is none."""
    found = _OPERATION.search(body)
    return found[1].decode("ascii", "replace") if found else ""


def word(body: bytes, name: str) -> str:
    """The text of the first element of that name, whatever its prefix; "" without."""
    found = re.search(rb"<(?:[\w-]+:)?%s(?:\s[^>]{0,512})?>([^<]{0,512})<" % name.encode(), body)
    return found[1].decode("utf-8", "replace").strip() if found else ""


def envelope(inner: str) -> bytes:
    return (f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {_HEAD}><s:Body>{inner}</s:Body></s:Envelope>').encode()


def fault(subcode: str, text: str, sender: bool = True) -> bytes:
    """A fault as ONVIF wants it: a code, a subcode of its own, a reason in English."""
    return envelope(
        f"<s:Fault><s:Code><s:Value>s:{'Sender' if sender else 'Receiver'}</s:Value><s:Subcode><s:Value>{subcode}"
        f'</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">{escape(text)}</s:Text></s:Reason></s:Fault>'
    )


def element(name: str, *inner: str, **attributes: str) -> str:
    """`<name attributes>inner</name>`; inner is XML already."""
    said = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{said}>{''.join(inner)}</{name}>"


def text(name: str, value: object) -> str:
    """An element with a text."""
    return f"<{name}>{escape(str(value))}</{name}>"
