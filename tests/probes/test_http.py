"""The HTTP look: against nginx, with and without TLS; what an answer must hold; and servers that mean harm."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import re
import subprocess
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agent.model import Outcome, Reading, Secret, Target
from agent.probes import http
from agent.probes.base import Log
from agent.probes.each import silent
from agent.probes.http.expect import JsonMatch, Search
from agent.probes.http.prober import Reader

from .certificates import Own, own
from .peers import Talk, free_port, listening, needs, running, takes_tcp
from .watching import Watch, target

PHONE = {
    "success": True,
    "result": {
        "accounts": [{"account": 1, "registered": True, "sipNumber": "8001"}, {"account": 2, "registered": False}],
        "temperature": 41.5,
    },
}
"""As 2N's `/api/phone/status` answers."""


def at(port: int, timeout: float = 2.0, credential: http.Credential | None = None, **options: Any) -> Target:
    made = http.Options(port=port, **options)
    return target("http", "127.0.0.1", made, timeout=timeout, credential=credential)


def login(scheme: Any = "digest", password: str = "geheim") -> http.Credential:
    return http.Credential(username="admin", password=Secret(password), scheme=scheme)


@pytest_asyncio.fixture
async def reader() -> AsyncIterator[Reader]:
    it = Reader(Watch().hooks())
    yield it
    await it.close()


# -- a real server


@dataclass(frozen=True, slots=True)
class Nginx:
    plain: int
    tls: int
    certificate: Own


CONFIG = """
pid {folder}/pid; error_log stderr; daemon off; master_process off; events {{ worker_connections 64; }}
http {{
  access_log off; gzip on; gzip_min_length 1; gzip_types *; root {folder}/www; default_type text/html; types {{ }}
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{plain};
    location /moved {{ return 302 http://192.0.2.1/; }}
    location /closed/ {{ auth_basic "box"; auth_basic_user_file {folder}/users; }} }}
  server {{ listen 127.0.0.1:{tls} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    location /closed/ {{ auth_basic "box"; auth_basic_user_file {folder}/users; }} }}
}}
"""


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    needs("nginx", "nginx-light")
    made = Nginx(free_port(), free_port(), own(tmp_path, days=10))
    (tmp_path / "www/closed").mkdir(parents=True)
    (tmp_path / "www/index.html").write_text("<html><title>IP 网络功放</title><body>ready 100%</body>")
    (tmp_path / "www/closed/status.json").write_text(json.dumps(PHONE))
    tmp_path.chmod(0o755)
    hashed = subprocess.run(["openssl", "passwd", "-apr1", "geheim"], check=True, capture_output=True, text=True)
    (tmp_path / "users").write_text(f"admin:{hashed.stdout}")
    (tmp_path / "conf").write_text(CONFIG.format(folder=tmp_path, plain=made.plain, tls=made.tls))
    for parent in tmp_path.parents:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    with running("nginx", "-c", str(tmp_path / "conf"), "-g", "user root;", ready=takes_tcp(made.plain)):
        yield made


@pytest.mark.net
async def test_nginx(nginx: Nginx, reader: Reader) -> None:
    page = await reader.look(at(nginx.plain, text="功放", regex=Search.parse(r"ready \d+%")), print)
    assert (page.outcome, page.reason) == (Outcome.OK, "")
    assert (page.samples["status_code"], page.facts["http_title"]) == (200, "IP 网络功放")
    assert str(page.facts["http_server"]).startswith("nginx")
    assert 0 < page.samples["answer_seconds"] < 0.5
    assert (await reader.look(at(nginx.plain, method="HEAD"), silent)).samples["body_bytes"] == 0
    assert (await reader.look(at(nginx.plain, path="/none"), silent)).reason == "wrong_status"
    assert (await reader.look(at(nginx.plain, path="/none", status=("404",)), silent)).outcome is Outcome.OK
    moved = await reader.look(at(nginx.plain, path="/moved"), silent)
    assert (moved.outcome, moved.facts["http_location"]) == (Outcome.OK, "http://192.0.2.1/")
    assert (await reader.look(at(nginx.plain, path="/moved", status=("200",)), silent)).reason == "wrong_status"


@pytest.mark.net
async def test_nginx_by_tls(nginx: Nginx, reader: Reader) -> None:
    wanted = (JsonMatch.parse("result.accounts[0].registered = true"),)
    asked = at(nginx.tls, tls=True, path="/closed/status.json", json=wanted, credential=login("basic"))
    lines: list[str] = []
    reading = await reader.look(asked, lines.append)
    assert (reading.outcome, reading.reason) == (Outcome.OK, "")
    assert reading.samples["tls_days_left"] == pytest.approx(10, abs=0.1)
    assert reading.checks == {"certificate": "certificate_ends"}
    assert reading.facts["tls_certificate"] == hashlib.sha256(nginx.certificate.der).hexdigest()
    assert "geheim" not in " ".join(lines)
    wrong = at(nginx.tls, tls=True, path="/closed/status.json", credential=login("basic", "falsch"))
    assert (await reader.look(wrong, silent)).reason == "auth"
    assert (await reader.look(at(nginx.plain, tls=True), silent)).reason == "no_tls"


async def served(reader: Reader, said: bytes, **options: Any) -> Reading:
    """A look at a server that says this to every request and hangs up."""

    async def talk(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        await incoming.readuntil(b"\r\n\r\n")
        outgoing.write(said)
        await outgoing.drain()

    async with listening(talk) as port:
        return await reader.look(at(port, **options), silent)


def page(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


async def test_a_server_is_asked_by_the_name_that_the_inventory_has(reader: Reader) -> None:
    async def talk(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        outgoing.write(page(await incoming.readuntil(b"\r\n\r\n")))

    async with listening(talk) as port:
        for word in ("localhost", "127.0.0.1"):
            asked = target("http", word, http.Options(port=port, text=f"Host: {word}:{port}\r\n"))
            assert (await reader.look(asked, print)).reason == ""


@pytest.mark.parametrize("said", [
    b"HTTP/1.0 200 OK\nServer: boa\n\nready", b"HTTP/1.1 200 OK\r\nServer: boa\nContent-Length: 5\n\nready",
    b"HTTP/1.1 200 OK\r\nServer: boa\r\n\r\nready", b"HTTP/1.1 200\r\nServer: boa\r\n\nready",
])  # fmt: skip
async def test_lines_that_end_as_small_boxes_end_them(said: bytes, reader: Reader) -> None:
    reading = await served(reader, said, text="ready")
    assert (reading.outcome, reading.facts["http_server"]) == (Outcome.OK, "boa")


@pytest.mark.parametrize("said", [b"SSH-2.0-dropbear\r\n", b"220 ftp\r\n", b"\n\n", b"ICY 200 OK\r\n\r\n"])
async def test_what_is_no_http_is_called_so_at_once(said: bytes, reader: Reader) -> None:
    async def talk(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        outgoing.write(said)
        await incoming.read()

    async with listening(talk) as port:
        reading = await reader.look(at(port), silent)
    assert (reading.reason, reading.duration < 1.0) == ("wrong_answer", True)


# -- logins


def guarded(asked: list[str], realm: bytes = b"box") -> Talk:
    """A server that wants a digest login (RFC 7616, 3.4.1, written for itself)."""

    async def talk(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        while True:
            raw = await incoming.readuntil(b"\r\n\r\n")
            head = raw.decode("utf-8", "replace")
            asked.append(head)
            said = dict(re.findall(r'(\w+)="?([^",\r]+)"?', head.partition("Authorization: Digest ")[2]))
            good = False
            if said and b'realm="%b"' % realm in raw:
                one = hashlib.md5(b"admin:%b:geheim" % realm).hexdigest()
                two = hashlib.md5(f"GET:{said['uri']}".encode()).hexdigest()
                want = ":".join((one, "n0nce", said["nc"], said["cnonce"], "auth", two))
                good = hashlib.md5(want.encode()).hexdigest() == said["response"]
            wanted = 'WWW-Authenticate: Digest realm="@@", qop="auth", nonce="n0nce", algorithm=MD5'
            refused = page(b"", wanted, status="401 Unauthorized").replace(b"@@", realm)
            outgoing.write(page(b"in") if good else refused)

    return talk


async def test_digest(reader: Reader) -> None:
    asked: list[str] = []
    async with listening(guarded(asked)) as port:
        good = await reader.look(at(port, text="in", credential=login()), print)
        assert (good.outcome, len(asked)) == (Outcome.OK, 2)
        assert "geheim" not in "".join(asked)
        wrong = await reader.look(at(port, credential=login(password="falsch")), silent)
        assert (wrong.outcome, wrong.reason, len(asked)) == (Outcome.FAILED, "auth", 4)
        rests = await reader.look(at(port, credential=login(password="falsch")), silent)
        assert (rests.reason, len(asked)) == ("auth", 5), "a refused login is not tried again"
        await reader.look(at(port, credential=login(password="falsch")), print)
        assert len(asked) == 7, "but by a person"
        assert (await reader.look(at(port, credential=login()), silent)).outcome is Outcome.OK
        none = await reader.look(at(port), silent)
        assert (none.reason, none.samples["status_code"]) == ("wrong_status", 401)


async def test_another_certificate_gets_no_login(reader: Reader, tmp_path: Path) -> None:
    """Any certificate is taken, since devices sign their own; but not another one than before."""
    asked: list[str] = []
    one = at(free_port(), tls=True, text="in", credential=login())
    told: Log = print  # who reads the log of a look is a person
    first, second = ((silent, ""), (silent, "")), ((silent, "identity_changed"), (told, ""), (silent, ""))
    for looks in (first, second):
        server = await asyncio.start_server(guarded(asked), "127.0.0.1", one.options.port, ssl=own(tmp_path).server)
        for log, reason in looks:
            before = "".join(asked).count("Authorization")
            assert (await reader.look(one, log)).reason == reason
            assert "".join(asked).count("Authorization") - before == (reason == "")
        server.close()


@pytest.mark.parametrize("realm", ["网络功放".encode(), "网络功放".encode("gb18030"), b"\xff\x80 \x9b31m"])
async def test_a_realm_in_any_encoding(realm: bytes, reader: Reader) -> None:
    """Its bytes are hashed, and go back as they came."""
    asked: list[str] = []
    async with listening(guarded(asked, realm)) as port:
        reading = await reader.look(at(port, text="in", credential=login()), print)
    assert (reading.outcome, reading.reason, len(asked)) == (Outcome.OK, "", 2)


async def test_basic_never_without_tls(reader: Reader) -> None:
    asked: list[bytes] = []

    async def talk(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        while True:
            asked.append(await incoming.readuntil(b"\r\n\r\n"))
            outgoing.write(page(b"", 'WWW-Authenticate: Basic realm="x"', status="401 Unauthorized"))

    async with listening(talk) as port:
        for scheme in ("basic", "digest"):
            reading = await reader.look(at(port, credential=login(scheme)), print)
            assert reading.reason == "plain_login", "nobody has refused the password"
    assert len(asked) == 2
    assert b"Authorization" not in b"".join(asked)


# -- what it must hold


async def test_json(reader: Reader) -> None:
    body = page(json.dumps(PHONE).encode(), "Content-Type: application/json")
    for text, good in (
        ("result.accounts[0].registered = true", True),
        ("result.accounts[*].registered = true", False),
        ("result.accounts[*].account > 0", True),
        ("result.accounts[1].registered != true", True),
        ("result.accounts[9].registered != true", False),
        ("result.temperature<=41.5", True),
        ("result.temperature < 41.5", False),
        ("success=1", False),
        ('success != "true"', True),
        ("result.accounts[0].sipNumber = 8001", False),
        ('result.accounts[0].sipNumber = "8001"', True),
        ("result.accounts[0].sipNumber ~ 80", True),
        ("result.nothing.at.all = 1", False),
        ("[0] = 1", False),
    ):
        reading = await served(reader, body, json=(JsonMatch.parse(text),))
        assert (reading.reason == "") is good, text
        assert reading.reason in ("", "wrong_content")
    deep = page(b"[" * 200_000)
    assert (await served(reader, deep, json=(JsonMatch.parse("a = 1"),))).reason == "wrong_content"


@pytest.mark.parametrize("text", ["", "a", "a = ", "= 1", "a[x] = 1", "a = [1]", "a ? 1", "a..b = 1"])
def test_no_condition(text: str) -> None:
    if text == "a = ":
        assert JsonMatch.parse(text).value == ""
        return
    with pytest.raises(ValueError):
        JsonMatch.parse(text)


def test_options_read_twice_are_the_same() -> None:
    """Else every reload would restart the look."""

    def read() -> http.Options:
        return http.Options(regex=Search.parse("a+"), json=(JsonMatch.parse("a = 1"),))

    assert read() == read()
    assert hash(read()) == hash(read())


# -- harm


async def _forever(outgoing: asyncio.StreamWriter, head: bytes, piece: bytes) -> None:
    outgoing.write(head)
    while True:
        outgoing.write(piece)
        await outgoing.drain()


BOMB = gzip.compress(b"\0" * 50_000_000)
HARM = {
    "headers of 10 MB": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000),
    "one header": (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 10_000),
    "a body": (b"HTTP/1.1 200 OK\r\n\r\n", b"y" * 10_000),
    "a body as announced": (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"y" * 10_000),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n" * 1000),
    "a large chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", b"x" * 10_000),
    "gzip": (page(BOMB, "Content-Encoding: gzip"), b""),
    "interim answers": (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "noise": (b"\xff\xfe\0" * 99, b"\0" * 5000),
}


@pytest.mark.parametrize("harm", HARM)
async def test_harm(harm: str, reader: Reader) -> None:
    head, piece = HARM[harm]

    async def talk(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        await incoming.readuntil(b"\r\n\r\n")
        if piece:
            await _forever(outgoing, head, piece)
        outgoing.write(head)
        await incoming.read()

    async with listening(talk) as port:
        tracemalloc.start()
        reading = await reader.look(at(port, 3.0), print)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (reading.outcome, reading.reason) == (Outcome.FAILED, "wrong_answer")
    assert reading.duration < 2.0
    assert peak < 6_000_000, peak


async def test_a_tarpit_takes_no_longer_than_its_time(reader: Reader) -> None:
    async def talk(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        for byte in page(b"x" * 900):
            outgoing.write(bytes([byte]))
            await asyncio.sleep(0.05)

    async with listening(talk) as port:
        reading = await reader.look(at(port, 0.5), silent)
    assert reading.reason == "timeout"
    assert reading.duration == pytest.approx(0.5, abs=0.2)
