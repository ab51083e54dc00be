"""The certificates that were issued, and whether what each says still holds."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from lms_bridge.catalogue.course import Course
from lms_bridge.certificates.certificate import Certificate, made
from lms_bridge.store.schema import completions, courses, employees
from lms_bridge.store.types import AnyRow
from lms_bridge.typed import convert

PATH = "/certificates/"
"""of the page that shows whether a certificate is genuine; its public id follows"""


class Issued(NamedTuple):
    """A certificate, and since when it holds no more, if so."""

    certificate: Certificate
    withdrawn_at: dt.datetime | None


def of_completion(db: Connection, completion_id: int, *, home_page: str) -> Issued | None:
    """The certificate of the completion with that id."""
    row = db.execute(_OF_COMPLETION, {"completion": completion_id}).one_or_none()
    return _issued(row, home_page) if row else None


def find(db: Connection, public_id: str, *, home_page: str) -> Issued | None:
    """The certificate with that public id."""
    row = db.execute(_WITH_PUBLIC_ID, {"sought": public_id}).one_or_none()
    return _issued(row, home_page) if row else None


def _issued(row: AnyRow, home_page: str) -> Issued:
    certificate = made(
        convert(row.content, Course),
        name=row.name,
        nip=row.nip,
        address=home_page + PATH + row.public_id,
        role=row.role,
        hours=row.hours,
        number=row.certificate_number,
        starts=row.starts,
        ends=row.ends,
    )
    return Issued(certificate, row.withdrawn_at)


_ALL = (
    select(
        completions.c.public_id,
        completions.c.role,
        completions.c.hours,
        completions.c.certificate_number,
        completions.c.starts,
        completions.c.ends,
        completions.c.withdrawn_at,
        courses.c.content,
        employees.c.name,
        employees.c.nip,
    )
    .join(courses, completions.c.course_id == courses.c.id)
    .join(employees, completions.c.employee_id == employees.c.id)
)
_OF_COMPLETION = _ALL.where(completions.c.id == bindparam("completion"))
_WITH_PUBLIC_ID = _ALL.where(completions.c.public_id == bindparam("sought"))
