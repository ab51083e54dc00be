"""People, courses and completions of an Open edX site.

An account is known by its username here, as certificates, grades and credentials know it. Its NIP
is the username, or stands in an extended profile field, by which nobody can be looked up.

There is no list of who has completed a course. The grades of all who take part tell who has passed,
and the certificate of one of them tells when; without a certificate it is not said when.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from lms_bridge.http.trouble import unreadable
from lms_bridge.http.values import text
from lms_bridge.lms.base import USER_FIELDS, CourseCompletion, LmsCourse, LmsUser, UserField
from lms_bridge.lms.openedx.service import Row, Service
from lms_bridge.mapped.dates import moment
from lms_bridge.people import nip as nips

ACCOUNTS, ME = "/api/user/v1/accounts", "/api/user/v1/me"
COURSES = "/api/courses/v1/courses/"
GRADES = "/api/grades/v1/courses/"
CERTIFICATES = "/api/certificates/v0/certificates/"
AT_ONCE = 20
"""usernames in one request: they stand in its address"""
_PAGE = "100"
_STAFF_ONLY = "is_active"
"""a field of an account that only global staff are shown"""


class Learning:
    """The LMS of one site."""

    def __init__(self, service: Service, *, number_field: str, known_user: str) -> None:
        self._service = service
        self._number_field = number_field
        self._known_user = known_user.strip()
        self._own_name = ""
        self.fields: frozenset[UserField] = (
            USER_FIELDS - {"number"} if number_field else USER_FIELDS
        )

    def find(self, field: UserField, values: Sequence[str]) -> list[LmsUser]:
        """The accounts whose `field` is one of `values`."""
        if field not in self.fields:
            return []
        if field == "email":
            found = [self._accounts(email=value.strip()) for value in values if value.strip()]
            return [user for users in found for user in users]
        asked = list(values)
        if field == "number":
            asked = [nips.normalise(value) or value for value in values]
        # Without a name it would answer with the bridge's own account; a comma separates two.
        names = list(dict.fromkeys(name for name in asked if name.strip() and "," not in name))
        return [
            user
            for start in range(0, len(names), AT_ONCE)
            for user in self._accounts(username=",".join(names[start : start + AT_ONCE]))
            if user.username in names
        ]

    def are_seen(self) -> bool | None:
        """Whether the bridge's account is shown of others what only staff are shown."""
        if not self._known_user:
            return None
        rows = self._service.ask(self._service.lms + ACCOUNTS, username=self._known_user)
        return bool(rows) and all(_STAFF_ONLY in row for row in self._listed(rows))

    def own_name(self) -> str:
        """The username of the bridge's own account."""
        if not self._own_name:
            said = self._service.ask(self._service.lms + ME)
            self._own_name = text(said.get("username")) if isinstance(said, dict) else ""
            if not self._own_name:
                raise unreadable(self._service.remote, f"{ME} brought no username")
        return self._own_name

    def course(self, course_id: str) -> LmsCourse | None:
        """The course (run) with that id, such as ``course-v1:BKPSDM+LITDIG+2026``."""
        url = f"{self._service.lms}{COURSES}{quote(course_id, safe=':+')}/"
        row = self._service.ask(url, username=self.own_name())
        return _course(row) if isinstance(row, dict) else None

    def courses(self) -> Iterator[LmsCourse]:
        """Every course that is shown to the bridge."""
        url = self._service.lms + COURSES
        for row in self._service.rows(url, username=self.own_name(), page_size=_PAGE):
            yield _course(row)

    def passed(self, course_id: str) -> Iterator[LmsUser]:
        """Who takes part in the course and has passed it."""
        url = f"{self._service.lms}{GRADES}{quote(course_id, safe=':+')}/"
        for row in self._service.rows(url, page_size=_PAGE):
            if row.get("passed") is True and (user := _learner(row)).id:
                yield user

    def completion(self, course_id: str, user: LmsUser) -> CourseCompletion | None:
        """That the account has passed the course, and since when it has its certificate."""
        course = quote(course_id, safe=":+")
        name = quote(user.id, safe="")
        found = self._service.ask(f"{self._service.lms}{CERTIFICATES}{name}/courses/{course}/")
        if isinstance(found, dict) and found.get("is_passing") is True:
            return CourseCompletion(user, _moment(found.get("created_date")))
        rows = self._service.ask(f"{self._service.lms}{GRADES}{course}/", username=user.id)
        has_passed = any(row.get("passed") is True for row in self._listed(rows or []))
        return CourseCompletion(user, None) if has_passed else None

    def _accounts(self, **question: str) -> list[LmsUser]:
        rows = self._service.ask(self._service.lms + ACCOUNTS, **question)
        return [self._user(row) for row in self._listed(rows or [])]

    def _listed(self, rows: Any) -> list[Row]:
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            return rows
        raise unreadable(self._service.remote, "there is no list")

    def _user(self, row: Row) -> LmsUser:
        name = text(row.get("username"))
        return LmsUser(
            id=name,
            username=name,
            full_name=text(row.get("name")),
            email=text(row.get("email")),
            number=self._number(row),
            suspended=row.get(_STAFF_ONLY) is False,
        )

    def _number(self, row: Row) -> str:
        if not self._number_field:
            return nips.normalise(text(row.get("username"))) or ""
        extended = row.get("extended_profile")
        for field in extended if isinstance(extended, list) else []:
            if isinstance(field, dict) and field.get("field_name") == self._number_field:
                return text(field.get("field_value"))
        return ""


def _learner(row: Row) -> LmsUser:
    name = text(row.get("username"))
    return LmsUser(id=name, username=name, full_name="", email=text(row.get("email")))


def _course(row: Row) -> LmsCourse:
    course_id = text(row.get("id")) or text(row.get("course_id"))
    return LmsCourse(
        id=course_id,
        name=text(row.get("name")),
        short_name=text(row.get("number")),
        number=course_id,
    )


def _moment(value: Any) -> dt.datetime | None:
    return moment(text(value))
