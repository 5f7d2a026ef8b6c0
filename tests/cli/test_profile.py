"""`profile`: what there is, what is wrong with a file, what a box gets and yields, a recording of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.probes.test_snmpd import AUTH, PRIV, Snmpd
from tests.probes.watching import lacking

from .conftest import Campus

BOX = (
    "1.3.6.1.2.1.1.1.0|4|H3C Comware Platform Software, Software Version 7.1.070\n"
    "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.25506.1.1\n1.3.6.1.2.1.1.5.0|4|sw-dorm-3\n"
    "1.3.6.1.2.1.2.2.1.2.1|4|GigabitEthernet1/0/1\n1.3.6.1.2.1.2.2.1.3.1|2|6\n1.3.6.1.2.1.2.2.1.8.1|2|1\n"
    "1.3.6.1.4.1.25506.8.35.9.1.1.1.2.1|2|2\n"
)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A box that answers to `public`."""
    (tmp_path / "public.snmprec").write_text(BOX, "utf-8")
    command = [sys.executable, "-m", "tests.fakes.replay", str(tmp_path), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as replay:
        assert replay.stdout is not None
        yield int(replay.stdout.readline())
        replay.terminate()


def test_profiles_are_listed_and_shown(campus: Campus) -> None:
    listed = campus("--json", "profile", "list").document
    assert {"generic", "h3c-comware"} <= {item["name"] for item in listed["items"]}
    shown = campus("profile", "show", "h3c-comware")
    assert shown.code == 0
    assert "sysObjectID 1.3.6.1.4.1.25506" in shown.out
    assert "comware-fan" in shown.out
    meant = campus("profile", "show", "h3c-comwar")
    assert (meant.code, "h3c-comware" in meant.err) == (2, True)
    assert campus("profile", "show").code == 2


def test_a_file_is_checked(campus: Campus, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("extends: [generic]\nsensors:\n  - {class: state, value: ifNam}\n", "utf-8")
    bad = campus("profile", "check", str(file))
    assert bad.code == 2
    assert f"{file}:3: sensors[0].value: " in bad.out
    file.write_text("extends: [generic]\nsensors:\n  - {class: state, value: ifName}\n", "utf-8")
    assert campus("profile", "check", str(file)).code == 0
    assert campus("profile", "check").code == 0, "the shipped ones"


@pytest.mark.net
def test_a_box_is_tested(campus: Campus, port: int) -> None:
    document = campus("--json", "profile", "test", "127.0.0.1", "--port", str(port)).document
    assert document["profile"] == "h3c-comware"
    assert document["why"] == "sysObjectID 1.3.6.1.4.1.25506.1.1 is under 1.3.6.1.4.1.25506"
    assert (document["system"]["vendor"], document["ports"][0]["oper"]) == ("H3C", "up")
    assert [(row["descr"], row["state"]) for row in document["sensors"]] == [("Fan 1", "critical")]
    told = campus("profile", "test", "127.0.0.1", "--port", str(port), "--v1", lang="zh")
    assert told.code == 0
    assert "严重" in told.out
    assert "public" in told.err, "which community was taken is said"


@pytest.mark.net
def test_a_box_is_recorded(campus: Campus, port: int, tmp_path: Path) -> None:
    out = tmp_path / "new.snmprec"
    said = campus("profile", "record", "127.0.0.1", "--port", str(port), "--out", str(out))
    assert said.code == 0
    assert "sw-dorm-3" not in out.read_text("utf-8")
    assert "GigabitEthernet1/0/1" in out.read_text("utf-8")
    again = campus("profile", "record", "127.0.0.1", "--port", str(port), "--out", str(out))
    assert again.code == 1, "what is there is not overwritten"


@pytest.mark.net
def test_silence_is_told(campus: Campus, port: int, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("nobody\n", "utf-8")
    words = ("profile", "test", "127.0.0.1", "--port", str(port), "--community-file", str(other), "--timeout", "0.3")
    silent = campus(*words)
    assert (silent.code, silent.out) == (1, "")
    assert "--v1" in silent.err, "what to try next"
    assert "团体名不对" in campus(*words, lang="zh").err
    assert campus("profile", "test", "127.0.0.1", "--community-file", str(tmp_path / "none")).code == 2


@pytest.mark.net
def test_the_document_is_the_contract(campus: Campus, port: int) -> None:
    document = campus("--json", "profile", "test", "127.0.0.1", "--port", str(port)).document
    wanted = {
        "system": {"name", "descr", "object_id", "vendor", "model", "serial", "firmware", "uptime_seconds"},
        "ports": {"index", "name", "descr", "alias", "type", "admin", "oper", "speed_bps", "mac", "in_octets",
                  "out_octets", "in_errors", "out_errors"},
        "sensors": {"class", "index", "descr", "value", "unit", "state"},
    }  # fmt: skip
    for key in ("processors", "memory", "neighbours", "forwarding", "poe", "access_points"):
        assert isinstance(document[key], list), key
    for key, names in wanted.items():
        row = document[key] if key == "system" else document[key][0]
        assert names <= set(row), key
    assert json.loads(json.dumps(document)) == document


@pytest.mark.net
@pytest.mark.parametrize("odd", [(), ("--small-ids",), ("--any-source",)])
def test_an_odd_box_is_tested(odd: tuple[str, ...], campus: Campus, port: int) -> None:
    document = campus("--json", "profile", "test", "127.0.0.1", "--port", str(port), *odd).document
    assert (document["profile"], document["ports"][0]["name"]) == ("h3c-comware", "GigabitEthernet1/0/1")


@pytest.fixture
def snmpd(tmp_path: Path) -> Iterator[Snmpd]:
    if shutil.which("snmpd") is None or shutil.which("snmpget") is None:
        lacking("needs the Debian packages snmpd and snmp")
    it = Snmpd(tmp_path)
    it.start()
    yield it
    it.stop()


@pytest.mark.net
def test_a_box_is_tested_by_version_3(campus: Campus, snmpd: Snmpd, tmp_path: Path) -> None:
    auth, priv = tmp_path / "auth", tmp_path / "priv"
    auth.write_text(f"{AUTH}\n", "utf-8")
    priv.write_text(PRIV, "utf-8")
    box = ("--json", "profile", "test", "127.0.0.1", "--port", str(snmpd.port), "--timeout", "2")
    keys = ("--auth-key-file", str(auth), "--priv-key-file", str(priv))
    login = ("--user", "u-SHA256-AES", "--auth", "SHA256", "--priv", "AES", *keys)
    assert campus(*box, *login).document["system"]["name"] == "box"
    refused = campus(*box, "--user", "u-SHA256-AES", "--auth", "SHA", "--priv", "AES", *keys, lang="en")
    assert (refused.code, "made for SHA" in refused.err) == (1, True), refused.err
    for half in (login[:4], login[:6], ("--auth", "SHA", *keys[:2]), ("--user", "x", *keys[2:])):
        assert campus(*box, *half).code == 2, half
    auth.write_text("short", "utf-8")
    assert campus(*box, *login).code == 2
    out = tmp_path / "box.snmprec"
    auth.write_text(AUTH, "utf-8")
    said = campus("profile", "record", "127.0.0.1", "--port", str(snmpd.port), *login, "--out", str(out))
    assert said.code == 0, said.err
    assert "u-SHA256" not in out.read_text("utf-8")
