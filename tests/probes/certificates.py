"""A certificate of one's own making, as campus devices have them; by the program openssl."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .peers import free_port, needs, running, takes_tcp


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


def own(folder: Path, days: int = 365, more: tuple[str, ...] = ()) -> Own:
    """Made anew in `folder`, good for so many days from now.  more: words for `openssl req`."""
    needs("openssl", "openssl")
    made = Own(folder / "cert.pem", folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
         str(made.key), "-out", str(made.cert), "-days", str(days), "-subj", "/CN=教学楼", *more],
        check=True, capture_output=True,
    )  # fmt: skip
    return made


@contextmanager
def old_box(folder: Path, *options: str) -> Iterator[int]:
    """The port of a web server as boxes of 2010 have it: a key of 1024 bits, SHA-1, and TLS as `options` say."""
    needs("openssl", "openssl")
    cert, key, port = folder / "old.pem", folder / "old.key", free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:1024", "-sha1", "-nodes", "-keyout", str(key), "-out", str(cert),
         "-days", "9", "-subj", "/CN=amplifier"], check=True, capture_output=True,
    )  # fmt: skip
    argv = ("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(cert), "-key", str(key), "-www")
    with running(*argv, *options, ready=takes_tcp(port)):
        yield port
