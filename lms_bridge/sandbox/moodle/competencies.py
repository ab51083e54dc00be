"""core_competency_*: rating a competency, the way to a badge (Moodle facts, sections 1 and 3)."""

from __future__ import annotations

import datetime as dt
import re
import time
from typing import Any

import msgspec

from lms_bridge.sandbox.moodle import errors
from lms_bridge.sandbox.moodle.functions import Params, function, require
from lms_bridge.sandbox.moodle.records import STUDENT, Competency, Rating
from lms_bridge.sandbox.moodle.site import SCALE, Site
from lms_bridge.sandbox.moodle.users import brief

FRAMEWORK, SCALE_ID = 1, 2
MADE = 1795497920
_TAG = re.compile(r"<\S")
PLAN_VIEW = "moodle/competency:planview"
COLUMNS = ("id", "shortname", "idnumber", "competencyframeworkid", "parentid", "sortorder")


class Filter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    column: str
    value: str


class Listing(Params, frozen=True):
    filters: list[Filter]
    sort: str = ""
    order: str = ""
    skip: int = 0
    limit: int = 0


class Search(Params, frozen=True):
    searchtext: str
    competencyframeworkid: int


class OfScale(Params, frozen=True):
    scaleid: int


class OfCourse(Params, frozen=True):
    id: int


class Grade(Params, frozen=True):
    userid: int
    competencyid: int
    grade: int
    note: str | None = None


class GradeInCourse(Params, frozen=True):
    courseid: int
    userid: int
    competencyid: int
    grade: int
    note: str | None = None


@function("core_competency_list_competencies", Listing)
def list_competencies(site: Site, params: Listing) -> object:
    require_enabled(site)
    if any(f.column not in COLUMNS for f in params.filters):
        raise errors.dml_read()
    found = [
        one
        for one in map(shown, site.competencies.values())
        if all(str(one[f.column]) == f.value for f in params.filters)
    ]
    return found[params.skip :][: params.limit or None]


@function("core_competency_search_competencies", Search)
def search_competencies(site: Site, params: Search) -> object:
    require_enabled(site)
    text = params.searchtext.lower()
    return [
        shown(competency)
        for competency in site.competencies.values()
        if params.competencyframeworkid == FRAMEWORK
        and (text in competency.shortname.lower() or text in competency.idnumber.lower())
    ]


@function("core_competency_get_scale_values", OfScale)
def scale_values(site: Site, params: OfScale) -> object:
    require_enabled(site)
    if params.scaleid != SCALE_ID:
        raise errors.missing_record("scale")
    return [{"id": place, "name": name} for place, name in SCALE.items()]


@function("core_competency_grade_competency", Grade, writes=True, locks=True)
def grade_competency(site: Site, params: Grade) -> object:
    """Repeating adds evidence and changes nothing else; suspended learners are no exception."""
    with site.lock:
        site.settle()
        require_enabled(site)
        _check(site, params.userid, params.competencyid, params.grade)
    return rated(
        site,
        params,
        contextid=params.userid + 8,
        descidentifier="evidence_manualoverride",
        description="The competency rating was manually set.",
    )


@function("core_competency_grade_competency_in_course", GradeInCourse, writes=True, locks=True)
def grade_competency_in_course(site: Site, params: GradeInCourse) -> object:
    """The rating is pushed to the learner as a whole, as is Moodle's default."""
    with site.lock:
        site.settle()
        require_enabled(site)
        course = site.courses.get(params.courseid)
        if course is None:
            raise errors.missing_record("course")
        if "moodle/course:view" not in site.capabilities:
            raise errors.course_unreachable()
        if course.participants.get(params.userid) != STUDENT:
            raise errors.coding("The competency may not be rated at this time.")
        if params.competencyid not in course.competencies:
            pair = f"{params.competencyid}, {params.courseid}"
            raise errors.coding(f"The competency does not belong to this course: {pair}")
        _check(site, params.userid, params.competencyid, params.grade)
    grade = Grade(
        userid=params.userid,
        competencyid=params.competencyid,
        grade=params.grade,
        note=params.note,
    )
    return rated(
        site,
        grade,
        pushes=course.pushes_ratings,
        contextid=course.id + 14,
        descidentifier="evidence_manualoverrideincourse",
        description=(
            f"The competency rating was manually set in the course 'Course: {course.fullname}'."
        ),
        desca=f'"Course: {course.fullname}"',
    )


@function("core_competency_list_course_competencies", OfCourse)
def list_course_competencies(site: Site, params: OfCourse) -> object:
    """The competencies that are linked to a course."""
    require_enabled(site)
    course = site.courses.get(params.id)
    if course is None:
        raise errors.missing_record("course")
    if "moodle/course:view" not in site.capabilities:
        raise errors.course_unreachable()
    require(site, "moodle/competency:coursecompetencyview", "View course competencies")
    return [
        {
            "competency": shown(site.competencies[one]),
            "coursecompetency": {"courseid": course.id, "competencyid": one, "ruleoutcome": 1},
        }
        for one in course.competencies
    ]


def require_enabled(site: Site) -> None:
    if not site.competencies_enabled:
        raise errors.refused("competenciesarenotenabled", "Competencies are not enabled.")


def _check(site: Site, user_id: int, competency_id: int, grade: int) -> None:
    if user_id not in site.users:
        raise errors.invalid_persistent("Invalid user ID")
    if competency_id not in site.competencies:
        raise errors.invalid_persistent(f"{competency_id} competency can not be found")
    require(site, "moodle/competency:competencygrade", "Set competency rating")
    if not site.capabilities & {"moodle/competency:usercompetencyview", PLAN_VIEW}:
        raise errors.no_permission("View a user competency")
    if grade not in SCALE:
        raise errors.invalid_persistent("Invalid rating")


def rated(
    site: Site,
    params: Grade,
    *,
    contextid: int,
    descidentifier: str,
    description: str,
    desca: str | None = None,
    pushes: bool = True,
) -> dict[str, Any]:
    """Write the rating. Two first ratings at once collide in the database, and one is lost.

    A note with what looks like a tag is refused.
    """
    if params.note and _TAG.search(params.note):
        raise errors.invalid_parameter()
    key = (params.userid, params.competencyid)
    with site.lock:
        if key in site.being_rated:
            raise errors.dml_write()
        first = key not in site.ratings
        if first:
            site.being_rated.add(key)
    if first:
        time.sleep(site.collision_seconds)
    with site.lock:
        site.being_rated.discard(key)
        rating = site.ratings.setdefault(key, Rating(len(site.ratings) + 1, 0))
        if pushes:
            rating.grade = params.grade
        site.evidence.append((*key, params.grade))
        site.observe(params.userid)
        now = int(site.clock())
        written = dt.datetime.fromtimestamp(now, dt.UTC)
        return {
            "usercompetencyid": rating.id,
            "contextid": contextid,
            "action": 3,
            "actionuserid": site.service_user,
            "descidentifier": descidentifier,
            "desccomponent": "core_competency",
            "desca": desca,
            "url": None,
            "grade": params.grade,
            "note": params.note,
            "id": len(site.evidence),
            "timecreated": now,
            "timemodified": now,
            "usermodified": site.service_user,
            "actionuser": brief(site, site.users[site.service_user]),
            "description": description,
            "gradename": SCALE[params.grade],
            "userdate": f"{written:%A, %-d %B %Y, %-I:%M %p}",
            "candelete": False,
        }


def shown(competency: Competency) -> dict[str, Any]:
    return {
        "shortname": competency.shortname,
        "idnumber": competency.idnumber,
        "description": "",
        "descriptionformat": 1,
        "sortorder": competency.id - 1,
        "parentid": 0,
        "path": "/0/",
        "ruleoutcome": 0,
        "ruletype": None,
        "ruleconfig": None,
        "scaleid": None,
        "scaleconfiguration": None,
        "competencyframeworkid": FRAMEWORK,
        "id": competency.id,
        "timecreated": MADE,
        "timemodified": MADE,
        "usermodified": 2,
    }
