"""What outlives a restart beside faults: which logins were refused, who answers at each device's address, and since
when a device is as it is."""

from __future__ import annotations

from collections.abc import Callable

from agent.inventory.setting import Setting
from agent.model import Device, Ms
from agent.probes.identities import Identities
from agent.probes.logins import Logins
from agent.store import Batch, Loaded, keys


class Remembered:
    """What the probes of the house know of devices, kept in the store as it changes."""

    def __init__(self, put: Callable[[Batch], object]) -> None:
        """put: takes what is to be written, and returns at once."""
        self._put = put
        self.logins = Logins(self._logins_changed)
        self.identities = Identities(self._learned)

    def _logins_changed(self) -> None:
        """What a device refused is not forgotten by a restart: each would be one more wrong password."""
        self._put(Batch(meta={"logins": self.logins.dump()}))

    def _learned(self, device: str, what: str, value: str) -> None:
        """A box that is swapped while the agent is down must be noticed when it is up again."""
        self._put(Batch(remembered=keys.identity(device, what, value)))

    def load(self, loaded: Loaded, setting: Setting) -> dict[str, Ms]:
        """Go on from the last start, for the devices that there still are; since when each is as it is."""
        refused, devices = loaded.meta.get("logins"), setting.inventory.devices
        if isinstance(refused, dict):
            self.logins.load(refused)
            self.logins.keep(setting.inventory.targets)
        who, when = keys.identities(loaded.remembered), keys.moments(loaded.remembered)
        self.identities.load(who)
        self.identities.forget({device for device, _ in who if device not in devices})
        gone = {device: None for device in when if device not in devices}
        if gone:
            self._put(Batch(remembered=keys.since(gone)))
        return {device: at for device, at in when.items() if device in devices}

    def reloaded(self, before: Setting, now: Setting) -> None:
        """Another inventory is in force: a device that it describes otherwise than before may be another box."""
        self.logins.keep(now.inventory.targets)
        old, new = before.inventory.devices, now.inventory.devices
        self.identities.forget({name for name, one in old.items() if name not in new or _box(new[name]) != _box(one)})


def _box(device: Device) -> tuple[str, ...]:
    return (device.address, device.mac, device.serial, device.vendor, device.model, device.asset_no)
