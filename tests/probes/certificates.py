"""A certificate of one's own making, as campus devices have them; by the program openssl."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .peers import needs


@dataclass(frozen=True, slots=True)
class Own:
    cert: Path
    key: Path

    @property
    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context

    @property
    def der(self) -> bytes:
        return ssl.PEM_cert_to_DER_cert(self.cert.read_text())


def own(folder: Path, days: int = 365) -> Own:
    """Made anew in `folder`, good for so many days from now."""
    needs("openssl", "openssl")
    made = Own(folder / "cert.pem", folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
         str(made.key), "-out", str(made.cert), "-days", str(days), "-subj", "/CN=教学楼"],
        check=True, capture_output=True,
    )  # fmt: skip
    return made
