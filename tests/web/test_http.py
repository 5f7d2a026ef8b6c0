"""Routes, refusals, headers, documents and what Prometheus asks for."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from agent.model import Outcome, Reading
from tests.metrics.campus import campus, school, target
from tests.metrics.test_page import of
from tests.web.serving import client, served
from tests.web.test_pages import fallen


async def test_every_answer_carries_the_headers(tmp_path: Path) -> None:
    async with campus(tmp_path, school(1)) as c, client(c) as http:
        for path in ("/", "/static/campus.css", "/static/campus.js", "/metrics", "/api/v1/devices", "/nope"):
            answer = await http.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff" and "server" not in answer.headers
        page = (await http.get("/")).text
        assert "style=" not in page and "<style" not in page and "onclick" not in page and "http://" not in page


@pytest.mark.parametrize(
    "path", ["/", "/devices", "/tickets", "/metrics", "/metrics/ports", "/-/ready", "/api/v1/devices"]
)
async def test_only_reading_and_head_works(tmp_path: Path, path: str) -> None:
    async with campus(tmp_path, school(1)) as c, client(c) as http:
        head = await http.head(path)
        assert head.status_code == 200 and head.content == b""
        for verb in ("POST", "PUT", "DELETE", "PATCH"):
            refused = await http.request(verb, path)
            assert refused.status_code == 405 and "GET" in refused.headers["allow"]


async def test_what_is_not_there(tmp_path: Path) -> None:
    async with campus(tmp_path, school(1)) as c, client(c) as http:
        page = await http.get("/nope")
        assert page.status_code == 404 and "没有这一页" in page.text
        for path in (
            "/nope",
            "/devices/",
            "/api/v1/devices/nope",
            "/api/v1/tickets/T20260101-0001",
            "/api/v1/tickets/%00",
        ):
            answer = await http.get(path, headers={"Accept": "application/json"})
            assert answer.status_code == 404, path
            assert set(answer.json()["error"]) == {"code", "message", "hint", "where"}
        assert (await http.get("/devices/nope")).status_code == 404
        assert (await http.get("/tickets/T20260101-0001")).status_code == 404
        for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"):
            assert (await http.get(path)).status_code == 404


async def test_a_host_or_forwarded_header_changes_nothing(tmp_path: Path) -> None:
    async with campus(tmp_path, school(1)) as c, client(c) as http:
        lies = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
        for path in ("/", "/devices/", "/nope", "/tickets"):
            answer = await http.get(path, headers=lies)
            assert "evil" not in answer.text and "location" not in answer.headers


async def test_documents(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c, client(c) as http:
        number = await fallen(c)
        listing = (await http.get("/api/v1/devices?limit=3")).json()
        assert listing["total"] == 8 and len(listing["items"]) == 3 and listing["next"] == "3"
        rest = (await http.get("/api/v1/devices?limit=100&cursor=3")).json()
        assert len(rest["items"]) == 5 and rest["next"] is None
        assert (await http.get("/api/v1/devices?state=down")).json()["items"][0]["id"] == "sw-a"
        one = (await http.get("/api/v1/devices/cam-a-1")).json()
        assert (one["state"], one["up"], one["tickets"]) == ("shadowed", False, [number])
        ticket = (await http.get(f"/api/v1/tickets/{number}")).json()
        assert ticket["device"] == "sw-a" and ticket["journal"][0]["event"] == "opened"
        assert ticket["clocks"]["response"]["running"] is True
        assert (await http.get("/api/v1/tickets?device=cam-a-1")).json()["total"] == 1
        assert (await http.get("/api/v1/tickets?state=filed")).json() == {"items": [], "total": 0, "next": None}
        assert (await http.get("/api/v1/devices?limit=x&cursor=-1")).status_code == 200


async def test_health(tmp_path: Path) -> None:
    async with campus(tmp_path, school(1)) as c:
        async with client(c) as http:
            assert (await http.get("/-/healthy")).status_code == 200
            assert (await http.get("/-/ready")).status_code == 200
        async with client(c, ready=lambda: (False, "tick 12 s old")) as http:
            answer = await http.get("/-/ready")
            assert answer.status_code == 503 and "tick 12 s old" in answer.text
            assert (await http.get("/-/healthy")).status_code == 200


async def test_scrapes(tmp_path: Path) -> None:
    async with campus(tmp_path, school(1)) as c, client(c) as http:
        await c.pass_time(20)
        answer = await http.get("/metrics")
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert of(answer.text, "campus_device_up", device="core") == 1
        assert (await http.get("/metrics/ports")).status_code == 200


async def test_probe_looks_only_at_the_inventory(tmp_path: Path) -> None:
    async with campus(tmp_path, school(1)) as c, client(c) as http:
        answer = await http.get("/probe?target=core")
        assert of(answer.text, "probe_success") == 1
        assert (await http.get("/probe?target=core&probe=icmp")).status_code == 200
        assert (await http.get("/probe")).status_code == 400
        for asked in ("target=198.51.100.1", "target=nope", "target=core&module=http_2xx"):
            assert (await http.get(f"/probe?{asked}")).status_code == 404


async def test_probe_says_when_the_agent_cannot_look(tmp_path: Path) -> None:
    async def blind(device: str, probe: str | None) -> Reading:
        return Reading(target(device), 0, 0.0, Outcome.UNKNOWN, "local_error:ENETUNREACH")

    async with campus(tmp_path, school(1)) as c:
        c.look_now = blind  # type: ignore[method-assign]  # another look, handed in
        async with client(c) as http:
            answer = await http.get("/probe?target=core")
            assert answer.status_code == 503 and "ENETUNREACH" in answer.json()["error"]["hint"]


async def test_over_a_real_socket(tmp_path: Path) -> None:
    async with campus(tmp_path, school(30)) as c, served(c) as address, httpx.AsyncClient(base_url=address) as http:
        await c.pass_time(20)
        whole = await http.get("/metrics", headers={"Accept-Encoding": "gzip"})
        assert of(whole.text, "campus_device_up", device="cam-a-30") == 1
        head = await http.head("/metrics")
        assert head.status_code == 200 and head.content == b""
        assert (await http.get("/")).status_code == 200
