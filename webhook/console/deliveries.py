"""Deliveries: by state, remote and cause; try again, give up; what was said in each attempt."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext

from lms_bridge import reports
from lms_bridge.accounts import audit
from lms_bridge.accounts.roles import Permission
from lms_bridge.bridge import utc_now
from lms_bridge.deliveries import actions, health, listing
from lms_bridge.deliveries.actions import NoSuchDelivery
from lms_bridge.deliveries.lifecycle import IllegalTransition, State, sources
from lms_bridge.operation import counting
from webhook import dressing
from webhook.console import code
from webhook.console.site import Site

_SHOWN = 25
_MOST_IDS = 500


def pages(site: Site) -> None:
    """Register them."""
    own = _Deliveries(site)
    site.page("/deliveries", Permission.SYSTEM, name="deliveries")(own.every)
    site.page("/deliveries/<int:number>", Permission.SYSTEM, name="delivery")(own.one)
    site.act("/deliveries/retry", Permission.OPERATE, name="delivery_retry")(own.retry)
    site.act("/deliveries/cancel", Permission.OPERATE, name="delivery_cancel")(own.cancel)


class _Deliveries:
    def __init__(self, site: Site) -> None:
        self._site = site

    def every(self) -> str:
        """Those that are asked for, the newest first; of all that are not through if none are."""
        bridge, now = self._site.bridge, utc_now()
        asked = {name: request.args.get(name, "")[:60] for name in ("remote", "state", "cause")}
        before = request.args.get("before", type=int)
        if asked["state"] in (State.DONE, State.CANCELLED):
            asked["cause"] = ""  # of those there are very many, and no cause is to be mended
        states = [State(asked["state"])] if asked["state"] in set(State) else counting.UNFINISHED
        with bridge.store.reading() as db:
            remotes = listing.known_remotes(db, bridge.remotes)
            found = listing.page(
                db,
                remotes=[asked["remote"]] if asked["remote"] else remotes,
                states=states,
                cause=asked["cause"],
                before=before,
                limit=_SHOWN,
                now=now,
                closed=bridge.closed(now),
            )
            counts = counting.by_state(db, remotes, State)
            known = health.read_all(db)
        kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
        return self._site.show(
            "console/deliveries.html",
            page=found,
            asked=asked,
            states=list(State),
            remotes=remotes,
            counts=counts,
            known=known,
            next_url=url_for("console.deliveries", **kept, before=found.before)
            if found.before
            else "",
            first_url=url_for("console.deliveries", **kept) if before else "",
        )

    def one(self, number: int) -> str:
        """One delivery with all its attempts."""
        bridge, now = self._site.bridge, utc_now()
        with bridge.store.reading() as db:
            found = listing.one(db, number, now=now, closed=bridge.closed(now))
            attempts = reports.list_attempts(db, number)
        if found is None:
            raise self._site.missing()
        line, subject = found
        return self._site.show(
            "console/delivery.html",
            line=line,
            subject=subject,
            attempts=list(reversed(attempts)),
            json=code.shown,
            can_retry=line.state in sources("retry"),
            can_cancel=line.state in sources("cancel"),
        )

    def retry(self) -> Response:
        """Try those that are ticked again, or all that are stopped for one cause."""
        site, now = self._site, utc_now()
        ids, remote, cause = self._meant()
        try:
            with site.bridge.store.writing() as db:
                if ids:
                    count = actions.retry(db, ids, now=now)
                else:
                    count = actions.retry_all(db, remote=remote, cause=cause, now=now)
                if count:
                    self._note(db, "delivery.retried", ids, remote, cause, count, {})
        except (NoSuchDelivery, IllegalTransition) as error:
            return self._back(dressing.refusal(error), kind="bad")
        told = gettext("Deliveries that will be tried again: %(count)s.", count=count)
        return self._back(told)

    def cancel(self) -> Response:
        """Give those that are ticked up, or all that are stopped for one cause, and say why."""
        site, now = self._site, utc_now()
        ids, remote, cause = self._meant()
        why = request.form.get("why", "").strip()[:500]
        if not why:
            return self._back(gettext("Say why, for whoever looks at it later."), kind="bad")
        by = site.user.username
        try:
            with site.bridge.store.writing() as db:
                if ids:
                    count = actions.cancel(db, ids, by=by, why=why, now=now)
                else:
                    count = actions.cancel_all(
                        db, remote=remote, cause=cause, by=by, why=why, now=now
                    )
                if count:
                    self._note(db, "delivery.cancelled", ids, remote, cause, count, {"why": why})
        except (NoSuchDelivery, IllegalTransition) as error:
            return self._back(dressing.refusal(error), kind="bad")
        return self._back(gettext("Deliveries that were given up: %(count)s.", count=count))

    def _meant(self) -> tuple[list[int], str, str]:
        """The deliveries that a form is about: those ticked, or of a remote and a cause."""
        ticked = request.form.getlist("id")[:_MOST_IDS]
        ids = [int(one) for one in ticked if one.isascii() and one.isdecimal() and len(one) < 18]
        remote, cause = request.form.get("remote", ""), request.form.get("cause", "")
        if not ids and not ("all" in request.form and remote and cause):
            ids = [0]  # nothing is meant, and not everything
        return ids, remote, cause

    def _note(
        self,
        db: Any,
        action: str,
        ids: list[int],
        remote: str,
        cause: str,
        count: int,
        more: dict[str, str],
    ) -> None:
        subject = f"delivery:{ids[0]}" if len(ids) == 1 else f"deliveries:{remote}"
        details = {"count": count, "cause": cause if not ids else "", "ids": ids[:50], **more}
        audit.note(db, self._site.actor, action, subject, details, now=utc_now())

    def _back(self, told: str, *, kind: str = "good") -> Response:
        number = request.form.get("back", type=int)
        if number:
            return self._site.back("console.delivery", number=number, told=told, kind=kind)
        kept: dict[str, Any] = {
            name: value
            for name in ("remote", "state", "cause")
            if (value := request.form.get(name, ""))
        }
        return self._site.back("console.deliveries", told=told, kind=kind, **kept)
