"""The few requests that zeep cannot make, written by hand.

House rule is that zeep serialises by the WSDLs of onvif-zeep. That package ships none of Media2 (ver20), which is all
that some cameras of H.265 speak; and its recording.wsdl binds no port, without which zeep makes no message of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

_SOAP = "http://www.w3.org/2003/05/soap-envelope"


def message(namespace: str, operation: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """An envelope without a header. fields: elements of the request in their order (ONVIF Media2, 5.2 to 5.4)."""
    envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soap-env": _SOAP})
    body = etree.SubElement(envelope, f"{{{_SOAP}}}Body")
    asked = etree.SubElement(body, f"{{{namespace}}}{operation}", nsmap={"ns0": namespace})
    for name, value in fields:
        etree.SubElement(asked, f"{{{namespace}}}{name}").text = value
    made: bytes = etree.tostring(envelope)
    return made


def action(namespace: str, operation: str) -> str:
    """The SOAP action, as ONVIF forms them all."""
    return f"{namespace}/{operation}"
