"""The file of `web.config_file`: TLS and users for the HTTP face, in the format of Prometheus' exporter-toolkit.

https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md; what of it is not served here
(`http_server_config`, cipher lists) is refused as an unknown key, not passed over.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from agent.config import BAD, Loaded, open_file, read
from agent.config.source import Source
from agent.config.tree import Node, place

_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}", re.ASCII)
"""A cost above 15 would hold a core for seconds at each login."""

_VERIFY = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """PEM files: the chain with the server's own certificate first, its key, and whose client certificates count."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None
    client_auth_type: Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"] = "NoClientCert"
    min_version: Literal["TLS12", "TLS13"] = "TLS12"

    def context(self) -> ssl.SSLContext:
        """What the server needs. Raises OSError or ssl.SSLError for files that are no such thing."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_3 if self.min_version == "TLS13" else ssl.TLSVersion.TLSv1_2
        self.certify(made)
        if self.client_ca_file is not None:
            made.load_verify_locations(self.client_ca_file)
        made.verify_mode = _VERIFY[self.client_auth_type]
        return made

    def certify(self, context: ssl.SSLContext) -> None:
        """Hand the certificate as it is now to a context: the connections from now on are shown it."""
        context.load_cert_chain(self.cert_file, self.key_file, password=_no_password)


def _no_password() -> str:
    # OpenSSL would ask for it on the terminal.
    raise OSError("the key is locked by a password")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFile:
    """tls_server_config: None is plain HTTP.  basic_auth_users: name -> bcrypt hash; without any nobody is asked."""

    tls_server_config: Tls | None = None
    basic_auth_users: Mapping[str, str] = field(default_factory=dict, repr=False)


def load_web_file(path: str | os.PathLike[str] | None) -> Loaded[WebFile]:
    """TLS and users; neither without a file."""
    if path is None:
        return Loaded(value=WebFile())
    source, node = open_file(path)
    web = BAD if node is None else read(WebFile, node, source)
    if web is BAD or node is None:
        return source.loaded(None)
    _check_users(web, node, source)
    if web.tls_server_config is not None:
        _check_tls(web.tls_server_config, node, source)
    return source.loaded(web)


def _check_users(web: WebFile, node: Node, source: Source) -> None:
    for name, hashed in web.basic_auth_users.items():
        if not _BCRYPT.fullmatch(hashed):
            source.error(*place(node, None, "basic_auth_users", name), "config.web.not_bcrypt")
        if ":" in name or not name:
            source.error(*place(node, None, "basic_auth_users", name), "config.web.user")


def _check_tls(tls: Tls, node: Node, source: Source) -> None:
    """By doing it: only OpenSSL knows whether key and certificate fit."""
    where = place(node, None, "tls_server_config")
    if tls.client_auth_type == "RequireAndVerifyClientCert" and tls.client_ca_file is None:
        source.error(*where, "config.missing", name="client_ca_file")
    try:
        tls.context()
    except (OSError, ValueError) as wrong:
        why = getattr(wrong, "reason", None) or getattr(wrong, "strerror", None) or str(wrong)
        source.error(*where, "config.web.tls", why=str(why))
