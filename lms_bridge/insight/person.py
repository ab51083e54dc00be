"""All that HR sees of one employee: JP, trainings and where each is, badges, and what waits."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from lms_bridge import reports
from lms_bridge.accounts.sight import Sight
from lms_bridge.badges import earned
from lms_bridge.badges.earned import AwardLine
from lms_bridge.bridge import Bridge
from lms_bridge.catalogue.course import KINDS
from lms_bridge.deliveries.lifecycle import FOR_A_PERSON, State
from lms_bridge.people import learned
from lms_bridge.people.hours import Hours, Learned, hours_of
from lms_bridge.people.learned import About
from lms_bridge.reasons import Reason
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.reports import CompletionLine, DeliveryLine
from lms_bridge.store.schema import completions, courses, employees, identities, sightings

_MOST = 10_000
"""completions of one person; nobody has so many"""
_UNMET = (
    "result_failed",
    "result_incomplete",
    "score_too_low",
    "voided",
    "dismissed",
    "learner_earns_nothing",
    "instructor_earns_nothing",
)
"""why a course that somebody took is no completion; of any other statement nobody asks"""

_STATE = sightings.c.state + ""
"""an expression, so that what one person has done is found by the person and not by the state"""


class Training(msgspec.Struct, frozen=True):
    """Something that was learned, and where it is known."""

    learned: Learned
    line: CompletionLine | None
    """if it is a completion of the bridge"""
    kind: int | None
    """``jenisDiklatId``"""
    competencies: Sequence[str]

    @property
    def missing(self) -> Sequence[DeliveryLine]:
        """The records that are not in their registries, and are to be."""
        steps = self.line.deliveries if self.line else []
        return [
            one
            for one in steps
            if one.step == "record" and one.state not in (State.DONE, State.CANCELLED)
        ]

    @property
    def given_up(self) -> Sequence[DeliveryLine]:
        """The records that somebody has given up, and of which the registry shows no row."""
        if self.line is None or self.line.withdrawn_at is not None:
            return []
        there = {f"registry.{row.registry}" for row in self.learned.rows}
        return [
            one
            for one in self.line.deliveries
            if one.step == "record" and one.is_given_up and one.remote not in there
        ]


class Share(msgspec.Struct, frozen=True):
    """JP of one kind, or of what develops one competency."""

    name: str
    hours: int
    trainings: int


class Seen(msgspec.Struct, frozen=True):
    """Something that the LMS told of somebody and that has not become a completion."""

    at: dt.datetime | None
    course: str
    account: str
    state: str
    reason: Reason
    statement_seq: int | None


class Account(msgspec.Struct, frozen=True):
    """A key by which somebody is known."""

    key: str
    source: str
    lms: str
    lms_user_id: str
    seen_at: dt.datetime


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """The page."""

    about: About
    year: int
    years: Sequence[int]
    """in which something was learned, the latest first"""
    hours: Hours
    kinds: Sequence[Share]
    competencies: Sequence[Share]
    trainings: Sequence[Training]
    """of the year, the latest first; those of which no year is known as of the first"""
    stopped: Sequence[Training]
    """of any year: not in a registry, and for a person to see to"""
    under_way: Sequence[Training]
    """of any year: not in a registry yet, which comes by itself"""
    given_up: Sequence[Training]
    """of any year: not in a registry, which somebody has decided"""
    questions: Sequence[CompletionLine]
    """taken back, and to be decided about"""
    unrecognised: Sequence[Seen]
    unmet: Sequence[Seen]
    awards: Sequence[AwardLine]
    accounts: Sequence[Account]
    certificates: Mapping[int, str]
    """by completion, the public id of its certificate"""


def look(
    bridge: Bridge, sight: Sight, employee_id: int, *, year: int | None, now: dt.datetime
) -> Person | None:
    """What there is of that employee in `year`; None if there is nobody, or nobody in sight."""
    settings = bridge.settings
    today = now.astimezone(ZoneInfo(settings.time_zone)).date()
    closed = bridge.closed(now)
    with bridge.store.reading() as db:
        nip = nip_of(db, sight, employee_id)
        if nip is None:
            return None
        about = learned.about(db, employee_id, year=today.year, yearly=settings.yearly_hours)
        lines = {
            one.id: one
            for one in reports.list_completions(db, now=now, nip=nip, limit=_MOST, closed=closed)
        }
        awards = earned.list_awards(db, now=now, today=today, employee_id=employee_id)
        trainings = list(_trainings(db, about.learned, lines))
        waiting = list(_seen(db, employee_id, _waits()))
        unmet = list(_seen(db, employee_id, _is_unmet()))
        accounts = list(_accounts(db, employee_id))
        certificates = _certificates(db, employee_id) if settings.certificates else {}
    years = sorted({one.year for one in about.learned if one.year} | {today.year}, reverse=True)
    chosen = year if year in years else today.year
    mine = [one for one in trainings if (one.learned.year or years[-1]) == chosen]
    counted = [one for one in mine if one.learned.counts and one.learned.year == chosen]
    missing = [one for one in trainings if one.missing]
    stopped = [one for one in missing if any(s.state in FOR_A_PERSON for s in one.missing)]
    return Person(
        about=about,
        year=chosen,
        years=years,
        hours=hours_of(about.learned, chosen),
        kinds=_shares((KINDS.get(one.kind or 0, ""), one) for one in counted),
        competencies=_shares((name, one) for one in counted for name in one.competencies),
        trainings=mine,
        stopped=stopped,
        under_way=[one for one in missing if one not in stopped],
        given_up=[one for one in trainings if one.given_up],
        questions=[one for one in lines.values() if one.question],
        unrecognised=waiting,
        unmet=unmet,
        awards=awards,
        accounts=accounts,
        certificates=certificates,
    )


def nip_of(db: Connection, sight: Sight, employee_id: int) -> str | None:
    """The NIP of that employee; None if there is nobody, or nobody in sight."""
    seen = select(employees.c.nip).where(employees.c.id == employee_id, sight.sees(employees.c.id))
    return db.execute(seen).scalar()


def _trainings(
    db: Connection, every: Sequence[Learned], lines: Mapping[int, CompletionLine]
) -> Iterable[Training]:
    keys = {one.course_key for one in lines.values()}
    known = {
        row.key: row.content
        for row in db.execute(
            select(courses.c.key, courses.c.content).where(courses.c.key.in_(keys))
        )
    }
    for one in every:
        line = lines.get(one.completion_id) if one.completion_id is not None else None
        content = known.get(line.course_key, {}) if line else {}
        names = [each["name"] for each in content.get("competencies", ())]
        yield Training(one, line, one.kind or content.get("kind"), names)


def _shares(named: Iterable[tuple[str, Training]]) -> list[Share]:
    hours: Counter[str] = Counter()
    many: dict[str, int] = defaultdict(int)
    for name, one in named:
        hours[name] += one.learned.hours or 0
        many[name] += 1
    return [Share(name, all_, many[name]) for name, all_ in hours.most_common()]


def _waits() -> ColumnElement[bool]:
    return _STATE.in_((SightingState.ATTENTION, SightingState.ASKING, SightingState.NEW))


def _is_unmet() -> ColumnElement[bool]:
    return and_(
        _STATE == SightingState.NONE,
        sightings.c.reason_code.in_(_UNMET),
        or_(sightings.c.course_name.is_not(None), sightings.c.object_id.is_not(None)),
    )


def _seen(
    db: Connection, employee_id: int, which: ColumnElement[bool], limit: int = 20
) -> Iterable[Seen]:
    keys = select(identities.c.key).where(identities.c.employee_id == employee_id)
    theirs = db.execute(keys).scalars().all()
    query = select(sightings).where(sightings.c.actor.in_(theirs), which)
    for row in db.execute(query.order_by(sightings.c.id.desc()).limit(limit)):
        yield Seen(
            at=row.completed_at,
            course=row.course_name or row.object_id or "",
            account=row.actor_name or row.actor or "",
            state=row.state,
            reason=Reason.stored(row.reason_code or "new", row.reason_details),
            statement_seq=row.statement_seq,
        )


def _accounts(db: Connection, employee_id: int) -> Iterable[Account]:
    query = select(identities).where(identities.c.employee_id == employee_id)
    for row in db.execute(query.order_by(identities.c.id)):
        if not row.key.startswith("nip:"):
            yield Account(row.key, row.source, row.lms, row.lms_user_id, row.seen_at)


def _certificates(db: Connection, employee_id: int) -> dict[int, str]:
    query = (
        select(completions.c.id, completions.c.public_id, courses.c.content)
        .join(courses, completions.c.course_id == courses.c.id)
        .where(completions.c.employee_id == employee_id, completions.c.public_id.is_not(None))
    )
    return {
        row.id: row.public_id for row in db.execute(query) if not row.content.get("lms_certificate")
    }
