"""All that the page of one employee shows, read from the database for that employee alone."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, select

from lms_bridge import reports
from lms_bridge.badges import earned, explaining
from lms_bridge.badges.badge import Badge as Rules
from lms_bridge.badges.earned import AwardLine
from lms_bridge.badges.explaining import Explanation, Line, Names
from lms_bridge.bridge import Bridge
from lms_bridge.config.settings import Settings
from lms_bridge.learner.wording import Told, place, told
from lms_bridge.people import learned
from lms_bridge.people.hours import Hours, Learned, hours_of
from lms_bridge.reasons import Reason
from lms_bridge.reports import CompletionLine
from lms_bridge.store.schema import completions, courses

_MOST = 10_000
"""completions of one person; nobody has so many"""


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was learned."""

    name: str
    organiser: str
    hours: int | None
    starts: dt.date | None
    ends: dt.date | None
    as_instructor: bool
    number: str
    """of its certificate"""
    certificate: str
    """public id of the certificate that the bridge makes; empty without one"""
    steps: Sequence[Told]
    """its way, if it is a completion of the bridge"""
    known_in: Sequence[str]
    """the registries in which others have recorded it"""


class Year(msgspec.Struct, frozen=True):
    """What counts in a year; `year` is None where that is not known."""

    year: int | None
    hours: Hours
    trainings: Sequence[Training]


class Badge(msgspec.Struct, frozen=True, kw_only=True):
    """A badge that is held, was held, or can be earned."""

    name: str
    description: str
    competency: str
    level: int | None
    public_id: str = ""
    """of the award, if there is one"""
    earned_on: dt.date | None = None
    last_day: dt.date | None = None
    """on which it is good; None: it is for ever"""
    has_expired: bool = False
    is_in_question: bool = False
    lines: Sequence[Line] = ()
    """what is met and missing, to earn it or to renew it"""
    steps: Sequence[Told] = ()

    @property
    def is_begun(self) -> bool:
        """Whether something of it is met."""
        return any(line.met_on or line.have for line in self.lines)


class TakenBack(msgspec.Struct, frozen=True):
    """A completion or a badge that does not hold any more."""

    name: str
    day: dt.datetime
    is_badge: bool
    decision: str
    """of HR: "keep", "undo", "open" while there is one to be made, and else empty"""
    rests_on_taken_back: bool
    """a badge, because something that it rests on was taken back"""
    steps: Sequence[Told]


class Mine(msgspec.Struct, frozen=True, kw_only=True):
    """The page."""

    name: str
    unit: str
    year: int
    hours: Hours
    wanted: int
    years: Sequence[Year]
    """the latest first"""
    held: Sequence[Badge]
    open: Sequence[Badge]
    taken_back: Sequence[TakenBack]
    read: Mapping[str, dt.datetime]
    """by registry, when its history was last read"""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing yet."""
        return not (self.years or self.held or self.taken_back)


def look(bridge: Bridge, employee_id: int, language: str, now: dt.datetime) -> Mine:
    """What there is of that employee."""
    settings, closed = bridge.settings, bridge.closed(now)
    today = now.astimezone(ZoneInfo(settings.time_zone)).date()
    with bridge.store.reading() as db:
        about = learned.about(db, employee_id, year=today.year, yearly=settings.yearly_hours)
        nip = about.employee.nip
        lines = reports.list_completions(db, now=now, nip=nip, limit=_MOST, closed=closed)
        awarded = earned.list_awards(db, now=now, today=today, employee_id=employee_id)
        explained = explaining.explain(db, employee_id, today=today)
        names = Names.read(db) if explained else Names({}, {})
        certificates = _certificates(db, employee_id, settings)
    reader = _Reader(settings.learner.office if settings.learner else "", certificates)
    held, open_ = _badges(reader, explained, awarded, names, language)
    return Mine(
        name=about.employee.name,
        unit=about.employee.unit,
        year=today.year,
        hours=about.hours,
        wanted=about.wanted,
        years=_years(reader, about.learned, {line.id: line for line in lines}),
        held=held,
        open=open_,
        taken_back=_taken_back(reader, lines, awarded),
        read={
            place(f"registry.{one.registry}"): one.read_at for one in about.readings if one.read_at
        },
    )


class _Reader(msgspec.Struct, frozen=True):
    """What is needed to put the lines of the reports into words."""

    office: str
    certificates: Mapping[int, str]

    def steps(self, lines: Sequence[reports.DeliveryLine]) -> list[Told]:
        return [said for line in lines if (said := told(line, office=self.office))]

    def training(self, one: Learned, line: CompletionLine | None) -> Training:
        known = dict.fromkeys(place(f"registry.{row.registry}") for row in one.rows)
        return Training(
            name=one.name,
            organiser=one.organiser,
            hours=one.hours,
            starts=one.starts,
            ends=one.ends,
            as_instructor=line is not None and line.role == "instructor",
            number=one.certificate_number,
            certificate=self.certificates.get(line.id, "") if line else "",
            steps=self.steps(line.deliveries) if line else [],
            known_in=[] if line else list(known),
        )


def _certificates(db: Connection, employee_id: int, settings: Settings) -> dict[int, str]:
    """By completion, the public id of its certificate, where that is not the LMS's own."""
    if settings.certificates is None:
        return {}
    query = (
        select(completions.c.id, completions.c.public_id, courses.c.content)
        .join(courses, completions.c.course_id == courses.c.id)
        .where(completions.c.employee_id == employee_id, completions.c.withdrawn_at.is_(None))
    )
    return {
        row.id: row.public_id or ""
        for row in db.execute(query)
        if not row.content.get("lms_certificate")
    }


def _years(
    reader: _Reader, trainings: Sequence[Learned], lines: Mapping[int, CompletionLine]
) -> list[Year]:
    by_year: dict[int | None, list[Training]] = defaultdict(list)
    for one in trainings:
        if one.counts:
            line = lines.get(one.completion_id) if one.completion_id else None
            by_year[one.year].append(reader.training(one, line))
    return [
        Year(year, hours_of(trainings, year) if year else Hours(0, 0, 0), mine)
        for year, mine in sorted(by_year.items(), key=lambda one: -(one[0] or 0))
    ]


def _badges(
    reader: _Reader,
    explained: Sequence[Explanation],
    awarded: Sequence[AwardLine],
    names: Names,
    language: str,
) -> tuple[list[Badge], list[Badge]]:
    """The badges that are or were held, and those that can be earned, what is begun first."""
    ways = {one.badge.key: one for one in explained}
    latest: dict[str, AwardLine] = {}
    for award in sorted(awarded, key=lambda one: one.earned_on, reverse=True):
        if award.state != "revoked":
            latest.setdefault(award.badge.key, award)
    held = []
    for key, award in latest.items():
        way = ways.get(key)
        renewable = way is not None and award.expires_on is not None
        held.append(
            msgspec.structs.replace(
                _plain(award.badge),
                public_id=award.public_id,
                earned_on=award.earned_on,
                last_day=award.expires_on and award.expires_on - dt.timedelta(days=1),
                has_expired=award.state == "expired",
                is_in_question=way is not None and way.is_in_question,
                lines=way.lines(names, language) if way and renewable else (),
                steps=reader.steps(award.deliveries),
            )
        )
    still = [
        msgspec.structs.replace(_plain(one.badge), lines=one.lines(names, language))
        for one in explained
        if one.badge.key not in latest
    ]
    return held, sorted(still, key=lambda one: not one.is_begun)


def _plain(badge: Rules) -> Badge:
    competency = badge.competency
    return Badge(
        name=badge.name,
        description=badge.description,
        competency=competency.name if competency else "",
        level=competency.level if competency else None,
    )


def _taken_back(
    reader: _Reader, lines: Sequence[CompletionLine], awarded: Sequence[AwardLine]
) -> list[TakenBack]:
    found = []
    for line in lines:
        if line.withdrawn_at is None:
            continue
        decided = line.withdrawal.decision if line.withdrawal else ""
        decision = decided or ("open" if line.question else "")
        steps = reader.steps([one for one in line.deliveries if one.step in ("unrecord", "revoke")])
        found.append(TakenBack(line.course, line.withdrawn_at, False, decision, False, steps))
    for award in awarded:
        if award.revoked_at is not None and award.reason != Reason("award_twice"):
            unmet = award.reason is not None and award.reason.code == "award_unmet"
            steps = reader.steps([one for one in award.deliveries if one.step == "revoke"])
            found.append(TakenBack(award.badge.name, award.revoked_at, True, "", unmet, steps))
    return sorted(found, key=lambda one: one.day, reverse=True)
