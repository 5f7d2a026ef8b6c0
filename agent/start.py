"""Before the agent runs: its files, its data directory and its lock; and in words and an exit code why it cannot."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agent.app import App, Options
from agent.clock import Steady, SystemClock
from agent.inventory.setting import NoInventory, Setting, load_setting
from agent.locale import Catalogue, catalogue
from agent.logs import Folding
from agent.logs import set_up as set_up_log
from agent.process import raise_file_limit
from agent.store import AlreadyRunning, DamagedDatabase, DatabaseTaken, DataDirectory, Lock, StoreError
from agent.store.database import shown, wal_reset_bug
from agent.store.sound import open_served, open_sound
from agent.web.server import CannotListen

_log = logging.getLogger(__name__)


class Failed(Exception):
    """The agent has stopped because it could not go on; its log has the reason."""


def serve(options: Options) -> int:
    """Run the agent until it is told to stop. 0 stopped, 1 failed, 2 wrong files or usage, 3 data damaged."""
    words = catalogue(options.lang)
    try:
        loaded = load_setting(options.config, options.inventory)
    except NoInventory:
        return _fail(2, words.say("app.no_inventory"))
    for problem in loaded.problems:
        print(problem.render(options.lang), file=sys.stderr)
    if loaded.value is None:
        return _fail(2, words.say("app.not_started", count=len(loaded.errors)))
    setting = loaded.value
    folding = set_up_log(setting.agent.log.level, setting.agent.log.format)
    raise_file_limit()
    try:
        directory = DataDirectory(options.data or default_data())
    except OSError as error:
        return _fail(1, words.say("app.no_data", data=str(options.data or default_data()), why=error.strerror))
    clock, where = SystemClock(), _where(setting, directory)
    try:
        with directory.lock(since=clock.now()) as lock:
            return _with_store(options, setting, lock, clock, folding)
    except AlreadyRunning as error:
        return _fail(1, words.say("app.already_running", data=str(directory.path), pid=error.pid))
    except DatabaseTaken as error:
        return _fail(1, words.say("app.database_taken", data=where, owner=error.owner or "?"))
    except DamagedDatabase as error:
        return _fail(3, damaged(directory, str(error), words))
    except StoreError as error:
        return _fail(1, words.say("app.no_store", data=where, why=str(error)))
    except Failed as error:
        return _fail(1, words.say("app.failed", why=str(error)))
    except CannotListen as error:
        return _fail(1, words.say("app.cannot_listen", listen=error.where, why=error.why))


def default_data() -> Path:
    """`/var/lib/campus-agent` as a service (systemd says so in STATE_DIRECTORY), else `./data`."""
    return Path(os.environ.get("STATE_DIRECTORY", "").split(":")[0] or os.environ.get("CAMPUS_AGENT_DATA") or "data")


def _where(setting: Setting, directory: DataDirectory) -> str:
    """The database, as people are told of it."""
    url = setting.agent.database.url
    return str(directory.database) if url is None else shown(url.reveal())


def damaged(directory: DataDirectory, why: str, words: Catalogue) -> str:
    """What is wrong with the database, and the exact command that mends it. The damaged file stays where it is."""
    newest = directory.newest_copy()
    told = words.say("app.damaged", data=str(directory.database), why=why)
    if newest is None:
        return f"{told}\n{words.say('app.damaged_no_copy', folder=str(directory.backups))}"
    place, file, keeper = shlex.quote(str(directory.path)), shlex.quote(str(newest)), directory.keeper()
    command = f"{f'sudo -u {keeper} ' if keeper else ''}campus-agent --data {place} restore {file}"
    return f"{told}\n{words.say('app.damaged_mend', command=command)}"


def _fail(code: int, message: str) -> int:
    print(message, file=sys.stderr)
    return code


def _with_store(options: Options, setting: Setting, lock: Lock, clock: SystemClock, folding: Folding) -> int:
    url = setting.agent.database.url
    if url is None and wal_reset_bug(sqlite3.sqlite_version_info):
        _log.warning("store.sqlite_wal_reset_bug version=%s mended_in=3.51.3", sqlite3.sqlite_version)
    store = open_sound(lock.directory) if url is None else open_served(url.reveal())
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="writer") as executor:
            app = App(options, setting, lock, store, executor, Steady(clock), folding)
            asyncio.run(app.run())
    finally:
        store.close()
    for error in app.failed:
        raise error if isinstance(error, DamagedDatabase) else Failed(str(error))
    return 0
