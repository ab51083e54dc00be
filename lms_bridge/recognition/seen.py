"""What a statement shows, drawn once and without any database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from xapi import Activity, Agent, Group, Statement, StatementRef, vocabulary
from xapi.times import parse_timestamp

TimeSource = Literal["learner", "lms", "criteria"]
"""whose time it is: of the learner's act; of the LMS's processing, maybe a cron run some time after
the act; or of the last criterion met, as the LMS told when it was asked"""

_LOGSTORE = "https://github.com/xAPI-vle/moodle-logstore_xapi"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one statement that the rules look at."""

    verb: str
    object_type: str
    object_id: str
    activity_type: str = ""
    name: str = ""
    external_id: str = ""
    short_id: str = ""
    around: tuple[str, ...] = ()
    """ids of the activities that the context names as parent or grouping"""
    event: str = ""
    """the Moodle event that logstore_xapi made the statement from"""
    from_logstore: bool = False
    actor: Agent | Group
    instructors: tuple[Agent | Group, ...] = ()
    completed_at: dt.datetime
    time_source: TimeSource = "learner"
    success: bool | None = None
    completion: bool | None = None
    score: float | None = None
    """share of the score range, 0 to 1"""
    registration: str = ""
    extensions: Mapping[str, Any] = {}


def see(statement: Statement, *, stored: dt.datetime, events: frozenset[str] | set[str]) -> Seen:
    """The facts of `statement`; `stored` stands in where it has no timestamp.

    `events` are the Moodle events that are completions of a course.
    """
    context, result, thing = statement.context, statement.result, statement.object
    extensions = (context.extensions or {}) if context else {}
    info = extensions.get(vocabulary.SOURCE_EVENT)
    info = info if isinstance(info, Mapping) else {}
    event = str(info.get("event_name", ""))
    seen = Seen(
        verb=statement.verb.id,
        object_type=_type(thing),
        object_id=_object_id(thing),
        actor=statement.actor,
        event=event,
        from_logstore=_LOGSTORE in info,
        completed_at=parse_timestamp(statement.timestamp) if statement.timestamp else stored,
        # Moodle completes a course in the request that met the last criterion, or in a cron run
        # some time after; the statement looks the same (Moodle facts, section 5).
        time_source="lms" if event in events else "learner",
        extensions=extensions,
    )
    changes: dict[str, Any] = {}
    if isinstance(thing, Activity) and thing.definition:
        definition = thing.definition
        marks = definition.extensions or {}
        changes |= {
            "activity_type": definition.type or "",
            "name": _any_language(definition.name or {}),
            "external_id": str(marks.get(vocabulary.EXTERNAL_ID, "")),
            "short_id": str(marks.get(vocabulary.SHORT_ID, "")),
        }
    if context:
        around = context.context_activities
        changes |= {
            "instructors": _members(context.instructor or None),
            "registration": context.registration or "",
            "around": tuple(one.id for one in (*around.parents, *around.groupings))
            if around
            else (),
        }
    if result:
        changes |= {
            "success": result.success if isinstance(result.success, bool) else None,
            "completion": result.completion if isinstance(result.completion, bool) else None,
            "score": _share(result.score) if result.score else None,
        }
    return msgspec.structs.replace(seen, **changes)


def _object_id(thing: object) -> str:
    if isinstance(thing, Activity):
        return thing.id
    return thing.id.lower() if isinstance(thing, StatementRef) else ""


def _type(thing: object) -> str:
    return type(thing).__name__


def _members(instructor: Agent | Group | None) -> tuple[Agent | Group, ...]:
    """The people that teach: a group in the instructor's place is its members."""
    if isinstance(instructor, Group):
        return tuple(instructor.member or ()) or (instructor,)
    return (instructor,) if instructor else ()


def _share(score: Any) -> float | None:
    """The score as a share of its range, 0 to 1.

    raw, min and max are believed before scaled: logstore_xapi sends 50 of 0..100 as
    ``scaled: 0`` (Moodle facts, section 5).
    """
    raw, least, most = score.raw, score.min, score.max
    if all(isinstance(number, int | float) for number in (raw, least, most)) and most > least:
        return float((raw - least) / (most - least))
    return float(score.scaled) if isinstance(score.scaled, int | float) else None


def _any_language(names: Mapping[str, str]) -> str:
    for language in ("id", "id-ID", "en", "en-US"):
        if language in names:
            return names[language]
    return next(iter(names.values()), "")
