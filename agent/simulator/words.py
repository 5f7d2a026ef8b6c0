"""Mistakes of a script as sentences in the reader's language."""

from __future__ import annotations

from agent.locale import Catalogue
from agent.simulator.script import Mistake


def tell(words: Catalogue, mistake: Mistake) -> str:
    """What is wrong, without the place."""
    key = f"demo.script.{mistake.key}"
    if mistake.args.get("hint") == "" and words.has(f"{key}_alone"):
        key += "_alone"
    return words.say(key, **mistake.args)


def tell_with_place(words: Catalogue, mistake: Mistake) -> str:
    """`file:line: what`."""
    return words.say("demo.script.at", source=mistake.source, line=mistake.line, what=tell(words, mistake))
