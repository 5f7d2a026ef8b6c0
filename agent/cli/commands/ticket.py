"""`ticket ID...` shows tickets with their journals; `ticket VERB ID...` does something to them, then shows them."""

from __future__ import annotations

import re
from argparse import Namespace
from pathlib import Path
from typing import Any

from agent.alerting.table import ROLES
from agent.cli.desk import Desk
from agent.cli.grammar import VALUED, Parser
from agent.cli.moment import parse
from agent.cli.paint import Painter
from agent.cli.stop import DONE, FAILED, USAGE, Stop
from agent.cli.talk import Document, Talk, code_of, error_lines, good
from agent.cli.verbs import VERBS, Option, Verb, options

_NUMBER = re.compile(r"[Tt]\d[\d-]*", re.ASCII)


def configure(parser: Parser, words: list[str]) -> None:
    """The options of the verb that the words name; without one, those of reading."""
    name = _first(words)
    verb = VERBS.get(name)
    if verb is None:
        _refuse_unknown(parser, name)
        parser.take("number", nargs="+", metavar="TICKET|VERB")
        parser.epilog = "\n".join([parser.say.say("cli.group.verbs"), *_verb_lines(parser)])
        return
    parser.prog = parser.usage_hint = f"{parser.prog} {name}"
    parser.description = parser.say.say(f"cli.verb.{name}")
    parser.hide("verb", choices=(name,))
    if verb.numbers:
        parser.take("number", nargs="+", metavar="TICKET")
    _take_options(parser, name, verb)
    for option in ("--by", "--via", "--key"):
        parser.take(option, metavar="TEXT")
    parser.take("--at", metavar="TIME")
    parser.take("--role", choices=tuple(role for role in ROLES if role != "agent"))
    parser.take("--if-version", "--version-seen", type=int, metavar="N", dest="if_version")


def _first(words: list[str]) -> str:
    """The first word that is no option and no value of one."""
    values = {index + 1 for index, word in enumerate(words) if word in VALUED}
    return next((word for i, word in enumerate(words) if i not in values and not word.startswith("-")), "")


def _refuse_unknown(parser: Parser, name: str) -> None:
    """A word that is neither a number nor a verb: say which verb was perhaps meant."""
    from agent.config.problem import near, shown

    if name and not _NUMBER.fullmatch(name):
        meant = near(name, VERBS)
        hint = parser.say.say("cli.meant", near=meant) if meant else parser.say.say("cli.verbs", verbs=" ".join(VERBS))
        raise Stop(USAGE, parser.say.say("cli.no_verb", name=shown(name)), hint)


def _verb_lines(parser: Parser) -> list[str]:
    return [f"  {name:<12}{parser.say.say(f'cli.verb.{name}')}" for name in VERBS]


def _take_options(parser: Parser, name: str, verb: Verb) -> None:
    for option in options(name):
        names = (f"--{option.name.replace('_', '-')}", *option.also)
        if option.kind == "flag":
            parser.take(*names, action="store_true", dest=option.name)
        elif option.one_of:
            parser.take(*names, choices=option.one_of, dest=option.name)
        else:
            parser.take(*names, metavar=option.metavar, dest=option.name)


def run(args: Namespace, desk: Desk) -> int:
    """0 done, 1 refused, 2 unknown number, 4 no agent to carry out a verb."""
    numbers = [number.upper() for number in getattr(args, "number", ())]
    if not hasattr(args, "verb"):
        return _read(numbers, desk)
    talk = Talk(desk)
    request = _request(args, numbers, talk)
    return _show_done(talk, good(talk.command(request), desk), numbers)


# --- reading


def _read(numbers: list[str], desk: Desk) -> int:
    talk = Talk(desk)
    found = [_document(talk, number) for number in dict.fromkeys(numbers)]
    known = [document for document in found if "error" not in document]
    for document in found:
        if "error" in document:
            desk.tell(*error_lines(document["error"], desk))
    if desk.as_json:
        desk.document(found[0] if len(found) == 1 else _listing(known))
    else:
        _paint(talk, known)
    return max((code_of(document) for document in found if "error" in document), default=DONE)


def _document(talk: Talk, number: str) -> Document:
    request = {"do": "ticket", "id": number, "lang": talk.desk.say.lang}
    return talk.read(request, lambda folder: _alone(talk.desk, folder, number))


def _alone(desk: Desk, folder: Path | None, number: str) -> Document:
    from agent.cli import alone

    return alone.ticket(desk, folder, number)


def _listing(items: list[Document]) -> Document:
    return {"items": items, "total": len(items), "next": None}


def _paint(talk: Talk, items: list[Document]) -> None:
    if items:
        painter = Painter(desk=talk.desk, zone=talk.zone(), now=talk.desk.clock.now())
        talk.desk.print(*(line for item in items for line in painter.ticket(item)))


# --- doing


def _request(args: Namespace, numbers: list[str], talk: Talk) -> Document:
    """What is asked of the agent. Stops for a time or file that is none."""
    name = args.verb
    either = [option for option in VERBS[name].either if hasattr(args, option)]
    if len(either) > 1:
        first, second = (f"--{option}" for option in either)
        raise Stop(USAGE, talk.desk.say.say("cli.mistake.both", name=second, other=first))
    given = {option.name: _value(option, getattr(args, option.name), talk) for option in options(name)
             if hasattr(args, option.name)}  # fmt: skip
    at = getattr(args, "at", None)
    return {
        "do": "command",
        "verb": name,
        "ids": numbers,
        "by": getattr(args, "by", None),
        "role": getattr(args, "role", None),
        "via": getattr(args, "via", "cli"),
        "at": None if at is None else _moment("at", at, talk),
        "version": getattr(args, "if_version", None),
        "key": getattr(args, "key", None),
        "args": given,
        "lang": talk.desk.say.lang,
    }


def _value(option: Option, value: Any, talk: Talk) -> Any:
    if option.kind in ("moment", "ahead"):
        return _moment(option.name, value, talk, ahead=option.kind == "ahead")
    return _file(value, talk.desk) if option.kind == "file" else value


def _moment(name: str, text: str, talk: Talk, *, ahead: bool = False) -> int:
    try:
        return parse(text, talk.desk.clock.now(), talk.zone(), ahead=ahead)
    except (ValueError, OverflowError):
        option = f"--{name.replace('_', '-')}"
        raise Stop(USAGE, talk.desk.say.say("cli.no_time", name=option, value=text)) from None


def _file(text: str, desk: Desk) -> str:
    """Where the attachment lies, in full; an address elsewhere is taken as it is."""
    if "://" in text:
        return text
    if not Path(text).is_file():
        raise Stop(USAGE, desk.say.say("cli.no_file", place=text))
    return str(Path(text).resolve())


def _show_done(talk: Talk, answer: Document, numbers: list[str]) -> int:
    """Each ticket as it now stands, and each refusal with its number."""
    items, errors = answer["items"], answer.get("errors", [])
    if talk.desk.as_json:
        talk.desk.document(items[0] if len(numbers) <= 1 and items else answer)
    else:
        _paint(talk, items)
    for failed in errors:
        talk.desk.tell(*error_lines(failed["error"], talk.desk, failed["id"]))
    codes = {code_of(failed) for failed in errors}
    return FAILED if FAILED in codes else max(codes, default=DONE)
