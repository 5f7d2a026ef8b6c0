"""The options: what all commands share, help and mistakes in the user's language, and the table of commands."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from agent.cli.stop import USAGE, Stop
from agent.locale import Catalogue

PROGRAM = "campus-agent"

COMMANDS = (
    "run", "demo", "check", "doctor", "discover", "inventory", "profile", "probe", "wake", "devices", "device",
    "tickets", "ticket", "backup", "restore", "completion",
)  # fmt: skip
"""In the order of the help; `commands/NAME.py` has `configure(parser, words)` and `run(args, desk)`."""

VALUED = ("--data", "--config", "--lang")
"""Options of all commands that take a value."""

_MISTAKES: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"the following arguments are required: (?P<names>.+)", "required"),
        (r"unrecognized arguments: (?P<names>.+)", "unrecognized"),
        (r"argument (?P<name>\S+): expected (?:one|at least one) argument", "valueless"),
        (r"argument (?P<name>\S+): invalid choice: (?P<value>.+) \(choose from (?P<choices>.+)\)", "choice"),
        (r"argument (?P<name>\S+): invalid \S+ value: (?P<value>.+)", "value"),
        (r"argument (?P<name>\S+): not allowed with argument (?P<other>\S+)", "both"),
        (r"one of the arguments (?P<names>.+) is required", "one_of"),
    )
)
"""What argparse says in English only, and our sentence for it."""


class Parser(argparse.ArgumentParser):
    """Speaks the user's language; a mistake is a `Stop`, never an exit."""

    def __init__(self, say: Catalogue, command: str = "") -> None:
        super().__init__(
            prog=f"{PROGRAM} {command}".rstrip(),
            description=say.say(f"cli.about.{command or 'program'}"),
            add_help=False,
            allow_abbrev=False,
            argument_default=argparse.SUPPRESS,
            formatter_class=lambda prog: _Help(prog, say),
        )
        self.say, self._command = say, command
        self.usage_hint = self.prog
        self._spellings: list[Sequence[str]] = []
        self._arguments: list[str] = []
        self._titles = {name: self.add_argument_group(say.say(f"cli.group.{name}")) for name in ("own", "shared")}

    def take(self, *names: str, **how: Any) -> None:
        """An option or argument of the command; its help is `cli.option.NAME`, or `cli.option.COMMAND.NAME`."""
        self._add("own", names, how)

    def hide(self, name: str, **how: Any) -> None:
        """A word that is there already when help is asked for."""
        self.add_argument(name, help=argparse.SUPPRESS, **how)

    def format_help(self) -> str:
        """With a short usage line: the options stand below, one a line."""
        self.usage = self.usage or " ".join([self.prog, *self._arguments, self.say.say("cli.options")])
        return super().format_help()

    def share(self, *names: str, **how: Any) -> None:
        """An option that every command has."""
        self._add("shared", names, how)

    def _add(self, group: str, names: Sequence[str], how: Mapping[str, Any]) -> None:
        self._spellings.append(names)
        if not names[0].startswith("-"):
            metavar = how.get("metavar") or "|".join(how["choices"])
            self._arguments.append(f"{metavar}..." if how.get("nargs") == "+" else metavar)
        name = max(names, key=len).lstrip("-").replace("-", "_")
        own = f"cli.option.{self._command.partition(' ')[0]}.{name}"
        text = self.say.say(own if self.say.has(own) else f"cli.option.{name}")
        self._titles[group].add_argument(*names, help=text.replace("%", "%%"), **how)

    def spellings(self) -> list[str]:
        """Every option as it is typed, for the shell's completion."""
        return [name for names in self._spellings for name in names if name.startswith("-")]

    def error(self, message: str) -> NoReturn:
        raise Stop(USAGE, self._in_words(message), self.say.say("cli.see_help", command=self.usage_hint))

    def _in_words(self, message: str) -> str:
        for pattern, key in _MISTAKES:
            match = pattern.fullmatch(message)
            if match:
                return self.say.say(f"cli.mistake.{key}", **match.groupdict())
        return message


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str, say: Catalogue) -> None:
        super().__init__(prog, max_help_position=30)
        self._usage_word = say.say("cli.usage")

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, self._usage_word if prefix is None else prefix)


def shared(parser: Parser) -> Parser:
    """Add what every command takes, before its name or behind it."""
    parser.share("--data", type=Path, metavar="DIR")
    parser.share("--config", type=Path, metavar="FILE")
    parser.share("--json", action="store_true", dest="as_json")
    parser.share("--lang", choices=("zh", "en"))
    parser.share("--debug", action="store_true")
    parser.share("-h", "--help", action="store_true")
    return parser


def program(say: Catalogue) -> Parser:
    """The options before the command's name."""
    parser = shared(Parser(say))
    parser.share("--version", action="store_true")
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {say.say(f'cli.about.{name}')}" for name in COMMANDS]
    parser.epilog = "\n".join([say.say("cli.group.commands"), *lines])
    parser.usage = f"{PROGRAM} [--data DIR] [--config FILE] [--json] [--lang zh|en] COMMAND ..."
    return parser
