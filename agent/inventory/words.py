"""Words of asset lists: kinds, dates, warranties, places, addresses, as people write them. Pure."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Sequence

from agent.model import KINDS

_KINDS: Sequence[tuple[str, str]] = (
    ("asset", r"机柜|桌(?!面)|椅|支架|线缆|网线|光纤(?!交换)|光电转换|收发器|跳线|配线架|面板(?!ap)|模块|立杆"
              r"|交换机电源|硬盘(?!录)|内存|幕布|门禁|闸机|班牌|考勤"),
    ("controller", r"无线控制器|ac控制器|无线接入控制|\bac\b|^控制器$|wlan controller|wireless controller"),
    ("ap", r"无线ap|无线接入点|吸顶ap|面板ap|(?<![a-z])ap(?![a-z])|access point|无线"),
    ("recorder", r"录像机|nvr|dvr|xvr|存储服务器|视频存储|云存储"),
    ("camera", r"摄像|半球|枪机|球机|枪球|监控点|人脸抓拍|ipc|\bds-2[cd]|camera|网络高清"),
    ("ups", r"ups|不间断电源"),
    ("gateway", r"防火墙|路由|网关|上网行为|出口|firewall|router|gateway"),
    ("switch", r"交换机|switch|汇聚|接入层|核心层|\bolt\b"),
    ("zone", r"广播分区|分区"),
    ("server", r"广播(?:主机|服务器|控制主机)"),
    ("amplifier", r"功放|放大器|音箱|音柱|扬声器|喇叭|广播终端|网络终端.*广播|ip广播|寻呼|amplifier|speaker"),
    ("terminal", r"云桌面|云终端|瘦客户|终端|学生机|教师机|计算机|电脑|一体机|台式|笔记本|pc|terminal|thin client"),
    ("server", r"服务器|server|主机|工作站|\bnas\b|录播"),
    ("amplifier", r"广播|音响"),
    ("asset", r"投影|黑板|显示|大屏|电视|打印|复印|扫描|空调|平板|照相"),
)  # fmt: skip
"""In this order: a 交换机机柜 is no switch, a 无线控制器 no access point, a 广播终端 no desktop."""

_DATE = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})(?:\s*[-./月]\s*(\d{1,2}))?")
_TIGHT_DATE = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_EXCEL_EPOCH = datetime.date(1899, 12, 30)
_MONTHS = re.compile(r"(\d{1,3})\s*(?:个月|月|months?|m\b)", re.IGNORECASE)
_YEARS = re.compile(r"(\d{1,2}(?:\.5)?|[一二两三四五六七八九十])\s*(?:年|years?|y\b)", re.IGNORECASE)
_CHINESE = {word: number for number, word in enumerate("零一二三四五六七八九十")} | {"两": 2}
_BUILDING = re.compile(
    r"^(.*?(?:教学楼|实验楼|综合楼|行政楼|办公楼|艺术楼|图书馆|体育馆|宿舍|食堂|号楼|楼|栋|馆|座)"
    r"(?:\s*[A-Za-z](?=$|[^0-9A-Za-z]|\d{1,2}\s*[层楼Ff]|\d{3})(?:栋|座|区)?|\d{1,2}(?=$|[\s#栋座-])[#栋座]?)?)"
)
"""With a letter or a number of its own: `教学楼A3层302` is in building A, `信息楼B2机房` in a second basement."""
_FLOOR = re.compile(
    r"((?:负|地下)?(?:\d{1,2}|[一二三四五六七八九十]{1,3})|B\d)\s*(?:楼|层|F\b)|(?<![0-9A-Za-z])(\d{1,2})F(?![A-Za-z])"
    r"|(?<![0-9A-Za-z])B[1-5](?!\d)",
    re.IGNORECASE,
)
_SHORT_DATE = re.compile(r"(\d{2})[-./年](\d{1,2})[-./月](\d{1,2})日?")
_ADDRESS = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])")
_MORE = re.compile(r"(?<![\d.])(\d{1,3}\.\d{1,3}\.\d{1,3}\.)(\d{1,3})((?:\s*[/、,;]\s*\d{1,3}(?![\d.]))+)")
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
    """`2023-09-01`, `2023.9.1`, `23.9.1`, `2023年9月`, `20230901`, or Excel's count of days; None for no date."""
    match = _DATE.search(text) or _TIGHT_DATE.fullmatch(text)
    short = None if match else _SHORT_DATE.fullmatch(text)
    try:
        if short:
            return datetime.date(2000 + int(short[1]), int(short[2]), int(short[3]))
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
    """`3F` of `3楼`, `三层`, `3`; `B1` of `负一层`, `地下一层`; anything else as it is."""
    word = re.sub(r"[\s楼层]|F$|f$", "", text)
    below = word.startswith(("负", "地下", "-"))
    number = re.sub(r"^(负|地下|-)", "", word)
    if number and (number.isdigit() or all(char in _CHINESE for char in number)):
        floor = int(number) if number.isdigit() else _chinese(number)
        return f"B{floor}" if below else f"{floor}F"
    return word.upper() if re.fullmatch(r"[Bb]\d", word) else text


def _chinese(word: str) -> int:
    """Up to 九十九."""
    tens, ten, ones = word.rpartition("十")
    if not ten:
        return _CHINESE[word[-1]]
    return (_CHINESE[tens] if tens else 1) * 10 + (_CHINESE[ones] if ones else 0)


def addresses_of(text: str) -> tuple[str, ...]:
    """IPv4 addresses within a text: behind `http://`, between spaces, with a mask or a port, numbers filled up with
    zeros, commas for dots; `10.0.0.1/2/3` are three. `10.0.0.1-20` is a range: see `span_of`."""
    tight = re.sub(r"\s*[.。．]\s*", ".", text)
    tight = re.sub(r"(\d),(\d{1,3}),(\d{1,3}),(\d)", r"\1.\2.\3.\4", tight) if "." not in tight else tight
    tight = _MORE.sub(_spelt_out, tight)
    found = (".".join(map(_whole, each.split("."))) for each in _ADDRESS.findall(tight))
    return tuple(dict.fromkeys(each for each in found if not each.startswith(("255.", "0."))))


def _whole(digits: str) -> str:
    return str(int(digits))


def _spelt_out(match: re.Match[str]) -> str:
    """`10.0.0.50/51/52` in full; `10.0.0.50/24` is a mask."""
    base, first, rest = match.groups()
    more = re.findall(r"\d{1,3}", rest)
    if len(more) == 1 and "/" in rest and int(more[0]) <= 32:
        return f"{base}{first}"
    return " ".join(f"{base}{each}" for each in (first, *more))


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


_MAKERS = (
    "海康威视|海康|大华|宇视|天地伟业|新华三|华三|华为|锐捷|中兴|普联|水星|思科|联想|戴尔|惠普|浪潮|希沃|鸿合|深信服|迈普|"
    "神州数码|科华|山特|施耐德|安讯士|萤石|天融信|山石|奇安信|迪普|信锐|itc|dsppa|tp-?link|h3c|huawei|ruijie|zte|cisco|hikvision|"
    "dahua|uniview|aruba|hpe|hp|dell|lenovo|axis|apc|synology|qnap|mikrotik|ubiquiti"
)
_MAKE = re.compile(
    rf"({_MAKERS}|[\u4e00-\u9fff]+(?=[\s/、,:_-]*[A-Za-z0-9])|[A-Za-z][A-Za-z.-]+(?=[\s/、,:]))", re.IGNORECASE
)


def make_of(text: str) -> tuple[str, str]:
    """(maker, model) of what stands in one cell: `海康威视 DS-2CD3T46`, `锐捷RG-AP820`; the model alone where no maker
    stands before it."""
    match = _MAKE.match(text)
    if match is None:
        return "", text
    return match[1], re.sub(r"^[\s/、,:_-]+", "", text[match.end() :])
