"""`completion bash|zsh`: a script for the shell, with the commands, the verbs and the options of this version."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module

from agent.cli.desk import Desk
from agent.cli.grammar import COMMANDS, PROGRAM, Parser, shared
from agent.cli.stop import DONE
from agent.locale import Catalogue

_SCRIPT = """\
# {program} completion {shell}: source it, or put it where the shell looks.
{preamble}_campus_agent() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" command="" verb="" each
    for each in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$each" in
            -*) ;;
            *) if [ -z "$command" ]; then command="$each"; elif [ -z "$verb" ]; then verb="$each"; fi ;;
        esac
    done
    case "$previous" in
        --data|--config|--inventory|--file) COMPREPLY=($(compgen -f -- "$word")); return ;;
        --lang) COMPREPLY=($(compgen -W "zh en" -- "$word")); return ;;
    esac
    case "$command" in
        "") COMPREPLY=($(compgen -W "{commands}" -- "$word")) ;;
{cases}
    esac
}}
complete -o default -F _campus_agent {program}
"""


def configure(parser: Parser, words: list[str]) -> None:
    parser.take("shell", choices=("bash", "zsh"))


def run(args: Namespace, desk: Desk) -> int:
    preamble = "autoload -U +X bashcompinit && bashcompinit\n" if args.shell == "zsh" else ""
    commands = " ".join((*COMMANDS, "--version", "--help"))
    cases = "\n".join(_case(name, desk.say) for name in COMMANDS)
    desk.print(
        _SCRIPT.format(program=PROGRAM, shell=args.shell, preamble=preamble, commands=commands, cases=cases).rstrip()
    )
    return DONE


def _case(name: str, say: Catalogue) -> str:
    if name != "ticket":
        return f'        {name}) COMPREPLY=($(compgen -W "{_words(name, [], say)}" -- "$word")) ;;'
    from agent.cli.verbs import VERBS

    inner = [
        f'            {verb}) COMPREPLY=($(compgen -W "{_words(name, [verb], say)}" -- "$word")) ;;' for verb in VERBS
    ]
    first = f'            "") COMPREPLY=($(compgen -W "{" ".join(VERBS)}" -- "$word")) ;;'
    return "\n".join(['        ticket) case "$verb" in', first, *inner, "        esac ;;"])


def _words(name: str, words: list[str], say: Catalogue) -> str:
    """The options of a command, and what its own argument can be."""
    parser = Parser(say, name)
    import_module(f"agent.cli.commands.{name}").configure(parser, words)
    return " ".join(shared(parser).spellings())
