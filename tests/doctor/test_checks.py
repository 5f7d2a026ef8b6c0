"""Each check, told of machines that are not this one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from agent.config import Problem, Severity
from agent.doctor import Finding, Level, data, files, machine, network, worst
from agent.doctor.data import Folder
from agent.locale import catalogue

GIB = 1 << 30
NOW = 1_788_235_200_000
OWNED = (7, "2026-09-01T00:00:00.000Z", "127.0.0.1:9880")


def folder(**over: Any) -> list[Finding]:
    fields: dict[str, Any] = {
        "path": "/d",
        "exists": True,
        "writable": True,
        "owner": "a",
        "user": "a",
        "free": 9 * GIB,
    }
    return list(data.folder(Folder(**fields | over)))


def agent(status: dict[str, Any] | None) -> list[Finding]:
    return list(data.agent("/d", OWNED, status))


CASES: list[tuple[Finding, Level, str]] = [
    (machine.python((3, 13, 1)), Level.OK, "ok"),
    (machine.python((3, 10, 9)), Level.FAIL, "old"),
    (machine.sqlite((3, 40, 1), buggy=True), Level.WARN, "wal_reset"),
    (machine.sqlite((3, 51, 3), buggy=False), Level.OK, "ok"),
    (machine.zone("Asia/Shanghai", known=False), Level.FAIL, "unknown"),
    (machine.clock(1000, None, synchronised=True), Level.FAIL, "unset"),
    (machine.clock(NOW, NOW + 3_600_000, synchronised=True), Level.FAIL, "behind"),
    (machine.clock(NOW, NOW + 1000, synchronised=True), Level.OK, "ok"),
    (machine.clock(NOW, None, synchronised=False), Level.WARN, "free"),
    (machine.clock(NOW, None, synchronised=None), Level.OK, "plausible"),
    (machine.open_files(524_288, 20_000), Level.OK, "ok"),
    (machine.open_files(1024, 2000), Level.FAIL, "low"),
    (machine.open_files(-1, 20_000), Level.OK, "ok"),
    (machine.open_files(1024, 100), Level.OK, "ok"),
    (machine.receive_buffer(212_992, 50, forced=False), Level.OK, "ok"),
    (machine.receive_buffer(212_992, 5000, forced=False), Level.WARN, "low"),
    (machine.receive_buffer(212_992, 20_000, forced=False), Level.WARN, "low"),
    (machine.receive_buffer(212_992, 5000, forced=True), Level.OK, "ok"),
    (network.icmp("", "EACCES", needed=True, python="p"), Level.OK, "raw"),
    (network.icmp("EPERM", "", needed=True, python="p"), Level.OK, "datagram"),
    (network.icmp("EPERM", "EACCES", needed=True, python="p"), Level.FAIL, "neither"),
    (network.icmp("EPERM", "EACCES", needed=False, python="p"), Level.WARN, "neither"),
    (network.neighbours(1024, 59), Level.OK, "ok"),
    (network.neighbours(1024, 900), Level.WARN, "low"),
    (network.neighbours(1024, 1500), Level.FAIL, "low"),
    (network.neighbours(1024, 20_000), Level.FAIL, "low"),
    (network.neighbours(None, 1500), Level.OK, "unread"),
    (network.names({}), Level.OK, "none"),
    (network.names({"a.b": True}), Level.OK, "ok"),
    (network.names({"a.b": True, "c.d": False}), Level.WARN, "lost"),
    (network.names({"a.b": None, "c.d": False}), Level.WARN, "late"),
    (network.listening("127.0.0.1:9880", "Address already in use"), Level.WARN, "taken"),
    (folder()[0], Level.OK, "ok"),
    (folder(exists=False, writable=True)[0], Level.OK, "absent"),
    (folder(exists=False, writable=False)[0], Level.FAIL, "no_parent"),
    (folder(writable=False)[0], Level.FAIL, "read_only"),
    (folder(mode=0o755)[0], Level.WARN, "open"),
    (folder(user="root")[0], Level.WARN, "foreign"),
    (folder(free=GIB // 2)[1], Level.WARN, "little"),
    (folder(free=GIB // 100)[1], Level.FAIL, "full"),
    (next(data.agent("/d", None, None)), Level.WARN, "none"),
    (data.copies("/d/backups", 0, "", None, 0), Level.OK, "none_yet"),
    (data.copies("/d/backups", 0, "", None, 5), Level.WARN, "none"),
    (data.copies("/d/backups", 14, "/d/backups/campus-20261122.db", 1, 99), Level.OK, "ok"),
    (data.copies("/d/backups", 14, "/d/backups/campus-20261119.db", 3, 99), Level.FAIL, "stale"),
    (agent({"copy_failed": "no room"})[1], Level.FAIL, "failed"),
    (agent({"store_roomy": False})[1], Level.FAIL, "reserve"),
    (agent(None)[0], Level.FAIL, "silent"),
    (agent({"ready": True, "version": "1"})[0], Level.OK, "ok"),
    (agent({"ready": False, "why": "tick"})[0], Level.FAIL, "not_ready"),
    (agent({"store_writable": False})[1], Level.FAIL, "not_writing"),
    (agent({"blind": True})[1], Level.WARN, "blind"),
    (agent({"reload_good": False})[1], Level.WARN, "reload"),
    (files.calendar(None, date(2026, 9, 1), "python3"), Level.WARN, "over"),
    (files.calendar(date(2026, 8, 31), date(2026, 9, 1), "python3"), Level.WARN, "over"),
    (files.calendar(date(2026, 10, 1), date(2026, 9, 1), "python3"), Level.WARN, "ending"),
    (files.calendar(date(2027, 10, 1), date(2026, 9, 1), "python3"), Level.OK, "ok"),
]


@pytest.mark.parametrize(("finding", "level", "key"), CASES, ids=lambda part: getattr(part, "topic", str(part)))
def test_what_is_found(finding: Finding, level: Level, key: str) -> None:
    assert (finding.level, finding.key) == (level, key)
    for lang in ("zh", "en"):
        say = catalogue(lang)
        assert not finding.what(say).startswith("doctor.")
        assert bool(finding.mend(say)) == (level is not Level.OK), "whatever is wrong has its mend"
        assert "{" not in finding.what(say) + finding.mend(say)


def test_the_mends_name_the_words_to_type() -> None:
    say = catalogue("en")
    neither = network.icmp("EPERM", "EACCES", needed=True, python="/usr/bin/python3.11").mend(say)
    for words in (
        "AmbientCapabilities=CAP_NET_RAW",
        'net.ipv4.ping_group_range="0 2147483647"',
        "setcap cap_net_raw+ep /usr/bin/python3.11",
    ):
        assert words in neither
    assert "sysctl -w net.ipv4.neigh.default.gc_thresh3=4096 " in network.neighbours(1024, 1500).mend(say)
    assert "LimitNOFILE=2512" in machine.open_files(1024, 2000).mend(say)
    assert "net.core.rmem_max=4194304" in machine.receive_buffer(212_992, 5000, forced=False).mend(say)


def test_mistakes_are_told_gravest_first_and_counted() -> None:
    def problem(line: int, severity: Severity) -> Problem:
        return Problem(file="f", line=line, path="p", key="config.more", args={"count": 1}, severity=severity)

    warnings = [problem(line, Severity.WARNING) for line in range(1, 12)]
    found = list(files.problems([*warnings, problem(20, Severity.ERROR)], "en"))
    assert [finding.level for finding in found] == [Level.FAIL, *[Level.WARN] * 10]
    assert found[0].what(catalogue("en")).startswith("f:20: p: ")
    assert found[-1].args == {"count": 2}
    assert [finding.level for finding in files.problems([], "en")] == [Level.OK]


def test_the_worst_decides() -> None:
    assert worst([]) is Level.OK
    assert worst([machine.python((3, 12)), machine.python((3, 9))]) is Level.FAIL
