"""The configuration file of `--config`: where the other files are, where the page listens, who is told."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from agent.config import Loaded, load
from agent.config.reader import Raw
from agent.model import Secret

_ENDPOINT = re.compile(r"(?:\[([0-9a-fA-F:.%]+)\]|([^\s:/\[\]]*)):(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to listen: `127.0.0.1:9880`, `[::1]:9880`, `:9880` for every address; port 0 takes any that is free."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """Raises ValueError for anything else."""
        match = _ENDPOINT.fullmatch(text)
        if match is None or int(match[3]) > 65535:
            raise ValueError("not an endpoint")
        return cls(match[1] or match[2] or "", int(match[3]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


LISTEN = Endpoint("127.0.0.1", 9880)
"""Where the page is without a word said: on this machine only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """config_file: TLS and users, as exporter-toolkit has them.  reload: whether `POST /-/reload` is served.
    trusted_proxies: addresses whose X-Forwarded-For is believed."""

    config_file: Path | None = None
    reload: bool = False
    trusted_proxies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Traps:
    """listen: where SNMP traps are taken; None takes none."""

    listen: Endpoint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What goes to stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """url: `postgresql://user:password@host/name`, a secret; without it `campus.db` in the data directory."""

    url: Secret | None = None

    def __post_init__(self) -> None:
        if self.url is not None and not _names_a_database(self.url.reveal()):
            raise ValueError("config.not_postgresql")


def _names_a_database(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("postgresql", "postgresql+psycopg") and len(parts.path) > 1 and parts.port != 0
    except ValueError:  # no port is such a number; what is in a URL must not be in a message
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFile:
    """Paths are absolute or relative to the folder of the file, already joined; None where the file says nothing.

    channels: unread, since their types know their own settings.
    """

    version: Literal[1] = 1
    inventory: Path | None = None
    policy: Path | None = None
    calendar: Path | None = None
    roster: Path | None = None
    listen: Endpoint = LISTEN
    database: Database = field(default_factory=Database)
    web: Web = field(default_factory=Web)
    traps: Traps = field(default_factory=Traps)
    channels: tuple[Raw, ...] = ()
    log: Log = field(default_factory=Log)


def load_agent_file(path: str | os.PathLike[str] | None) -> Loaded[AgentFile]:
    """The configuration; all defaults without a file."""
    return Loaded(value=AgentFile()) if path is None else load(AgentFile, path)
