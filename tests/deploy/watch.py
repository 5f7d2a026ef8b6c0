"""A real Prometheus and a real Alertmanager on loopback with the configuration that ships, only quicker."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploy.given import DEPLOY, fetch, free_port, until
from tests.simulator import needs

QUICK = "2s"
"""Between two scrapes and evaluations, in place of 15 s."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Addresses of the two servers."""

    prometheus: str
    alertmanager: str

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The instant vector of an expression; fails for one that Prometheus refuses."""
        body = fetch(f"{self.prometheus}/api/v1/query?{urllib.parse.urlencode({'query': expr})}")
        answer = json.loads(body or "{}")
        assert answer.get("status") == "success", f"{expr}: {answer}"
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def alerts(self, name: str) -> list[dict[str, Any]]:
        """What Alertmanager holds of one alert."""
        found: list[dict[str, Any]] = json.loads(fetch(f"{self.alertmanager}/api/v2/alerts?active=true") or "[]")
        return [alert for alert in found if alert["labels"]["alertname"] == name]


@contextlib.contextmanager
def watching(folder: Path, *agents: str) -> Iterator[Watch]:
    """agents: HOST:PORT of the page of each."""
    needs.program("prometheus", "prometheus-alertmanager")
    shutil.copytree(DEPLOY / "prometheus", folder / "prometheus")
    watch = Watch(f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}")
    servers = {"alertmanager": [watch.alertmanager], "prometheus": [watch.prometheus]}
    for name, hosts in ({"campus-agent": list(agents)} | servers).items():
        place = folder / "prometheus" / "targets" / f"{name}.yml"
        place.write_text(json.dumps([{"targets": [host.removeprefix("http://") for host in hosts]}]), "utf-8")
    for path in (folder / "prometheus" / "prometheus.yml", *(folder / "prometheus" / "rules").glob("*.yml")):
        path.write_text(re.sub(r"interval: (15|60)s", f"interval: {QUICK}", path.read_text("utf-8")), "utf-8")
    with contextlib.ExitStack() as stack:
        stack.enter_context(_server(folder / "alertmanager", "prometheus-alertmanager", watch.alertmanager, [
            f"--config.file={DEPLOY / 'alertmanager' / 'alertmanager.yml'}", "--cluster.listen-address=",
        ]))  # fmt: skip
        stack.enter_context(_server(folder / "tsdb", "prometheus", watch.prometheus, [
            f"--config.file={folder / 'prometheus' / 'prometheus.yml'}",
        ]))  # fmt: skip
        yield watch


@contextlib.contextmanager
def _server(data: Path, program: str, url: str, words: list[str]) -> Iterator[None]:
    kind = "--storage.tsdb.path" if program == "prometheus" else "--storage.path"
    argv = [program, *words, f"--web.listen-address={url.removeprefix('http://')}", f"{kind}={data}"]
    log = data.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(argv, stdout=out, stderr=out)
    try:
        until(lambda: fetch(f"{url}/-/ready"), 40)
        yield
    finally:
        process.terminate()
        process.wait(20)
