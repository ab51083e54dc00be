"""A course as the catalogue has it: its meaning to the registry, its marks in statements."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Literal

import msgspec

from lms_bridge.catalogue.competencies import standard
from lms_bridge.i18n import mark
from lms_bridge.lms.base import BadgeAward
from lms_bridge.objections import Objected
from lms_bridge.text import storable

STRUCTURAL = 1
"""``jenisDiklatId`` of structural training, which has a history of its own (registry facts, 4)"""

KINDS = {
    1: "Diklat Struktural",
    2: "Diklat Fungsional",
    3: "Diklat Teknis",
    4: "Workshop",
    5: "Pelatihan Manajerial",
    6: "Pelatihan Sosial Kultural",
    7: "Sosialisasi",
    8: "Bimbingan Teknis",
    9: "Seminar",
    10: "Magang",
    11: "Kursus",
    12: "Penataran",
    13: "Pelatihan klasikal lainnya",
    14: "Coaching",
    15: "Mentoring",
    16: "E-Learning",
    17: "Pelatihan Jarak Jauh",
    18: "Detasering (Secondment)",
    19: "Pembelajaran Alam Terbuka (Outbond)",
    20: "Patok Banding (Benchmarking)",
    21: "Pertukaran PNS dengan Pegawai Swasta/BUMN/BUMD",
    22: "Belajar Mandiri (Self Development)",
    23: "Komunitas Belajar (Community of Practices)",
    24: "Bimbingan di Tempat Kerja",
    25: "Pelatihan nonklasikal lainnya",
}
"""The registry's kinds of training (``jenisDiklatId``; registry facts, 3), names shortened"""

RunPolicy = Literal["once", "yearly", "registration", "session"]

Role = Literal["learner", "instructor"]

Family = Literal["manajerial", "sosial kultural", "teknis"]
"""the families of competencies in the government's job standards"""

_USUAL_FAMILY: dict[int, Family] = {
    STRUCTURAL: "manajerial",
    5: "manajerial",
    6: "sosial kultural",
    14: "manajerial",
    15: "manajerial",
}
"""of the kinds that are not of technical training as a rule"""

_LONGEST_NUMBER = 200
_LONGEST_RUN = 60
"""as much of a session's id as is put into a certificate number"""
_FIELDS = ("course", "year", "month", "sequence", "run")
_PLACEHOLDER = re.compile(r"\{([^{}:]*)(?::[^{}]*)?\}")


class Competency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A competency that the course develops, at a level (1 to 5) of the job standards."""

    name: str
    level: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1


class Course(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One course of the catalogue.

    A statement belongs to it when its object's id is one of `activities`, or when it is
    about a course whose external id or short id (the LMS's ``idnumber`` and ``shortname``)
    is among `external_ids` or `short_ids`.

    Raises :exc:`.Objected` for what no registry could take.
    """

    key: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$")]
    """the catalogue's own short name of the course, e.g. ``PKA-2026``"""
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    """``namaKursus`` in the registry"""
    organiser: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    """``institusiPenyelenggara``"""
    kind: Annotated[int, msgspec.Meta(ge=1, le=25)]
    """``jenisDiklatId``, see :data:`KINDS`"""
    hours: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    """JP that the learner earns; 0: the learner is not recorded (only the instructor is)"""
    instructor_hours: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    """JP that each instructor, mentor or coach of the statement's context earns"""
    certificate: str = "{course}/{year}/{sequence:05d}"
    """template of the certificate number: {course} {year} {month} {sequence} {run}"""
    structural_training: str = ""
    """``latihanStrukturalId`` 1 to 8, for kind 1"""
    starts: dt.date | None = None
    ends: dt.date | None = None
    """dates for the registry where they are the course's own; else the day of completion"""

    lms: str = ""
    """name of the one LMS whose statements count; empty: any"""
    activities: tuple[str, ...] = ()
    external_ids: tuple[str, ...] = ()
    short_ids: tuple[str, ...] = ()

    verbs: tuple[str, ...] = ()
    """verbs that tell of a completion of this course; empty: those of ``[recognition]``"""
    minimum_score: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    """share of the score range that must be reached, 0 to 1"""
    run: RunPolicy = "once"
    """what counts as a new completion by the same person"""
    session_extension: str = ""
    """with run = "session": the context extension that holds the session's id"""

    competencies: tuple[Competency, ...] = ()
    family: Family | None = None
    """competency family; left out: that of its competencies, else what its kind is usually of"""
    badge: BadgeAward | None = None
    lms_certificate: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{0,60}$")] = ""
    """the activity of the LMS that issues the certificate (Moodle: the id in its address); without
    it, or where it has issued none, the bridge makes one"""

    def __post_init__(self) -> None:
        for field in ("name", "organiser"):
            _check_text(field, getattr(self, field))
        for field in ("activities", "external_ids", "short_ids", "verbs"):
            for text in getattr(self, field):
                _check_text(field, text)
        if not (self.activities or self.external_ids or self.short_ids):
            raise Objected(
                mark("It needs activities, external_ids or short_ids; else nothing is recognised.")
            )
        if self.hours == 0 and self.instructor_hours == 0:
            raise Objected(
                mark("It needs hours of 1 or more, or instructor_hours where only they count.")
            )
        if self.kind == STRUCTURAL and self.structural_training not in {
            str(n) for n in range(1, 9)
        }:
            raise Objected(
                mark("Kind 1 (Diklat Struktural) needs structural_training, 1 to 8."),
                field="structural_training",
            )
        if self.starts and self.ends and self.starts > self.ends:
            raise Objected(mark("The first day is after the last."), field="starts")
        if self.run == "yearly" and (self.starts or self.ends):
            raise Objected(
                mark("What counts once a year has no days of its own: leave out starts and ends."),
                field="run",
            )
        if self.badge:
            self.badge.check()
        self._check_certificate()

    @property
    def families(self) -> frozenset[Family]:
        """The families of the competencies that it develops."""
        if self.family:
            return frozenset((self.family,))
        known = standard()
        named = (known.get(one.name) for one in self.competencies)
        found: set[Family] = {one.family if one else "teknis" for one in named}
        return frozenset(found or {_USUAL_FAMILY.get(self.kind, "teknis")})

    def hours_of(self, role: Role) -> int:
        """JP that the course gives to whoever completes it in `role`."""
        return self.instructor_hours if role == "instructor" else self.hours

    def days(self, completed_at: dt.datetime, zone: dt.tzinfo) -> tuple[dt.date, dt.date]:
        """First and last day for the registry: its own, else the day of completion in `zone`."""
        ends = self.ends or completed_at.astimezone(zone).date()
        return min(self.starts or ends, ends), ends

    def certificate_number(self, day: dt.date, *, sequence: int, run: str) -> str:
        """The certificate number of the organiser's `sequence`-th completion in the year of `day`.

        >>> course.certificate_number(dt.date(2026, 11, 24), sequence=7, run="")
        'PKA-2026/2026/00007'
        """
        return self.certificate.format(
            course=self.key,
            year=day.year,
            month=f"{day.month:02d}",
            sequence=sequence,
            run=run[:_LONGEST_RUN],
        )

    def _check_certificate(self) -> None:
        for name in _PLACEHOLDER.findall(self.certificate):
            if name not in _FIELDS:
                raise Objected(
                    mark("“%(value)s” is none of %(known)s."),
                    field="certificate",
                    value=f"{{{name}}}",
                    known=", ".join(f"{{{field}}}" for field in _FIELDS),
                )
        try:
            longest = self.certificate_number(dt.date(2026, 1, 31), sequence=99_999, run="x" * 99)
        except (ValueError, KeyError, IndexError) as error:
            raise Objected(
                mark("No number can be made of this."), field="certificate", value=str(error)
            ) from None
        if len(longest) > _LONGEST_NUMBER:
            raise Objected(
                mark("A number would be longer than %(most)s characters."),
                field="certificate",
                most=_LONGEST_NUMBER,
            )


def _check_text(field: str, text: str) -> None:
    """Refuse what cannot be kept as it is, and an empty id, which all would have that have none."""
    if not text or storable(text).strip() != text:
        raise Objected(
            mark("It is empty, or has spaces or characters around it that cannot be seen."),
            field=field,
            value=repr(text),
        )
