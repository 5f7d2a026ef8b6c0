"""S12, S13: every route of the HTTP face, asked in ways that no browser would: nothing changes, leaks or breaks."""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest
from starlette.routing import Mount, Route

from agent.web import login
from agent.web.shell import HEADERS
from tests.agent.running import Running, until
from tests.hostile.given import CONFIG, SITE, agent_on, door, tcp
from tests.hostile.given import http as raw_http
from tests.metrics.campus import campus, school
from tests.web.serving import app_of

CHANGING = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "FOO")


async def test_the_routes_are_these(tmp_path: Path) -> None:
    """A new route is added here, and to the tests below it."""
    async with campus(tmp_path, school(1)) as c:
        routes = app_of(c).routes
    assert {route.path for route in routes if isinstance(route, Route | Mount)} == set(ROUTES) | {
        "/static",
        "/-/reload",
    }
    assert {method for route in routes if isinstance(route, Route) for method in route.methods or ()} == {
        "GET",
        "HEAD",
        "POST",
    }
    assert [route.path for route in routes if isinstance(route, Route) and "POST" in (route.methods or ())] == [
        "/-/reload"
    ]


ROUTES = {
    "/": "/",
    "/devices": "/devices",
    "/devices/{id}": "/devices/cam",
    "/devices/{id}/picture/{which}": "/devices/cam/picture/good",
    "/tickets": "/tickets",
    "/tickets/{id}": "/tickets/T20260101-0001",
    "/api/v1/devices": "/api/v1/devices",
    "/api/v1/devices/{id}": "/api/v1/devices/cam",
    "/api/v1/tickets": "/api/v1/tickets",
    "/api/v1/tickets/{id}": "/api/v1/tickets/T20260101-0001",
    "/metrics": "/metrics",
    "/metrics/ports": "/metrics/ports",
    "/probe": "/probe?target=cam",
    "/-/healthy": "/-/healthy",
    "/-/ready": "/-/ready",
}
PATHS = (*ROUTES.values(), "/static/campus.css", "/-/reload", "/nope", "/static/nope", "/api/v1/nope")


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with (
        door() as port,
        agent_on(tmp_path_factory.mktemp("agent"), {"inventory.yaml": SITE + "devices:\n" + tcp("cam", port)}) as it,
    ):
        yield it
        assert "Traceback" not in it.log, it.log[-3000:]


def asked(
    agent: Running, method: str, path: str, headers: dict[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    talk = http.client.HTTPConnection(agent.url.removeprefix("http://"), timeout=20)
    try:
        talk.request(method, path, headers=headers or {})
        answer = talk.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        talk.close()


def dressed(headers: http.client.HTTPMessage) -> None:
    for name, value in HEADERS.items():
        assert headers.get_all(name) == [value], name
    assert "server" not in headers and "set-cookie" not in headers and "access-control-allow-origin" not in headers


@pytest.mark.net
def test_no_method_changes_anything(agent: Running) -> None:
    for path in PATHS:
        for method in CHANGING:
            status, headers, _ = asked(agent, method, path, {"Origin": "http://evil.example"})
            dressed(headers)
            wanted = (403,) if (path, method) == ("/-/reload", "POST") else (404, 405)
            assert status in wanted, (method, path, status)
        status, headers, _ = asked(agent, "GET", path)
        dressed(headers)
        assert status in (200, 404, 405, 429), (path, status)
        status, _, nothing = asked(agent, "HEAD", path)
        assert nothing == b"", path


LIES = (
    {"Host": "evil.example"},
    {"Host": "["},
    {"Host": ""},
    {"Host": "a" * 5000},
    {"Host": 'x"><script>'},
    {"Host": "évil"},
    {
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "host=evil.example",
    },
    {"X-Original-URL": "/-/reload", "X-Rewrite-URL": "/-/reload", "X-HTTP-Method-Override": "DELETE"},
    {"Accept-Language": "<script>," * 500},
    {"Accept": "text/html;q=" + "9" * 3000},
    {"Cookie": "a=" + "b" * 8000},
    {"Range": "bytes=0-0,1-1,2-2,-1,5-1,999999999999-" + ",0-" * 400},
    {"If-None-Match": '"' * 3000},
    {"If-Modified-Since": "yesterday"},
    {"Accept-Encoding": "gzip;q=nan"},
    {"Connection": "keep-alive, close, x", "Te": "trailers"},
    {"Authorization": "Basic " + "=" * 3000},
)


@pytest.mark.net
def test_headers_that_lie_change_nothing(agent: Running) -> None:
    for lie in LIES:
        coded = {name: value.encode("utf-8").decode("latin-1") for name, value in lie.items()}
        for path in ("/", "/nope", "/devices", "/api/v1/devices", "/static/campus.css", "/static"):
            status, headers, body = asked(agent, "GET", path, coded)
            assert status in (200, 206, 304, 400, 404, 416), (lie, path, status)
            assert "location" not in headers and b"evil" not in body and b"<script>x" not in body, (lie, path)


RAW = (
    (b"GET http://evil.example/-/healthy HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
    (b"GET HTTP://evil.example HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
    (b"GET ftp://evil.example/-/healthy HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"GET //evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"GET /-/healthy HTTP/1.0\r\n\r\n", b"200"),
    (b"GET /-/healthy HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", b"200"),
    (b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nX: 1\r\nX: 2\r\nAccept: a\r\nAccept: text/html\r\n\r\n", b"200"),
    (b"GET /static/../app.py HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"GET /static/..%2f..%2fapp.py HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"GET /static/%2e%2e/%2e%2e/app.py HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"GET /static/..\\..\\app.py HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"GET /static//etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"GET /static/%00 HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"GET /static/campus.css%00.png HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"GET /static/" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"GET /devices/%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
    (b"GET /api/v1/devices?limit=%ff&cursor=99999999999999999999 HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
)


@pytest.mark.net
def test_targets_of_every_form(agent: Running) -> None:
    for sent, status in RAW:
        told = raw_http(agent, sent, 0.3)
        assert told[9:12] == status, (sent[:80], told[:200])
        assert b"content-security-policy" in told and b"root:" not in told and b"import " not in told, sent[:80]


def post(agent: Running, headers: dict[str, str] | None = None) -> tuple[int, dict[str, object]]:
    status, answered, body = asked(agent, "POST", "/-/reload", headers)
    dressed(answered)
    return status, json.loads(body) if body.startswith(b"{") else {}


@pytest.mark.net
def test_reload_is_off_until_the_configuration_says_so(tmp_path: Path) -> None:
    with door() as port:
        inventory = SITE + "devices:\n" + tcp("cam", port)
        with agent_on(tmp_path, {"inventory.yaml": inventory}) as agent:
            assert post(agent)[0] == 403
            (tmp_path / "config.yaml").write_text(CONFIG + "web: {reload: true}\n", "utf-8")
            agent.hup()
            until(lambda: "reload.done" in agent.log, 10)
            assert post(agent)[0] == 200
            for lie in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
                assert post(agent, lie)[0] == 403
            assert asked(agent, "GET", "/-/reload")[0] == 405
            (tmp_path / "inventory.yaml").write_text(
                inventory + "  - {id: cam-2, kind: kamera}\n  - {id: cam-3, knd: camera}\n", "utf-8"
            )
            status, document = post(agent)
            error = document["error"]
            assert status == 400 and isinstance(error, dict) and error["code"] == "bad_request"
            assert str(error["where"]).endswith("inventory.yaml:5") and len(list(document["problems"])) >= 2  # type: ignore[call-overload]
            assert agent.metric("campus_agent_config_last_reload_successful") == 0


# --- TLS and users ---------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> None:
    argv = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={name}",
        "-keyout",
        str(folder / "key.pem"),
        "-out",
        str(folder / "cert.pem"),
    ]
    subprocess.run(argv, check=True, capture_output=True, timeout=30)


def fetched(agent: Running, path: str, login: str | None = None) -> int:
    """The status over TLS, whoever signed the certificate."""
    request = urllib.request.Request(agent.url + path)
    if login is not None:
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(request, timeout=20, context=context) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        assert refused.headers["x-frame-options"] == "DENY"
        return refused.code


def served_name(agent: Running) -> bytes:
    """The certificate that the server shows."""
    host, port = agent.url.removeprefix("https://").split(":")
    return ssl.get_server_certificate((host, int(port))).encode()


@pytest.mark.net
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_tls_and_users(tmp_path: Path) -> None:
    certificate(tmp_path, "first")
    hashed = bcrypt.hashpw("密码 pass".encode(), bcrypt.gensalt(4)).decode()
    web = f"tls_server_config: {{cert_file: cert.pem, key_file: key.pem}}\nbasic_auth_users:\n  prom: {hashed}\n"
    files = {"web.yaml": web, "config.yaml": CONFIG + "web: {config_file: web.yaml}\n"}
    with (
        door() as port,
        agent_on(tmp_path, {**files, "inventory.yaml": SITE + "devices:\n" + tcp("cam", port)}) as agent,
    ):
        assert agent.url.startswith("https://")
        for path in ("/", "/metrics", "/-/healthy", "/static/campus.css", "/nope", "/api/v1/devices"):
            assert fetched(agent, path) == 401
        assert fetched(agent, "/", "prom:密码 pass") == 200
        begun = time.monotonic()
        for wrong in ("prom:wrong", "nobody:密码 pass", "prom:", ":", "prom", "x" * 1000 + ":y"):
            assert fetched(agent, "/metrics", wrong) == 401
        assert time.monotonic() - begun > 3 * login.DELAY
        assert hashed not in agent.log and "密码" not in agent.log
        first = served_name(agent)
        certificate(tmp_path, "second")
        agent.hup()
        until(lambda: served_name(agent) != first, 10)
        (tmp_path / "web.yaml").write_text(web.replace("prom:", "other:"), "utf-8")
        agent.hup()
        until(lambda: fetched(agent, "/", "prom:密码 pass") == 401, 20)
        assert fetched(agent, "/", "other:密码 pass") == 200
        with socket.create_connection(("127.0.0.1", int(agent.url.rsplit(":", 1)[1])), timeout=5) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"HTTP" not in plain.recv(100)


WRONG = (
    ("tls_server_config: {cert_file: nope.pem, key_file: nope.pem}\n", "web.yaml:1"),
    ("tls_server_config: {cert_file: web.yaml, key_file: web.yaml}\n", "web.yaml:1"),
    ("basic_auth_users:\n  prom: plain-password-canary\n", "web.yaml:2: basic_auth_users.prom: not a bcrypt hash"),
    ("http_server_config: {http2: true}\n", "web.yaml:1"),
    ("tls_server_config: {cert_file: a}\n", "'key_file' is missing"),
)


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_web_file_with_a_mistake_is_told(tmp_path: Path, text: str, said: str) -> None:
    from agent.config.webfile import load_web_file

    (tmp_path / "web.yaml").write_text(text)
    loaded = load_web_file(tmp_path / "web.yaml")
    told = "\n".join(loaded.render("en"))
    assert loaded.value is None and said in told and "canary" not in told


def test_it_is_an_error_of_the_whole_setting(tmp_path: Path) -> None:
    from agent.inventory.setting import load_setting

    (tmp_path / "inventory.yaml").write_text(SITE + "devices: []\n")
    (tmp_path / "config.yaml").write_text("version: 1\ninventory: inventory.yaml\nweb: {config_file: nope.yaml}\n")
    assert load_setting(tmp_path / "config.yaml", None).value is None
    (tmp_path / "config.yaml").write_text(
        "version: 1\ninventory: inventory.yaml\nweb: {trusted_proxies: [10.0.0.1]}\n"
        "traps: {listen: 127.0.0.1:1162}\nchannels: [{name: a}]\n"
    )
    loaded = load_setting(tmp_path / "config.yaml", None)
    assert loaded.value is not None
    assert {problem.path for problem in loaded.warnings} == {"web.trusted_proxies", "channels"}
