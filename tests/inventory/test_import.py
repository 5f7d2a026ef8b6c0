"""`inventory import` and `export`: whole files through the command line."""

from __future__ import annotations

import csv
import datetime
import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest

from agent.cli import main
from agent.inventory import load_inventory


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["--lang", "en", *argv])
    return code, *capsys.readouterr()


def workbook(path: Path) -> None:
    """As a school has it: a title, headings over two rows, merged cells, another sheet, a hidden one."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台账"
    sheet.append(["第一中学信息化设备资产台账"])
    sheet.merge_cells("A1:I1")
    sheet.append(["序号", "设备名称", "设备类别", "ＩＰ地址", "安装位置", None, "品牌", "验收日期", "质保期"])
    sheet.append([None, None, None, None, "楼栋", "房间"])
    sheet.merge_cells("E2:F2")
    for column in "ABCDGHI":
        sheet.merge_cells(f"{column}2:{column}3")
    sheet.append(
        [1, "核心交换机", "交换机", "１０.1.0.1", "信息楼", "机房", "H3C", datetime.datetime(2023, 9, 1), "3年"]
    )
    sheet.append([2, "大门枪机", "摄像机", " http://10.1.30.1/ ", None, "大门", "大华", 45170.0, "2026-8-31"])
    sheet.merge_cells("E4:E5")
    sheet.append([3, '=HYPERLINK("http://x")', "摄像机", "10.1.30.2", "操场", None, None, "2023.9.1", None])
    sheet.append(["合计", None, None, None, None, None, None, None, 3])
    other = book.create_sheet("无线")
    other.append(["AP名称", "管理IP", "型号", "S/N", "安装位置"])
    other.append(["AP-A-301", "10.1.9.1", "RG-AP820", "G1", "教学楼A 3楼 301"])
    hidden = book.create_sheet("旧")
    hidden.append(["设备名称", "IP地址"])
    hidden.append(["老交换机", "10.1.0.99"])
    hidden.sheet_state = "hidden"
    book.save(path)


def test_a_school_s_workbook(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workbook(folder / "list.xlsx")
    code, out, err = said(capsys, "inventory", "import", "list.xlsx", "--yes", "--write", "made.yaml")
    assert (code, out) == (1, "")
    assert "台账!B6: 设备名称: a formula" in err and "hidden sheets, not read: 旧" in err
    loaded = load_inventory("made.yaml")
    assert loaded.value is not None and not loaded.errors
    core, gate, play, ap = loaded.value.devices.values()
    assert (core.name, core.kind, core.address, core.vendor) == ("核心交换机", "switch", "10.1.0.1", "H3C")
    assert (gate.address, gate.location.building, gate.location.room) == ("10.1.30.1", "信息楼", "大门")
    assert core.warranty is not None and (core.warranty.accepted, core.warranty.months) == ("2023-09-01", 36)
    assert gate.warranty is not None and (gate.warranty.accepted, gate.warranty.months) == ("2023-09-01", 36)
    assert (play.kind, play.location.building) == ("camera", "操场")
    assert (ap.id, ap.kind, ap.location.floor, ap.serial) == ("ap-a-301", "ap", "3F", "G1")
    assert "10.1.0.99" not in (folder / "made.yaml").read_text("utf-8")
    assert "ＩＰ地址" not in err and "IP地址" in err


def test_nothing_is_written_without_a_yes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workbook(folder / "list.xlsx")
    code, out, err = said(capsys, "inventory", "import", "list.xlsx", "--write", "made.yaml")
    assert (code, out) == (2, "")
    assert "--yes" in err and "安装位置" not in out
    assert not (folder / "made.yaml").exists()


def test_never_over_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workbook(folder / "list.xlsx")
    (folder / "made.yaml").write_text("mine")
    assert said(capsys, "inventory", "import", "list.xlsx", "--yes", "--write", "made.yaml")[0] == 2
    assert said(capsys, "inventory", "export", "made.yaml", "--format", "csv")[0] == 2
    assert (folder / "made.yaml").read_text() == "mine"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_csv_in_every_usual_encoding(encoding: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "list.csv").write_bytes("名称;类型;IP地址\r\n一层交换机;交换机;10.0.0.1\r\n".encode(encoding))
    code, out, _ = said(capsys, "inventory", "import", "list.csv", "--yes", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["items"] == [
        {"id": "switch-001", "name": "一层交换机", "kind": "switch", "address": "10.0.0.1"}
    ] or {key: document["items"][0][key] for key in ("name", "kind", "address")} == {
        "name": "一层交换机", "kind": "switch", "address": "10.0.0.1",
    }  # fmt: skip


def test_mistakes_are_named_and_the_rest_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "l.csv").write_text("名称,类型,IP地址\n一层,交换机,10.0.0.300\n二层,交换机,10.0.0.2\n", "utf-8")
    code, _, err = said(capsys, "inventory", "import", "l.csv", "--yes", "--write", "made.yaml")
    assert code == 1
    assert "l!C2: '10.0.0.300' is no IP address" in err
    loaded = load_inventory("made.yaml")
    assert loaded.value is not None and len(loaded.value.devices) == 2


def test_a_column_said_by_hand(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "l.csv").write_text("甲,乙\nx1,10.0.0.1\n", "utf-8")
    assert said(capsys, "inventory", "import", "l.csv", "--yes")[0] == 1
    code, out, _ = said(capsys, "inventory", "import", "l.csv", "--yes", "--map", "甲=name", "--map", "乙=address")
    assert code == 0
    assert "name: x1" in out
    assert said(capsys, "inventory", "import", "l.csv", "--yes", "--map", "甲=colour")[0] == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"PK\x03\x04 not a workbook", "damaged"),
        (b"\xd0\xcf\x11\xe0 old", ".xlsx"),
        (b"", "headings"),
        (b"\xff\xff\xff\xff\x81", "GB18030"),
    ],
)
def test_what_is_no_list(body: bytes, words: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "l.xlsx").write_bytes(body)
    code, out, err = said(capsys, "inventory", "import", "l.xlsx", "--yes")
    assert (code, out) == (1, "")
    assert words in err
    assert said(capsys, "inventory", "import", "absent.xlsx", "--yes")[0] == 2


def test_a_zip_bomb_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(folder / "l.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for number in range(21):
            packed.writestr(f"xl/{number}.xml", bytes(10 << 20))
    code, _, err = said(capsys, "inventory", "import", "l.xlsx", "--yes")
    assert code == 1 and "too large" in err


def test_a_workbook_with_entities_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workbook(folder / "good.xlsx")
    with zipfile.ZipFile(folder / "good.xlsx") as good, zipfile.ZipFile(folder / "l.xlsx", "w") as bad:
        for part in good.infolist():
            body = good.read(part)
            if part.filename.endswith("sheet1.xml"):
                body = b'<!DOCTYPE x [<!ENTITY a "b">]>' + body
            bad.writestr(part, body)
    code, out, err = said(capsys, "inventory", "import", "l.xlsx", "--yes")
    assert (code, out) == (1, "") and "damaged" in err


INVENTORY = """\
version: 1
site: {id: school, name: 学校, timezone: Asia/Shanghai}
devices:
  - {id: core, name: 核心, kind: switch, role: core, address: 10.0.0.1, mac: "00:11:22:33:44:55", vendor: H3C}
  - id: cam
    name: "=cmd|' /C calc'!A0"
    kind: camera
    address: 10.0.0.2
    location: {building: A, floor: 3F, room: "-301"}
    parent: {device: core, port: GE1/0/1}
    serial: "+1"
    asset_no: "@x"
    warranty: {accepted: 2023-09-01, months: 18}
    tags: [exam, key-point]
    pictures: never
  - {id: radio, name: 校园广播主机, kind: server, address: 10.0.0.3}
"""


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_there_and_back(form: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "inventory.yaml").write_text(INVENTORY, "utf-8")
    assert said(capsys, "inventory", "export", f"list.{form}")[0] == 0
    code, _, err = said(capsys, "inventory", "import", f"list.{form}", "--yes", "--write", "back.yaml")
    assert code == 0, err
    before, after = load_inventory("inventory.yaml").value, load_inventory("back.yaml").value
    assert before is not None and after is not None
    assert after.devices == before.devices


def test_no_cell_is_a_formula(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "inventory.yaml").write_text(INVENTORY, "utf-8")
    for form in ("csv", "netbox"):
        assert said(capsys, "inventory", "export", f"{form}.csv", "--format", form)[0] == 0
        rows = csv.reader(io.StringIO((folder / f"{form}.csv").read_text("utf-8-sig")))
        assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    said(capsys, "inventory", "export", "list.xlsx")
    sheet = openpyxl.load_workbook(folder / "list.xlsx").active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr", "n"}
    assert not [cell.value for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=")]


def test_netbox_columns(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "inventory.yaml").write_text(INVENTORY, "utf-8")
    said(capsys, "inventory", "export", "n.csv", "--format", "netbox")
    first, *_ = csv.DictReader(io.StringIO((folder / "n.csv").read_text("utf-8-sig")))
    assert (first["name"], first["role"], first["manufacturer"], first["site"]) == ("core", "switch", "H3C", "school")
    code, out, _ = said(capsys, "inventory", "import", "n.csv", "--yes", "--json")
    assert code == 0
    assert json.loads(out)["items"][0]["address"] == "10.0.0.1"
