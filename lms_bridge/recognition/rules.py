"""The rules by which a statement is, or is not, the completion of a course.

In this order; the first that decides is the reason that is shown:

1. A *voiding* statement takes back another; it is no completion itself, and neither is one
   that was taken back.
2. The object must be an activity.
3. The course: the one whose ``activities`` list the object's id; else, when the object is
   a *whole course* (its type is one of ``course_types``, or it was made from one of
   ``course_events``), the one with its external id or short id; else, for a course that
   counts each *session*, the one that the context names as parent or grouping.
4. The verb must be one of the course's ``verbs``, or of ``[recognition] verbs`` where the
   course names none.
5. An object that no course of the catalogue claims is a *part of a course* (a module, a quiz
   attempt) unless it is a whole course, which then is *unknown* and waits for the catalogue.
6. ``result.success`` and ``result.completion`` must not be false.
7. The score must reach the course's ``minimum_score`` where it has one.

What is *one* completion (:func:`run_of`) is the course's to say.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.matching import Catalogue, CataloguedCourse
from lms_bridge.config.settings import Recognition
from lms_bridge.reasons import Reason
from lms_bridge.recognition.seen import Seen
from xapi import Agent, Group, vocabulary

Role = Literal["learner", "instructor"]

CMI5_SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"


class Completed(msgspec.Struct, frozen=True):
    """The statement tells that `course` was completed."""

    course: CataloguedCourse


def judge(seen: Seen, *, rules: Recognition, catalogue: Catalogue, lms: str) -> Completed | Reason:
    """What `seen` comes to: a completion of a catalogued course, or why it is none (yet)."""
    if seen.verb == vocabulary.VOIDED:
        return Reason("voiding", target=seen.object_id)
    if seen.object_type != "Activity":
        return Reason("object_not_activity", type=seen.object_type)
    whole_course = seen.activity_type in rules.course_types or seen.event in rules.course_events
    entry = _course_of(seen, whole_course, catalogue, lms)
    verbs = (entry.course.verbs if entry else ()) or rules.verbs
    if seen.verb not in verbs:
        return Reason("verb_not_completion", verb=seen.verb)
    if entry is None:
        if whole_course:
            return Reason("unknown_course", activity=_named(seen))
        return Reason("not_a_course", type=seen.activity_type or seen.object_id)
    if seen.success is False:
        return Reason("result_failed")
    if seen.completion is False:
        return Reason("result_incomplete")
    minimum = entry.course.minimum_score
    if minimum is not None:
        if seen.score is None:
            return Reason("score_missing", minimum=_percent(minimum))
        if seen.score < minimum:
            return Reason("score_too_low", score=_percent(seen.score), minimum=_percent(minimum))
    return Completed(entry)


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


def people(seen: Seen, course: Course) -> list[tuple[Role, int, Agent | Group]]:
    """Who earns hours by it: (role, place among those of the role, actor)."""
    earners: list[tuple[Role, int, Agent | Group]] = []
    if course.hours:
        earners.append(("learner", 0, seen.actor))
    if course.instructor_hours:
        earners += [("instructor", place, who) for place, who in enumerate(seen.instructors)]
    return earners


def run_of(seen: Seen, course: Course, *, zone: dt.tzinfo, registration_is_run: bool) -> str:
    """The run of the course that was completed: two statements of one run are one completion.

    "once" has a single run; "yearly" one a calendar year; "registration" one for each
    ``context.registration``, where the sender means something by it; "session" one for each
    session: the id in the course's session extension (cmi5's by default), else the session
    activity that was completed within the course, else the registration, else the day.
    """
    day = seen.completed_at.astimezone(zone).date()
    registration = seen.registration.lower() if registration_is_run else ""
    if course.run == "yearly":
        return str(day.year)
    if course.run == "registration":
        return registration
    if course.run == "session":
        session = seen.extensions.get(course.session_extension or CMI5_SESSION)
        if session:
            return str(session)
        if seen.object_id not in course.activities and set(seen.around) & set(course.activities):
            return seen.object_id
        return registration or day.isoformat()
    return ""


def _named(seen: Seen) -> str:
    return f"“{seen.name}” ({seen.object_id})" if seen.name else seen.object_id


def _percent(share: float) -> str:
    return f"{share * 100:.0f}%"
