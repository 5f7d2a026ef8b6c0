"""What is wrong with a file, as a value: where, what, and what was perhaps meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from agent import locale
from agent.text import clean

T = TypeVar("T")


class Severity(StrEnum):
    """A warning is only unwise; an error keeps the file from being used."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake. `line` counts from 1, 0 when the file as a whole is meant; `path` is like `devices[3].parent`.

    key, args: the sentence of `agent.locale`.  near: what was perhaps meant, "" when nothing comes near.
    Neither holds a secret, nor a value of a place where secrets stand.
    """

    file: str
    line: int
    path: str
    key: str
    args: Mapping[str, Any] = field(default_factory=dict)
    near: str = ""
    severity: Severity = Severity.ERROR

    def what(self, lang: str = "zh") -> str:
        """The sentence alone."""
        words = locale.catalogue(lang)
        what = words.say(self.key, **self.args)
        if self.near:
            what += words.say("config.near", near=self.near)
        return what if self.severity is Severity.ERROR else words.say("config.warning", what=what)

    def render(self, lang: str = "zh") -> str:
        """`file:line: path: what`, one line."""
        where = self.file if not self.line else f"{self.file}:{self.line}"
        return ": ".join(part for part in (where, self.path, self.what(lang)) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Generic[T]):
    """What reading a file brought: a value when nothing was an error, and everything that was found.

    sha256: of the bytes of the file ("" when it could not be read).
    """

    value: T | None
    problems: tuple[Problem, ...] = ()
    sha256: str = ""

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.WARNING)

    def render(self, lang: str = "zh") -> list[str]:
        """All problems, a line each, in the order of the file."""
        return [problem.render(lang) for problem in self.problems]


def near(word: str, known: Iterable[str]) -> str:
    """The known word that was perhaps meant, or "". Long words are not compared: they are no slip of the finger."""
    if len(word) > 64:
        return ""
    folded = {name.casefold(): name for name in known}
    match = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[match[0]] if match else ""


def shown(value: str) -> str:
    """A value as it may stand in a message: clean, short, in quotes."""
    text = clean(value, 60)
    return f"'{text}'" if len(value) <= 60 else f"'{text}…'"
