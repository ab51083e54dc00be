"""Bringing the LMS to issue a badge, and believing it only when it shows the badge.

Moodle has no call that awards a badge. Rating the competency, or adding to the cohort,
that is the badge's criterion makes it issue one, usually within the same request; but the
call succeeds just the same when nothing was issued (Moodle facts, section 1). So the
learner's profile is read before and after, and when the badge is late it is looked for
again, without rating again.

Entries of its notebook:

``awarded_at``, ``awarded``
    when the LMS was last told, and what; struck out when it has had its time.
``award_sent_at``
    when it was told and did not answer. Telling it twice does no harm.
``unawarded``
    that what the LMS was told has been undone since, so that it has to be told again although
    the badge is there.

Of a completion that was taken back the LMS is told nothing; it is only looked whether what it
was told before has taken effect.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import BadgeAward, IssuedBadge, Lms
from lms_bridge.people import nip as nips
from lms_bridge.people.lookup import nip_of
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
        if not work.is_wanted and _told_at(notebook) is None:
            raise DeliveryError(Reason("withdrawn"), retryable=False)
        user_id, badge = self._profile(work, award)
        told = {"account": user_id, **msgspec.to_builtins(award)}
        lacks = badge is None or notebook.get("unawarded")
        if work.is_wanted and lacks and notebook.get("awarded") != told:
            self._award(user_id, award, work, notebook)
            notebook.enter(awarded_at=self._clock(), awarded=told)
            badge = self._lms.find_badge(user_id, award)
        if badge is None:
            raise self._late(work, notebook, award.name)
        notebook.strike(*_TOLD, "unawarded")
        return Outcome(badge.hash, badge.link, account=user_id)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return None

    def _profile(self, work: Work, award: BadgeAward) -> tuple[str, IssuedBadge | None]:
        """The learner's account, and the badge if it is there already."""
        if work.lms_user_id:
            try:
                return work.lms_user_id, self._lms.find_badge(work.lms_user_id, award)
            except DeliveryError as error:
                if error.reason.code != "lms_account_gone":
                    raise
        user_id = self._account(work)
        return user_id, self._lms.find_badge(user_id, award)

    def _award(self, user_id: str, award: BadgeAward, work: Work, notebook: Notebook) -> None:
        try:
            self._lms.award_badge(user_id, award, note=f"lms-bridge: {work.certificate_number}")
        except DeliveryError as error:
            if error.outcome_unknown:
                notebook.enter(award_sent_at=self._clock())
            raise

    def _account(self, work: Work) -> str:
        """The account that carries the NIP, where the statement came from none that is there."""
        carriers = {
            user.id: user.username
            for user in [
                *self._lms.find_users("number", [work.nip, nips.printed(work.nip)]),
                *self._lms.find_users("username", [work.nip]),
            ]
            if nip_of(user) == work.nip and not user.suspended
        }
        if len(carriers) == 1:
            return next(iter(carriers))
        if carriers:
            reason = Reason(
                "lms_accounts_ambiguous",
                remote=work.remote,
                nip=work.nip,
                count=len(carriers),
                accounts=", ".join(carriers.values()),
            )
            raise DeliveryError(reason, retryable=False)
        if self._lms.sees_users() is False:
            # A permission that somebody will give; it concerns only those whose account is sought.
            raise DeliveryError(Reason("lookup_blind", lms=work.remote), retryable=True)
        raise DeliveryError(
            Reason("lms_account_unknown", remote=work.remote, nip=work.nip), retryable=False
        )

    def _late(self, work: Work, notebook: Notebook, badge: str) -> DeliveryError:
        now = self._clock()
        waited = now - (_told_at(notebook) or now)
        if waited < self._patience:
            return DeliveryError(
                Reason("badge_pending", remote=work.remote, badge=badge), retryable=True
            )
        # When a person has it tried again, the LMS is to be told again.
        notebook.strike(*_TOLD)
        hours = round(waited.total_seconds() / 3600)
        return DeliveryError(
            Reason("badge_missing", remote=work.remote, badge=badge, hours=hours), retryable=False
        )


_TOLD = ("awarded_at", "awarded", "award_sent_at")


def _told_at(notebook: Notebook) -> dt.datetime | None:
    return notebook.time("awarded_at") or notebook.time("award_sent_at")
