"""Badges that were issued, looked up on the learners' profiles.

Part of the job :mod:`~lms_bridge.jobs.reconcile`. One that is gone is said so of its delivery,
which stays done: the learner may have hidden it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import structlog
from sqlalchemy import Select, exists, func, select, update

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries import work
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.work import Confirmed
from lms_bridge.errors import DeliveryError
from lms_bridge.jobs.asking import asking
from lms_bridge.jobs.base import Progress, patiently, side_by_side
from lms_bridge.lms.base import Lms
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.schema import awards, completions, deliveries, employees

log = structlog.get_logger(__name__)

_PEOPLE_AT_ONCE = 200

_Verdicts = list[tuple[Confirmed, Reason | None]]
"""what became of each badge; None: it is shown"""


class Badges:
    """The badges of one LMS."""

    def __init__(self, bridge: Bridge, lms: Lms) -> None:
        self._bridge = bridge
        self._lms = lms
        self._remote = f"lms.{lms.name}"
        self._mine = (deliveries.c.remote == self._remote) & (deliveries.c.step == "badge")

    def run(self, counts: Counter[str], progress: Progress) -> None:
        """Look all of them up. Raises :exc:`~lms_bridge.jobs.base.JobFailed`."""
        with self._bridge.store.reading() as db:
            everybody = self._people().subquery()
            total = db.execute(select(func.count()).select_from(everybody)).scalar_one()
        if not total or not self._lms.abilities.shows_badges:
            return
        concurrency = self._bridge.settings.remote(self._remote).concurrency
        with asking(self._bridge, self._remote):
            answers = side_by_side(self._look, self._by_person(), concurrency=concurrency)
            for number, (mine, answer) in enumerate(answers, start=1):
                if isinstance(answer, DeliveryError):
                    log.warning("could not compare", remote=self._remote, reason=str(answer))
                    counts["failed"] += len(mine)
                else:
                    counts["not_compared"] += len(mine) - len(answer)
                    self._take(answer, counts)
                progress(number, total)

    def _look(self, mine: Sequence[Confirmed]) -> _Verdicts | DeliveryError:
        """What the LMS says of one person's badges."""
        try:
            return list(self._verdicts(mine))
        except DeliveryError as error:
            if error.remote_wide:
                raise
            return error
        except Exception:
            log.exception("could not compare", remote=self._remote)
            return DeliveryError(Reason("internal_error"), retryable=True)

    def _verdicts(self, mine: Sequence[Confirmed]) -> Iterator[tuple[Confirmed, Reason | None]]:
        for one in mine:
            award = one.work.badge
            account = one.work.progress.get("account") or one.work.lms_user_id
            if award is None or not account:
                continue
            gone = Reason("badge_vanished", remote=self._remote, badge=award.name)
            yield one, None if patiently(self._lms.find_badge, account, award) else gone

    def _take(self, verdicts: _Verdicts, counts: Counter[str]) -> None:
        for one, gone in verdicts:
            counts["badges_shown" if gone is None else gone.code] += 1
            found = gone or Reason("done")
            if found == one.reason:
                continue
            if gone:
                why = gone.sentence()
                log.warning("not as recorded", delivery=one.work.delivery_id, reason=why)
            with self._bridge.store.writing() as db:
                db.execute(
                    update(deliveries)
                    .where(
                        deliveries.c.id == one.work.delivery_id,
                        deliveries.c.state == State.DONE,
                        deliveries.c.fence == one.work.fence,
                    )
                    .values(changed_at=utc_now(), **reason_columns(found))
                )

    def _by_person(self) -> Iterator[list[Confirmed]]:
        """What was confirmed, person by person, read a few people at a time."""
        last = 0
        while True:
            with self._bridge.store.reading() as db:
                some = self._people().where(employees.c.id > last)
                people = db.scalars(some.limit(_PEOPLE_AT_ONCE)).all()
                if not people:
                    return
                last = people[-1]
                mine = self._mine & employees.c.id.in_(people)
                confirmed = work.load_confirmed(db, mine, now=utc_now())
            by_person: dict[int, list[Confirmed]] = {}
            for one in confirmed:
                by_person.setdefault(one.work.employee_id, []).append(one)
            yield from by_person.values()

    def _people(self) -> Select[int]:
        """The employees with a badge that was issued there, in order."""
        done = self._mine & (deliveries.c.state == State.DONE)
        of_course = exists().where(
            done,
            deliveries.c.completion_id == completions.c.id,
            completions.c.employee_id == employees.c.id,
        )
        by_rule = exists().where(
            done,
            deliveries.c.award_id == awards.c.id,
            awards.c.employee_id == employees.c.id,
        )
        return select(employees.c.id).where(of_course | by_rule).order_by(employees.c.id)
