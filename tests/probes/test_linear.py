"""Regular expressions in linear time: they mean what they mean elsewhere, and no text holds us up."""

from __future__ import annotations

import re
import time

import pytest

from agent.probes.http.linear import Pattern


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (r"a+b", "xaab"), (r"^abc$", "abc"), (r"^abc$", "xabc"), (r"(?i)HELLO\D[A-C]", "say hellozb"),
        (r"(a|b){2,3}c", "xbabc"), (r"(a|b){2,3}c", "ac"), (r"x{0,2}$", "xxx"), (r"[^\]]]", "a]"), (r"a{2,}", "aa"),
        (r'"registered"\s*:\s*true', '{"registered" :\ttrue}'), (r"", ""), (r"\.\*\\", r".*\ "), (r"(|a)b", "b"),
        (r"[a-]\w", "-é"), (r".", "\n"), (r"\d{2}:\d{2}", "at 12:30"), (r"(ab)*c", "ababd"),
    ],
)  # fmt: skip
def test_expressions_mean_what_they_mean_elsewhere(expression: str, text: str) -> None:
    assert Pattern.compile(expression).search(text) is bool(re.search(expression, text)), (expression, text)


@pytest.mark.parametrize("expression", ["(", ")", "*a", "a**", "[a", "\\", "\\b", "(?=a)", "a{3,2}", "a{999}", "a^b",
                                        "a$b", "(" * 40, "a" * 501, "(a{60}){60}", "[z-a]", "a{x}"])  # fmt: skip
def test_what_is_no_expression(expression: str) -> None:
    with pytest.raises(ValueError):
        Pattern.compile(expression)


@pytest.mark.parametrize("expression", [r"(x+x+)+y", r"(x*)*y", r"(a|b)*a(a|b){20}c", r".*a.*b.*c.*d"])
def test_an_expression_takes_time_by_the_length_of_the_text(expression: str) -> None:
    pattern, begun = Pattern.compile(expression), time.perf_counter()
    assert not pattern.search("x" * 40_000)
    assert not pattern.search("abbaab" * 5_000)
    assert time.perf_counter() - begun < 1.0
