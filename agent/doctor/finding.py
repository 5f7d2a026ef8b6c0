"""One line of the doctor: how it stands, about what, and the mend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agent.locale import Catalogue


class Level(StrEnum):
    """A warning works today; a failure stands in the way."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """topic: what was looked at.  key: the sentence is `doctor.TOPIC.KEY`, its mend `doctor.TOPIC.KEY_mend`.

    said: the sentence itself where it is somebody else's (a mistake in a file).
    """

    level: Level
    topic: str
    key: str
    args: Mapping[str, Any] = field(default_factory=dict)
    said: str = ""

    def what(self, say: Catalogue) -> str:
        return self.said or say.say(f"doctor.{self.topic}.{self.key}", **self.args)

    def mend(self, say: Catalogue) -> str:
        """What to do; "" where nothing is to be done."""
        key = f"doctor.{self.topic}.{self.key}_mend"
        return say.say(key, **self.args) if self.level is not Level.OK and say.has(key) else ""

    def as_json(self, say: Catalogue) -> dict[str, Any]:
        return {
            "level": self.level.value,
            "topic": self.topic,
            "key": self.key,
            "message": self.what(say),
            "mend": self.mend(say) or None,
        }


def ok(topic: str, key: str = "ok", **args: Any) -> Finding:
    return Finding(level=Level.OK, topic=topic, key=key, args=args)


def warn(topic: str, key: str, **args: Any) -> Finding:
    return Finding(level=Level.WARN, topic=topic, key=key, args=args)


def fail(topic: str, key: str, **args: Any) -> Finding:
    return Finding(level=Level.FAIL, topic=topic, key=key, args=args)


def worst(findings: Iterable[Finding]) -> Level:
    """The gravest level; OK for none."""
    order = tuple(Level)
    return max((finding.level for finding in findings), key=order.index, default=Level.OK)
