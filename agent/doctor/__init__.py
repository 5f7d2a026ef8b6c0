"""What stands in the way: rights, limits, clock, names, data, files; each finding with its mend.

`finding` the value · `machine`, `network`, `data`, `files` checks: each takes what was read as arguments and gives
findings, so that any machine can be told of · `reading` reads this one · `examination` all of it in order.
"""

from agent.doctor.examination import Asked, examine
from agent.doctor.finding import Finding, Level, worst

__all__ = ["Asked", "Finding", "Level", "examine", "worst"]
