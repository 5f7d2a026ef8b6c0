"""Words of asset lists: kinds, dates, warranties, places, addresses, as people write them. Pure."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Sequence

from agent.model import KINDS

_KINDS: Sequence[tuple[str, str]] = (
    ("asset", r"机柜|桌(?!面)|椅|支架|线缆|网线|光纤(?!交换)|跳线|配线架|面板|模块|立杆|交换机电源|硬盘|内存|幕布"),
    ("controller", r"无线控制器|ac控制器|无线接入控制|\bac\b|wlan controller|wireless controller"),
    ("ap", r"无线ap|无线接入点|吸顶ap|面板ap|\bap\b|access point|无线"),
    ("recorder", r"录像机|nvr|dvr|xvr|存储服务器|视频存储|云存储"),
    ("camera", r"摄像|半球|枪机|球机|枪球|监控点|人脸抓拍|ipc|camera|网络高清"),
    ("ups", r"ups|不间断电源"),
    ("gateway", r"防火墙|路由|网关|上网行为|出口|firewall|router|gateway"),
    ("switch", r"交换机|switch|汇聚|接入层|核心层|\bolt\b"),
    ("zone", r"广播分区|分区"),
    ("amplifier", r"功放|音箱|音柱|扬声器|喇叭|广播终端|网络终端.*广播|ip广播|寻呼|amplifier|speaker"),
    ("terminal", r"云桌面|云终端|瘦客户|终端|学生机|教师机|计算机|电脑|一体机|台式|笔记本|pc|terminal|thin client"),
    ("server", r"服务器|server|主机|工作站|nas"),
)  # fmt: skip
"""In this order: a 交换机机柜 is no switch, a 无线控制器 no access point, a 广播终端 no desktop."""

_DATE = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})(?:\s*[-./月]\s*(\d{1,2}))?")
_TIGHT_DATE = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_EXCEL_EPOCH = datetime.date(1899, 12, 30)
_MONTHS = re.compile(r"(\d{1,3})\s*(?:个月|月|months?|m\b)", re.IGNORECASE)
_YEARS = re.compile(r"(\d{1,2}(?:\.5)?|[一二两三四五六七八九十])\s*(?:年|years?|y\b)", re.IGNORECASE)
_CHINESE = {word: number for number, word in enumerate("零一二三四五六七八九十")} | {"两": 2}
_BUILDING = re.compile(
    r"^(.*?(?:教学楼|实验楼|综合楼|行政楼|办公楼|图书馆|体育馆|宿舍|食堂|楼|栋|号楼|馆|座)\s*[A-Za-z0-9]?(?:栋|座)?)"
)
_FLOOR = re.compile(r"(负?\d{1,2}|[一二三四五六七八九十]{1,3}|B\d)\s*(?:楼|层|F\b)|\b(\d{1,2})F\b", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])")
_SPAN = re.compile(r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.)(\d{1,3})\s*[-~～至]\s*(?:\1)?(\d{1,3})(?![\d.])")


def kind_of(*words: str) -> str:
    """The kind that the words mean, the first of them that means any; "" for none."""
    for word in words:
        flat = word.casefold().strip()
        if flat in KINDS:
            return flat
        found = next((kind for kind, pattern in _KINDS if re.search(pattern, flat)), "")
        if found:
            return found
    return ""


def date_of(text: str) -> datetime.date | None:
    """`2023-09-01`, `2023.9.1`, `2023年9月`, `20230901`, or Excel's count of days; None for no date."""
    match = _DATE.search(text) or _TIGHT_DATE.fullmatch(text)
    try:
        if match:
            return datetime.date(int(match[1]), int(match[2]), int(match[3] or 1))
    except ValueError:
        return None
    days = int(text) if text.isdigit() and len(text) == 5 else 0
    return _EXCEL_EPOCH + datetime.timedelta(days=days) if 36526 <= days < 73051 else None


def months_of(text: str) -> int | None:
    """Months of `3年`, `36个月`, `三年`, `36`; a bare number up to 10 is years. None for what is neither."""
    months, years = _MONTHS.search(text), _YEARS.search(text)
    if months:
        return int(months[1])
    if years:
        word = years[1]
        return round((_CHINESE[word] if word in _CHINESE else float(word)) * 12)
    if text.isdigit() and int(text) <= 600:
        return int(text) * 12 if int(text) <= 10 else int(text)
    return None


def months_between(first: datetime.date, last: datetime.date) -> int:
    """Whole months from acceptance to the last day, a day more or less forgiven."""
    last += datetime.timedelta(days=1)
    months = (last.year - first.year) * 12 + last.month - first.month
    end = calendar.monthrange(last.year, last.month)[1]
    return max(0, months - (last.day < min(first.day, end)))


def place_of(text: str) -> dict[str, str]:
    """Building, floor and room of a place in one; what cannot be told apart is the room."""
    building = _BUILDING.match(text)
    rest = text[building.end() :] if building else text
    floor = _FLOOR.search(rest)
    if floor:
        rest = f"{rest[: floor.start()]} {rest[floor.end() :]}"
    told = {
        "building": building[1].strip() if building else "",
        "floor": floor_of(floor[0]) if floor else "",
        "room": re.sub(r"^[\s\-—/,，、]+|[\s\-—/,，、]+$", "", rest).strip(),
    }
    return {name: word for name, word in told.items() if word}


def floor_of(text: str) -> str:
    """`3F` of `3楼`, `三层`, `3`; anything else as it is."""
    word = re.sub(r"[\s楼层]|F$|f$", "", text)
    if word.isdigit():
        return f"{int(word)}F"
    if word.startswith("负") and word[1:].isdigit():
        return f"B{word[1:]}"
    if word and all(char in _CHINESE for char in word):
        return f"{_chinese(word)}F"
    return text


def _chinese(word: str) -> int:
    """Up to 九十九."""
    tens, ten, ones = word.rpartition("十")
    if not ten:
        return _CHINESE[word[-1]]
    return (_CHINESE[tens] if tens else 1) * 10 + (_CHINESE[ones] if ones else 0)


def addresses_of(text: str) -> tuple[str, ...]:
    """IPv4 addresses within a text: behind `http://`, between spaces, with a mask. `10.0.0.1-20` is a range: see
    `span_of`."""
    tight = re.sub(r"\s*[.。．]\s*", ".", text)
    return tuple(dict.fromkeys(_ADDRESS.findall(tight)))


def span_of(text: str) -> tuple[str, int, int] | None:
    """(first three numbers, first, last) of `10.0.0.1-20` or `10.0.0.1-10.0.0.20`."""
    match = _SPAN.search(re.sub(r"\s*[.。．]\s*", ".", text))
    if match is None or int(match[2]) >= int(match[3]) or int(match[3]) > 254:
        return None
    return match[1], int(match[2]), int(match[3])


def is_total(texts: Sequence[str]) -> bool:
    """A row of sums, of a signature, or of nothing."""
    first = next((text for text in texts if text), "")
    return bool(
        re.match(r"(合\s*计|总\s*计|小\s*计|共\s*计|total|制表|审核|填表|单位[:：]|备注[:：])", first.casefold())
    )
