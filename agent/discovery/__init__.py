"""What is there that no list names: sweep the ranges, ask politely who answers, propose an inventory with the evidence.

`ground` the addresses, their order, what is known of each · `lines` ICMP and WS-Discovery datagrams · `sweep` the paced
loop · `doors` TCP ports · `onvif` WS-Discovery answers, the camera's clock · `tables`, `asking` SNMP by the known
credentials · `box` what one host told · `boxes` vendor, kind and model by its words · `uplinks` who hangs on whom ·
`proposal` all of it judged · `compare` against the present inventory · `journey` the stages in order · `resume` its
file · `draft` the YAML. Pure: ground, box, boxes, uplinks, proposal, compare, draft.
"""

from __future__ import annotations

from agent.discovery.box import Box
from agent.discovery.compare import Differences, compare
from agent.discovery.draft import additions, whole
from agent.discovery.ground import Ground, TooWide, WrongRange, read_ranges
from agent.discovery.journey import Journey, Wish
from agent.discovery.proposal import Evidence, Proposal, propose
from agent.discovery.resume import BadResume, load, save

__all__ = [
    "BadResume", "Box", "Differences", "Evidence", "Ground", "Journey", "Proposal", "TooWide", "Wish", "WrongRange",
    "additions", "compare", "load", "propose", "read_ranges", "save", "whole",
]  # fmt: skip
