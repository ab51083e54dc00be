"""Seeing to it that what was done is said once, and taken back when it is undone.

A delivery that is done has a statement of the bridge that says so, and one that was cancelled
after that has none: the statement is voided. Which deliveries lack theirs, or have one too many,
a small index knows. The statement is written in the transaction that notes it on the delivery,
so that it is there once, whenever a process dies.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, and_, bindparam, func, select, text, update

from lms_bridge.announcing.authoring import Achievement, Author, Told
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.step import Clock
from lms_bridge.intake import Origin, put
from lms_bridge.lrs.authority import BRIDGE
from lms_bridge.recognition.reading import Sighting, first, read
from lms_bridge.store.engine import Store, alone, may_pass
from lms_bridge.store.schema import (
    IS_UNANNOUNCED,
    attempts,
    awards,
    badge_rules,
    completions,
    courses,
    deliveries,
    sightings,
)
from lms_bridge.store.types import AnyRow
from xapi import new_uuid

log = structlog.get_logger(__name__)

_AT_ONCE = 100
_UNSPEAKABLE = ""
"""in place of the id of a statement: there is nobody of whom one could be made"""

_NEXT = (
    select(
        deliveries.c.id,
        completions.c.id.label("completion_id"),
        awards.c.public_id,
        badge_rules.c.content.label("badge"),
        deliveries.c.step,
        deliveries.c.remote,
        deliveries.c.state,
        deliveries.c.statement_id,
        deliveries.c.result_link,
        deliveries.c.changed_at,
        completions.c.role,
        completions.c.hours,
        completions.c.certificate_number,
        completions.c.lms,
        completions.c.lms_user_id,
        courses.c.content,
    )
    .outerjoin(awards, deliveries.c.award_id == awards.c.id)
    .outerjoin(badge_rules, awards.c.rule_id == badge_rules.c.id)
    # Of an award, the completion by which it was earned.
    .outerjoin(
        completions,
        completions.c.id == func.coalesce(deliveries.c.completion_id, awards.c.completion_id),
    )
    .outerjoin(courses, completions.c.course_id == courses.c.id)
    .where(text(IS_UNANNOUNCED))
    .order_by(deliveries.c.id)
    .limit(_AT_ONCE)
    .with_for_update(of=deliveries)
)
_CONFIRMED = select(func.max(attempts.c.finished_at)).where(
    attempts.c.delivery_id == bindparam("delivery"), attempts.c.outcome == "done"
)
_UPDATE = update(deliveries).where(deliveries.c.id == bindparam("delivery"))
_TELLING = first(
    1,
    and_(
        sightings.c.completion_id == bindparam("completion"),
        sightings.c.role == bindparam("as_role"),
    ),
)


class Announcer:
    """Says what a bridge with these `settings` has done."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        clock: Clock,
        new_id: Callable[[], str] = new_uuid,
    ) -> None:
        self._store = store
        self._settings = settings
        self._author = Author(settings.web.home_page)
        self._clock = clock
        self._new_id = new_id

    def has_work(self) -> bool:
        """Whether something is to be said or to be taken back."""
        query = select(deliveries.c.id).where(text(IS_UNANNOUNCED)).limit(1)
        with self._store.reading() as db:
            return db.execute(query).first() is not None

    def announce(self, go_on: Callable[[int], bool] = lambda _done: True) -> Counter[str]:
        """Say all that is to be said, or until `go_on` says no; how many of each kind."""
        counts: Counter[str] = Counter()
        while self._some(counts) and go_on(counts.total()):
            pass
        return counts

    def _some(self, counts: Counter[str]) -> int:
        now = self._clock()
        said: list[tuple[str, bytes]] = []
        with self._store.writing() as db:
            alone(db, "announcing")
            rows = db.execute(_NEXT).all()
            for row in rows:
                made = self._took_back(row, now) if row.statement_id else self._safely(db, row)
                if made:
                    said.append(made)
                    counts["voided" if row.statement_id else "announced"] += 1
                done = row.state == State.DONE
                statement_id = (made[0] if made else _UNSPEAKABLE) if done else None
                db.execute(_UPDATE, {"delivery": row.id, "statement_id": statement_id})
            put(db, Origin(BRIDGE, self._author.authority), said, now=now)
        return len(rows)

    def _took_back(self, row: AnyRow, now: dt.datetime) -> tuple[str, bytes]:
        statement_id = self._new_id()
        return statement_id, self._author.took_back(row.statement_id, statement_id, now)

    def _safely(self, db: Connection, row: AnyRow) -> tuple[str, bytes] | None:
        """What is to be said of it; a defect of ours there must not keep the rest unsaid."""
        try:
            with db.begin_nested():
                return self._earned(db, row)
        except Exception as error:
            if may_pass(error):
                raise
            log.exception("could not say that it is done", delivery=row.id)
            return None

    def _earned(self, db: Connection, row: AnyRow) -> tuple[str, bytes] | None:
        """What is to be said of a delivery that is done; None if nobody can be named."""
        one = _telling(db, row)
        learner, told = self._learner_told(one) if one else (self._learner_asked(row), None)
        if learner is None:
            return None
        course = row.content or {}
        badge = row.badge or course.get("badge") or {}
        statement_id = self._new_id()
        achievement = Achievement(
            learner=learner,
            step=row.step,
            remote=row.remote,
            completion_id=row.completion_id,
            award=row.public_id or "",
            course=course.get("name", ""),
            badge=badge.get("name", ""),
            hours=row.hours or 0,
            certificate_number=row.certificate_number or "",
            link=row.result_link or "",
            at=db.scalar(_CONFIRMED, {"delivery": row.id}) or row.changed_at,
            told=told,
        )
        return statement_id, self._author.earned(achievement, statement_id)

    def _learner_told(self, one: Sighting) -> tuple[dict[str, Any], Told]:
        """Who it is in the statement that told of the completion."""
        seen = one.see(self._settings.recognition.course_events)
        actor: dict[str, Any] = msgspec.to_builtins(one.actor(seen))
        return actor, Told(id=one.statement_id, activity=seen.object_id)

    def _learner_asked(self, row: AnyRow) -> dict[str, Any] | None:
        """Who it is in the LMS that was asked, where its statements name people by their id."""
        lms = self._settings.lms.get(row.lms)
        if lms is None or lms.account_name not in ("auto", "id") or not row.lms_user_id:
            return None
        account = {"homePage": lms.home_page or lms.url.rstrip("/"), "name": row.lms_user_id}
        return {"objectType": "Agent", "account": account}


def _telling(db: Connection, row: AnyRow) -> Sighting | None:
    """The first statement that told of the completion, if one did."""
    mine = {"completion": row.completion_id, "as_role": row.role}
    return next(iter(read(db, _TELLING, mine)), None)
