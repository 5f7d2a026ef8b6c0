"""A box asked by SNMP from the command line, whether the inventory knows it or not; each refusal with its next step."""

from __future__ import annotations

import asyncio
import socket
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from gufo.snmp import SnmpAuthError, SnmpError

from agent.cli.desk import Desk
from agent.cli.stop import FAILED, USAGE, Stop
from agent.model import Secret
from agent.probes.snmp import Credential, Options
from agent.probes.snmp.session import Session

T = TypeVar("T")

_RETRIES = 1
_SHORTEST = 8
"""Characters of a pass phrase (RFC 3414 11.2)."""


def credential(args: Namespace, desk: Desk) -> Credential:
    """Version 3 where a user is named, else 1 or 2c by the community. Stops for a half-said login."""
    user = getattr(args, "user", "")
    for name in ("auth", "priv"):
        key, there = f"{name}_key_file", getattr(args, name, "")
        if bool(there) != (getattr(args, key, None) is not None) or (there and not user):
            needed = f"--user, --{name}, --{key.replace('_', '-')}"
            raise Stop(USAGE, desk.say.say("probes.half_login", names=needed))
    if not user:
        return Credential(version="1" if getattr(args, "v1", False) else "2c", community=_community(args, desk))
    if getattr(args, "priv", "") and not getattr(args, "auth", ""):
        raise Stop(USAGE, desk.say.say("probes.half_login", names="--auth, --auth-key-file"))
    return Credential(
        version="3", user=user, auth=getattr(args, "auth", ""), priv=getattr(args, "priv", ""),
        auth_key=_phrase(args, "auth_key_file", desk), priv_key=_phrase(args, "priv_key_file", desk),
    )  # fmt: skip


def asked(args: Namespace, desk: Desk, login: Credential, ask: Callable[[Session], Awaitable[T]]) -> T:
    """Ask the box; its silence, refusal and nonsense become a `Stop` that says what to try next."""
    address, port = _address(args.name, desk), getattr(args, "port", None) or 161
    options = Options(
        port=port, context=getattr(args, "context", ""), small_ids=getattr(args, "small_ids", False),
        any_source=getattr(args, "any_source", False),
    )  # fmt: skip
    try:
        return asyncio.run(_within(address, login, options, getattr(args, "timeout", None) or 5.0, ask))
    except SnmpAuthError:
        raise _stop(args, desk, "auth") from None
    except ConnectionRefusedError:
        raise _stop(args, desk, "refused") from None
    except TimeoutError:
        raise _stop(args, desk, "timeout", "timeout_v3" if login.version == "3" else "timeout") from None
    except SnmpError as error:
        raise _stop(args, desk, "wrong_answer", said=str(error)) from None
    except OSError as error:
        raise _stop(args, desk, "unreachable", said=error.strerror or str(error)) from None


def _stop(args: Namespace, desk: Desk, reason: str, then: str = "", said: str = "") -> Stop:
    say = desk.say.say
    why = said or say(f"web.reason.{reason}")
    port = getattr(args, "port", None) or 161
    return Stop(
        FAILED, say("probes.no_answer", address=args.name, why=why), say(f"probes.next.{then or reason}", port=port)
    )


async def _within(
    address: str, login: Credential, options: Options, patience: float, ask: Callable[[Session], Awaitable[T]]
) -> T:
    session = _session(address, login, options)
    async with session:
        session.patience(patience, _RETRIES)
        try:
            return await ask(session)
        finally:
            session.close()


def _session(address: str, login: Credential, options: Options) -> Session:
    if not options.odd:
        return Session(address, options.port, login, _unheard)
    from agent.probes.snmp.slow import SlowSession

    return SlowSession(address, options.port, login, options, _unheard)


def _unheard(why: str) -> None:
    """Nobody counts what is not believed here."""


def _address(name: str, desk: Desk) -> str:
    try:
        return str(socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)[0][4][0])
    except (OSError, UnicodeError):
        say = desk.say.say
        raise Stop(FAILED, say("probes.no_address", name=name), say("probes.next.resolve")) from None


def _community(args: Namespace, desk: Desk) -> Secret:
    """From the file that is named; `public`, saying so, where none is."""
    path: Path | None = getattr(args, "community_file", None)
    if path is None:
        desk.tell(desk.say.say("probes.public"))
        return Secret("public")
    return _secret(path, desk)


def _phrase(args: Namespace, name: str, desk: Desk) -> Secret | None:
    path: Path | None = getattr(args, name, None)
    if path is None:
        return None
    phrase = _secret(path, desk)
    if len(phrase.reveal()) < _SHORTEST:
        raise Stop(USAGE, desk.say.say("probes.short_phrase", file=str(path), least=_SHORTEST))
    return phrase


def _secret(path: Path, desk: Desk) -> Secret:
    try:
        return Secret(path.read_text("utf-8").removesuffix("\n").removesuffix("\r"))
    except (OSError, UnicodeDecodeError):
        raise Stop(USAGE, desk.say.say("cli.no_file", place=str(path))) from None
