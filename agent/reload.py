"""The files again while the agent runs: all of them in force, or none of them. One reading at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agent.alerting.engine import Removal
from agent.alerting.findings import check
from agent.alerting.frame import Frame
from agent.clock import Clock
from agent.config import Loaded, Problem
from agent.inventory import difference
from agent.inventory.difference import Difference
from agent.inventory.setting import NoInventory, Setting, frame_of
from agent.model import Ms, Target
from agent.monitor import Monitor
from agent.probes import PROBES

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the last reading of the files went. problems: as a person reads them, warnings too."""

    good: bool = True
    at: Ms = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A new setting, ready to be put in force: nothing is left to do that a file could make fail."""

    setting: Setting
    frame: Frame
    found: Difference


class Reloader:
    """Owns the setting in force.

    read: the files as they are now, raising NoInventory.  changed(before, now): told after a new setting is in force,
    for what is neither looked at nor judged.  lang: of the problems that are kept.
    """

    def __init__(
        self,
        setting: Setting,
        read: Callable[[], Loaded[Setting]],
        monitor: Monitor,
        clock: Clock,
        changed: Callable[[Setting, Setting], None],
        lang: str,
    ) -> None:
        self.setting, self.last = setting, Outcome(at=clock.now())
        self._read, self._monitor, self._clock, self._changed, self._lang = read, monitor, clock, changed, lang
        self._reading = asyncio.Lock()
        self._asked: asyncio.Task[None] | None = None

    def hang_up(self) -> None:
        """SIGHUP came. A reading that has not begun yet serves all who ask for one until then."""
        if self._asked is None:
            self._asked = asyncio.create_task(self._for_a_signal(), name="reload")

    async def reload(self) -> Loaded[Setting]:
        """Read the files again; a mistake keeps the old setting as a whole, and its problems are in the answer."""
        async with self._reading:
            return await self._again()

    async def _for_a_signal(self) -> None:
        async with self._reading:
            self._asked = None
            try:
                await self._again()
            except Exception:  # noqa: BLE001 - logged with its trace; the old setting goes on, and the metric is 0
                _log.exception("reload.broke")

    async def _again(self) -> Loaded[Setting]:
        try:
            # Beside the loop, with whatever can fail: what comes back only has to be put in place.
            loaded, change = await asyncio.to_thread(self._prepare)
        except NoInventory:
            missing = Problem(file="", line=0, path="", key="app.no_inventory")
            loaded, change = Loaded[Setting](value=None, problems=(missing,)), None
        except Exception:  # whatever it is goes on to who asked; until then the metric must not say that all is well
            self.last = Outcome(good=False, at=self._clock.now(), problems=("internal",))
            raise
        problems = tuple(loaded.render(self._lang))
        for line in problems:
            _log.warning("reload.problem %s", line)
        if change is None:
            _log.error("reload.failed problems=%d", len(loaded.errors))
        else:
            self._put_in_force(change)
        self.last = Outcome(good=change is not None, at=self._clock.now(), problems=problems)
        return loaded

    def _prepare(self) -> tuple[Loaded[Setting], Change | None]:
        loaded = self._read()
        if loaded.value is None:
            return loaded, None
        found = difference(self.setting.inventory, loaded.value.inventory)
        return loaded, Change(loaded.value, frame_of(loaded.value), found)

    def _put_in_force(self, change: Change) -> None:
        """What is new starts, what is gone stops, what changed changes; the rest never misses a beat."""
        before, self.setting = self.setting, change.setting
        scheduler, targets = self._monitor.scheduler, change.found.targets
        for target in targets.removed:
            scheduler.remove(target)
        devices = tuple(device.id for device in change.found.devices.removed)
        probes = [target.key for target in targets.removed if target.device not in devices]
        probes += [key for _, after in targets.changed for key in _unasked(after)]
        self._monitor.reload(change.frame, Removal(devices=devices, probes=tuple(probes)))
        for target in targets.added:
            scheduler.add(target)
        for _, target in targets.changed:
            scheduler.change(target)
        counts = len(targets.added), len(targets.removed), len(targets.changed)
        _log.info("reload.done added=%d removed=%d changed=%d", *counts)
        self._changed(before, change.setting)


def _unasked(target: Target) -> Iterator[tuple[str, str]]:
    """Checks that nobody looks at any more, by the options as they now are: no look would ever end their conditions."""
    for name in PROBES[target.protocol].unasked(target.options):
        yield target.device, check(target.probe, name)
