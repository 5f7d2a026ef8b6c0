"""HTTP as the bench needs it: one GET, the same GETs again and again, many GETs evenly paced. None of it is counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException

TIMEOUT = 15.0


def get(address: str, path: str) -> str:
    """The body of `http://ADDRESS/PATH`. OSError where nobody listens or the answer is not 200."""
    connection = HTTPConnection(address, timeout=TIMEOUT)
    try:
        return _ask(connection, path)
    finally:
        connection.close()


def wait_until(true: Callable[[], bool], what: str, timeout: float = 120.0) -> None:
    """Ask again until it is so; RuntimeError naming `what` when it is not so in time."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.25)
    raise RuntimeError(f"{what}: not within {timeout:g} s")


def answers(address: str, path: str) -> bool:
    try:
        get(address, path)
    except (OSError, HTTPException):
        return False
    return True


@contextmanager
def scraping(address: str, paths: Sequence[str], every: float = 15.0) -> Iterator[None]:
    """Read these pages every so many seconds, as Prometheus does, inside the `with`."""
    over = threading.Event()

    def scrape() -> None:
        while not over.wait(every):
            for path in paths:
                get(address, path)

    with _threads([scrape], over):
        yield


@contextmanager
def paced(address: str, paths: Sequence[str], rate: float, workers: int = 20) -> Iterator[Callable[[], float]]:
    """GET the paths in turn, `rate` a second, evenly, on kept connections. Gives the count of those answered."""
    over, began, done = threading.Event(), time.monotonic() + 0.5, [0] * workers

    def work(number: int) -> None:
        connection, turn = HTTPConnection(address, timeout=TIMEOUT), number
        while not over.wait(max(0.0, began + turn / rate - time.monotonic())):
            try:
                _ask(connection, paths[turn % len(paths)])
                done[number] += 1
            except (OSError, HTTPException):  # counted by its absence; the next request dials again
                connection.close()
            turn += workers
        connection.close()

    with _threads([partial(work, number) for number in range(workers)], over):
        yield lambda: float(sum(done))


@contextmanager
def _threads(works: Sequence[Callable[[], None]], over: threading.Event) -> Iterator[None]:
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(TIMEOUT)


def _ask(connection: HTTPConnection, path: str) -> str:
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise OSError(f"GET {path}: HTTP {response.status}: {body[:200]!r}")
    return body.decode()
