"""What the columns of an asset list hold, guessed by their headings. Tables and their readers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from agent.inventory.sheets import Cell, Sheet

FIELDS = (
    "id", "name", "kind", "role", "address", "mac", "building", "floor", "room", "place", "make", "vendor", "model",
    "serial", "asset_no", "accepted", "warranty", "warranty_end", "quantity", "parent", "port",
    "criticality", "controller", "tags", "owner_party", "pictures", "note", "number", "site",
)  # fmt: skip
"""What a column may hold. place: building, floor and room in one.  make: maker and model in one.  warranty: how long.
number: a running number.  note: kept above the device, as are site and every column that means nothing to us."""

_HEADINGS: Mapping[str, str] = {
    "id": "设备编号|设备id|id|编码|设备编码",
    "name": (
        "设备名称|资产名称|名称|设备名|主机名|点位名称|监控点名称|监控点位|点位|通道名称|摄像机名称|name|"
        "device name|hostname"
    ),
    "kind": "设备类型|设备类别|类型|类别|资产类别|设备分类|分类|资产分类|type|kind|category",
    "role": "角色|层级|role|device role",
    "address": (
        "ip地址|ip|管理ip|管理ip地址|管理地址|设备ip|网络地址|内网ip|固定ip|ipv4|ipv4地址|ip address|address|"
        "primary ip4|primary ip|地址"
    ),
    "mac": "mac地址|mac|物理地址|mac address",
    "building": "楼栋|楼宇|教学楼|建筑|楼号|所在楼|building|location",
    "floor": "楼层|层|floor",
    "room": "房间|房间号|教室|室|房号|具体位置|具体点位|机房|所在房间|教室名称|room",
    "place": (
        "安装位置|安装地址|详细地址|物理位置|位置|安装地点|存放地点|使用地点|地点|所在位置|存放位置|安装区域|区域|place"
    ),
    "make": "品牌型号|品牌/型号|品牌及型号|品牌规格|品牌规格型号|厂家型号|厂家及型号|厂商型号|品牌、型号|品牌与型号",
    "vendor": "品牌|厂商|厂家|生产厂家|制造商|生产商|vendor|brand|manufacturer",
    "model": "型号|规格型号|设备型号|型号规格|规格|model|device type",
    "serial": "序列号|sn|s/n|sn号|序列号/sn|序列号sn|出厂编号|机身号|serial|serial number",
    "asset_no": "资产编号|固定资产编号|资产号|资产编码|国资编号|asset no|asset tag|asset number",
    "accepted": (
        "验收日期|验收时间|启用日期|启用时间|购置日期|购置时间|采购日期|采购时间|购买日期|购买时间|投用日期|投入使用时间|"
        "投入使用日期|使用日期|取得日期|取得时间|安装日期|安装时间|入库日期|入账日期|竣工日期|accepted|purchase date"
    ),
    "warranty": "质保期|保修期|质保|质保年限|质保期限|免费质保期|warranty|warranty months",
    "warranty_end": "质保到期|质保到期日|质保截止日期|保修截止|保修到期|质保期至|过保日期|warranty end",
    "quantity": "数量|台数|数量台|quantity|qty",
    "parent": "上级设备|上联设备|上级|接入交换机|所属交换机|parent|uplink",
    "port": "上联端口|上级端口|接入端口|交换机端口|端口|port|parent port",
    "criticality": "重要性|重要程度|criticality",
    "controller": "无线控制器|所属控制器|controller",
    "tags": "标签|tags",
    "owner_party": "维保单位|责任单位|owner party",
    "pictures": "取图|pictures",
    "note": (
        "备注|备注信息|说明|端口数|端口数量|接口数|接口数量|通道数|通道数量|硬盘数量|存储天数|状态|网关|网关地址|默认网关|子网掩码|"
        "掩码|网段|vlan|vlanid|dns|单位|计量单位|单价|金额|"
        "使用人|管理人|责任人|部门|使用部门|note|notes|remark|comments|status|slug|tenant|platform|rack|position|face"
    ),
    "number": "序号|no|no.|#|编号",
    "site": "学校|校区|site",
}
"""Headings as real lists have them, in small letters, without what stands in brackets; `|` between them."""

_NAMED = frozenset(("id", "name", "address", "mac", "model", "make", "serial", "asset_no"))
_PLACED = frozenset(("place", "building", "room"))
_KEPT = ("note", "number", "site")
_OFTEN = ("note",)
"""Fields that several columns may hold."""
_SECRET = re.compile(r"密码|口令|密钥|团体[字名]|passw|\bpwd\b|secret|community", re.IGNORECASE)
_LOOKED_AT = 40
"""Rows in which the headings are looked for: above them stand titles, dates, the name of the school."""
_BRACKETS = re.compile(r"[（(\[【].*?[)）\]】]|[*：:？?\s_]+")


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A sheet's headings. row: index of the row on which they stand, the lower one of two; above: of the upper.
    fields: column -> field.  unknown: headings that say nothing to us, by column."""

    sheet: Sheet
    row: int
    fields: Mapping[int, str]
    unknown: Mapping[int, str]
    above: int | None = None

    @property
    def number(self) -> int:
        """The row of the headings as the sheet counts it, from 1."""
        return self.sheet.rows[self.row][0].row + 1

    def heading(self, column: int) -> str:
        """In its own row, else in the one above."""
        rows = (self.row,) if self.above is None else (self.row, self.above)
        texts = (self.sheet.rows[row][column].text for row in rows if column < len(self.sheet.rows[row]))
        return next((text for text in texts if text), "")

    @cached_property
    def kept(self) -> dict[int, str]:
        """Columns whose words are kept above the device, with their headings."""
        notes = {column: self.heading(column) for column, field in self.fields.items() if field in _KEPT}
        return {column: text for column, text in sorted({**notes, **self.unknown}.items()) if not is_secret(text)}

    def kept_texts(self, row: Sequence[Cell]) -> list[str]:
        """`heading: text` of the kept columns of a row, as far as it says more than its number in the list."""
        return [
            f"{heading}: {row[column].text}"
            for column, heading in self.kept.items()
            if column < len(row) and row[column].text
            and not (self.fields.get(column) == "number" and row[column].text.isdigit())
        ]  # fmt: skip

    @property
    def secret(self) -> list[str]:
        """Headings of columns that are kept nowhere."""
        return [text for text in self.unknown.values() if is_secret(text)]


def field_of(heading: str, own: Mapping[str, str]) -> str:
    """The field of a heading, "" for one that is not known. own: what the user said, heading -> field."""
    word = heading.strip()
    if word in own:
        return own[word]
    flat = _flat(word)
    if not flat:
        return ""
    return _exactly(flat) or _containing(flat)


def _exactly(flat: str) -> str:
    return next((field for field, words in _FLAT.items() if flat in words), "")


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


def is_secret(heading: str) -> bool:
    """A column of passwords: they belong into files of their own."""
    return _SECRET.search(heading) is not None


def guess(sheet: Sheet, own: Mapping[str, str]) -> Guess | None:
    """The row with most known headings, at least two of them and one that tells devices apart: a table of kinds and
    quantities is a summary of the others.

    Two rows may share the work: `安装位置` above `楼栋` and `房间`.
    """
    best: Guess | None = None
    for number, row in enumerate(sheet.rows[:_LOOKED_AT]):
        found = _row(sheet, number, row, own)
        if len(found.fields) >= 2 and (best is None or len(found.fields) > len(best.fields)):
            best = found
    if best is None:
        return None
    whole = _with_neighbour(best, own)
    held = set(whole.fields.values())
    return whole if held & _NAMED or ("kind" in held and held & _PLACED) else None


def _with_neighbour(best: Guess, own: Mapping[str, str]) -> Guess:
    """Joined with the row below or above it, where that tells more columns and holds nothing but headings."""
    rows = best.sheet.rows
    pairs = [(upper, upper + 1) for upper in (best.row, best.row - 1) if upper >= 0 and upper + 1 < len(rows)]
    joined = [_joined(best.sheet, upper, lower, own) for upper, lower in pairs if _only_headings(rows[lower], own)]
    more = max(joined, key=lambda each: len(each.fields), default=best)
    return more if len(more.fields) > len(best.fields) else best


def _only_headings(row: Sequence[Cell], own: Mapping[str, str]) -> bool:
    """Word for word: the name of a device may hold a heading, `接入交换机` is one."""
    texts = [cell.text for cell in row if cell.text and not cell.spread]
    return bool(texts) and all(text in own or _exactly(_flat(text)) for text in texts)


def _joined(sheet: Sheet, upper: int, lower: int, own: Mapping[str, str]) -> Guess:
    """The lower row's headings, where it has none those of the upper one."""
    wide = max(len(sheet.rows[upper]), len(sheet.rows[lower]))
    blank = [Cell("", lower, column) for column in range(wide)]
    rows = [[*sheet.rows[number], *blank[len(sheet.rows[number]) :]] for number in (upper, lower)]
    cells = [below if below.text else above for above, below in zip(*rows, strict=True)]
    return replace(_row(sheet, lower, cells, own), above=upper)


def _row(sheet: Sheet, number: int, row: Sequence[Cell], own: Mapping[str, str]) -> Guess:
    """Headings that are known word for word take their fields first: `网关地址` may stand before `IP地址`."""
    fields: dict[int, str] = {}
    for sure in (True, False):
        for cell in (cell for cell in row if cell.column not in fields and not is_secret(cell.text)):
            told = cell.text in own or _exactly(_flat(cell.text)) != ""
            field = field_of(cell.text, own) if told or not sure else ""
            if field and (field in _OFTEN or field not in fields.values()):
                fields[cell.column] = field
    unknown = {cell.column: cell.text for cell in row if cell.text and not cell.spread and cell.column not in fields}
    return Guess(sheet=sheet, row=number, fields=dict(sorted(fields.items())), unknown=unknown)
