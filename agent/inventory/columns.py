"""What the columns of an asset list hold, guessed by their headings. Tables and their readers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.inventory.sheets import Cell, Sheet

FIELDS = (
    "id", "name", "kind", "role", "address", "mac", "building", "floor", "room", "place", "vendor", "model", "serial",
    "asset_no", "accepted", "warranty", "warranty_end", "quantity", "parent", "port",
    "criticality", "controller", "tags", "owner_party", "note", "number", "site",
)  # fmt: skip
"""What a column may hold. place: building, floor and room in one.  warranty: how long.  number: a running number.
note and number are read past."""

_HEADINGS: Mapping[str, str] = {
    "id": "设备编号|设备id|id|编码|设备编码",
    "name": "设备名称|资产名称|名称|设备名|主机名|点位名称|监控点名称|通道名称|name|device name|hostname",
    "kind": "设备类型|设备类别|类型|类别|资产类别|设备分类|分类|资产分类|type|kind|category",
    "role": "角色|层级|role|device role",
    "address": "ip地址|ip|管理ip|管理地址|设备ip|网络地址|ipv4|ipv4地址|ip address|address|primary ip4|primary ip|地址",
    "mac": "mac地址|mac|物理地址|mac address",
    "building": "楼栋|楼宇|教学楼|建筑|楼号|所在楼|building|location",
    "floor": "楼层|层|floor",
    "room": "房间|房间号|教室|室|房号|具体位置|机房|room",
    "place": "安装位置|位置|安装地点|存放地点|使用地点|地点|所在位置|存放位置|安装区域|区域|place",
    "vendor": "品牌|厂商|厂家|生产厂家|制造商|生产商|vendor|brand|manufacturer",
    "model": "型号|规格型号|设备型号|型号规格|规格|model|device type",
    "serial": "序列号|sn|s/n|sn号|序列号/sn|序列号sn|出厂编号|机身号|serial|serial number",
    "asset_no": "资产编号|固定资产编号|资产号|资产编码|国资编号|asset no|asset tag|asset number",
    "accepted": "验收日期|验收时间|启用日期|购置日期|采购日期|投用日期|取得日期|安装日期|accepted|purchase date",
    "warranty": "质保期|保修期|质保|质保年限|质保期限|免费质保期|warranty|warranty months",
    "warranty_end": "质保到期|质保到期日|质保截止日期|保修截止|保修到期|质保期至|过保日期|warranty end",
    "quantity": "数量|台数|数量台|quantity|qty",
    "parent": "上级设备|上联设备|上级|接入交换机|所属交换机|parent|uplink",
    "port": "上联端口|上级端口|接入端口|交换机端口|端口|port|parent port",
    "criticality": "重要性|重要程度|criticality",
    "controller": "无线控制器|所属控制器|controller",
    "tags": "标签|tags",
    "owner_party": "维保单位|责任单位|owner party",
    "note": (
        "备注|说明|note|notes|remark|comments|状态|status|单位|计量单位|单价|金额|使用人|管理人|责任人|部门|使用部门|slug|"
        "tenant|platform|rack|position|face"
    ),
    "number": "序号|no|no.|#|编号",
    "site": "学校|校区|site",
}
"""Headings as real lists have them, in small letters, without what stands in brackets; `|` between them."""

_LOOKED_AT = 40
"""Rows in which the headings are looked for: above them stand titles, dates, the name of the school."""
_BRACKETS = re.compile(r"[（(\[【].*?[)）\]】]|[*：:？?\s_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A sheet's headings. row: on which they stand, from 0.  fields: column -> field.  unknown: headings that say
    nothing to us, by column."""

    sheet: Sheet
    row: int
    fields: Mapping[int, str]
    unknown: Mapping[int, str]

    def heading(self, column: int) -> str:
        return self.sheet.rows[self.row][column].text


def field_of(heading: str, own: Mapping[str, str]) -> str:
    """The field of a heading, "" for one that is not known. own: what the user said, heading -> field."""
    word = heading.strip()
    if word in own:
        return own[word]
    flat = _flat(word)
    if not flat:
        return ""
    exact = next((field for field, words in _FLAT.items() if flat in words), "")
    return exact or _containing(flat)


def _flat(word: str) -> str:
    return _BRACKETS.sub("", word.casefold())


_FLAT = {field: frozenset(map(_flat, words.split("|"))) for field, words in _HEADINGS.items()}


def _containing(flat: str) -> str:
    """The longest Chinese heading that stands within this one: `摄像机IP地址` holds `ip地址`."""
    found = [
        (len(word), field)
        for field, words in _FLAT.items()
        for word in words
        if len(word) > 1 and word in flat and (not word.isascii() or len(word) > 3)
    ]
    return max(found)[1] if found else ""


def guess(sheet: Sheet, own: Mapping[str, str]) -> Guess | None:
    """The row with most known headings, at least two of them and one that names or places a device."""
    best: Guess | None = None
    for number, row in enumerate(sheet.rows[:_LOOKED_AT]):
        found = _row(sheet, number, row, own)
        if len(found.fields) >= 2 and (best is None or len(found.fields) > len(best.fields)):
            best = found
    named = {"name", "address", "kind", "id", "model"}
    return best if best is not None and named & set(best.fields.values()) else None


def _row(sheet: Sheet, number: int, row: Sequence[Cell], own: Mapping[str, str]) -> Guess:
    fields: dict[int, str] = {}
    unknown: dict[int, str] = {}
    for cell in row:
        field = field_of(cell.text, own)
        if field and field not in fields.values():
            fields[cell.column] = field
        elif cell.text and not cell.spread:
            unknown[cell.column] = cell.text
    return Guess(sheet=sheet, row=number, fields=fields, unknown=unknown)
