"""Run as a program: a process that forks writers, so that they can be killed, or left writing, while a test looks on.

`kill DIRECTORY ROUNDS`: each round forks an agent that writes chained lines through the Writer and says on stdout
`TICKET SEQ` for each line that it was told is on the disk; it is killed (SIGKILL) within milliseconds, somewhere.
`torn FILE`: moves amounts between distant rows of a database of its own, whose sum stays 0, checkpointing all the time.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from agent.store import Batch, DataDirectory, Writer, open_store

from .given import chain, ticket


def say(number: str, seq: int) -> None:
    os.write(1, f"{number} {seq}\n".encode())


async def write_for_ever(directory: DataDirectory, round_: int) -> None:
    store = open_store(directory.database)
    writer = Writer(store, ThreadPoolExecutor(1), lambda _: None, lambda error, _: say(repr(error), -1))
    number = f"T{round_}"
    lines = chain(number, 400)
    say(number, 0)
    for line in lines:
        row = ticket(number, version=line.seq, snapshot={"padding": "x" * 300})
        batch = Batch(events=(line,), tickets=(row,), meta={"last": [number, line.seq]})
        writer.put(batch, partial(say, number, line.seq))
        await asyncio.sleep(0.0003)
    await writer.close()
    await asyncio.sleep(60)


def kill_rounds(directory: DataDirectory, rounds: int) -> None:
    for round_ in range(rounds):
        heard, said = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(said, 1)
            directory.lock(since=round_)
            asyncio.run(write_for_ever(directory, round_))
        os.close(said)
        words = os.read(heard, 1 << 16)
        time.sleep(random.uniform(0.0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(heard, 1 << 16):
            words += more
        os.close(heard)
        os.write(1, words)


def write_torn(path: str, rows: int = 3000) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=OFF", "wal_autocheckpoint=10"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, filling TEXT)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO t VALUES (?, 0, ?)", [(row, "x" * 100) for row in range(rows)])
    connection.execute("COMMIT")
    print("writing", flush=True)
    while True:
        giver, taker = random.sample(range(rows), 2)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE t SET n = n - ? WHERE id = ?", (giver + 1, giver))
        connection.execute("UPDATE t SET n = n + ? WHERE id = ?", (giver + 1, taker))
        connection.execute("COMMIT")
        time.sleep(0.002)


if __name__ == "__main__":
    if sys.argv[1] == "kill":
        kill_rounds(DataDirectory(Path(sys.argv[2])), int(sys.argv[3]))
    else:
        write_torn(sys.argv[2])
