"""The exit codes, and the one way for a command to say that it cannot go on."""

from __future__ import annotations

DONE, FAILED, USAGE, DAMAGED, NO_AGENT, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Done; failed, found bad or refused; usage, unknown id or configuration; data damaged; no agent to talk to; Ctrl-C."""


class Stop(Exception):
    """The command ends here: lines for people, the mend among them, and the exit code.

    document: the error document of the same, where one came from the agent.
    """

    def __init__(self, code: int, *lines: str, document: dict[str, object] | None = None) -> None:
        super().__init__(*lines)
        self.code = code
        self.lines = tuple(line for line in lines if line)
        self.document = document
