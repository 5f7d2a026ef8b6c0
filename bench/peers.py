"""The peers, as Debian ships them, with the configuration that puts them beside the agent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from bench import http, lab, mib

FPING = "fping"
BLACKBOX = "prometheus-blackbox-exporter"
SNMP = "prometheus-snmp-exporter"
PROMETHEUS = "prometheus"

NAMES = ("ifAlias", "ifDescr", "ifName")

BLACKBOX_ADDRESS, SNMP_ADDRESS, PROMETHEUS_ADDRESS = "127.0.0.1:9115", "127.0.0.1:9116", "127.0.0.1:9090"


def probe_path(target: str) -> str:
    return f"/probe?module=icmp&target={target}"


def poll_path(target: str) -> str:
    return f"/snmp?module=if_mib&target={target}"


@contextmanager
def fping(work: Path, targets: Sequence[str], period: int) -> Iterator[int]:
    """fping over all targets for ever, each once in `period` seconds, evenly spread."""
    work.mkdir(parents=True)
    (work / "targets").write_text("\n".join(targets))
    spacing = period * 1000 / len(targets)
    command = [FPING, "-l", "-q", "-p", str(period * 1000), "-i", f"{spacing:g}", "-f", str(work / "targets")]
    with lab.running(command, work / "log") as process:
        yield process.pid


@contextmanager
def blackbox(work: Path) -> Iterator[int]:
    modules = {"modules": {"icmp": {"prober": "icmp", "timeout": "2s"}}}
    with _serving(work, BLACKBOX, BLACKBOX_ADDRESS, modules, "/-/healthy") as pid:
        yield pid


@contextmanager
def snmp_exporter(work: Path, names: Sequence[str] = ()) -> Iterator[int]:
    """`names`: the columns that each sample is labelled with, looked up by ifIndex; upstream's `if_mib` has `NAMES`."""
    with _serving(work, SNMP, SNMP_ADDRESS, {"if_mib": _if_mib(names)}, "/") as pid:
        yield pid


@contextmanager
def prometheus(work: Path, hosts: Sequence[str], switches: Sequence[str]) -> Iterator[int]:
    """Prometheus with one rule: a host without an answer for 20 seconds is an alert."""
    rule = {"alert": "DeviceDown", "expr": "probe_success == 0", "for": "20s"}
    configuration = {
        "global": {"scrape_interval": "15s", "evaluation_interval": "5s"},
        "rule_files": [str(work.absolute() / "rules.yml")],
        "scrape_configs": [
            _job("icmp", hosts, "10s", "/probe", BLACKBOX_ADDRESS, {"module": ["icmp"]}),
            _job("snmp", switches, "60s", "/snmp", SNMP_ADDRESS, {"module": ["if_mib"]}),
        ],
    }
    work.mkdir(parents=True)
    (work / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "campus", "rules": [rule]}]}))
    with _serving(work, PROMETHEUS, PROMETHEUS_ADDRESS, configuration, "/-/ready", "--storage.tsdb.path=store") as pid:
        yield pid


def firing() -> set[str]:
    """The addresses whose alert fires."""
    alerts = json.loads(http.get(PROMETHEUS_ADDRESS, "/api/v1/alerts"))["data"]["alerts"]
    return {alert["labels"]["instance"] for alert in alerts if alert["state"] == "firing"}


@contextmanager
def _serving(work: Path, program: str, address: str, configuration: Any, path: str, *more: str) -> Iterator[int]:
    work.mkdir(parents=True, exist_ok=True)
    (work / "config.yml").write_text(yaml.safe_dump(configuration, sort_keys=False))
    command = [program, "--config.file=config.yml", f"--web.listen-address={address}", *more]
    with lab.running(command, work / "log", cwd=work) as process:
        lab.served(process, address, path, work / "log")
        yield process.pid


def _job(name: str, targets: Sequence[str], every: str, path: str, exporter: str, params: Any) -> dict[str, Any]:
    """A job through an exporter, in the words of both exporters' own README."""
    return {
        "job_name": name,
        "scrape_interval": every,
        "metrics_path": path,
        "params": params,
        "static_configs": [{"targets": list(targets)}],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": exporter},
        ],
    }


def _if_mib(names: Sequence[str]) -> dict[str, Any]:
    """The module `if_mib` that upstream ships and Debian may not: both tables walked, every column shown."""
    lookups = [
        {"labels": ["ifIndex"], "labelname": column.name, "oid": column.oid, "type": "DisplayString"}
        for column in mib.COLUMNS
        if column.name in names
    ]
    metrics: list[dict[str, Any]] = [
        {"name": "sysUpTime", "oid": "1.3.6.1.2.1.1.3", "type": "gauge", "help": "1.3.6.1.2.1.1.3"}
    ]
    for column in mib.COLUMNS:
        indexes = [{"labelname": "ifIndex", "type": "gauge"}]
        row = {"name": column.name, "oid": column.oid, "type": column.shown, "help": column.oid}
        metrics.append({**row, "indexes": indexes, "lookups": lookups})
    return {
        "walk": ["1.3.6.1.2.1.2", "1.3.6.1.2.1.31.1.1"],
        "get": ["1.3.6.1.2.1.1.3.0"],
        "metrics": metrics,
        "version": 2,
        "auth": {"community": "bench"},
    }
