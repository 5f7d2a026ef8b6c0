"""Two hundred strings that somebody's device, inventory or report may hold, and what each must never do to us."""

from __future__ import annotations

_MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg/onload=alert(1)>", "'-alert(1)-'",
    "</textarea><script>x</script>", "<iframe src=javascript:alert(1)>", "<a href='javascript:alert(1)'>x</a>",
    "{{7*7}}", "${7*7}", "{% raw %}", "<%= 7*7 %>", "<!--", "-->", "]]>", "<![CDATA[x", "&lt;b&gt;", "&#60;b&#62;",
    "<style>*{display:none}</style>", "<base href=//evil>", "<meta http-equiv=refresh content=0>", "\" onmouseover=\"x",
    "javascript:alert(1)", "data:text/html,<script>x</script>", "<math><mtext><table><mglyph><style><img src=x>",
    "<form action=//evil><input name=a>", "<b>bold</b>", "<plaintext>", "<ScRiPt>x</sCrIpT>", "<\x00script>x",
)  # fmt: skip
_SHEETS = (
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://evil\",\"x\")", "\t=1+1", "\r=1+1",
    "=IMPORTXML(\"http://evil\",\"//a\")", "DDE(\"cmd\")",
)  # fmt: skip
_CHATS = (
    "[点我](http://evil.example)", "![x](http://evil.example/x.png)", "<@all>", "@all", "<@userid>", "**粗体**", "# 标题",
    "> 引用", "`code`", "```\nblock\n```", "<font color=\"red\">x</font>", "| a | b |", "- [ ] x", "~~x~~", "https://evil.example/",
)  # fmt: skip
_TERMINALS = (
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b[2J\x1b[H", "\x1b]8;;http://evil\x1b\\x\x1b]8;;\x1b\\", "\x9b31m", "\x9d0;t\x9c",
    "\x1bP+q544e\x1b\\", "\x1b[6n", "\x1bc", "a\rb", "a\bb", "a\x7fb", "a\nb", "a\r\nb\r\nSet-Cookie: x=1", "a\vb", "a\fb", "\x07",
    "2026-01-01T00:00:00.000Z INFO    ticket.closed\n2026-01-01T00:00:00.000Z ERROR forged",
)  # fmt: skip
_LETTERS = (
    "\u202eevil.exe", "\u2066x\u2069", "\u200b\u200c\u200d\ufeff", "مرحبا", "שלום", "ทดสอบ", "中文名称", "㐀𠀀", "é", "e\u0301" * 40,
    "Z\u0351\u036b\u0343\u036a\u0302A\u0321\u0348\u031e", "🏫📷", "👩‍👩‍👧‍👦", "🇨🇳", "ﷺ", "\ufffd", "\ufffe\uffff", "\U0010ffff", "\ue000", "\u2028x\u2029y",
    "\u0085", "\u00a0", "\u3000", "ß", "ŉ", "İ", "\u0130\u0131", "Ω", "½", "①②③", "\u00ad", "．．／", "＜script＞", "ｓｅｌｅｃｔ",
)  # fmt: skip
_QUOTES = (
    "'", '"', "\\", "\\\\", "\\n", "\\u0000", "\\\"", "`", "''", '""', "';DROP TABLE tickets;--", "' OR '1'='1", "%s%s%s%n", "%(x)s", "{0}",
    "{name}", "{", "}", "{}", "$HOME", "$(id)", "`id`", ";id", "|id", "&&id", "../../etc/passwd", "..\\..\\x", "/dev/null", "C:\\con", "nul",
    "~", "null", "None", "true", "NaN", "1e309", "-0", "0x10", "0777", "2026-13-45", "*", "?", "[", "]", "a=b,c=d", 'a="b",c="d"} 1\nx{',
    "# HELP x y", "x 1 2", "%00", "%0d%0a", "a: b", "- a", "!!python/object:os.system", "&anchor", "*alias", ",", ";", "", " ", "   x   ",
)  # fmt: skip
_LONG = ("x" * 2_000, "字" * 1_000, "\x1b[" * 500, "<b>" * 500, " " * 1_000 + "x", "🏫" * 400, "a\x00" * 500)

STRINGS: tuple[str, ...] = (*_MARKUP, *_SHEETS, *_CHATS, *_TERMINALS, *_LETTERS, *_QUOTES, *_LONG)

BYTES: tuple[bytes, ...] = (
    b"\xff\xfe\x80\x81", b"caf\xe9", "教学楼".encode("gb18030"), "教学楼".encode("utf-16"), b"\xc0\x80", b"\xed\xa0\x80",
    b"\xf8\x88\x80\x80\x80", b"\xe4\xb8", b"a\x00b", b"\x00" * 100, bytes(range(256)), b"\xff" * 2_000, b"\x1b]0;\xff\x07",
    b"<img src=x onerror=\xff>", b'"\xff\\', b"\xef\xbb\xbfbom", b"\x9b31m", b"\xc2\x9b31m", b"\xe2\x80\xae", b"\xf4\x90\x80\x80",
    b"\xfe\xff\x00a", b"%n\xff", b"=\xff1+1", b"\r\n\xff", b"\x7f\x80", b"\xa3\xa3", b"\x81\x30\x81\x30",
)  # fmt: skip
"""Strings that are no text; only devices can send them."""

assert len(STRINGS) + len(BYTES) == 200, len(STRINGS) + len(BYTES)


def is_control(char: str) -> bool:
    """What no terminal, log or page may be handed: C0, DEL, C1, line separators, direction marks, surrogates."""
    at = ord(char)
    return at < 32 or 0x7F <= at < 0xA0 or 0xD800 <= at < 0xE000 or at in (0x2028, 0x2029, 0xFEFF) or 0x202A <= at <= 0x202E
