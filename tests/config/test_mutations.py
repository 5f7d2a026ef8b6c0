"""A thousand spoilt files: each is read or told about, none raises."""

from __future__ import annotations

import random
from pathlib import Path

from agent.config.agentfile import load_agent_file
from agent.inventory import load_inventory

SAMPLE = """version: 1
site: {id: s, name: 第一中学, timezone: Asia/Shanghai, references: [gw, 198.18.0.53]}
credentials: &c
  switches: {snmp: {version: "2c", community: public}}
schedules: {school: {weekdays: [mon, fri], hours: ["07:30-12:00", "22:00-06:00"], terms_only: true}}
defaults: {icmp: {interval: 10s}, snmp: {interval: 60s}}
devices:
  - {id: gw, kind: gateway, address: 198.18.0.1, credentials: switches, probes: [icmp, snmp, {tcp: {port: 80}}]}
  - id: "pc-[01-09]"
    kind: terminal
    address: "198.18.31.[1-9]"
    parent: {device: gw, port: "GigabitEthernet1/0/[1-9]"}
    schedule: school
    warranty: {accepted: 2025-09-01, months: 36}
"""
SNIPPETS = [
    *":[]{}-&*!%@`'\"|>?#,\t\n\0\x07\x85\u2028\ufeff",
    *("<<: *c\n", "*c", "&c ", "!!python/name:os.system ", "---\n", "...\n", "[1-99999999]", "[9-1]", "~", "null"),
    *("${HOME}", "1e999", "9" * 400, "é", "😀", "\ud7ff", "? ", ": ", "- ", "{", "[[[["),
]


def spoil(text: str, dice: random.Random) -> str:
    for _ in range(dice.randint(1, 4)):
        at, end = dice.randrange(len(text) + 1), dice.randint(0, 12)
        match dice.randrange(4):
            case 0:
                text = text[:at] + text[at + end :]
            case 1:
                text = text[:at] + dice.choice(SNIPPETS) + text[at:]
            case 2:
                lines = text.splitlines(keepends=True)
                dice.shuffle(lines)
                text = "".join(lines) if dice.random() < 0.1 else text[:at] + text[at : at + end] * 2 + text[at + end :]
            case _:
                text = (
                    text[:at]
                    + chr(dice.choice([0, 9, 10, 13, 32, 58, 91, 123, 127, 133, 160, 0x4E00, 0xFFFD]))
                    + text[at:]
                )
    return text


def test_spoilt_files_never_raise(tmp_path: Path) -> None:
    dice = random.Random(2026)
    path = tmp_path / "i.yaml"
    good = 0
    for _ in range(1000):
        path.write_bytes(spoil(SAMPLE, dice).encode("utf-8", "surrogatepass"))
        loaded = load_inventory(path)
        assert (loaded.value is None) == bool(loaded.errors)
        assert all("\n" not in line for lang in ("zh", "en") for line in loaded.render(lang))
        good += loaded.value is not None
    assert 0 < good < 1000


def test_spoilt_bytes_never_raise(tmp_path: Path) -> None:
    dice = random.Random(2027)
    path = tmp_path / "c.yaml"
    for _ in range(300):
        path.write_bytes(dice.randbytes(dice.randint(0, 80)))
        loaded = load_agent_file(path)
        assert (loaded.value is None) == bool(loaded.errors)
