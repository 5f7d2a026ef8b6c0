"""Our collections of the recordings against what another system made of them: the bar is 98 % in each class."""

from __future__ import annotations

import pytest

from . import snmp_agreement

BAR = 0.98
FEWEST = {"ports": 13_000, "sensors": 500, "processors": 75, "memory": 85, "neighbours": 200, "access points": 9}
"""Values that must have been compared: an agreement about nothing is none."""


@pytest.mark.net
async def test_each_class_agrees_by_itself() -> None:
    folder = snmp_agreement.shared()
    if folder is None:
        pytest.skip("no recordings of another system: $CAMPUS_SHARED or ../shared")
    found = await snmp_agreement.agreements(folder)
    print(*snmp_agreement.table(found), sep="\n")
    lines = list(snmp_agreement.disagreements(found))
    for of in snmp_agreement.CLASSES:
        counts = [each.count(of) for each in found]
        agree, total = sum(count[0] for count in counts), sum(count[1] for count in counts)
        excused = sum(value.of == of and bool(value.excuse) for each in found for value in each.values)
        mine = [line for line in lines if f": {of}: " in line]
        assert total + excused >= FEWEST[of]
        assert agree >= BAR * total, "\n".join([f"{of}: {agree} of {total}", *mine[:40]])


def test_no_excuse_covers_a_whole_class() -> None:
    """Every excuse names rows of one recording; none stands for everything of it."""
    for excuse in snmp_agreement.EXCUSED:
        assert excuse.key.strip(), excuse
        assert excuse.why.strip(), excuse
