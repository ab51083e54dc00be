"""core_course_*, core_enrol_*, core_completion_*: what a bridge polls (Moodle facts, section 2)."""

from __future__ import annotations

from typing import Any

import msgspec

from lms_bridge.sandbox.moodle import errors
from lms_bridge.sandbox.moodle.functions import Params, function, require
from lms_bridge.sandbox.moodle.records import ACTIVITY, STUDENT, TEACHER, Course
from lms_bridge.sandbox.moodle.site import Site
from lms_bridge.sandbox.moodle.users import participant

STARTED = 1792905919
SITE_COURSE = 1
"""the front page, which Moodle keeps as a course"""
_VIEWS_PARTICIPANTS = (
    {"moodle/course:viewparticipants", "moodle/course:enrolreview"},
    {"moodle/site:viewparticipants", "moodle/course:enrolreview"},
)
"""any of which lets see the participants of a course, and those of the front page"""
PUBLIC_FIELDS = 16
"""how many fields of a course are shown, from the first on, to a role that may not enter it"""


class ByField(Params, frozen=True):
    field: str = ""
    value: str = ""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ids: list[int] = msgspec.field(default_factory=list)


class Ids(Params, frozen=True):
    options: Options = Options()


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    value: str


class Participants(Params, frozen=True):
    courseid: int
    options: list[Option] = msgspec.field(default_factory=list)


class OfUser(Params, frozen=True):
    userid: int
    returnusercount: bool = True


class OfUserInCourse(Params, frozen=True):
    courseid: int
    userid: int


@function("core_course_get_courses_by_field", ByField)
def courses_by_field(site: Site, params: ByField) -> object:
    """Finds a course by its ID number, and yet does not say it without moodle/course:update."""
    if params.field not in ("", "id", "ids", "shortname", "idnumber", "category"):
        raise errors.invalid_parameter("Invalid field name")
    wanted = params.value.split(",") if params.field == "ids" else [params.value]
    attribute = "id" if params.field == "ids" else params.field
    found = [
        course
        for course in site.courses.values()
        if not attribute or attribute == "category" or str(getattr(course, attribute)) in wanted
    ]
    return {"courses": [_catalogued(site, course) for course in found], "warnings": []}


@function("core_course_get_courses", Ids)
def courses_by_id(site: Site, params: Ids) -> object:
    """Without ids all courses, the front page among them."""
    wanted = params.options.ids or [SITE_COURSE, *site.courses]
    if "moodle/course:view" not in site.capabilities:
        raise errors.course_context(wanted[0])
    front = Course(SITE_COURSE, site.name, "Bridge Lab")
    known = {SITE_COURSE: front, **site.courses}
    return [_listed(site, known[course_id]) for course_id in wanted if course_id in known]


@function("core_enrol_get_enrolled_users", Participants)
def enrolled_users(site: Site, params: Participants) -> object:
    course = _course(site, params.courseid)
    if course.id == SITE_COURSE:  # in which everybody takes part, and for which no role is needed
        course.participants = {user.id: STUDENT for user in site.users.values() if not user.deleted}
    elif "moodle/course:view" not in site.capabilities:
        raise errors.course_context(course.id)
    if not site.capabilities & _VIEWS_PARTICIPANTS[course.id == SITE_COURSE]:
        raise errors.no_permission("View participants")
    options = {option.name: option.value for option in params.options}
    if "onlyactive" in options:
        require(site, "moodle/course:enrolreview", "Review course enrolments")
    shown = [
        (site.users[user_id], role)
        for user_id, role in sorted(course.participants.items())
        # Without viewdetails only the course's contacts, its teachers, can be seen.
        if "moodle/user:viewdetails" in site.capabilities or role == TEACHER
    ]
    if _is_closed(site, course):
        return []
    start = int(options.get("limitfrom", 0))
    end = start + int(options["limitnumber"]) if int(options.get("limitnumber", 0)) else None
    return [
        participant(site, user)
        | {
            "roles": [_role(role)],
            "enrolledcourses": [
                {"id": other.id, "fullname": other.fullname, "shortname": other.shortname}
                for other in _courses_of(site, user.id)
            ],
        }
        for user, role in shown[start:end]
    ]


@function("core_enrol_get_users_courses", OfUser)
def users_courses(site: Site, params: OfUser) -> object:
    """The one list that says a course's ID number; silently empty for a role that may not look."""
    participants = _VIEWS_PARTICIPANTS[0] & site.capabilities
    if "moodle/course:view" not in site.capabilities or not participants:
        return []
    tracked = "report/completion:view" in site.capabilities
    courses = _courses_of(site, params.userid)
    return [_of_user(site, course, params.userid, tracked) for course in courses]


@function("core_completion_get_course_completion_status", OfUserInCourse)
def completion_status(site: Site, params: OfUserInCourse) -> object:
    """`completed` of the whole course may lag behind its criterion until cron has run."""
    course = _course(site, params.courseid)
    if "moodle/course:view" not in site.capabilities:
        raise errors.course_unreachable()
    if params.userid not in site.users:
        raise errors.invalid_user()
    if "report/completion:view" not in site.capabilities:
        raise errors.refused("cannotviewreport", "You cannot view this report")
    if _is_closed(site, course):
        raise errors.refused("accessdenied", "Access denied")
    if params.userid not in course.participants:
        raise errors.refused("usernotenroled", "User is not enrolled in this course")
    completion = site.completions.get((params.userid, course.id))
    title = "Activity completion" if course.criterion == ACTIVITY else "Self completion"
    criterion = {
        "type": 4 if course.criterion == ACTIVITY else 1,
        "title": title,
        "status": "Yes" if completion else "No",
        "complete": completion is not None,
        "timecompleted": completion.criterion_met_at if completion else None,
        "details": {
            "type": title,
            "criteria": _activity_link(site, course) if course.criterion == ACTIVITY else title,
            "requirement": "Marking yourself complete",
            "status": "",
        },
    }
    status = {
        "completed": completion is not None and completion.completed,
        "aggregation": 1,
        "completions": [criterion],
    }
    return {"completionstatus": status, "warnings": []}


def _is_closed(site: Site, course: Course) -> bool:
    """Whether nobody is seen in the course: it keeps its groups separate, and it is not said."""
    return course.separates_groups and "moodle/site:accessallgroups" not in site.capabilities


def _role(shortname: str) -> dict[str, Any]:
    role_id = 5 if shortname == STUDENT else 3
    return {"roleid": role_id, "name": "", "shortname": shortname, "sortorder": 0}


def _course(site: Site, course_id: int) -> Course:
    if course_id == SITE_COURSE:
        return Course(SITE_COURSE, site.name, "Bridge Lab")
    if course_id not in site.courses:
        raise errors.missing_record("course")
    return site.courses[course_id]


def _courses_of(site: Site, user_id: int) -> list[Course]:
    mine = [course for course in site.courses.values() if user_id in course.participants]
    return mine[::-1]  # Moodle puts the course that was made last first


def _activity_link(site: Site, course: Course) -> str:
    return f'<a href="{site.home_page}/mod/page/view.php?id={course.id + 1}">{course.activity}</a>'


def _image(site: Site, course: Course) -> str:
    return f"{site.home_page}/pluginfile.php/{course.id + 14}/course/generated/course.svg"


def _catalogued(site: Site, course: Course) -> dict[str, Any]:
    teachers = [user for user, role in course.participants.items() if role == TEACHER]
    shown: dict[str, Any] = {
        "id": course.id,
        "fullname": course.fullname,
        "displayname": course.fullname,
        "shortname": course.shortname,
        "courseimage": _image(site, course),
        "categoryid": 1,
        "categoryname": "Category 1",
        "sortorder": 10000 + course.id,
        "summary": "",
        "summaryformat": 1,
        "summaryfiles": [],
        "overviewfiles": [],
        "showactivitydates": False,
        "showcompletionconditions": True,
        "contacts": [{"id": user, "fullname": site.users[user].fullname} for user in teachers],
        "enrollmentmethods": ["manual"],
        "format": "topics",
        "showgrades": 1,
        "newsitems": 1,
        "startdate": STARTED,
        "enddate": 0,
        "maxbytes": 0,
        "showreports": 0,
        "visible": 1,
        "groupmode": int(course.separates_groups),
        "groupmodeforce": 0,
        "defaultgroupingid": 0,
        "enablecompletion": 1,
        "completionnotify": 0,
        "lang": "",
        "theme": "",
        "marker": 0,
        "filters": [],
        "courseformatoptions": [],
    }
    if course.fields:
        shown["customfields"] = [
            {"name": name, "shortname": name, "type": kind, "valueraw": raw, "value": value}
            for kind, name, value, raw in course.fields
        ]
    if "moodle/course:view" not in site.capabilities:
        return dict(list(shown.items())[:PUBLIC_FIELDS])
    if "moodle/course:update" in site.capabilities:
        shown["idnumber"] = course.idnumber
    return shown


def _listed(site: Site, course: Course) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": course.id,
        "shortname": course.shortname,
        "categoryid": 0 if course.id == SITE_COURSE else 1,
        "fullname": course.fullname,
        "displayname": course.fullname,
        "summary": "",
        "summaryformat": 1,
        "format": "site" if course.id == SITE_COURSE else "topics",
        "startdate": STARTED,
        "enddate": 0,
        "showactivitydates": False,
        "showcompletionconditions": True,
    }
    if "moodle/course:update" in site.capabilities:
        shown["idnumber"] = course.idnumber
    return shown


def _of_user(site: Site, course: Course, user_id: int, tracked: bool) -> dict[str, Any]:
    completion = site.completions.get((user_id, course.id))
    return {
        "id": course.id,
        "shortname": course.shortname,
        "fullname": course.fullname,
        "displayname": course.fullname,
        "enrolledusercount": len(course.participants),
        "idnumber": course.idnumber,
        "visible": 1,
        "summary": "",
        "summaryformat": 1,
        "format": "topics",
        "courseimage": _image(site, course),
        "showgrades": True,
        "lang": "",
        "enablecompletion": True,
        "completionhascriteria": tracked,
        "completionusertracked": tracked,
        "category": 1,
        "progress": (100 if completion else 0) if tracked else None,
        "completed": (completion is not None and completion.completed) if tracked else None,
        "startdate": STARTED,
        "enddate": 0,
        "marker": 0,
        "lastaccess": 0,
        "isfavourite": False,
        "hidden": False,
        "overviewfiles": [],
        "showactivitydates": False,
        "showcompletionconditions": True,
        "timemodified": STARTED,
    }
