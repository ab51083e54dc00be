"""What HR can do about one completion: decide, correct, try a step again or give it up."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response, request
from flask_babel import gettext
from sqlalchemy import Connection

from lms_bridge import corrections, reports, withdrawals
from lms_bridge.accounts import audit
from lms_bridge.accounts.roles import Permission
from lms_bridge.bridge import utc_now
from lms_bridge.corrections import CannotCorrect, Correction
from lms_bridge.deliveries import actions
from lms_bridge.deliveries.lifecycle import IllegalTransition
from lms_bridge.insight import finished, story
from lms_bridge.withdrawals import CannotDecide, Decision
from webhook import dressing
from webhook.console.site import Site


def pages(site: Site) -> None:
    """Register them."""
    own = _Acts(site)
    path = "/completions/<int:number>"
    act = Permission.ACT
    site.act(f"{path}/decide", act, name="completion_decide")(own.decide)
    site.act(f"{path}/retry", act, name="completion_retry")(own.retry)
    site.act(f"{path}/cancel", act, name="completion_cancel")(own.cancel)
    site.page(f"{path}/correct", act, name="completion_correct")(own.form)
    site.act(f"{path}/correct", act, name="completion_corrected")(own.correct)


class _Acts:
    def __init__(self, site: Site) -> None:
        self._site = site

    def decide(self, number: int) -> Response:
        """What was delivered of a completion that was taken back is removed, or stays."""
        site, now, why = self._site, utc_now(), _why()
        decisions: dict[str, Decision] = {"undo": "undo", "keep": "keep"}
        what = decisions.get(request.form.get("what", ""))
        if what is None or not why:
            return self._back(number, gettext("Say what is decided, and why."), kind="bad")
        try:
            with site.bridge.store.writing() as db:
                self._see(db, number)
                by = site.actor.name
                withdrawals.decide(db, [number], what, by=by, why=why, now=now)
                self._note(db, "completion.decided", number, {"what": what, "why": why}, now)
        except CannotDecide as error:
            return self._back(number, dressing.refusal(error), kind="bad")
        told = {
            "undo": gettext("What was delivered of it is being removed."),
            "keep": gettext("What was delivered of it stays."),
        }
        return self._back(number, told[what])

    def retry(self, number: int) -> Response:
        """Try a step again at once."""
        site, now = self._site, utc_now()
        try:
            with site.bridge.store.writing() as db:
                one = self._delivery(db, number, now)
                actions.retry(db, [one], now=now)
                self._note(db, "delivery.retried", number, {"delivery": one}, now)
        except IllegalTransition as error:
            return self._back(number, dressing.refusal(error), kind="bad")
        return self._back(number, gettext("It is tried again."))

    def cancel(self, number: int) -> Response:
        """Give a step up."""
        site, now, why = self._site, utc_now(), _why()
        if not why:
            return self._back(number, gettext("Say why it is given up."), kind="bad")
        try:
            with site.bridge.store.writing() as db:
                one = self._delivery(db, number, now)
                actions.cancel(db, [one], by=site.actor.name, why=why, now=now)
                about = {"delivery": one, "why": why}
                self._note(db, "delivery.cancelled", number, about, now)
        except IllegalTransition as error:
            return self._back(number, dressing.refusal(error), kind="bad")
        return self._back(number, gettext("It is given up."))

    def form(self, number: int) -> str:
        """The form of a correction."""
        with self._site.bridge.store.reading() as db:
            self._see(db, number)
            return self._form(db, number)

    def correct(self, number: int) -> Response | str:
        """Say what would change; when that is confirmed, change it."""
        site, now, why = self._site, utc_now(), _why()
        with site.bridge.store.reading() as db:
            self._see(db, number)
            errors: dict[str, str] = {}
            wanted = _wanted(errors)
            if not why:
                errors["why"] = gettext("Say why, for whoever looks at it later.")
            plan: Correction | None = None
            if not errors:
                try:
                    plan = corrections.plan(db, number, wanted)
                except CannotCorrect as error:
                    errors["certificate_number"] = dressing.refusal(error)
            if plan is not None and not plan.after:
                errors["hours"] = gettext("Nothing is different from what it says now.")
            if errors or plan is None:
                return Response(self._form(db, number, errors=errors), 422)
            if request.form.get("step") != "make":
                return self._form(db, number, plan=plan)
        remotes = [f"registry.{name}" for name in site.bridge.settings.registry]
        try:
            with site.bridge.store.writing() as db:
                plan = corrections.plan(db, number, wanted)
                corrections.make(db, plan, remotes, by=site.actor.name, why=why, now=now)
                about = {
                    "before": {name: str(value) for name, value in plan.before.items()},
                    "after": {name: str(value) for name, value in plan.after.items()},
                    "why": why,
                }
                self._note(db, "completion.corrected", number, about, now)
        except CannotCorrect as error:
            return self._back(number, dressing.refusal(error), kind="bad")
        return self._back(number, gettext("It is corrected; its row in the registry follows."))

    def _form(
        self,
        db: Connection,
        number: int,
        *,
        errors: dict[str, str] | None = None,
        plan: Correction | None = None,
    ) -> str:
        (line,) = reports.list_completions(db, now=utc_now(), ids=[number])
        values: dict[str, Any] = dict(request.form)
        if not values:
            days = finished.days_of(db, number)
            values = {
                "hours": line.hours,
                "starts": days[0],
                "ends": days[1],
                "certificate_number": line.certificate_number,
            }
        changes = list(story.changed(plan.before, plan.after, dressing.language())) if plan else []
        places = [
            one.remote for one in line.deliveries if one.step == "record" and one.state == "done"
        ]
        return self._site.show(
            "console/completion_correct.html",
            line=line,
            values=values,
            errors=errors or {},
            changes=changes,
            places=places,
        )

    def _see(self, db: Connection, number: int) -> None:
        if finished.employee_of(db, self._site.sight(db), number) is None:
            raise self._site.missing()

    def _delivery(self, db: Connection, number: int, now: dt.datetime) -> int:
        """The number of the step that the form is about, if it is one of that completion."""
        self._see(db, number)
        wanted = request.form.get("delivery", "")
        (line,) = reports.list_completions(db, now=now, ids=[number])
        for one in line.deliveries:
            if str(one.id) == wanted:
                return one.id
        raise self._site.missing()

    def _note(
        self, db: Connection, action: str, number: int, about: dict[str, Any], now: dt.datetime
    ) -> None:
        audit.note(db, self._site.actor, action, f"completion:{number}", about, now=now)

    def _back(self, number: int, told: str, *, kind: str = "good") -> Response:
        return self._site.back("console.completion", told=told, kind=kind, number=number)


def _why() -> str:
    return request.form.get("why", "").strip()[:1000]


def _wanted(errors: dict[str, str]) -> dict[str, Any]:
    """What the form asks for; why of each field that cannot be read in `errors`."""
    form = request.form
    wanted: dict[str, Any] = {"certificate_number": form.get("certificate_number", "").strip()}
    hours = form.get("hours", "").strip()
    if hours.isascii() and hours.isdecimal() and int(hours) <= 10_000:
        wanted["hours"] = int(hours)
    else:
        errors["hours"] = gettext("A whole number of JP, up to 10000.")
    for name in ("starts", "ends"):
        try:
            wanted[name] = dt.date.fromisoformat(form.get(name, ""))
        except ValueError:
            errors[name] = gettext("This is no day.")
    if not errors and wanted["starts"] > wanted["ends"]:
        errors["ends"] = gettext("The last day is before the first.")
    if not wanted["certificate_number"]:
        errors["certificate_number"] = gettext("A completion has a certificate number.")
    return wanted
