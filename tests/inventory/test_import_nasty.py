"""Lists as schools really have them: every way in which a column, a cell or a whole file is not what it should be."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from agent.cli import main
from agent.inventory import load_inventory, words


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


Import = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def imported(capsys: pytest.CaptureFixture[str]) -> Import:
    """(exit code, items, what was said) of a file; what is written passes `check`."""

    def run(file: str) -> tuple[int, list[dict[str, Any]], str]:
        capsys.readouterr()
        code = main(["--lang", "en", "inventory", "import", file, "--yes", "--json", "--write", f"{file}.yaml"])
        out, err = capsys.readouterr()
        if Path(f"{file}.yaml").exists():
            assert load_inventory(f"{file}.yaml").errors == ()
        return code, json.loads(out)["items"] if out else [], err

    return run


def book(*rows: list[Any], name: str = "list.xlsx", more: Callable[[Worksheet], None] | None = None) -> str:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if more is not None:
        more(sheet)
    made.save(name)
    return name


def test_headings_in_two_rows_without_a_merged_cell(imported: Import) -> None:
    file = book(
        ["某中学台账"], ["序号", "设备名称", "安装位置", None, "网络信息", None],
        [None, None, "楼栋", "房间", "IP地址", "MAC"],
        [1.0, "东门枪机", "教学楼A", 302.0, "１０．０．０．１", "００：１１-22 33.4455"],
    )  # fmt: skip
    code, items, err = imported(file)
    assert code == 0 and "headings in row 3" in err
    (camera,) = items
    assert (camera["address"], camera["mac"]) == ("10.0.0.1", "00:11:22:33:44:55")
    assert camera["location"] == {"building": "教学楼A", "room": "302"}


def test_what_means_nothing_to_us_is_kept_and_a_password_is_not(imported: Import) -> None:
    file = book(["监控点位", "IP", "厂家及型号", "账号", "密码", "通道", "备注", "状态"],
                ["东门", "10.0.0.300", "海康DS-2CD3T46", "admin", "abc12345", 3.0, "移交前\n待查", "在用"])  # fmt: skip
    code, (camera,), err = imported(file)
    assert code == 1 and "Sheet!B2: '10.0.0.300' is no IP address" in err
    assert (camera["kind"], camera["vendor"], camera["model"]) == ("camera", "海康", "DS-2CD3T46")
    assert camera["notes"] == ["账号: admin", "通道: 3", "备注: 移交前 待查", "状态: 在用", "IP: 10.0.0.300"]
    text = Path(f"{file}.yaml").read_text("utf-8")
    assert "# 备注: 移交前 待查" in text and "abc12345" not in text
    assert "secrets: 密码" in err


@pytest.mark.parametrize(
    ("cell", "count", "addresses"),
    [
        ("192.168.001.032", 1, ["192.168.1.32"]),
        ("192,168,1,30", 1, ["192.168.1.30"]),
        ("192.168.1.31:8000", 1, ["192.168.1.31"]),
        ("192.168.1.7/255.255.255.0", 1, ["192.168.1.7"]),
        ("192.168.1.50/51、52", 3, ["192.168.1.50", "192.168.1.51", "192.168.1.52"]),
        ("192.168.1.5;192.168.2.5", 1, ["192.168.1.5"]),
        ("192.168.1.3~192.168.1.6", 4, ["192.168.1.[3-6]"]),
        ("DHCP", 1, [None]),
        ("自动获取", 2, [None]),
    ],
)
def test_addresses(cell: str, count: int, addresses: list[str | None], imported: Import) -> None:
    code, items, _ = imported(book(["名称", "类型", "IP地址", "数量"], ["云终端", "终端", cell, count]))
    assert code == 0
    assert [item.get("address") for item in items] == addresses
    assert len({item["id"] for item in items}) == len(items)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("教学楼A3层302", ("教学楼A", "3F", "302")),
        ("信息楼B2机房", ("信息楼", "B2", "机房")),
        ("实验楼4楼403室", ("实验楼", "4F", "403室")),
        ("A栋501", ("A栋", "", "501")),
        ("图书馆2F", ("图书馆", "2F", "")),
        ("综合楼 地下一层 弱电间", ("综合楼", "B1", "弱电间")),
        ("行政楼201、202", ("行政楼", "", "201、202")),
        ("教学楼1-302", ("教学楼1", "", "302")),
    ],
)
def test_places(text: str, place: tuple[str, str, str]) -> None:
    found = words.place_of(text)
    assert tuple(found.get(name, "") for name in ("building", "floor", "room")) == place


KINDS = {
    "半球": "camera", "枪机": "camera", "球机": "camera", "NVR": "recorder", "硬盘录像机": "recorder",
    "放大器": "amplifier", "功放": "amplifier", "音柱": "amplifier", "广播主机": "server", "云终端": "terminal",
    "学生机": "terminal", "教师机": "terminal", "录播": "server", "UPS": "ups", "控制器": "controller",
    "网关": "gateway", "防火墙": "gateway", "室外AP": "ap", "POE交换机": "switch", "光纤收发器": "asset",
    "门禁": "asset", "投影机": "asset", "硬盘": "asset",
}  # fmt: skip


def test_kinds() -> None:
    assert {word: words.kind_of(word) for word in KINDS} == KINDS


def test_makers_and_models_in_one() -> None:
    made = [words.make_of(text) for text in ("海康威视 DS-2CD3T46", "大华/DH-IPC", "锐捷RG-AP820-L", "S5130", "联想")]
    assert made == [("海康威视", "DS-2CD3T46"), ("大华", "DH-IPC"), ("锐捷", "RG-AP820-L"), ("", "S5130"), ("联想", "")]


def test_rows_that_are_hidden_empty_sums_or_titles(imported: Import) -> None:
    def more(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.cell(1_048_576, 1).font = Font(bold=True)  # somebody coloured the whole column
        sheet.merge_cells("A2:A3")

    file = book(["类别", "名称", "IP"], ["交换机", "SW1", "10.0.0.1"], [None, "SW2", "10.0.0.2"], ["二、监控设备"],
                ["小计", None, 2], ["合计：2台"], more=more)  # fmt: skip
    code, items, err = imported(file)
    assert code == 0
    assert [(item["name"], item["kind"]) for item in items] == [("SW1", "switch"), ("SW2", "switch")]
    assert "Sheet!A3: the row is hidden" in err


def test_formulas_dates_and_numbers(imported: Import) -> None:
    file = book(["名称", "IP地址", "启用时间", "质保", "端口数量"],
                ["一层交换机", '=CONCATENATE("10.0.0.",1)', "22.3.1", 5.0, 24],
                ["二层交换机", "#N/A", datetime.datetime(2023, 9, 1), "三年", 48])  # fmt: skip
    code, (first, second), err = imported(file)
    assert code == 1 and "Sheet!B2: IP地址: a formula" in err
    assert first["warranty"] == {"accepted": "2022-03-01", "months": "60"} and "address" not in first
    assert second["warranty"] == {"accepted": "2023-09-01", "months": "36"} and "address" not in second
    assert first["notes"] == ["端口数量: 24"]


def test_a_gateway_s_address_is_none_of_the_device_and_a_summary_is_no_list(imported: Import) -> None:
    made = openpyxl.Workbook()
    lists, sums = made.active, made.create_sheet("汇总")
    assert lists is not None
    for row in (["设备名称", "网关地址", "端口数量", "管理IP地址"], ["一层交换机", "10.0.0.254", 24, "10.0.0.1"]):
        lists.append(row)
    for row in (["设备类别", "数量", "备注"], ["摄像机", 200, ""], ["合计", 200, ""]):
        sums.append(row)
    made.save("l.xlsx")
    code, (switch,), err = imported("l.xlsx")
    assert (code, switch["address"]) == (0, "10.0.0.1")
    assert switch["notes"] == ["网关地址: 10.0.0.254", "端口数量: 24"]
    assert "not read: 汇总" in err


TABLE = "设备名称,设备类型,IP地址\n一楼交换机,交换机,10.0.0.1\n"
HTML = "<table><tr><th>设备名称<th>设备类型<th>IP地址<tr><td>一楼交换机<td>交换机<td>10.0.0.1</table>"
XML = (
    '<?xml version="1.0"?><Workbook><Worksheet ss:Name="台账"><Table><Row><Cell><Data>设备名称</Data></Cell>'
    "<Cell><Data>设备类型</Data></Cell><Cell ss:Index='4'><Data>IP地址</Data></Cell></Row><Row><Cell><Data>"
    "一楼交换机</Data></Cell><Cell><Data>交换机</Data></Cell>"
    "<Cell ss:Index='4'><Data>10.0.0.1</Data></Cell></Row></Table>"
)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("full.csv", TABLE.replace(",", "，").encode()),
        ("tabs.txt", TABLE.replace(",", "\t").encode("utf-16")),
        ("no-mark.csv", TABLE.encode("utf-16-le")),
        ("bars.csv", TABLE.replace(",", "|").encode("gb18030")),
        ("html.xls", HTML.encode("gb18030")),
        ("xml.xls", XML.encode()),
    ],
)
def test_files_that_are_something_else(name: str, body: bytes, imported: Import) -> None:
    Path(name).write_bytes(body)
    code, (switch,), _ = imported(name)
    assert code == 0
    assert (switch["name"], switch["kind"], switch["address"]) == ("一楼交换机", "switch", "10.0.0.1")


def test_a_workbook_with_a_password_says_so(imported: Import) -> None:
    Path("l.xlsx").write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    )
    code, items, err = imported("l.xlsx")
    assert (code, items) == (1, []) and "has a password" in err


def test_wps_and_macro_names_change_nothing(imported: Import) -> None:
    for name in ("l.et", "l.xlsm"):
        Path(book(["名称", "IP"], ["枪机", "10.0.0.1"])).rename(name)
        assert imported(name)[0] == 0
