"""`wake DEVICE...`: a magic packet to each, sent by the running agent, from where it stands."""

from __future__ import annotations

from argparse import Namespace

from agent.cli.desk import Desk
from agent.cli.grammar import Parser
from agent.cli.stop import DONE
from agent.cli.talk import Talk, code_of, error_lines, good


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("device", nargs="+", metavar="DEVICE")
    parser.take("--broadcast", metavar="ADDR")


def run(args: Namespace, desk: Desk) -> int:
    """0 when a packet went out for every one of them; whether they woke is seen by the probes."""
    request = {"do": "wake", "ids": args.device, "broadcast": getattr(args, "broadcast", None), "lang": desk.say.lang}
    answer = good(Talk(desk).command(request), desk)
    if desk.as_json:
        desk.document(answer)
    else:
        desk.print(*(desk.say.say("cli.woken", **item) for item in answer["items"]))
    errors = answer.get("errors", [])
    for error in errors:
        desk.tell(*error_lines(error["error"], desk))
    return code_of(errors[0]) if errors else DONE
