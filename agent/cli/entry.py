"""Find the command, run it, turn what goes wrong into words and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from agent import __version__
from agent.cli.desk import Desk
from agent.cli.grammar import COMMANDS, PROGRAM, VALUED, Parser, program, shared
from agent.cli.stop import DONE, FAILED, INTERRUPTED, USAGE, Stop
from agent.clock import SystemClock
from agent.locale import Catalogue, catalogue, language
from agent.text import clean

_MOMENTS = ("--at", "--until", "--reply-by")
"""Options whose value may begin with a minus: `--at -20m`."""


def run(argv: Sequence[str] | None = None) -> int:
    """One command, its messages said, its output flushed."""
    words = _joined(sys.argv[1:] if argv is None else argv)
    say = catalogue(language(_asked_language(words)))
    _tame(sys.stdout, sys.stderr)
    try:
        code = _command(words, say)
        sys.stdout.flush()
        return code
    except Stop as stop:
        return _stopped(stop, words, say)
    except BrokenPipeError:
        return _unheard()
    except KeyboardInterrupt:
        print(say.say("cli.interrupted"), file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        if "--debug" in words:
            traceback.print_exc()
        print(clean(say.say("cli.system", why=str(error))), file=sys.stderr)
        return FAILED
    except Exception as error:  # noqa: BLE001 - the last door: a bug is told in one line, with the way to its trace
        return _broke(error, words, say)


def _joined(argv: Sequence[str]) -> list[str]:
    """`--at -20m` as `--at=-20m`: argparse would take the value for an option."""
    words: list[str] = []
    for word in argv:
        if words and words[-1] in _MOMENTS and word[:1] == "-" and word[1:2].isdigit():
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words


def _asked_language(words: Sequence[str]) -> str | None:
    """`--lang`, wherever it stands: mistakes of the other options are told in it, too."""
    for index, word in enumerate(words):
        if word == "--lang":
            return words[index + 1] if index + 1 < len(words) else None
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    return None


def _tame(*streams: object) -> None:
    """A letter that the terminal's encoding lacks becomes a question mark, not an exception."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _command(words: list[str], say: Catalogue) -> int:
    before, name, after = _split(words)
    args = program(say).parse_args(before)
    if getattr(args, "version", False):
        print(f"{PROGRAM} {__version__}")
        return DONE
    if not name:
        print(program(say).format_help(), file=sys.stdout if "help" in args else sys.stderr)
        return DONE if "help" in args else USAGE
    if name not in COMMANDS:
        raise Stop(USAGE, _unknown(name, say), say.say("cli.see_help", command=PROGRAM))
    return _run(name, after, args, say)


def _split(words: list[str]) -> tuple[list[str], str, list[str]]:
    """(options before the command, its name, the rest)."""
    index = 0
    while index < len(words) and words[index].startswith("-"):
        index += 2 if words[index] in VALUED else 1
    return words[:index], words[index] if index < len(words) else "", words[index + 1 :]


def _unknown(name: str, say: Catalogue) -> str:
    from agent.config.problem import near

    meant = near(name, COMMANDS)
    return say.say("cli.no_command_near" if meant else "cli.no_command", name=clean(name, 60), near=meant)


def _run(name: str, words: list[str], args: Namespace, say: Catalogue) -> int:
    module = import_module(f"agent.cli.commands.{name}")
    parser = Parser(say, name)
    module.configure(parser, words)
    shared(parser)
    if "-h" in words or "--help" in words or "help" in args:
        print(parser.format_help(), end="")
        return DONE
    parser.parse_intermixed_args(words, args)
    code: int = module.run(args, _desk(args, say))
    return code


def _desk(args: Namespace, say: Catalogue) -> Desk:
    return Desk(
        say=say,
        clock=SystemClock(),
        as_json=getattr(args, "as_json", False),
        data=getattr(args, "data", None),
        config=getattr(args, "config", None),
        inventory=getattr(args, "inventory", None),
        debug=getattr(args, "debug", False),
    )


def _stopped(stop: Stop, words: Sequence[str], say: Catalogue) -> int:
    desk = Desk(say=say, clock=SystemClock())
    with contextlib.suppress(BrokenPipeError):
        if stop.document is not None and "--json" in words:
            desk.document(stop.document)
        desk.tell(*stop.lines)
        return stop.code
    _unheard()
    return stop.code


def _unheard() -> int:
    """The reader has left (`| head`): nothing more is said, not even by the interpreter's own last flush."""
    null = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(null, sys.stdout.fileno())
    return DONE


def _broke(error: Exception, words: Sequence[str], say: Catalogue) -> int:
    """A bug. The message is the exception's kind and place: its text may hold what is nobody's business."""
    if "--debug" in words:
        traceback.print_exc()
        return FAILED
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    print(say.say("cli.bug", kind=type(error).__name__, where=where), file=sys.stderr)
    return FAILED
