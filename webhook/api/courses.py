"""``/courses``: the catalogue."""

from __future__ import annotations

from lms_bridge.accounts.roles import Permission
from lms_bridge.api import courses as told
from lms_bridge.api.courses import Course, CoursesAsked
from lms_bridge.api.paging import BadCursor, Page
from webhook.api import problems
from webhook.api.people import bad_cursor
from webhook.api.service import Service


def routes(service: Service) -> None:
    """Register them."""
    store = service.bridge.store

    @service.get("/courses", Permission.PEOPLE, asks=CoursesAsked, answers=Page[Course])
    def courses(asked: CoursesAsked) -> Page[Course]:
        """List the courses of the catalogue."""
        with store.reading() as db:
            try:
                return told.listed(db, asked)
            except BadCursor:
                raise bad_cursor() from None

    @service.get("/courses/<number>", Permission.PEOPLE, answers=Course)
    def course(number: int) -> Course:
        """One course of the catalogue."""
        with store.reading() as db:
            found = told.one(db, number)
        if found is None:
            raise problems.missing()
        return found
