"""Ask the agent over its socket. What it refuses becomes a `Stop` with its words and the exit code that fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from agent.cli.desk import Desk
from agent.cli.places import data_folders, has_database, inventory_file, tell_of_others
from agent.cli.stop import FAILED, NO_AGENT, USAGE, Stop
from agent.control import ControlError, NoAgent, NoAnswer, NotPermitted, call
from agent.store.directory import DataDirectory

Document = dict[str, Any]
T = TypeVar("T")

_USAGE_CODES = ("not_found", "bad_request", "malformed", "too_long")


class Talk:
    """A command's conversation. folder: where the agent was found, or the database that is read without one."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.folder: Path | None = None
        self.live = False
        self.known_zone: tzinfo | None = None

    def read(self, request: Mapping[str, Any], alone: Callable[[Path | None], T]) -> Document | T:
        """The agent's answer, or `alone(folder)` where none runs; folder is None where there is no database either."""
        for folder in data_folders(self.desk.data):
            answer = self._try(folder, request)
            if answer is not None:
                return answer
            if has_database(folder):
                self.folder = folder
                tell_of_others(self.desk, folder)
                return alone(folder)
        return alone(None)

    def command(self, request: Mapping[str, Any]) -> Document:
        """The agent's answer to what only an agent can do."""
        folders = data_folders(self.desk.data)
        for folder in folders:
            answer = self._try(folder, request)
            if answer is not None:
                return answer
        say, places = self.desk.say.say, " ".join(str(folder / "agent.sock") for folder in folders)
        raise Stop(NO_AGENT, say("cli.no_agent", places=places), say("cli.no_agent_mend"))

    def _try(self, folder: Path, request: Mapping[str, Any]) -> Document | None:
        """The answer of the agent at `folder`; None where none listens."""
        say = self.desk.say.say
        directory = DataDirectory(folder, create=False)
        try:
            answer = call(directory, request)
        except NoAgent:
            return None
        except NotPermitted as error:
            place = str(directory.socket)
            raise Stop(NO_AGENT, say("cli.not_permitted", place=place), say("cli.not_permitted_mend")) from error
        except NoAnswer as error:
            raise Stop(FAILED, say("cli.no_answer", place=str(folder), why=str(error))) from error
        except (ControlError, ValueError) as error:
            raise Stop(USAGE, str(error)) from error
        if self.folder is None:
            tell_of_others(self.desk, folder)
        self.folder, self.live = folder, True
        return answer

    def zone(self) -> tzinfo:
        """The site's zone: the agent's word, else the inventory's, else this machine's."""
        if self.known_zone is None:
            name = self._status().get("timezone")
            self.known_zone = ZoneInfo(name) if name else site_zone(self.desk)
        return self.known_zone

    def _status(self) -> Document:
        """The agent's own state; empty where none runs."""
        if self.folder is not None and not self.live:
            return {}
        folders = data_folders(self.desk.data) if self.folder is None else (self.folder,)
        return next(filter(None, (self._try(folder, {"do": "status"}) for folder in folders)), {})


def good(answer: Document, desk: Desk) -> Document:
    """The answer, unless it is an error document: that is a `Stop`."""
    if "error" in answer:
        error = answer["error"]
        raise Stop(code_of(answer), *error_lines(error, desk), document=answer)
    return answer


def code_of(answer: Mapping[str, Any]) -> int:
    """The exit code of an error document."""
    return USAGE if answer["error"]["code"] in _USAGE_CODES else FAILED


def error_lines(error: Mapping[str, Any], desk: Desk, about: str = "") -> list[str]:
    """An error in words: what, and below it the mend."""
    what = f"{about}: {error['message']}" if about else str(error["message"])
    return [what, *([desk.say.say("cli.hint", hint=error["hint"])] if error.get("hint") else [])]


def site_zone(desk: Desk) -> tzinfo:
    """The zone of the inventory, which is read for that word alone; this machine's where there is none to read."""
    from agent.cli.moment import machine_zone
    from agent.config import open_file, tree

    place = inventory_file(desk)
    node = None if place is None else open_file(place)[1]
    for name in ("site", "timezone"):
        node = node.fields.get(name) if isinstance(node, tree.Mapping) else None
    try:
        return ZoneInfo(node.text if isinstance(node, tree.Scalar) else "")
    except (KeyError, ValueError, OSError):
        return machine_zone(desk.clock.now())
