"""Columns: Chinese is two cells wide, hostile strings stay text."""

from __future__ import annotations

from agent.cli.grid import Column, cut, grid, width


def test_width() -> None:
    assert [width(text) for text in ("abc", "交换机", "Ａ", "e\u0301", "")] == [3, 6, 2, 1, 0]


def test_columns_stand_under_one_another() -> None:
    lines = grid([Column("名称"), Column("B")], [("交换机", "x"), ("ab", "y")], None)
    assert lines == ["名称    B", "交换机  x", "ab      y"]


def test_the_widest_gives_way() -> None:
    lines = grid([Column("A"), Column("B", cut=True)], [("aaaa", "交换机交换机交换机")], 16)
    assert max(map(width, lines)) <= 16
    assert lines[1].endswith("…")
    assert cut("交换机", 4) == "交…"


def test_hostile_strings_do_nothing_to_the_terminal() -> None:
    hostile = "\x1b[31mred\x07\n\r\u202eevil\x9b2J"
    (_, line) = grid([Column("A")], [(hostile,)], None)
    assert line == "[31mred evil2J"
