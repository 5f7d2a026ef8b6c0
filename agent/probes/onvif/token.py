"""WS-UsernameToken with PasswordDigest (OASIS WSS UsernameToken Profile 1.0; ONVIF Core, 5.9.1)."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from agent.model import Ms, Secret

_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_DIGEST = f"{_WSS}username-token-profile-1.0#PasswordDigest"
_BASE64 = f"{_WSS}soap-message-security-1.0#Base64Binary"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def header(username: str, secret: Secret, created: Ms) -> bytes:
    """The SOAP header. created: the time by the device's own clock, which compares it with its own."""
    nonce = os.urandom(16)
    stamp = (_EPOCH + timedelta(milliseconds=created)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    # The profile asks for SHA-1; it is no choice of ours.
    digest = hashlib.sha1(nonce + stamp.encode() + secret.reveal().encode("utf-8")).digest()
    return (
        f'<soap-env:Header><Security soap-env:mustUnderstand="1" xmlns="{_WSS}wssecurity-secext-1.0.xsd">'
        f"<UsernameToken><Username>{escape(username)}</Username>"
        f'<Password Type="{_DIGEST}">{b64encode(digest).decode()}</Password>'
        f'<Nonce EncodingType="{_BASE64}">{b64encode(nonce).decode()}</Nonce>'
        f'<Created xmlns="{_WSS}wssecurity-utility-1.0.xsd">{stamp}</Created>'
        "</UsernameToken></Security></soap-env:Header>"
    ).encode()
