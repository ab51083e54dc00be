"""What can be done about what waits: to some of a group, or to all of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request
from flask_babel import gettext
from sqlalchemy import Connection

from lms_bridge.accounts.roles import Permission
from lms_bridge.attention import acting, bulk, dismissing, judging, linking, outcome, overview
from lms_bridge.attention.groups import Cause, Kind
from lms_bridge.bridge import utc_now
from lms_bridge.people.identities import realms_of
from lms_bridge.withdrawals import Decision
from webhook.console.site import Site

_LONGEST = 500
_DECISIONS: Mapping[str, Decision] = {"undo": "undo", "keep": "keep"}
Some = Callable[[Connection, list[int]], int]
All = Callable[[Connection, int], int]


def acts(site: Site) -> None:
    """Register them."""
    own = _Acts(site)
    path = "/attention/<what>/<int:member>"
    site.act(f"{path}/link", Permission.ACT, name="attention_link")(own.link)
    site.act(f"{path}/dismiss", Permission.ACT, name="attention_dismiss")(own.dismiss)
    site.act(f"{path}/judge", Permission.ACT, name="attention_judge")(own.judge)
    site.act(f"{path}/retry", Permission.ACT, name="attention_retry")(own.retry)
    site.act(f"{path}/cancel", Permission.ACT, name="attention_cancel")(own.cancel)
    site.act(f"{path}/decide", Permission.ACT, name="attention_decide")(own.decide)
    back = "/attention/dismissed/back"
    site.act(back, Permission.ACT, name="attention_back")(own.take_back)


class _Acts:
    def __init__(self, site: Site) -> None:
        self._site = site

    def link(self, what: str, member: int) -> Response:
        """The account is that of an employee."""
        site, since = self._site, utc_now()
        employee = request.form.get("employee", type=int)
        if what != Kind.PERSON or not employee:
            return self._failed(what, member, gettext("Choose who it is."))
        realms = realms_of(site.bridge.settings)
        try:
            with site.bridge.store.writing() as db:
                sight, actor = site.sight(db), site.actor
                linking.link(
                    db, member, employee, realms=realms, actor=actor, sight=sight, now=since
                )
        except linking.CannotLink:
            return self._failed(what, member, gettext("There is no such employee any more."))
        outcome.judge(site.bridge)
        told = gettext("The account is linked.")
        since_text = since.isoformat()
        return site.back(
            "console.attention_group", told=told, what=what, member=member, since=since_text
        )

    def dismiss(self, what: str, member: int) -> Response:
        """It is not to be recorded, and why."""
        why, cause = self._why(), Cause(self._kind(what), member)
        if not why:
            return self._failed(what, member, gettext("Say why it is dismissed."))
        more: dict[str, Any] = {"actor": self._site.actor, "why": why, "now": utc_now()}
        if cause.kind is Kind.FINDING:
            return self._do(
                cause,
                lambda db, ids: acting.dismiss_findings(db, ids, **more),
                lambda db, most: acting.dismiss_all_findings(db, cause, most=most, **more),
                gettext("Dismissed: %(count)s."),
            )
        return self._do(
            cause,
            lambda db, ids: dismissing.dismiss_some(db, ids, **more),
            lambda db, most: dismissing.dismiss(db, cause, most=most, **more),
            gettext("Dismissed: %(count)s."),
        )

    def judge(self, what: str, member: int) -> Response:
        """Judge it again, by what the catalogue and the configuration say now."""
        site, cause, since = self._site, Cause(self._kind(what), member), utc_now()
        more: dict[str, Any] = {"actor": site.actor, "now": since}
        count = self._count(
            lambda db, ids: judging.judge_some(db, ids, **more),
            lambda db, most: judging.judge_group(db, cause, most=most, begun=since, **more),
        )
        outcome.judge(site.bridge)
        told = gettext("Judged again: %(count)s.", count=count or 0)
        return site.back(
            "console.attention_group",
            told=told,
            kind="good" if count else "bad",
            what=what,
            member=member,
            since=since.isoformat(),
        )

    def retry(self, what: str, member: int) -> Response:
        """Send it again."""
        cause, begun, actor = Cause(self._kind(what), member), self._begun(), self._site.actor
        return self._do(
            cause,
            lambda db, ids: acting.retry_some(db, ids, actor=actor, now=utc_now()),
            lambda db, most: acting.retry(
                db, cause, most=most, begun=begun, actor=actor, now=utc_now()
            ),
            gettext("Sent again: %(count)s. What comes of it shows within a minute or so."),
        )

    def cancel(self, what: str, member: int) -> Response:
        """Give it up, and why."""
        why, cause, begun = self._why(), Cause(self._kind(what), member), self._begun()
        if not why:
            return self._failed(what, member, gettext("Say why it is given up."))
        more: dict[str, Any] = {"actor": self._site.actor, "why": why, "now": utc_now()}
        return self._do(
            cause,
            lambda db, ids: acting.cancel_some(db, ids, **more),
            lambda db, most: acting.cancel(db, cause, most=most, begun=begun, **more),
            gettext("Given up: %(count)s."),
        )

    def decide(self, what: str, member: int) -> Response:
        """What was recorded of a completion that was taken back is removed, or stays."""
        decision = _DECISIONS.get(request.form.get("decision", ""))
        why = self._why()
        if what != Kind.WITHDRAWAL or decision is None:
            return self._failed(what, member, gettext("Choose whether it is removed or stays."))
        if decision == "keep" and not why:
            return self._failed(what, member, gettext("Say why it stays."))
        more: dict[str, Any] = {"actor": self._site.actor, "why": why, "now": utc_now()}
        return self._do(
            Cause(Kind.WITHDRAWAL, 0),
            lambda db, ids: acting.decide(db, ids, decision, **more),
            lambda db, most: acting.decide_all(db, decision, most=most, **more),
            gettext("Will be removed: %(count)s.")
            if decision == "undo"
            else gettext("Stay: %(count)s."),
        )

    def take_back(self) -> Response:
        """What was dismissed is judged again."""
        site, number = self._site, request.form.get("dismissal", type=int)
        ids = request.form.getlist("id", type=int)
        more: dict[str, Any] = {"actor": site.actor, "now": utc_now()}
        store = site.bridge.store
        if number:
            count = bulk.in_batches(
                store, lambda db, most: dismissing.take_back(db, number, most=most, **more)
            )
        else:
            with store.writing() as db:
                count = dismissing.take_back_some(db, ids, **more)
        outcome.judge(site.bridge)
        told = gettext("Taken back, and judged again: %(count)s.", count=count)
        return site.back("console.attention_dismissed", told=told)

    def _do(self, cause: Cause, some: Some, everything: All, told: str) -> Response:
        """To those that were ticked, or to all, and say how many there were."""
        site, store = self._site, self._site.bridge.store
        count = self._count(some, everything)
        if count is None:
            return self._failed(
                cause.kind, cause.member, gettext("Tick some first, or choose all.")
            )
        count += request.form.get("done", 0, type=int)
        with store.reading() as db:
            left = overview.find(db, cause, site.sight(db))
        text = told % {"count": count}
        if left is None or not left.count:
            return site.back("console.attention", told=text)
        if request.form.get("which") == "all":
            text = gettext(
                "%(done)s Left: %(left)s. Press again to go on.", done=text, left=left.count
            )
        return site.back(
            "console.attention_group", told=text, what=str(cause.kind), member=self._member(cause)
        )

    def _count(self, some: Some, everything: All) -> int | None:
        """How many of those that were ticked, or of all, it was done to; None if none was."""
        store, ids = self._site.bridge.store, request.form.getlist("id", type=int)
        if request.form.get("which") == "all":
            return bulk.in_batches(store, everything)
        if not ids:
            return None
        with store.writing() as db:
            return some(db, ids)

    def _member(self, cause: Cause) -> int:
        """By which member the group is known now."""
        with self._site.bridge.store.reading() as db:
            members = overview.members(db, cause, self._site.sight(db), limit=1)
        return members[0].id if members and cause.member else cause.member

    def _failed(self, what: str, member: int, told: str) -> Response:
        return self._site.back(
            "console.attention_group", told=told, kind="bad", what=what, member=member
        )

    def _kind(self, what: str) -> Kind:
        try:
            return Kind(what)
        except ValueError:
            raise self._site.missing() from None

    @staticmethod
    def _why() -> str:
        return request.form.get("why", "").strip()[:_LONGEST]

    @staticmethod
    def _begun() -> dt.datetime:
        return utc_now()
