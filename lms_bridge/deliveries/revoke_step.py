"""Taking a badge back, as far as calls can, and seeing that a person has done the rest.

No web service of Moodle revokes a badge (Moodle facts, section 1). What can be undone is what
made the LMS issue it, and that has to be undone first: else the LMS would issue the badge
again as soon as it was revoked. Then a person is asked to revoke it, with the page and the
names, and now and then it is looked whether they have.

Other LMSs do take badges back. It is looked all the same whether they did, where they show badges;
what one has taken that shows none counts as done, with words that say so.

A badge that another completion of the learner stands for as well stays, and so does what made
the LMS issue it.

Entry of its notebook:

``unawarded``
    "begun" before what made the LMS issue the badge is undone, "done" after it; from the first
    on it is to be done again if the completion is told of again.
``revoke_id``, ``revoke_asked_at``
    by which the LMS knows the taking back again, if it is asked more than once.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from lms_bridge.badges.badge import Badge
from lms_bridge.catalogue.course import Course
from lms_bridge.deliveries.badge_step import errand, grounds_of, note_of
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import BadgeAward, Grounds, IssuedBadge, Lms
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import awards, badge_rules, completions, courses, deliveries
from lms_bridge.typed import convert


class RevokeStep:
    """The step "revoke" at one LMS."""

    def __init__(self, lms: Lms, store: Store, *, clock: Clock, look_after_minutes: float) -> None:
        self._lms = lms
        self._store = store
        self._clock = clock
        self._look_after = 60 * look_after_minutes

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        if not work.is_wanted:
            raise DeliveryError(Reason("told_again"), retryable=False)
        delivery_id, badge_hash, account, award = self._issued(work)
        if award is not None and (stands := self._stands_for(work, award, but=delivery_id)):
            return Outcome(badge_hash, reason=stands)
        if award is not None and account and notebook.get("unawarded") != "done":
            this = errand(notebook, "revoke", self._clock)
            notebook.note(unawarded="begun")
            grounds = grounds_of(work, this, badge_id=badge_hash)
            self._unaward(account, award, work, grounds)
            notebook.enter(unawarded="done")
            notebook.strike("revoke_id", "revoke_asked_at")
        if not self._lms.abilities.shows_badges:
            return self._unseen(badge_hash, account, award, work)
        badge = self._look(badge_hash, account, award)
        if badge is None:
            return Outcome(badge_hash)
        learner = notebook.get("learner") or self._name(account)
        notebook.enter(learner=learner)
        raise DeliveryError(
            Reason(
                "badge_to_revoke",
                remote=work.remote,
                badge=badge.name,
                learner=learner,
                page=badge.revoke_page,
            ),
            retryable=False,
            look_after=self._look_after,
        )

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return None

    def _unseen(
        self, badge_hash: str, account: str, award: BadgeAward | None, work: Work
    ) -> Outcome:
        """What is said where it cannot be looked whether the badge is gone."""
        told = {"remote": work.remote, "badge": award.name if award else "?"}
        if award is not None and account and self._lms.abilities.takes_badges_back:
            return Outcome(badge_hash, reason=Reason("revocation_unconfirmed", **told))
        raise DeliveryError(
            Reason("badge_to_revoke_unseen", learner=self._name(account), **told), retryable=False
        )

    def _issued(self, work: Work) -> tuple[int, str, str, BadgeAward | None]:
        """The step "badge": its number, the hash that it found, whose account shows it, and how.

        The last as it was issued, for the configuration may say something else by now.
        """
        query = select(deliveries.c.id, deliveries.c.result_id, deliveries.c.progress).where(
            work.whose.delivery(),
            deliveries.c.remote == work.remote,
            deliveries.c.step == "badge",
        )
        with self._store.reading() as db:
            row = db.execute(query).one()
        account = row.progress.get("account") or work.lms_user_id
        issued = row.progress.get("issued")
        award = convert(issued, BadgeAward) if issued else work.badge
        return row.id, row.result_id or "", account, award

    def _stands_for(self, work: Work, award: BadgeAward, *, but: int) -> Reason | None:
        """What else than the delivery `but` stands by which the learner has the badge as well."""
        issued = (
            deliveries.c.remote == work.remote,
            deliveries.c.step == "badge",
            deliveries.c.state != State.CANCELLED,
            deliveries.c.id != but,
        )
        by_completion = (
            select(completions.c.id, courses.c.content)
            .join(deliveries, deliveries.c.completion_id == completions.c.id)
            .join(courses, completions.c.course_id == courses.c.id)
            .where(
                completions.c.employee_id == work.employee_id,
                completions.c.withdrawn_at.is_(None),
                *issued,
            )
            .order_by(completions.c.id)
        )
        by_rule = (
            select(awards.c.id, awards.c.earned_on, badge_rules.c.content)
            .join(deliveries, deliveries.c.award_id == awards.c.id)
            .join(badge_rules, awards.c.rule_id == badge_rules.c.id)
            .where(
                awards.c.employee_id == work.employee_id,
                awards.c.revoked_at.is_(None),
                *issued,
            )
            .order_by(awards.c.id)
        )
        with self._store.reading() as db:
            for row in db.execute(by_completion):
                other = convert(row.content, Course).badge
                if other is not None and _is_same(award, other):
                    return Reason("badge_stands", badge=award.name, other=row.id)
            for earned in db.execute(by_rule):
                other = convert(earned.content, Badge).issue
                if other is not None and _is_same(award, other):
                    day = earned.earned_on.isoformat()
                    return Reason("badge_stands_by_rule", badge=award.name, earned=day)
        return None

    def _unaward(self, account: str, award: BadgeAward, work: Work, grounds: Grounds) -> None:
        try:
            self._lms.unaward_badge(account, award, note_of(work), grounds)
        except DeliveryError as error:
            if error.reason.code not in _NOTHING_LEFT:
                raise

    def _look(self, badge_hash: str, account: str, award: BadgeAward | None) -> IssuedBadge | None:
        """The badge, if the learner has it still, hidden or not, or once more."""
        if badge_hash and (issued := self._lms.find_issued(badge_hash)):
            return issued
        if award is None or not account:
            return None
        try:
            return self._lms.find_badge(account, award)
        except DeliveryError as error:
            if error.reason.code not in _NOTHING_LEFT:
                raise
            return None

    def _name(self, account: str) -> str:
        """What the learner is called in the LMS, where somebody has to find them."""
        users = self._lms.find_users("id", [account]) if account else []
        return f"{users[0].full_name} ({users[0].username})" if users else account


_NOTHING_LEFT = ("lms_account_gone", "competency_unknown", "cohort_unknown")
"""refusals that mean that there is nothing left to undo"""


def _is_same(one: BadgeAward, other: BadgeAward) -> bool:
    """Whether both are the same badge, or are issued for the same reason."""
    same_reason = one.route == other.route and (one.competency, one.cohort, one.key) == (
        other.competency,
        other.cohort,
        other.key,
    )
    return one.name == other.name or same_reason
