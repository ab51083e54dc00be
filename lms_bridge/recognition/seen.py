"""What a statement shows, drawn once and without any database."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Mapping
from typing import Any, Literal

import msgspec

from xapi import Activity, Agent, Context, Group, Result, Score, Statement, StatementRef, vocabulary

TimeSource = Literal["bridge", "lms", "learner", "criteria"]
"""whose time it is: the bridge's, which heard of it then and was told no time; that of the LMS's
processing, maybe a cron run some time after the act; of the learner's act; or of the last criterion
met, as the LMS told when it was asked"""

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
    received_at: dt.datetime
    time_source: TimeSource = "learner"
    success: bool | None = None
    completion: bool | None = None
    score: float | None = None
    """share of the score range, 0 to 1"""
    registration: str = ""
    extensions: Mapping[str, Any] = {}
    """of the context"""


def see(statement: Statement, *, stored: dt.datetime, events: Collection[str]) -> Seen:
    """The facts of `statement`; `stored` stands in where it has no timestamp.

    `events` are the Moodle events that are completions of a course.
    """
    happened_at, thing = statement.occurred_at, statement.object
    facts: dict[str, Any] = {}
    if statement.context:
        facts |= _of_context(statement.context)
    if isinstance(thing, Activity) and thing.definition:
        marks = thing.extensions
        facts |= {
            "activity_type": thing.type or "",
            "name": _any_language(thing.definition.name or {}),
            "external_id": _id(marks.get(vocabulary.EXTERNAL_ID)),
            "short_id": _id(marks.get(vocabulary.SHORT_ID)),
        }
    if statement.result:
        facts |= _of_result(statement.result)
    return Seen(
        verb=statement.verb.id,
        object_type=type(thing).__name__,
        object_id=_object_id(thing),
        actor=statement.actor,
        completed_at=happened_at or stored,
        received_at=stored,
        time_source=_time_source(happened_at, facts.get("event", ""), events),
        **facts,
    )


def _of_context(context: Context) -> dict[str, Any]:
    extensions, around = context.extensions or {}, context.context_activities
    info = extensions.get(vocabulary.SOURCE_EVENT)
    info = info if isinstance(info, Mapping) else {}
    return {
        "event": _id(info.get("event_name")),
        "from_logstore": _LOGSTORE in info,
        "extensions": extensions,
        "registration": context.registration or "",
        "instructors": _members(context.instructor or None),
        "around": tuple(one.id for one in (*around.parents, *around.groupings)) if around else (),
    }


def _of_result(result: Result) -> dict[str, Any]:
    return {
        "success": result.success if isinstance(result.success, bool) else None,
        "completion": result.completion if isinstance(result.completion, bool) else None,
        "score": _share(result.score) if result.score else None,
    }


def _time_source(
    happened_at: dt.datetime | None, event: str, events: Collection[str]
) -> TimeSource:
    if happened_at is None:
        return "bridge"
    # Moodle completes a course in the request that met the last criterion, or in a cron run
    # some time after; the statement looks the same (Moodle facts, section 5).
    return "lms" if event in events else "learner"


def _object_id(thing: object) -> str:
    if isinstance(thing, Activity):
        return thing.id
    return thing.id.lower() if isinstance(thing, StatementRef) else ""


def _id(value: Any) -> str:
    """What an extension holds, where it can be an id: its values are anything JSON can say."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""


def _members(instructor: Agent | Group | None) -> tuple[Agent | Group, ...]:
    """The people that teach: a group in the instructor's place is its members."""
    if isinstance(instructor, Group):
        return tuple(instructor.member or ()) or (instructor,)
    return (instructor,) if instructor else ()


def _share(score: Score) -> float | None:
    """The score as a share of its range, 0 to 1.

    raw, min and max are believed before scaled: logstore_xapi sends 50 of 0..100 as
    ``scaled: 0`` (Moodle facts, section 5).
    """
    raw, least, most = score.raw, score.min, score.max
    if isinstance(raw, float) and isinstance(least, float) and isinstance(most, float):
        span = most - least
        if math.isfinite(span):
            return (raw - least) / span
    return score.scaled if isinstance(score.scaled, float) else None


def _any_language(names: Mapping[str, str]) -> str:
    for language in ("id", "id-ID", "en", "en-US"):
        if language in names:
            return names[language]
    return next(iter(names.values()), "")
