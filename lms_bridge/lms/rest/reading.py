"""Taking accounts, courses, completions and badges out of an LMS's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lms_bridge.http.values import text
from lms_bridge.lms.base import LmsCourse, LmsUser
from lms_bridge.lms.rest.settings import CompletionFields, CourseFields, Users
from lms_bridge.mapped.answers import meets
from lms_bridge.mapped.reading import at, first, listed
from lms_bridge.mapped.settings import Path

Row = Mapping[str, Any]


def found(body: Any, path: str) -> list[Row] | None:
    """The one thing, or the list of them, at `path`; None if there is neither."""
    there = at(body, path)
    rows = listed(there)
    return [there] if rows is None and isinstance(there, dict) else rows


def user(row: Row, users: Users) -> LmsUser:
    """An account as a row of an answer has it."""
    fields = users.fields
    return LmsUser(
        id=_said(row, fields.id),
        username=_said(row, fields.username),
        full_name=_said(row, fields.full_name),
        email=_said(row, fields.email),
        number=_said(row, fields.number),
        suspended=users.suspended is not None and meets(row, users.suspended),
    )


def learner(row: Row, fields: CompletionFields) -> LmsUser:
    """Whose completion a row is."""
    return LmsUser(
        id=_said(row, fields.user_id),
        username=_said(row, fields.username),
        full_name=_said(row, fields.full_name),
        email=_said(row, fields.email),
        number=_said(row, fields.number),
    )


def course(row: Row, fields: CourseFields) -> LmsCourse:
    """A course as a row of an answer has it."""
    return LmsCourse(
        id=_said(row, fields.id),
        name=_said(row, fields.name),
        short_name=_said(row, fields.short_name),
        number=_said(row, fields.number),
        fields={name: value for name, path in fields.custom.items() if (value := _said(row, path))},
    )


def _said(row: Row, path: Path) -> str:
    return text(first(row, path)) if path else ""
