"""Cameras, recorders and what stands for safety: V1 to V4, V8, V9."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.alerting.severity.annex import Rule
from agent.alerting.severity.incident import Facts, Reason, Test, buildings, everywhere, reaches, within
from agent.calendar import Hours


def _v1(facts: Facts, rule: Rule) -> Iterator[Reason]:
    kinds = {device.kind for device in facts.dark} if facts.wide else set[str]()
    recorders, all_recorders = everywhere(facts, "recorder")
    if "recorder" in kinds and all_recorders > 1 and recorders >= all_recorders:
        yield Reason("V1", rule.level, {"recorders": recorders})
    cameras, all_cameras = everywhere(facts, "camera")
    if "camera" in kinds and reaches(cameras, all_cameras, rule):
        yield Reason("V1", rule.level, {"count": cameras, "total": all_cameras})


def _v2(facts: Facts, rule: Rule) -> Iterator[Reason]:
    for camera in (device for device in facts.dark if device.kind == "camera"):
        papers = not camera.tags.isdisjoint(rule.tags)
        if papers or ("key-point" in camera.tags and not facts.covered(camera)):
            yield Reason("V2", rule.level, {"key_point": camera.location.room or camera.name})
            return


def _v3(facts: Facts, rule: Rule) -> Iterator[Reason]:
    for camera in facts.dark:
        if camera.kind == "camera" and "key-point" in camera.tags and facts.covered(camera):
            yield Reason("V3", rule.level, {"key_point": camera.location.room or camera.name})
            break
    if facts.at("recorder"):
        yield Reason("V3", rule.level, {"kind": "recorder"})
    for building in buildings(facts, "camera") if facts.wide else ():
        failing, total = within(facts, building, "camera")
        if failing >= rule.count or (failing >= 2 and reaches(failing, total, rule)):
            yield Reason("V3", rule.level, {"building": building, "count": failing, "total": total})


def _v4(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.at("camera"):
        yield Reason("V4", rule.level, {"kind": "camera"})


def _v8(name: str) -> Test:
    def test(facts: Facts, rule: Rule) -> Iterator[Reason]:
        watched = any(d.kind == "camera" and not d.tags.isdisjoint(rule.tags) for d in facts.dark)
        if watched and (not rule.hours or any(Hours.parse(text).holds(facts.clock) for text in rule.hours)):
            yield Reason(name, rule.level, {"tag": rule.tags[0]})

    return test


def _v9(facts: Facts, rule: Rule) -> Iterator[Reason]:
    if facts.root and facts.root.kind == "asset" and "key-point" in facts.root.tags:
        yield Reason("V9", rule.level, {"name": facts.root.name})


RULES: Mapping[str, Test] = {
    "V1": _v1,
    "V2": _v2,
    "V3": _v3,
    "V4": _v4,
    "V8-canteen": _v8("V8-canteen"),
    "V8-dormitory": _v8("V8-dormitory"),
    "V8-chemicals": _v8("V8-chemicals"),
    "V9": _v9,
}
