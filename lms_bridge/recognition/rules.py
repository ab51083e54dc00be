"""The rules by which a statement is, or is not, the completion of a course.

In this order; the first that decides is the reason that is shown:

1. A *voiding* statement takes back another; it is no completion itself.
2. The object must be an activity.
3. The course: the one whose ``activities`` list the object's id; else, when the object is
   a *whole course* (its type is one of ``course_types``, or it was made from one of
   ``course_events``), the one with its external id, else with its short id; else, for a
   course that counts each *session*, the one that the context names as parent or grouping.
   A course that belongs to one LMS is only known by statements of that LMS.
4. The verb must be one of the course's ``verbs``, or of ``[recognition] verbs`` where the
   course names none.
5. An object that no course of the catalogue claims is a *part of a course* (a module, a quiz
   attempt) unless it is a whole course, which then is *unknown* and waits for the catalogue.
6. ``result.success`` and ``result.completion`` must not be false.
7. The score must reach the course's ``minimum_score`` where it has one; a statement without
   a score waits for a person, since the course and its LMS do not fit together.
8. The time must be credible: a completion that is dated more than a day ahead, or before the
   year 2000 as by a clock that was never set, waits as well.
9. Whoever completed it must earn something by it: the learner the course's ``hours``, an
   instructor its ``instructor_hours``. Nobody is instructor to themselves.

What is *one* completion (:func:`run_of`) is the course's to say.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, TypeAlias

import msgspec

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.matching import Catalogue, CataloguedCourse
from lms_bridge.config.settings import Recognition
from lms_bridge.people import keys
from lms_bridge.reasons import Reason
from lms_bridge.recognition.seen import Seen
from xapi import Agent, Group, format_timestamp, vocabulary

CMI5_SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"

AHEAD = dt.timedelta(days=1)
"""by how much a sender's clock, or its idea of the time zone, may be wrong"""
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class Completed(msgspec.Struct, frozen=True):
    """The statement tells that `course` was completed."""

    course: CataloguedCourse


class Waits(msgspec.Struct, frozen=True):
    """It may become a completion when a person has acted."""

    reason: Reason
    course: CataloguedCourse | None = None


class Nothing(msgspec.Struct, frozen=True):
    """It tells of no completion, maybe of a `course` that the catalogue knows."""

    reason: Reason
    course: CataloguedCourse | None = None


Verdict: TypeAlias = Completed | Waits | Nothing


def judge(seen: Seen, *, rules: Recognition, catalogue: Catalogue, lms: str) -> Verdict:
    """What `seen`, of a sender that belongs to `lms`, comes to."""
    if seen.verb == vocabulary.VOIDED:
        return Nothing(Reason("voiding", target=seen.object_id))
    if seen.object_type != "Activity":
        return Nothing(Reason("object_not_activity", type=seen.object_type))
    whole_course = seen.activity_type in rules.course_types or seen.event in rules.course_events
    entry = _course_of(seen, whole_course, catalogue, lms)
    verbs = (entry.course.verbs if entry else ()) or rules.verbs
    if seen.verb not in verbs:
        return Nothing(Reason("verb_not_completion", verb=seen.verb), entry)
    if entry is None:
        if whole_course:
            return Waits(Reason("unknown_course", activity=_named(seen)))
        return Nothing(Reason("not_a_course", type=seen.activity_type or seen.object_id))
    return _of_result(seen, entry)


def earns(course: Course, role: str, actor: Agent | Group, seen: Seen) -> Reason | None:
    """Why `actor`, who has this `role` in the statement, earns nothing by the course, if so."""
    if role == "learner":
        return None if course.hours else Reason("learner_earns_nothing")
    if not course.instructor_hours:
        return Reason("instructor_earns_nothing")
    key = keys.of_actor(actor)
    if course.hours and key is not None and key == keys.of_actor(seen.actor):
        return Reason("own_instructor")
    return None


def run_of(seen: Seen, course: Course, *, zone: dt.tzinfo, registration_is_run: bool) -> str:
    """The run of the course that was completed: two statements of one run are one completion.

    "once" has a single run; "yearly" one a calendar year; "registration" one for each
    ``context.registration``, where the sender means something by it; "session" one for each
    session: the id in the course's session extension (cmi5's by default), else the session
    activity that was completed within the course, else the registration, else the day.
    """
    registration = seen.registration.lower() if registration_is_run else ""
    if course.run == "registration":
        return registration
    if course.run == "session":
        if session := _session(seen.extensions.get(course.session_extension or CMI5_SESSION)):
            return session
        if seen.object_id not in course.activities and set(seen.around) & set(course.activities):
            return seen.object_id
        return registration or seen.completed_at.astimezone(zone).date().isoformat()
    return run_at(seen.completed_at, course, zone=zone)


def run_at(completed_at: dt.datetime, course: Course, *, zone: dt.tzinfo) -> str:
    """The run of a course of which only the time of completion tells: the year, or the only one."""
    return str(completed_at.astimezone(zone).year) if course.run == "yearly" else ""


def _course_of(
    seen: Seen, whole_course: bool, catalogue: Catalogue, lms: str
) -> CataloguedCourse | None:
    if entry := catalogue.by_activity(seen.object_id, lms):
        return entry
    if whole_course and (entry := catalogue.by_ids(seen.external_id, seen.short_id, lms)):
        return entry
    for activity in seen.around:
        entry = catalogue.by_activity(activity, lms)
        if entry and entry.course.run == "session":
            return entry
    return None


def _of_result(seen: Seen, entry: CataloguedCourse) -> Verdict:
    if seen.success is False:
        return Nothing(Reason("result_failed"), entry)
    if seen.completion is False:
        return Nothing(Reason("result_incomplete"), entry)
    minimum = entry.course.minimum_score
    if minimum is not None:
        if seen.score is None:
            return Waits(Reason("score_missing", minimum=_percent(minimum)), entry)
        if seen.score < minimum:
            reason = Reason("score_too_low", score=_percent(seen.score), minimum=_percent(minimum))
            return Nothing(reason, entry)
    if not EARLIEST <= seen.completed_at <= seen.received_at + AHEAD:
        time = format_timestamp(seen.completed_at)
        return Waits(Reason("time_not_credible", time=time), entry)
    return Completed(entry)


def _session(value: Any) -> str:
    """A session's id as an extension holds it; what is neither text nor number is none."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value).strip()
    return ""


def _named(seen: Seen) -> str:
    """The course with all the marks by which the catalogue could know it."""
    marks = ", ".join(filter(None, (seen.object_id, seen.external_id, seen.short_id)))
    return f"“{seen.name}” ({marks})" if seen.name else marks


def _percent(share: float) -> str:
    """A share for people, never rounded up to what it does not reach.

    >>> _percent(0.6996), _percent(0.7)
    ('69.9%', '70%')
    """
    return f"{math.floor(round(share * 1000, 6)) / 10:g}%"
