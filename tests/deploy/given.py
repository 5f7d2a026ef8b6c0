"""What the tests of deploy/ share: its files, the unit as it is written, ports, waiting."""

from __future__ import annotations

import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

CHECKOUT = Path(__file__).parents[2]
DEPLOY = CHECKOUT / "deploy"
UNIT = DEPLOY / "systemd" / "campus-agent.service"


def unit_lines() -> list[tuple[str, str]]:
    """`(key, value)` of the unit in order; comments and sections left out."""
    lines = (line.partition("=") for line in UNIT.read_text("utf-8").splitlines() if line[:1] not in ("#", "["))
    return [(key, value) for key, sign, value in lines if sign]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def until(ask: Callable[[], T], seconds: float, every: float = 0.1) -> T:
    """The first true answer; fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(every)


def fetch(url: str) -> str:
    """The body; "" while nobody answers there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            body: bytes = answer.read()
    except OSError:
        return ""
    return body.decode()
