"""Which profile a box gets, and why: the most specific one whose conditions are all true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.probes.snmp.library import FALLBACK, Joined, Library
from agent.probes.snmp.profile import TEXT_LIMIT, Select
from agent.probes.snmp.tables import Tables
from agent.probes.snmp.values import text


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What the box says of itself before anything else is read."""

    object_id: str = ""
    descr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """why: the evidence, one clause each."""

    profile: Joined
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """A profile whose free conditions are true. weight: parts of the OID, then whether text and a GET were asked."""

    weight: tuple[int, bool, bool]
    profile: Joined
    select: Select
    why: str


async def choose(library: Library, identity: Identity, tables: Tables) -> Chosen | None:
    """The profile; the generic one for a box that none fits, None where there is none at all.

    A profile that knows its box only by a GET is asked last: its question costs the box a request.
    """
    fits = sorted(_fits(library, identity), key=lambda fit: (fit.weight, fit.profile.name), reverse=True)
    await tables.fetch(fit.select.get.oid for fit in fits if fit.select.get)
    for fit in fits:
        evidence = await _probed(fit, tables)
        if evidence is not None:
            return Chosen(profile=fit.profile, why="; ".join(part for part in (fit.why, evidence) if part))
    generic = library.profiles.get(FALLBACK)
    return None if generic is None else Chosen(profile=generic, why="no other profile fits")


def _fits(library: Library, identity: Identity) -> Iterator[_Fit]:
    for profile in library.profiles.values():
        for select in profile.select:
            fit = _fit(profile, select, identity)
            if fit is not None:
                yield fit


def _fit(profile: Joined, select: Select, identity: Identity) -> _Fit | None:
    descr, why = identity.descr[:TEXT_LIMIT], []
    prefix = ""
    if select.object_id:
        prefix = max((each for each in select.object_id if under(identity.object_id, each)), key=len, default="")
        if not prefix:
            return None
        why.append(f"sysObjectID {identity.object_id} is under {prefix}")
    if any(under(identity.object_id, each) for each in select.not_object_id):
        return None
    if select.descr is not None:
        match = select.descr.search(descr)
        if match is None:
            return None
        why.append(f"sysDescr has {match[0]!r}")
    if select.not_descr is not None and select.not_descr.search(descr):
        return None
    weight = (len(prefix.split(".")) if prefix else 0, select.descr is not None, select.get is not None)
    return _Fit(weight=weight, profile=profile, select=select, why="; ".join(why))


def under(oid: str, prefix: str) -> bool:
    """Is the OID this one or below it?"""
    return oid == prefix or oid.startswith(prefix + ".")


async def _probed(fit: _Fit, tables: Tables) -> str | None:
    """The evidence of the probing GET, "" where there is none to make, None when it fails."""
    get = fit.select.get
    if get is None:
        return ""
    shown = text(await tables.instance(get.oid))
    if not shown or (get.match is not None and get.match.search(shown[:TEXT_LIMIT]) is None):
        return None
    return f"GET {get.oid} is {shown[:60]!r}"
