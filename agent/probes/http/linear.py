"""Regular expressions in linear time: an automaton without backtracking, so that no answer of a device holds us up.

Understood: text, `.`, `[a-z]`, `[^...]`, `\\d \\D \\w \\W \\s \\S`, `\\n \\r \\t`, `\\` before punctuation, `(...)`,
`|`, `*`, `+`, `?`, `{m}`, `{m,n}`, `{m,}`, `^` first and `$` last (begin and end of the whole text). Letters are taken
as they are written, unless the expression begins with `(?i)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

LONGEST = 500
"""Characters of an expression."""
STATES = 300
"""Places of the automaton; more is refused when it is read."""
KNOWN = 2000
"""Sets of places that are remembered; then they are learned anew."""
TEXT = 1 << 15
"""Characters of a text that are searched."""

Accepts = Callable[[str], bool]

_CLASSES: dict[str, Accepts] = {
    "d": lambda c: "0" <= c <= "9",
    "w": lambda c: c == "_" or c.isalnum(),
    "s": str.isspace,
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of an expression. kind: `char`, `cat`, `alt`, `repeat`."""

    kind: str
    parts: tuple[_Node, ...] = ()
    accepts: Accepts = bool
    low: int = 1
    high: int | None = 1


class _Parser:
    """Recursive descent over the expression; depth is bounded by its length."""

    def __init__(self, text: str, folded: bool = False) -> None:
        self.text, self.place = text, 0
        self._fold: Callable[[str], str] = str.lower if folded else str

    def whole(self) -> _Node:
        node = self.alternatives(0)
        if self.place < len(self.text):
            raise ValueError("a ')' too many")
        return node

    def alternatives(self, depth: int) -> _Node:
        if depth > 30:
            raise ValueError("too deep")
        parts = [self.sequence(depth)]
        while self._take("|"):
            parts.append(self.sequence(depth))
        return parts[0] if len(parts) == 1 else _Node("alt", tuple(parts))

    def sequence(self, depth: int) -> _Node:
        parts: list[_Node] = []
        while self.place < len(self.text) and self.text[self.place] not in "|)":
            parts.append(self.repeated(self.atom(depth)))
        return _Node("cat", tuple(parts))

    def repeated(self, node: _Node) -> _Node:
        for sign, low, high in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self._take(sign):
                return self._once_only(_Node("repeat", (node,), low=low, high=high))
        if self._take("{"):
            return self._once_only(self._counted(node))
        return node

    def atom(self, depth: int) -> _Node:
        char = self._next()
        if char == "(":
            node = self.alternatives(depth + 1)
            if not self._take(")"):
                raise ValueError("a ')' is missing")
            return node
        if char == "[":
            return _Node("char", accepts=self._set())
        if char in "*+?{":
            raise ValueError("nothing to repeat")
        if char in "^$":
            raise ValueError("'^' only first, '$' only last")
        if char == "\\":
            return _Node("char", accepts=self._escaped())
        return _Node("char", accepts=(lambda c: c != "\n") if char == "." else self._fold(char).__eq__)

    def _once_only(self, node: _Node) -> _Node:
        if self.text[self.place : self.place + 1] in ("*", "+", "?", "{"):
            raise ValueError("a repetition repeated")
        return node

    def _counted(self, node: _Node) -> _Node:
        body, brace, _ = self.text[self.place :].partition("}")
        low, comma, high = body.partition(",")
        if not brace or not low.isdecimal() or (high and not high.isdecimal()):
            raise ValueError("no {m,n}")
        self.place += len(body) + 1
        most = int(low) if not comma else int(high) if high else None
        if int(low) > STATES or (most is not None and not int(low) <= most <= STATES):
            raise ValueError("no {m,n}")
        return _Node("repeat", (node,), low=int(low), high=most)

    def _escaped(self) -> Accepts:
        char = self._next()
        if char.lower() in _CLASSES:
            accepts = _CLASSES[char.lower()]
            return accepts if char.islower() else lambda c: not accepts(c)
        if char.isalnum() and char not in _CONTROLS:
            raise ValueError("an escape that is not known")
        return _CONTROLS.get(char, char).__eq__

    def _set(self) -> Accepts:
        negated = self._take("^")
        members: list[Accepts] = []
        while not self._take("]") or not members:
            members.append(self._member())
        return lambda c: any(accepts(c) for accepts in members) is not negated

    def _member(self) -> Accepts:
        first = self._next()
        if first == "\\":
            return self._escaped()
        if self.text[self.place : self.place + 1] == "-" and self.text[self.place + 1 : self.place + 2] not in (
            "]",
            "",
        ):
            self.place += 1
            low, high = self._fold(first), self._fold(self._next())
            if "\\" in (low, high) or high < low:
                raise ValueError("no range")
            return lambda c: low <= c <= high
        return self._fold(first).__eq__

    def _take(self, sign: str) -> bool:
        if self.text.startswith(sign, self.place):
            self.place += len(sign)
            return True
        return False

    def _next(self) -> str:
        if self.place >= len(self.text):
            raise ValueError("it ends too early")
        self.place += 1
        return self.text[self.place - 1]


@dataclass(slots=True)
class _Automaton:
    """Thompson's construction. A place has one character to read, or jumps without one; the last place is the end."""

    reads: list[tuple[Accepts, int] | None] = field(default_factory=list)
    jumps: list[list[int]] = field(default_factory=list)

    def place(self) -> int:
        if len(self.reads) >= STATES:
            raise ValueError("too large")
        self.reads.append(None)
        self.jumps.append([])
        return len(self.reads) - 1

    def build(self, node: _Node, start: int) -> int:
        """Add `node` behind `start`; where it ends."""
        if node.kind == "char":
            end = self.place()
            self.reads[start] = node.accepts, end
            return end
        if node.kind == "cat":
            for part in node.parts:
                start = self.build(part, self._jump(start))
            return start
        if node.kind == "alt":
            end = self.place()
            for part in node.parts:
                self.jumps[self.build(part, self._jump(start))].append(end)
            return end
        return self._repeat(node, start)

    def _repeat(self, node: _Node, start: int) -> int:
        for _ in range(node.low):
            start = self.build(node.parts[0], self._jump(start))
        if node.high is None:
            loop = self._jump(start)
            self.jumps[self.build(node.parts[0], self._jump(loop))].append(loop)
            return self._jump(loop)
        ends = [start]
        for _ in range(node.high - node.low):
            start = self.build(node.parts[0], self._jump(start))
            ends.append(start)
        end = self.place()
        for one in ends:
            self.jumps[one].append(end)
        return end

    def _jump(self, start: int) -> int:
        there = self.place()
        self.jumps[start].append(there)
        return there

    def closure(self, places: set[int]) -> frozenset[int]:
        """The places and all that is reached from them without a character."""
        seen, waiting = set(places), list(places)
        while waiting:
            for there in self.jumps[waiting.pop()]:
                if there not in seen:
                    seen.add(there)
                    waiting.append(there)
        return frozenset(seen)


@dataclass(slots=True, eq=False)
class Pattern:
    """A compiled expression. What it learns of the automaton while it searches is kept, within KNOWN."""

    _automaton: _Automaton
    _start: frozenset[int]
    _end: int
    _anchored: tuple[bool, bool]
    _folded: bool
    _known: dict[frozenset[int], dict[str, frozenset[int]]] = field(default_factory=dict)

    @classmethod
    def compile(cls, text: str) -> Pattern:
        """Raises ValueError for what is not understood, or is too large."""
        if len(text) > LONGEST:
            raise ValueError("too long")
        folded = text.startswith("(?i)")
        text = text.removeprefix("(?i)") if folded else text
        first = text.startswith("^")
        last = text.endswith("$") and (len(text) - len(text[:-1].rstrip("\\"))) % 2 == 1
        node = _Parser(text[int(first) : len(text) - int(last)], folded).whole()
        automaton = _Automaton()
        start = automaton.place()
        end = automaton.build(node, start)
        return cls(automaton, automaton.closure({start}), end, (first, last), folded)

    def search(self, text: str) -> bool:
        """Whether it is found in the first TEXT characters."""
        first, last = self._anchored
        now = self._start
        for char in (text.lower() if self._folded else text)[:TEXT]:
            if self._end in now and not last:
                return True
            now = self._known.get(now, {}).get(char) or self._step(now, char)
            if first and not now:
                return False
        return self._end in now

    def _step(self, now: frozenset[int], char: str) -> frozenset[int]:
        reads = (self._automaton.reads[place] for place in now)
        there = {read[1] for read in reads if read is not None and read[0](char)}
        found = self._automaton.closure(there) | (frozenset() if self._anchored[0] else self._start)
        if len(self._known) > KNOWN:
            self._known.clear()
        row = self._known.setdefault(now, {})
        if len(row) < 512:
            row[char] = found
        return found
