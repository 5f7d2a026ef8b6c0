"""What is there that no list names: sweep the ranges, ask politely who answers, propose an inventory with the evidence.

`ground` the addresses, their order, what is known of each · `lines` ICMP and WS-Discovery datagrams · `sweep` the paced
loop · `doors` TCP ports · `onvif` WS-Discovery answers, the camera's clock · `tables`, `asking` SNMP by the known
credentials · `here` what this machine knows of itself · `box` what one host told · `found` what all did · `resume` the
file of it · `journey` the stages in order · `boxes` vendor, kind and model by a box's words · `makers` by its MAC
address · `sameness` which addresses are one device · `bridges` neighbours by forwarding tables · `uplinks` who hangs on
whom · `proposal` all of it judged · `compare` against the present inventory · `draft` the YAML.
Pure: ground, box, boxes, sameness, bridges, uplinks, proposal, compare, draft.
"""

from __future__ import annotations

from agent.discovery.box import Box
from agent.discovery.compare import Differences, compare
from agent.discovery.draft import additions, whole
from agent.discovery.ground import Ground, TooWide, WrongRange, read_ranges
from agent.discovery.journey import Journey, Wish
from agent.discovery.proposal import Evidence, Proposal, propose
from agent.discovery.resume import BadResume, Trail, load

__all__ = [
    "BadResume", "Box", "Differences", "Evidence", "Ground", "Journey", "Proposal", "TooWide", "Trail", "Wish",
    "WrongRange", "additions", "compare", "load", "propose", "read_ranges", "whole",
]  # fmt: skip
