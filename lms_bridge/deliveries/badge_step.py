"""Bringing the LMS to issue a badge, and believing it only when it shows the badge.

Moodle has no call that awards a badge. Rating the competency, or adding to the cohort,
that is the badge's criterion makes it issue one, usually within the same request; but the
call succeeds just the same when nothing was issued (Moodle facts, section 1). So the
learner's profile is read before and after, and when the badge is late it is looked for
again, without rating again.
"""

from __future__ import annotations

import datetime as dt

from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import IssuedBadge, Lms
from lms_bridge.people import nip as nips
from lms_bridge.reasons import Reason


class BadgeStep:
    """The step "badge" at one LMS."""

    def __init__(self, lms: Lms, *, clock: Clock, patience_hours: float) -> None:
        self._lms = lms
        self._clock = clock
        self._patience = dt.timedelta(hours=patience_hours)

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        award = work.course.badge
        if award is None:
            raise DeliveryError(
                Reason("course_lacks", field="badge", course=work.course.key), retryable=False
            )
        user_id = work.lms_user_id or self._account(work)
        badge = self._lms.find_badge(user_id, award)
        awarded_at = notebook.time("awarded_at")
        if badge is None and awarded_at is None:
            self._lms.award_badge(user_id, award, note=f"lms-bridge: {work.certificate_number}")
            awarded_at = self._clock()
            notebook.note(awarded_at=awarded_at.isoformat())
            badge = self._lms.find_badge(user_id, award)
        if badge is None:
            raise self._late(work, awarded_at or self._clock(), award.name)
        return _issued(badge)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return None

    def _account(self, work: Work) -> str:
        """The learner's account, found by NIP where the statement did not come from the account."""
        users = [
            user
            for user in self._lms.find_users("number", [work.nip])
            if nips.normalise(user.number) == work.nip and not user.suspended
        ]
        if not users:
            users = [u for u in self._lms.find_users("username", [work.nip]) if not u.suspended]
        if not users:
            blind = self._lms.sees_users() is False
            raise DeliveryError(
                Reason("lookup_blind", lms=work.remote)
                if blind
                else Reason("lms_account_unknown", remote=work.remote, nip=work.nip),
                retryable=blind,
                remote_wide=blind,
            )
        if len(users) > 1:
            names = ", ".join(user.username for user in users)
            raise DeliveryError(
                Reason(
                    "lms_accounts_ambiguous",
                    remote=work.remote,
                    nip=work.nip,
                    count=len(users),
                    accounts=names,
                ),
                retryable=False,
            )
        return users[0].id

    def _late(self, work: Work, awarded_at: dt.datetime, badge: str) -> DeliveryError:
        waited = self._clock() - awarded_at
        if waited < self._patience:
            return DeliveryError(
                Reason("badge_pending", remote=work.remote, badge=badge), retryable=True
            )
        hours = round(waited.total_seconds() / 3600)
        return DeliveryError(
            Reason("badge_missing", remote=work.remote, badge=badge, hours=hours), retryable=False
        )


def _issued(badge: IssuedBadge) -> Outcome:
    return Outcome(
        badge.hash, badge.link, issued_at=badge.issued_at and badge.issued_at.isoformat()
    )
