"""Words for people, in both languages: a message key and its arguments become a sentence here, when it is read.

`zh_CN/ROOM.yaml` and `en/ROOM.yaml` hold flat or nested keys of one room each (`ticket`, `web`, `config` ...); a key is
`ROOM.name.name`. Sentences use `{argument}`; an argument that is itself a key is written `{argument!k}`.
"""

from __future__ import annotations

import os
import string
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

LANGUAGES = {"zh": "zh_CN", "en": "en"}
"""What `--lang` takes, and the folder it means."""


class Catalogue(string.Formatter):
    """The sentences of one language."""

    def __init__(self, lang: str, sentences: Mapping[str, str]) -> None:
        self.lang = lang
        self._sentences = sentences

    def say(self, key: str, /, **args: Any) -> str:
        """The sentence of `key`; an unknown key is shown as itself with its arguments, never an exception."""
        sentence = self._sentences.get(key)
        if sentence is None:
            return " ".join([key, *(f"{name}={value}" for name, value in args.items())])
        return self.vformat(sentence, (), args)

    def has(self, key: str) -> bool:
        return key in self._sentences

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), "")

    def convert_field(self, value: Any, conversion: Any) -> Any:
        if conversion != "k":
            return super().convert_field(value, conversion)
        key = str(value)  # a word that nobody has translated yet is better than its key
        return self.say(key) if self.has(key) else key.rpartition(".")[2]


@cache
def catalogue(lang: str) -> Catalogue:
    """The catalogue of `zh` or `en`."""
    room = files("agent.locale") / LANGUAGES[lang]
    sentences: dict[str, str] = {}
    for file in room.iterdir():
        if file.name.endswith(".yaml"):
            tree = yaml.load(file.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            sentences.update(_flat(file.name.removesuffix(".yaml"), tree or {}))
    return Catalogue(lang, sentences)


def _flat(prefix: str, tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}.{name}", value)
        else:
            yield f"{prefix}.{name}", str(value)


def language(asked: str | None = None) -> str:
    """`zh` or `en`: as asked, else by LC_ALL, LC_MESSAGES or LANG, else `zh`."""
    if asked in LANGUAGES:
        return asked
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "en" if value.lower().startswith("en") else "zh"
    return "zh"
