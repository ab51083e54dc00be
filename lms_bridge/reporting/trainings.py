"""The reports of what was learned: by kind and competency, and each completion.

What was taken back is in neither, unless HR keeps it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from lms_bridge.catalogue.course import KINDS, Course
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.figures import keeping, trainings
from lms_bridge.figures.trainings import Trainings
from lms_bridge.i18n import mark
from lms_bridge.reporting.asked import Asked
from lms_bridge.reporting.table import Cell, Column, Row, Table
from lms_bridge.store.schema import (
    completions,
    courses,
    deliveries,
    employees,
    withdrawals,
)
from lms_bridge.typed import convert

_OURS = mark("Completions that the bridge recorded, without those that were taken back.")
_ROWS_AT_ONCE = 500


def by_kind(db: Connection, asked: Asked) -> Table:
    """How many trainings and JP there are of each kind, family and competency."""
    say = asked.say
    known = {row.id: row.content for row in db.execute(select(courses.c.id, courses.c.content))}
    groups = [
        say(mark("Kind of training")),
        say(mark("Family of competencies")),
        say(mark("Competency")),
    ]
    found: dict[tuple[int, str], _Sum] = defaultdict(_Sum)
    all_ = _Sum()
    for each in _trainings(db, asked):
        many = (each.trainings, 0) if each.course_id else (0, each.trainings)
        one = _Sum(*many, each.hours)
        all_.add(one)
        content = known.get(each.course_id, {})
        name = KINDS.get(content.get("kind", each.kind), "") or say(mark("not known"))
        found[0, name].add(one)
        if course := _course(content):
            for family in course.families:
                found[1, family].add(one)
            for competency in {each.name for each in course.competencies}:
                found[2, competency].add(one)
    order = sorted(found.items(), key=lambda item: (item[0][0], -item[1].hours, item[0][1]))
    rows: list[Row] = [[groups[group], name, *one.cells()] for (group, name), one in order]
    return Table(
        title=asked.title,
        about=asked.about,
        columns=[
            Column(say(mark("By")), width=28, name="by"),
            Column(say(mark("Training")), width=56, name="training"),
            Column(say(mark("By the bridge")), "number", 14, name="ours"),
            Column(say(mark("By others")), "number", 14, name="elsewhere"),
            Column(say(mark("JP")), "number", 14, name="jp"),
        ],
        rows=rows[: asked.limit],
        notes=[
            say(
                mark(
                    "How many trainings of that kind the bridge recorded, and how many others did."
                    " Of the latter no competency is known."
                )
            ),
            say(
                mark(
                    "The sum counts each training once; a course may develop several"
                    " competencies, and of several families."
                )
            ),
        ],
        sums=[None, None, *all_.cells()],
        count=len(rows),
        language=asked.language,
        name=asked.file_name,
    )


def _trainings(db: Connection, asked: Asked) -> list[Trainings]:
    year = asked.period.year
    if asked.now is None:
        return trainings.counted(db, asked.seen_by, year)
    return keeping.by_training(db, asked.seen_by, year, now=asked.now)


class _Sum(msgspec.Struct):
    """How many trainings, by whom they were recorded, and their JP."""

    ours: int = 0
    elsewhere: int = 0
    hours: int = 0

    def add(self, other: _Sum) -> None:
        self.ours += other.ours
        self.elsewhere += other.elsewhere
        self.hours += other.hours

    def cells(self) -> list[int]:
        return [self.ours, self.elsewhere, self.hours]


def completed(db: Connection, asked: Asked) -> Table:
    """Each completion, by its last day."""
    say = asked.say
    counted = _counted(asked)
    many, jp = db.execute(select(func.count(), func.sum(completions.c.hours)).where(*counted)).one()
    return Table(
        title=asked.title,
        about=asked.about,
        columns=[
            Column("NIP", "nip", 19, name="nip"),
            Column(say(mark("Name")), width=26, name="name"),
            Column(say(mark("Work unit")), width=30, name="unit"),
            Column(say(mark("Course")), width=34, name="course"),
            Column(say(mark("Kind of training")), width=18, name="kind"),
            Column(say(mark("First day")), "date", 13, name="starts"),
            Column(say(mark("Last day")), "date", 13, name="ends"),
            Column("JP", "number", 7, True, "jp"),
            Column(say(mark("Certificate number")), width=24, name="certificate_number"),
            Column(say(mark("In the registry")), width=10, name="recorded"),
        ],
        rows=_completed(db, asked),
        notes=[say(_OURS)],
        sums=[*[None] * 7, int(jp or 0), None, None],
        count=many,
        language=asked.language,
        name=asked.file_name,
    )


def _completed(db: Connection, asked: Asked) -> Iterator[list[Cell]]:
    names = {
        row.id: (row.content.get("name", ""), KINDS.get(row.content.get("kind", 0), ""))
        for row in db.execute(select(courses.c.id, courses.c.content))
    }
    recording = (deliveries.c.completion_id == completions.c.id) & (deliveries.c.step == "record")
    states = {True: asked.say(mark("yes")), False: asked.say(mark("not yet")), None: "–"}
    query = (
        select(
            completions.c.course_id,
            completions.c.starts,
            completions.c.ends,
            completions.c.hours,
            completions.c.certificate_number,
            employees.c.nip,
            employees.c.name,
            employees.c.unit_name,
            exists().where(recording, deliveries.c.state == State.DONE).label("is_there"),
            exists().where(recording, deliveries.c.state != State.DONE).label("is_not"),
        )
        .join(employees, completions.c.employee_id == employees.c.id)
        .where(*_counted(asked))
        .order_by(completions.c.ends, completions.c.id)
        .limit(asked.limit)
    )
    for row in db.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
        course, kind = names[row.course_id]
        recorded = False if row.is_not else (True if row.is_there else None)
        yield [
            row.nip,
            row.name,
            row.unit_name,
            course,
            kind,
            row.starts,
            row.ends,
            row.hours,
            row.certificate_number,
            states[recorded],
        ]


def _counted(asked: Asked) -> list[ColumnElement[bool]]:
    kept = exists().where(
        withdrawals.c.completion_id == completions.c.id,
        withdrawals.c.ended_at.is_(None),
        withdrawals.c.decision == "keep",
    )
    return [
        completions.c.ends.between(asked.period.first, asked.period.last),
        or_(completions.c.withdrawn_at.is_(None), kept),
        *(one.sees(completions.c.employee_id) for one in asked.seen_by if not one.is_whole),
    ]


def _course(content: Any) -> Course | None:
    """The course; None for one that an earlier version let in and this one would not."""
    try:
        return convert(content, Course)
    except msgspec.ValidationError:
        return None
