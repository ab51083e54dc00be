"""Accounts of a Moodle site, and whether the bridge can see them at all.

Moodle finds accounts by id, username, ID number or e-mail address. A NIP that stands in any other
field can be read from an account, and no web service finds the account of it: the one that searches
for what identifies people leaves custom profile fields out. So everybody is listed then, as the
participants of the front page, and remembered for a while
(:mod:`lms_bridge.lms.moodle.everybody`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lms_bridge.lms.base import LmsUser, UserField
from lms_bridge.lms.moodle import values as v
from lms_bridge.lms.moodle.courses import Courses
from lms_bridge.lms.moodle.everybody import Everybody
from lms_bridge.lms.moodle.refusals import MoodleError
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.lms.moodle.webservice import MOST_VALUES, SITE_INFO, WebService

FIND_USERS = "core_user_get_users_by_field"
_FIELDS: dict[UserField, str] = {
    "id": "id",
    "username": "username",
    "number": "idnumber",
    "email": "email",
}


class People:
    """The accounts of one site."""

    def __init__(self, service: WebService, courses: Courses, settings: MoodleSettings) -> None:
        self._service = service
        self._courses = courses
        self._known_user = settings.known_user.strip()
        self._nip_field = settings.nip_field
        self._fields = _FIELDS | {"number": settings.nip_field}
        self._everybody = Everybody(courses) if settings.lists_people else None

    def find(self, field: UserField, values: Sequence[str]) -> list[LmsUser]:
        """The accounts whose `field` is one of `values`, compared letter by letter."""
        if field == "number" and self._everybody is not None:
            field, values = "id", self._everybody.with_numbers(values)
        wanted = list(
            dict.fromkeys(value for value in values if value and _may_exist(field, value))
        )
        found: list[LmsUser] = []
        for start in range(0, len(wanted), MOST_VALUES):
            found += self._batch(field, wanted[start : start + MOST_VALUES])
        return found

    def are_seen(self) -> bool | None:
        """Whether an account that certainly exists is shown to the bridge.

        Without two capabilities Moodle shows nobody, and says nothing of it (Moodle facts,
        section 2). It always shows the bridge's own account, which therefore proves nothing.
        """
        if self._known_user:
            found = self.find("username", [self._known_user.lower()])
            if found and found[0].id == self._own_id():
                return None
            return bool(found)
        own_id = self._own_id()
        for user_id in self._others(own_id):
            return bool(self.find("id", [user_id]))
        return None

    def _batch(self, field: UserField, wanted: list[str]) -> list[LmsUser]:
        try:
            rows = self._service.rows(FIND_USERS, field=self._fields[field], values=wanted)
        except MoodleError as error:
            if error.errorcode not in ("invalidparameter", "invaliduser"):
                raise
            # One value that Moodle would have to clean, such as an e-mail address without a
            # domain, spoils the whole batch; no account can have it. So does the id of an account
            # that was deleted, of which the row is kept.
            if len(wanted) == 1:
                return []
            half = len(wanted) // 2
            return self._batch(field, wanted[:half]) + self._batch(field, wanted[half:])
        return [v.user(row, self._nip_field) for row in rows]

    def _own_id(self) -> str:
        info = self._service.call(SITE_INFO)
        return v.text(info.get("userid")) if isinstance(info, dict) else ""

    def _others(self, own_id: str) -> Iterator[str]:
        """Participants of courses other than the bridge itself, as far as they can be had."""
        try:
            for course_id in self._courses.some():
                for user in self._courses.participants(course_id):
                    if user.id != own_id:
                        yield user.id
        except MoodleError as error:
            if error.remote_wide:
                raise


def _may_exist(field: UserField, value: str) -> bool:
    return field != "id" or (value.isascii() and value.isdigit())
