"""What there is: the devices of the campus, read from YAML with every mistake named.

The way through: `entry` (the shape of the file) -> `devices` (ranges expanded) -> `checks` (across devices) ->
`targets` (which probes) -> `value.Inventory`; `reading.load_inventory` walks it. `difference` compares two. Beside it
the files of the judge: `policyfile`, `calendarfile`, `rosterfile`.
"""

from agent.inventory.difference import Change, Difference, difference
from agent.inventory.reading import load_inventory
from agent.inventory.value import REFERENCE, Inventory, Site

__all__ = ["REFERENCE", "Change", "Difference", "Inventory", "Site", "difference", "load_inventory"]
