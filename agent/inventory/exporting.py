"""The inventory as a table for people and other programs: CSV, XLSX, and CSV as NetBox imports devices."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence

from agent.inventory.value import REFERENCE, Inventory
from agent.model import Device

FORMATS = ("csv", "xlsx", "netbox")

_ROWS: Mapping[str, Callable[[Device], str]] = {
    "id": lambda device: device.id,
    "name": lambda device: device.name,
    "kind": lambda device: device.kind,
    "role": lambda device: device.role,
    "address": lambda device: device.address,
    "mac": lambda device: device.mac,
    "building": lambda device: device.location.building,
    "floor": lambda device: device.location.floor,
    "room": lambda device: device.location.room,
    "vendor": lambda device: device.vendor,
    "model": lambda device: device.model,
    "serial": lambda device: device.serial,
    "asset_no": lambda device: device.asset_no,
    "accepted": lambda device: device.warranty.accepted if device.warranty else "",
    "warranty": lambda device: str(device.warranty.months) + "m" if device.warranty else "",
    "parent": lambda device: device.parent.device if device.parent else "",
    "port": lambda device: device.parent.port if device.parent else "",
    "controller": lambda device: device.controller,
    "schedule": lambda device: device.schedule,
    "criticality": lambda device: device.criticality,
    "tags": lambda device: ",".join(sorted(device.tags)),
    "owner_party": lambda device: device.owner_party,
    "pictures": lambda device: device.pictures,
}
"""Columns of the asset list; their headings are those that `inventory import` knows."""

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP CSV injection): a `'` before what would begin one."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def devices_of(inventory: Inventory) -> list[Device]:
    """Without the pseudo devices of the references."""
    return [device for device in inventory.devices.values() if device.kind != REFERENCE]


def rows(devices: Iterable[Device], heading: Callable[[str], str]) -> list[list[str]]:
    """Headings, then a row a device. heading: a field's name in the reader's language."""
    body = [[safe(tell(device)) for tell in _ROWS.values()] for device in devices]
    return [[heading(name) for name in _ROWS], *body]


def netbox_rows(inventory: Inventory) -> list[list[str]]:
    """As NetBox's bulk import of devices has its columns (dcim/devices/import); unknown makers and models said so,
    since it requires both."""
    head = ["name", "role", "manufacturer", "device_type", "serial", "asset_tag", "site", "location", "status",
            "primary_ip4", "tags", "comments"]  # fmt: skip
    return [head, *([safe(cell) for cell in _netbox(device, inventory.site.id)] for device in devices_of(inventory))]


def _netbox(device: Device, site: str) -> Sequence[str]:
    location = " ".join(filter(None, (device.location.building, device.location.floor, device.location.room)))
    four = device.address if device.address.replace(".", "").isdigit() else ""
    return (
        device.id, device.kind, device.vendor or "unknown", device.model or device.kind, device.serial, device.asset_no,
        site, location, "active", four, ",".join(sorted(device.tags)), device.name,
    )  # fmt: skip


def as_csv(table: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a byte order mark, without which Excel shows Chinese as noise; lines end as RFC 4180 has them."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def as_xlsx(table: Sequence[Sequence[str]], title: str) -> bytes:
    """One sheet, every cell a text, the headings fixed at the top."""
    import openpyxl
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    sheet = book.active
    if sheet is None:
        raise RuntimeError("a new workbook has no sheet")
    sheet.title = title
    for number, row in enumerate(table, 1):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(number, column, text)
            cell.data_type = "s"  # openpyxl would take a leading = for a formula
            if number == 1:
                cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
