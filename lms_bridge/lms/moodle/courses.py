"""Courses of a Moodle site, who takes part in them, and who has completed them."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lms_bridge.http.trouble import unreadable
from lms_bridge.lms.base import CourseCompletion, LmsCourse, LmsUser
from lms_bridge.lms.moodle import values as v
from lms_bridge.lms.moodle.refusals import MoodleError
from lms_bridge.lms.moodle.settings import PROFILE_FIELD
from lms_bridge.lms.moodle.webservice import WebService

FIND_COURSES = "core_course_get_courses_by_field"
PARTICIPANTS = "core_enrol_get_enrolled_users"
COMPLETION = "core_completion_get_course_completion_status"
LINKED_COMPETENCIES = "core_competency_list_course_competencies"

PAGE = 200
"""participants asked for at once"""
SITE_COURSE = "1"
"""the front page, which Moodle keeps as a course in which everybody takes part"""
_ANY = 2  # completionstatus.aggregation: one criterion is enough (1: all of them are needed)
_NOT_TRACKED = ("usernotenroled", "notenroled", "invaliduser")
_TAG = re.compile(r"<[^>]*>")
_NO_CRITERIA = ("nocriteriaset", "err_nocriteria")


class Courses:
    """The courses of one site."""

    def __init__(
        self,
        service: WebService,
        zone: dt.tzinfo,
        *,
        nip_field: str = "idnumber",
        linked_competencies: bool = False,
    ) -> None:
        self._service = service
        self._zone = zone
        self._nip_field = nip_field
        self._linked = linked_competencies
        self._last_seen = ""

    def find(self, *, course_id: str, number: str, short_name: str) -> LmsCourse | None:
        """The course with that id, ID number or short name, in this order."""
        for field, value in (("id", course_id), ("idnumber", number), ("shortname", short_name)):
            if not value or (field == "id" and not value.isdigit()):
                continue
            for row in self.listed(field=field, value=value):
                course = _course(row, self._zone)
                self._last_seen = course.id
                if field == "idnumber" and not course.number:
                    # Moodle finds by it and shows it only to those who may edit the course, so
                    # what was asked for is carried over (Moodle facts, section 2).
                    course = msgspec.structs.replace(course, number=value)
                return course
        return None

    def all(self) -> Iterator[LmsCourse]:
        """Every course that is shown to the bridge."""
        for row in self.listed():
            course = _course(row, self._zone)
            if self._linked and not course.fields.get("competencies"):
                linked = self._linked_to(course.id)
                course = msgspec.structs.replace(course, competencies=linked)
            yield course

    def listed(self, **question: str) -> list[dict[str, Any]]:
        """The courses that answer to `question`, or all; never the site's front page."""
        answer = self._service.call(FIND_COURSES, **question)
        courses = answer.get("courses") if isinstance(answer, dict) else None
        found = self._service.listed(courses, FIND_COURSES)
        return [row for row in found if v.text(row.get("id")) not in ("", SITE_COURSE)]

    def some(self) -> Iterator[str]:
        """Ids of a few courses: the one seen last, or else the first that the site lists."""
        if self._last_seen:
            yield self._last_seen
            return
        for row in self.listed()[:5]:
            yield v.text(row["id"])

    def _linked_to(self, course_id: str) -> tuple[str, ...]:
        """The ID numbers of the competencies that Moodle has linked to the course."""
        rows = self._service.rows(LINKED_COMPETENCIES, id=course_id)
        linked = (row.get("competency") for row in rows)
        return tuple(v.text(one.get("idnumber")) for one in linked if isinstance(one, dict))

    def everybody(self) -> Iterator[LmsUser]:
        """Everybody who has an account, with id and NIP alone: each other field takes its time."""
        return self._taking_part(SITE_COURSE, f"id,{self._nip_is_in}", active=False)

    def participants(self, course_id: str) -> Iterator[LmsUser]:
        """Who is enrolled, actively as far as the role may tell active from suspended."""
        fields = dict.fromkeys(["id", "username", "fullname", "idnumber", "email", self._nip_is_in])
        return self._taking_part(course_id, ",".join(fields), active=True)

    @property
    def _nip_is_in(self) -> str:
        """The field of a participant that has the NIP in it."""
        return "customfields" if self._nip_field.startswith(PROFILE_FIELD) else self._nip_field

    def _taking_part(self, course_id: str, fields: str, *, active: bool) -> Iterator[LmsUser]:
        """Who takes part, by pages.

        A page can come back short, for Moodle leaves out the people whom the bridge may not
        see after it has counted; so only a page with nobody new in it is the end.
        """
        seen: set[str] = set()
        start = 0
        while True:
            options = {
                "userfields": fields,
                "limitfrom": start,
                "limitnumber": PAGE,
                "sortby": "id",
            } | ({"onlyactive": 1} if active else {})
            try:
                page = self._service.rows(
                    PARTICIPANTS,
                    courseid=course_id,
                    options=[{"name": name, "value": value} for name, value in options.items()],
                )
            except MoodleError as error:
                if not active or error.errorcode != "nopermissions":
                    raise
                # It takes moodle/course:enrolreview to ask for active enrolments. It can be done
                # without: of the others Moodle says `usernotenroled` when asked one by one.
                active = False
                continue
            users = (v.user(row, self._nip_field) for row in page)
            fresh = [user for user in users if user.id and user.id not in seen]
            if not fresh:
                return
            seen.update(user.id for user in fresh)
            yield from fresh
            start += PAGE

    def completion(self, course_id: str, user: LmsUser) -> CourseCompletion | None:
        """That the participant has completed the course; None if not, or if it is not tracked."""
        try:
            status = self.status(course_id, user.id)
        except MoodleError as error:
            if is_answer(error):  # teachers, suspended enrolments, courses without criteria
                return None
            raise
        return CourseCompletion(user, completed_at(status)) if status.get("completed") else None

    def status(self, course_id: str, user_id: str) -> dict[str, Any]:
        """``completionstatus`` of one participant."""
        answer = self._service.call(COMPLETION, courseid=course_id, userid=user_id)
        status = answer.get("completionstatus") if isinstance(answer, dict) else None
        if not isinstance(status, dict):
            raise unreadable(self._service.remote, f"{COMPLETION} brought no status")
        return status


def activity_of(course_id: str, site: str) -> str:
    """The activity id of a course in the statements of `site`: the address of its page."""
    return f"{site.rstrip('/')}/course/view.php?id={course_id}"


def course_id_of(activity: str, *sites: str) -> str:
    """The course's id in an activity id of one of `sites`; "" for any other activity.

    >>> course_id_of("https://moodle.example/course/view.php?id=2", "https://moodle.example")
    '2'
    """
    for site in sites:
        start = activity_of("", site)
        if activity.startswith(start) and re.fullmatch(r"[0-9]+", activity[len(start) :]):
            return activity[len(start) :]
    return ""


def is_answer(error: MoodleError) -> bool:
    """Whether the error is Moodle's way of saying that somebody has completed nothing."""
    return error.errorcode in _NOT_TRACKED + _NO_CRITERIA


def completed_at(status: Mapping[str, Any]) -> dt.datetime | None:
    """When the criterion was met by which the course was complete; None if Moodle does not say.

    There is no time stamp of the course itself (Moodle facts, section 2). Where all criteria
    are needed the last one counts; where any is enough, the first: another one that is met
    later does not make the course complete again.
    """
    criteria = status.get("completions")
    moments = [
        moment
        for criterion in (criteria if isinstance(criteria, list) else [])
        if isinstance(criterion, dict)
        and criterion.get("complete") is True
        and (moment := v.moment(criterion.get("timecompleted")))
    ]
    choose = min if status.get("aggregation") == _ANY else max
    return choose(moments, default=None)


def _course(row: Mapping[str, Any], zone: dt.tzinfo) -> LmsCourse:
    fields = row.get("customfields")
    return LmsCourse(
        id=v.text(row.get("id")),
        name=html.unescape(v.text(row.get("fullname"))),
        short_name=html.unescape(v.text(row.get("shortname"))),
        number=v.text(row.get("idnumber")),
        fields={
            v.text(field.get("shortname")): _field(field, zone)
            for field in (fields if isinstance(fields, list) else [])
            if isinstance(field, dict)
        },
    )


def _field(field: Mapping[str, Any], zone: dt.tzinfo) -> str:
    """The value of a custom field: as it is shown, but for numbers and ticks as they are kept.

    A number is shown with its unit ("20 JP"), a tick as Yes or Ya; a choice is kept as the
    place of the option that is shown. A day is kept as the moment at which it began where
    whoever typed it was, which is taken to be `zone`, and shown in the service account's words.
    """
    raw = field.get("valueraw")
    if field.get("type") == "date":
        begun = v.moment(int(raw) if isinstance(raw, str) and raw.isdigit() else raw)
        return begun.astimezone(zone).date().isoformat() if begun else ""
    if field.get("type") in ("number", "checkbox") and raw is not None:
        try:
            return f"{float(raw):g}"
        except (TypeError, ValueError, OverflowError):
            return v.text(raw)
    return html.unescape(_TAG.sub(" ", v.text(field.get("value")))).strip()
