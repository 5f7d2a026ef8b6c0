"""Does the camera see anything? One picture against limits, against the last one, and against what is usual. Pure.

A single picture is seldom proof: somebody stands before the lens, the light has just gone out. A fault is told when
`confirm` pictures in a row show the same; until then nothing is said, and what was said stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import ne

from agent.model import Ms
from agent.probes.picture.measure import Measures

BLACK, FROZEN, COVERED, BLURRED, SIZE = (
    "picture_black", "picture_frozen", "picture_covered", "picture_blurred", "picture_size",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Shares of full scale, unless it says otherwise.

    dark, unlit: brightness and brightest hundredth up to which a picture shows nothing; a lamp, a window or infrared
    lifts them.  dead, even: share of cells exactly alike and contrast, from which on and up to which no sensor is at
    work behind a dark picture; one lamp far away shows that it is.  night: ms that a dark picture with a live sensor
    may last, longer than any night of a country's north (16.5 h) and its dusk.  uniform, bare, grainy: contrast and
    edges up to which a picture that is not dark shows one surface and no scene; the edges of fog and of dusk are faint,
    and still there. Up to `grainy` they may be a small picture's noise; up to `bare` nothing is sharp, whatever the
    contrast.  soft: sharpness up to which anything is blurred: scenes have 0.9 and more, those under a spot of infrared
    0.45.  lost: the same as a share of the camera's usual sharpness, known from `settled` pictures on, by day and under
    infrared each.  still: share of cells that may differ between two pictures of a camera that stands still; a live
    one's noise changes a fifth and more.  confirm: pictures in a row that must agree.  grey: colour up to which it is
    night mode.
    """

    dark: float = 0.08
    unlit: float = 0.16
    dead: float = 0.995
    even: float = 0.01
    night: Ms = 18 * 3_600_000
    uniform: float = 0.03
    bare: float = 4 / 255
    grainy: float = 7 / 255
    soft: float = 0.35
    lost: float = 0.5
    settled: int = 6
    still: float = 0.002
    confirm: int = 2
    grey: float = 0.015


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A camera's sharpness as it is most of the time, over so many pictures (at most LONG weigh)."""

    pictures: int = 0
    sharpness: float = 0.0


LONG = 50
_NOISE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is remembered of a camera. cells: of the last picture.  suspect, times: what it looked like, so many times
    in a row.  dark_since: ms.  nights: it has been dark without any noise and come back, so that this is its night.
    usual: by night mode (True) or not.
    """

    cells: bytes = b""
    suspect: str = ""
    times: int = 0
    dark_since: Ms | None = None
    nights: bool = False
    usual: Mapping[bool, Usual] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """reason: "" where the picture is good, a fault, or None where this picture decides nothing.  again: look again
    soon, for there is a suspicion.
    """

    reason: str | None
    again: bool = False


def judge(
    seen: Seen, measures: Measures, now: Ms, expected: tuple[int, int] = (0, 0), limits: Limits | None = None
) -> tuple[Verdict, Seen]:
    """What a picture says, and what is remembered then. expected: width and height it must have, 0 any."""
    limits = limits or Limits()
    dark = measures.brightness <= limits.dark and measures.lit <= limits.unlit
    since = (seen.dark_since if seen.dark_since is not None else now) if dark else None
    suspect = _suspicion(seen, measures, limits, expected, None if since is None else now - since)
    times = seen.times + 1 if suspect == seen.suspect else 1
    after = replace(seen, cells=measures.cells, suspect=suspect, times=times, dark_since=since)
    if suspect:
        sure = times >= limits.confirm
        return Verdict(reason=suspect if sure else None, again=not sure), after
    if dark:
        return Verdict(reason=None), after
    came_back = seen.dark_since is not None and seen.suspect == BLACK
    return Verdict(reason=""), replace(after, nights=seen.nights or came_back, usual=_learned(seen, measures, limits))


def _suspicion(seen: Seen, measures: Measures, limits: Limits, expected: tuple[int, int], dark_for: Ms | None) -> str:
    """The fault that this picture looks like, "" without. dark_for: ms that it is dark, None in light."""
    if any(want and want != has for want, has in zip(expected, (measures.width, measures.height), strict=True)):
        return SIZE
    if dark_for is not None:
        dead = measures.flat >= limits.dead and measures.contrast <= limits.even and not seen.nights
        return BLACK if dead or dark_for >= limits.night else ""
    if measures.contrast <= limits.uniform and measures.edges <= _faint(measures, limits):
        return COVERED
    if seen.cells and changed(seen.cells, measures.cells) <= limits.still:
        return FROZEN
    usual = seen.usual.get(measures.colour <= limits.grey, Usual())
    floor = limits.lost * usual.sharpness if usual.pictures >= limits.settled else 0.0
    soft = measures.sharpness <= max(limits.soft, floor) or measures.edges <= limits.bare
    return BLURRED if soft else ""


def _faint(measures: Measures, limits: Limits) -> float:
    """Edges up to which there is nothing behind them: of what is but noise, the strongest is five times the mean."""
    return max(limits.bare, min(limits.grainy, _NOISE * measures.grain))


def changed(before: bytes, now: bytes) -> float:
    """Share of cells that are not exactly what they were."""
    if len(before) != len(now):
        return 1.0
    return 0.0 if before == now else sum(map(ne, before, now)) / len(now)


def _learned(seen: Seen, measures: Measures, limits: Limits) -> dict[bool, Usual]:
    """Good pictures alone teach what is usual."""
    grey = measures.colour <= limits.grey
    before = seen.usual.get(grey, Usual())
    count = min(before.pictures + 1, LONG)
    sharpness = before.sharpness + (measures.sharpness - before.sharpness) / count
    return {**seen.usual, grey: Usual(pictures=count, sharpness=sharpness)}
