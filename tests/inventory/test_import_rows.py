"""What people write in lists, word by word: kinds, dates, warranties, places, addresses, headings."""

from __future__ import annotations

import datetime
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.inventory import load_inventory, words
from agent.inventory.columns import FIELDS, field_of, guess
from agent.inventory.ledger import Imported
from agent.inventory.rows import import_rows
from agent.inventory.sheets import Cell, Sheet, letters, plain
from agent.inventory.writing import document


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("网络摄像机", "camera"), ("高清半球", "camera"), ("枪机", "camera"), ("录像机", "recorder"),
        ("NVR", "recorder"),
        ("接入交换机", "switch"), ("核心交换机机柜", "asset"), ("无线AP", "ap"), ("无线控制器AC", "controller"),
        ("功放", "amplifier"), ("IP广播终端", "amplifier"), ("云桌面终端", "terminal"), ("学生机", "terminal"),
        ("服务器", "server"), ("UPS主机", "ups"), ("出口防火墙", "gateway"), ("课桌", "asset"), ("switch", "switch"),
        ("智慧黑板", "asset"), ("天气", ""), ("", ""),
    ],
)  # fmt: skip
def test_kinds(said: str, kind: str) -> None:
    assert words.kind_of(said) == kind


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2023-09-01", "2023-09-01"), ("2023.9.1", "2023-09-01"), ("2023/9/1", "2023-09-01"),
        ("2023年9月1日", "2023-09-01"),
        ("2023年9月", "2023-09-01"), ("20230901", "2023-09-01"), ("45170", "2023-09-01"), ("2023-13-01", None),
        ("去年", None), ("", None), ("99999", None),
    ],
)  # fmt: skip
def test_dates(text: str, iso: str | None) -> None:
    found = words.date_of(text)
    assert (found.isoformat() if found else None) == iso


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("3年", 36),
        ("三年", 36),
        ("36个月", 36),
        ("36", 36),
        ("3", 36),
        ("两年", 24),
        ("1.5年", 18),
        ("36m", 36),
        ("长期", None),
    ],
)
def test_warranties(text: str, months: int | None) -> None:
    assert words.months_of(text) == months


def test_months_between_days() -> None:
    day = datetime.date
    assert words.months_between(day(2023, 9, 1), day(2026, 8, 31)) == 36
    assert words.months_between(day(2023, 9, 1), day(2026, 9, 1)) == 36
    assert words.months_between(day(2023, 9, 1), day(2022, 1, 1)) == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("教学楼A 3楼 301", {"building": "教学楼A", "floor": "3F", "room": "301"}),
        ("综合楼二层会议室", {"building": "综合楼", "floor": "2F", "room": "会议室"}),
        ("信息楼负1层机房", {"building": "信息楼", "floor": "B1", "room": "机房"}),
        ("3号楼十二层", {"building": "3号楼", "floor": "12F"}),
        ("操场东侧", {"room": "操场东侧"}),
    ],
)
def test_places(text: str, told: dict[str, str]) -> None:
    assert words.place_of(text) == told


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("http://10.1.0.1/", ("10.1.0.1",)), (" 10. 1 .0.1 ", ("10.1.0.1",)), ("10.1.0.1/24", ("10.1.0.1",)),
        ("10.1.0.1、10.1.0.2", ("10.1.0.1", "10.1.0.2")), ("无", ()), ("1.2.3.4.5", ()),
    ],
)  # fmt: skip
def test_addresses(text: str, found: tuple[str, ...]) -> None:
    assert words.addresses_of(text) == found


def test_spans() -> None:
    assert words.span_of("10.1.0.1-20") == words.span_of("10.1.0.1 ~ 10.1.0.20") == ("10.1.0.", 1, 20)
    assert words.span_of("10.1.0.20-10") is None


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("设备名称", "name"), ("IP地址", "address"), ("IP地址（内网）", "address"), ("序列号/SN", "serial"),
        ("设备 名称*", "name"), ("摄像机IP地址", "address"), ("primary_ip4", "address"), ("device_type", "model"),
        ("备注", "note"), ("序号", "number"), ("天气", ""), ("", ""),
    ],
)  # fmt: skip
def test_headings(heading: str, field: str) -> None:
    assert field_of(heading, {}) == field


def test_what_the_user_says_goes_first() -> None:
    assert field_of("设备名称", {"设备名称": "place"}) == "place"
    assert field_of("天气", {"天气": "room"}) == "room"


def sheet(*rows: list[str], name: str = "台账") -> Sheet:
    return Sheet(name, [[Cell(plain(text), y, x) for x, text in enumerate(row)] for y, row in enumerate(rows)])


def imported(*rows: list[str]) -> Imported:
    found = guess(sheet(*rows), {})
    assert found is not None
    return import_rows([found])


def test_headings_stand_below_a_title_and_again_on_every_page() -> None:
    head = ["序号", "设备名称", "IP地址"]
    done = imported(
        ["第一中学设备台账"], [], head, ["1", "门口枪机", "10.0.0.1"], head, ["合计", "", "1"], ["制表人：王"]
    )
    assert [entry.fields["name"] for entry in done.entries] == ["门口枪机"]
    assert done.skipped == 3


def test_mistakes_are_named_by_their_cells() -> None:
    done = imported(
        ["设备名称", "IP地址", "MAC地址", "验收日期", "数量"],
        ["枪机1", "10.0.0.300", "zz", "去年", "很多"],
        ["枪机2", "10.0.0.2", "001122334455", "2023.9.1", "1"],
        ["枪机3", "10.0.0.2", "00:11:22:33:44:55", "", ""],
    )
    assert [(each.where, each.key) for each in done.mistakes] == [
        ("台账!D2", "date"), ("台账!E2", "quantity"), ("台账!B2", "address"), ("台账!C2", "mac"), ("台账!B4", "twice"),
        ("台账!C4", "twice"),
    ]  # fmt: skip
    assert [entry.fields.get("address", "") for entry in done.entries] == ["", "10.0.0.2", ""]


def test_parents_by_name_become_ids_and_strangers_are_told() -> None:
    done = imported(
        ["设备名称", "IP地址", "上级设备", "上级端口"],
        ["接入", "10.0.0.2", "核心", "GE1/0/1"],
        ["核心", "10.0.0.1", "", ""],
        ["枪机", "10.0.0.3", "没有的交换机", ""],
    )
    below, core, camera = (entry.fields for entry in done.entries)
    assert below["parent"] == {"device": core["id"], "port": "GE1/0/1"}
    assert "parent" not in camera
    assert [(each.where, each.key) for each in done.mistakes] == [("台账!A4", "no_parent")]


def test_a_range_and_a_quantity() -> None:
    done = imported(
        ["设备名称", "设备类型", "IP地址", "数量"],
        ["走廊半球", "摄像机", "10.0.0.1-10.0.0.4", "4"],
        ["课桌", "家具", "", "120"],
    )
    cameras, desks = (entry.fields for entry in done.entries)
    assert (cameras["id"], cameras["address"]) == ("camera-001-[1-4]", "10.0.0.[1-4]")
    assert desks["name"] == "课桌 [001-120]"


def test_a_sheet_without_headings_is_no_list() -> None:
    assert guess(sheet(["请认真填写", "谢谢"], ["名称只有一个"]), {}) is None


def test_every_field_has_a_heading_of_its_own_language() -> None:
    from agent.locale import catalogue

    for lang in ("zh", "en"):
        assert all(catalogue(lang).has(f"lists.fields.{field}") for field in FIELDS)


def test_letters() -> None:
    assert [letters(column) for column in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), max_size=6))
def test_any_text_is_survived(rows: list[list[str]]) -> None:
    imported(["设备名称", "IP地址", "验收日期"], *rows)


def test_what_could_not_stand_in_an_inventory_is_taken_out() -> None:
    done = imported(
        ["设备名称", "设备类型", "IP地址", "上级设备", "数量", "房间"],
        ["甲", "交换机", "10.0.0.1", "乙", "", ""],
        ["乙", "交换机", "10.0.0.2", "甲", "", ""],
        ["丙", "交换机", "10.0.0.3", "丙", "", ""],
        ["面板AP[1-9]", "AP", "", "", "12", "301[1-3]"],
    )
    assert [(each.where, each.key) for each in done.mistakes] == [
        ("台账!A4", "no_parent"), ("台账!A2", "no_parent"), ("台账!A5", "ap_unreachable"),
    ]  # fmt: skip
    assert done.kinds == {"switch": 3, "asset": 12}
    assert done.entries[3].fields["name"] == "面板AP（1-9） [01-12]"


HEADINGS = [
    "设备编号", "设备名称", "类型", "IP地址", "MAC", "位置", "验收日期", "质保期", "数量", "上级设备",
    "无线控制器", "标签", "资产编号",
]  # fmt: skip
CELLS = st.sampled_from((
    "", "无", "a", "A-1", "甲", "乙[1-3]", "交换机", "AP", "摄像机", "10.0.0.1", "10.0.0.1-3", "10.0.0.300",
    "001122334455", "1", "3", "0", "2023.9.1", "3年", "#x", "- {id: x}", "a: b", "'", "=1", "a" * 90, "yes",
    "null", "1e3", "[1-2]", "\u202e名", "合计",
))  # fmt: skip


@given(st.lists(st.lists(CELLS, min_size=len(HEADINGS), max_size=len(HEADINGS)), max_size=8))
@settings(max_examples=80, deadline=None)
def test_whatever_a_list_says_the_inventory_passes(rows: list[list[str]]) -> None:
    text = document({"id": "school"}, imported(HEADINGS, *rows).entries)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        assert [problem.render("en") for problem in load_inventory(file.name).errors] == []
