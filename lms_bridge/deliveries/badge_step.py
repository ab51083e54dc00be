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
``award_id``, ``award_asked_at``
    by which the LMS knows the award again, where to award twice would do harm; it is written down
    before the first attempt, with ``sent_at`` (:mod:`~lms_bridge.deliveries.settling`), and struck
    out when it is known what came of it.
``unawarded``
    that what the LMS was told has been undone since, so that it has to be told again although
    the badge is there.

Of a completion that was taken back the LMS is told nothing; it is only looked whether what it
was told before has taken effect.

Not every LMS can be asked for badges. What such a one has taken counts as done, with words that say
so.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import NamedTuple

import msgspec

from lms_bridge.deliveries.settling import Settling
from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import BadgeAward, Grounds, IssuedBadge, Lms
from lms_bridge.people import nip as nips
from lms_bridge.people.lookup import nip_of
from lms_bridge.reasons import Reason


class BadgeStep:
    """The step "badge" at one LMS."""

    def __init__(self, lms: Lms, *, clock: Clock, patience_hours: float) -> None:
        self._lms = lms
        self._clock = clock
        self._patience = dt.timedelta(hours=patience_hours)
        seconds = lms.abilities.settle_seconds
        self._settling = None if seconds is None else Settling(clock, seconds)

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        award = work.badge
        if award is None:
            lacks = Reason("course_lacks", field="badge", course=work.content.get("key", ""))
            raise DeliveryError(lacks, retryable=False)
        if not work.is_wanted and _told_at(notebook) is None:
            raise DeliveryError(Reason("withdrawn"), retryable=False)
        if self._settling:
            self._settling.wait(notebook)
        if not self._lms.abilities.shows_badges:
            return self._unseen(work, award, notebook)
        user_id, badge = self._profile(work, award)
        told = {"account": user_id, **msgspec.to_builtins(award)}
        missing = badge is None or notebook.get("unawarded")
        if work.is_wanted and missing and notebook.get("awarded") != told:
            self._award(user_id, award, work, notebook)
            notebook.enter(awarded_at=self._clock(), awarded=told)
            badge = self._lms.find_badge(user_id, award)
        if badge is None and self._settling and not notebook.get("awarded"):
            self._settling.over(notebook)  # what was sent has had its time
            raise DeliveryError(Reason("withdrawn"), retryable=False)
        if badge is None:
            raise self._late(work, notebook, award.name)
        notebook.strike(*_TOLD, "unawarded")
        return Outcome(badge.hash, badge.link, account=user_id, issued=msgspec.to_builtins(award))

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return self._settling.not_before(notebook) if self._settling else None

    def _unseen(self, work: Work, award: BadgeAward, notebook: Notebook) -> Outcome:
        """Have it awarded by an LMS that does not show badges."""
        told = {"remote": work.remote, "badge": award.name}
        user_id = work.lms_user_id or self._account(work)
        if not work.is_wanted:  # it may have it, and is to be told if it is undone
            badge_id = notebook.get("award_id") or ""
            notebook.strike(*_TOLD)
            return Outcome(badge_id, reason=Reason("award_unanswered", **told), account=user_id)
        said = self._award(user_id, award, work, notebook)
        badge_id = (said.hash if said else "") or notebook.get("award_id") or ""
        notebook.strike(*_TOLD, "unawarded")
        return Outcome(
            badge_id,
            said.link if said else "",
            reason=Reason("badge_unconfirmed", **told),
            account=user_id,
            issued=msgspec.to_builtins(award),
        )

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

    def _award(
        self, user_id: str, award: BadgeAward, work: Work, notebook: Notebook
    ) -> IssuedBadge | None:
        grounds = grounds_of(work)
        if self._settling:
            grounds = grounds_of(work, errand(notebook, "award", self._clock))
            self._settling.again(notebook)
            notebook.note(sent_at=self._clock())
        try:
            said = self._lms.award_badge(user_id, award, note_of(work), grounds)
        except DeliveryError as error:
            if self._settling:
                self._settling.failed(error, notebook)
            elif error.outcome_unknown:
                notebook.enter(award_sent_at=self._clock())
            raise
        if self._settling:
            self._settling.over(notebook)
        return said

    def _account(self, work: Work) -> str:
        """The account that carries the NIP, where the statement came from none that is there."""
        if self._lms.abilities.finds_users_by.isdisjoint(("number", "username")):
            raise DeliveryError(
                Reason("lookup_impossible", lms=work.remote, actor=work.nip), retryable=False
            )
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


_TOLD = (
    "awarded_at",
    "awarded",
    "award_sent_at",
    "award_id",
    "award_asked_at",
    "sent_at",
    "given_up_at",
    "given_up_after",
)


def _told_at(notebook: Notebook) -> dt.datetime | None:
    for entry in ("awarded_at", "award_sent_at", "sent_at"):
        if at := notebook.time(entry):
            return at
    return None


_LONGEST_NOTE = 1500


def note_of(work: Work) -> str:
    """What people in the LMS are told of the badge."""
    note = f"lms-bridge: {work.certificate_number}"
    return f"{note}: {'; '.join(work.rests_on)}"[:_LONGEST_NOTE] if work.rests_on else note


class Errand(NamedTuple):
    """One thing that an LMS is asked to do, however often it is asked."""

    id: str
    asked_at: dt.datetime


def errand(notebook: Notebook, what: str, clock: Clock) -> Errand:
    """The errand `what` as it stands in the notebook, entered now if it does not."""
    asked_at = notebook.time(f"{what}_asked_at")
    if asked_at is None:
        asked_at = clock()
        notebook.enter(**{f"{what}_id": str(uuid.uuid4()), f"{what}_asked_at": asked_at})
    return Errand(notebook.get(f"{what}_id"), asked_at)


def grounds_of(work: Work, this: Errand | None = None, *, badge_id: str = "") -> Grounds:
    """What the badge is awarded, or taken back, for; `this` is doing so."""
    return Grounds(
        id=this.id if this else "",
        asked_at=this.asked_at if this else None,
        nip=work.nip,
        course=str(work.content.get("name", "")),
        certificate_number=work.certificate_number,
        completed_on=work.ends,
        badge_id=badge_id,
    )
