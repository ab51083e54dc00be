"""All that waits for a person, at a glance."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from lms_bridge.accounts.sight import Sight
from lms_bridge.attention import stopped, undecided, waiting
from lms_bridge.attention.groups import PAGE, Cause, Group, Kind, Member, Tally

_OF_STATEMENTS = (Kind.COURSE, Kind.PERSON, Kind.STATEMENT)
_FEW = (Kind.UPLOAD, Kind.WITHDRAWAL, Kind.FINDING)


class Section(msgspec.Struct, frozen=True):
    """What waits for causes of one kind."""

    kind: Kind
    count: int
    """things that wait"""
    groups: Sequence[Group]
    """of these, those in which most waits"""
    is_more: bool
    """whether there are other groups"""


def look(db: Connection, sight: Sight, *, most: int = 6) -> list[Section]:
    """What waits, by kind; kinds of which nothing waits are left out."""
    found = []
    for kind in Kind:
        tallied = _tally(db, kind, sight)
        if tallied is None:
            groups = _few(db, kind, sight)
            many, is_more = sum(one.count for one in groups), len(groups) > most
        else:
            largest = sorted(tallied, key=lambda one: -one.many)[:most]
            groups = _named(db, kind, largest)
            many, is_more = sum(one.many for one in tallied), len(tallied) > most
        if many:
            found.append(Section(kind, many, groups[:most], is_more))
    return found


def count(db: Connection, sight: Sight) -> dict[Kind, int]:
    """How much waits, by kind."""
    return {
        **waiting.counts(db, sight),
        Kind.DELIVERY: stopped.count(db, sight),
        **{kind: sum(one.count for one in _few(db, kind, sight)) for kind in _FEW},
    }


def page(
    db: Connection, kind: Kind, sight: Sight, *, after: int = 0, limit: int = PAGE
) -> list[Group]:
    """The groups of `kind` whose first member came after the one numbered `after`."""
    tallied = _tally(db, kind, sight, after=after, limit=limit)
    return _few(db, kind, sight) if tallied is None else _named(db, kind, tallied)


def _tally(
    db: Connection, kind: Kind, sight: Sight, *, after: int = 0, limit: int | None = None
) -> list[Tally] | None:
    """The groups of `kind` in short; None for a kind of which there are few."""
    if kind in _OF_STATEMENTS:
        return waiting.tally(db, kind, sight, after=after, limit=limit)
    if kind is Kind.DELIVERY:
        return stopped.tally(db, sight, after=after, limit=limit)
    return None


def _named(db: Connection, kind: Kind, tallied: Sequence[Tally]) -> list[Group]:
    if kind is Kind.DELIVERY:
        return stopped.groups(db, tallied)
    return waiting.groups(db, kind, tallied)


def _few(db: Connection, kind: Kind, sight: Sight) -> list[Group]:
    if kind is Kind.UPLOAD:
        return stopped.uploads(db, sight)
    if kind is Kind.WITHDRAWAL:
        withdrawn = undecided.withdrawn(db, sight)
        return [withdrawn] if withdrawn else []
    return undecided.found(db, sight)


def find(db: Connection, cause: Cause, sight: Sight) -> Group | None:
    """The group as it is now; None where there is none that may be seen."""
    if cause.kind in _OF_STATEMENTS:
        return waiting.find(db, cause, sight)
    if cause.kind is Kind.DELIVERY:
        return stopped.find(db, cause, sight)
    if cause.kind is Kind.WITHDRAWAL:
        return undecided.withdrawn(db, sight)
    return undecided.find(db, cause, sight) if cause.kind is Kind.FINDING else None


def members(
    db: Connection, cause: Cause, sight: Sight, *, after: int = 0, limit: int = PAGE
) -> list[Member]:
    """What is in the group, after the one numbered `after`."""
    if cause.kind in _OF_STATEMENTS:
        return waiting.members(db, cause, sight, after=after, limit=limit)
    if cause.kind is Kind.DELIVERY:
        return stopped.members(db, cause, sight, after=after, limit=limit)
    if cause.kind is Kind.WITHDRAWAL:
        return undecided.withdrawn_members(db, sight, after=after, limit=limit)
    if cause.kind is Kind.FINDING:
        return undecided.found_members(db, cause, sight, after=after, limit=limit)
    return []
