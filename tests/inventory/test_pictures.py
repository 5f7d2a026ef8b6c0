"""No picture is taken where the inventory forbids it, whatever a probe's options say."""

from __future__ import annotations

from pathlib import Path

from agent.inventory.setting import load_setting
from agent.probes.rtsp import Options

CAMERAS = """version: 1
site: {id: s, name: 学校, timezone: Asia/Shanghai}
defaults: {rtsp: {picture: 10m, pictures: keep}}
devices:
  - {id: gate, kind: camera, address: 198.18.0.1, probes: [{rtsp: {path: /a}}]}
  - {id: office, kind: camera, address: 198.18.0.2, pictures: never, probes: [{rtsp: {path: /a}}]}
  - {id: dorm, kind: camera, address: 198.18.0.3, tags: [dormitory], probes: [{rtsp: {path: /a}}]}
"""


def test_never_wins(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text(CAMERAS, "utf-8")
    setting = load_setting(None, tmp_path / "inventory.yaml").value
    assert setting is not None
    options = {target.device: target.options for target in setting.inventory.targets}
    assert options["gate"] == Options(path="/a", picture=600.0, pictures="keep")
    assert options["office"] == options["dorm"] == Options(path="/a")
