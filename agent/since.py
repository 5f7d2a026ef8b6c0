"""Since when each device is as it is; kept in the store, so that a restart is no beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from agent.alerting.conditions import Condition
from agent.alerting.sla import Shift
from agent.alerting.state import Delta, Key
from agent.model import Ms
from agent.store import Batch, keys


class Since(dict[str, Ms]):
    """By device, ms UTC: the first failed look, the first good one after it, or the first look ever."""

    def __init__(self, put: Callable[[Batch], object]) -> None:
        """put: takes what is to be written, and returns at once."""
        super().__init__()
        self._put = put

    def begin(self, device: str, at: Ms) -> None:
        """It is looked at for the first time."""
        if device not in self:
            self[device] = at
            self._put(Batch(remembered=keys.since({device: at})))

    def date(self, delta: Delta, before: Mapping[Key, Condition], now: Ms) -> Batch:
        """What a step changes of it, to be written with the step. before: the conditions as they were."""
        dated: dict[str, Ms] = {}
        for key, condition in delta.conditions.items():
            old = before.get(key)
            if condition is not None and condition.fires and not (old and old.fires):
                dated[key[0]] = condition.since
            elif old is not None and old.fires and (condition is None or not condition.fires):
                dated[key[0]] = old.good_since or now
        self.update(dated)
        return Batch(remembered=keys.since(dated))

    def shift(self, shift: Shift) -> None:
        """The wall clock was stepped."""
        self.update({device: shift(at) for device, at in self.items()})
        self._put(Batch(remembered=keys.since(self)))

    def forget(self, devices: Iterable[str]) -> None:
        """They have left the inventory."""
        gone = {device: None for device in devices if self.pop(device, None) is not None}
        if gone:
            self._put(Batch(remembered=keys.since(gone)))
