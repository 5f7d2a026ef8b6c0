"""The terminal's face. `entry` finds the command and turns what goes wrong into words and exit codes; `commands/` has
one file a command, imported when it is asked for.

`grammar` the options · `desk` what a command is given · `places` where data and inventory lie · `talk` to the agent ·
`alone` documents without one · `boxes` a box asked by SNMP from here · `verbs` what can be done to a ticket · `moment`
times as people type them · `grid` columns · `paint` a device or a ticket in words · `closeup` what a device's looks
brought · `stop` the exit codes.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command of `campus-agent`; the exit code (interface.md "Command campus-agent")."""
    try:
        from agent.cli.entry import run

        return run(argv)
    except KeyboardInterrupt:
        return 130
