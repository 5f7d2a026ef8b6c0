"""What a restart does not forget: since when a device is as it is, and who answers at its address."""

from __future__ import annotations

import json
import socket
import time
from functools import partial
from pathlib import Path

import pytest

from agent import remembered
from agent.model import Device
from agent.remembered import Remembered
from agent.store import Batch, keys, open_store
from tests.agent.running import Running, until, write

pytestmark = pytest.mark.net


def _since(agent: Running, name: str) -> tuple[str, str]:
    shown = json.loads(agent.get(f"/api/v1/devices/{name}"))
    return shown["state"], shown["since"]


def _settled(agent: Running) -> bool:
    return (_since(agent, "bad")[0], _since(agent, "good")[0]) == ("down", "up")


def test_since_is_when_it_began_and_not_the_restart(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        ports = {"good": server.getsockname()[1], "bad": closed.getsockname()[1]}
        devices = "".join(
            f"  - {{id: {name}, kind: asset, address: 127.0.0.1, probes: [{{tcp: {{port: {port}}}}}]}}\n"
            for name, port in ports.items()
        )
        write(tmp_path, devices)
        (tmp_path / "config.yaml").write_text("version: 1\ninventory: inventory.yaml\n", "utf-8")
        began = []
        for _ in range(2):
            (tmp_path / "agent.log").unlink(missing_ok=True)
            agent = Running(tmp_path)
            try:
                agent.ready()
                until(partial(_settled, agent), 20)
                began.append({name: _since(agent, name) for name in ports})
                time.sleep(1.2)
            finally:
                assert agent.stop() == 0
    assert began[0] == began[1]


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    store = open_store(tmp_path / "campus.db")
    store.write(Batch(remembered=keys.identity("cam-1", "onvif:serial", "4711")))
    store.write(Batch(remembered=keys.since({"cam-1": 5, "cam-2": 6})))
    store.write(Batch(remembered=keys.since({"cam-2": None})))
    rows = store.load().remembered
    store.close()
    assert keys.identities(rows) == {("cam-1", "onvif:serial"): "4711"}
    assert keys.moments(rows) == {"cam-1": 5}


def test_a_box_is_another_by_what_the_inventory_says_of_it_and_not_by_its_name() -> None:
    one = Device(id="cam-1", name="门口", kind="camera", address="198.18.0.1", serial="1")
    assert remembered._box(one) == remembered._box(
        Device(id="cam-1", name="大门", kind="camera", address="198.18.0.1", serial="1")
    )
    assert remembered._box(one) != remembered._box(
        Device(id="cam-1", name="门口", kind="camera", address="198.18.0.1", serial="2")
    )
    put: list[Batch] = []
    Remembered(put.append).identities.learn("cam-1", "onvif:serial", "1")
    assert put == [Batch(remembered={"identity/cam-1/onvif:serial": "1"})]
