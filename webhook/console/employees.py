"""Employees: finding them, and the page of each."""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args

from flask import Response, request
from flask_babel import gettext
from sqlalchemy import Connection

from lms_bridge import registries
from lms_bridge.accounts import audit
from lms_bridge.accounts.roles import Permission
from lms_bridge.bridge import utc_now
from lms_bridge.config.secrets import SecretMissing
from lms_bridge.errands import asking
from lms_bridge.errands.asking import Kind
from lms_bridge.figures.goals import Goals, goals_of
from lms_bridge.insight import people, person
from lms_bridge.insight.people import Wanted
from lms_bridge.people.service import Standing
from webhook.console.asked import UnitChoice, number, same_but
from webhook.console.site import Site

_STANDINGS = [one for one in get_args(Standing) if one]


def pages(site: Site) -> None:
    """Register them."""
    own = _Employees(site)
    site.page("/employees", Permission.PEOPLE, name="employees")(own.every)
    site.act("/employees", Permission.PEOPLE, name="employees_search")(own.search)
    site.page("/employees/<int:number>", Permission.PEOPLE, name="employee")(own.one)
    site.act("/employees/<int:number>/read", Permission.ACT, name="employee_read")(own.read)
    site.act("/employees/<int:number>/link", Permission.ACT, name="employee_link")(own.link)


class _Employees:
    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def _reads(self) -> bool:
        """Whether there is a registry to be asked."""
        known = self._site.bridge.settings.registry.values()
        return any(not registries.takes_files(one) for one in known)

    def every(self) -> str:
        """Those that the address asks for."""
        return self._list(request.args.get("q", "").strip()[:200])

    def search(self) -> Response | str:
        """A NIP is answered here, so that it stands in no address; a name gets one."""
        site = self._site
        text = request.form.get("q", "").strip()[:200]
        digits = people.digits_of(text)
        if not digits:
            names = ("unit", "standing", "goal")
            asked = {name: request.form.get(name, "")[:200] for name in names}
            return site.back(
                "console.employees",
                **{name: value for name, value in (asked | {"q": text}).items() if value},
            )
        with site.bridge.store.reading() as db:
            found = people.find(
                db, site.sight(db), Wanted(digits=digits), self._goals(db), limit=2
            ).found
        if len(found) == 1:
            return site.back("console.employee", number=found[0].id)
        return self._list(text, digits)

    def _goals(self, db: Connection) -> Goals:
        return goals_of(db, self._site.bridge.settings.yearly_hours, self._site.today().year)

    def _list(self, words: str, digits: str = "") -> str:
        site, after = self._site, number("after")
        standing: Any = request.values.get("standing", "")
        standing = standing if standing in _STANDINGS else ""
        goal: Any = request.values.get("goal", "")
        goal = goal if goal in ("reached", "lacking") else ""
        with site.bridge.store.reading() as db:
            sight = site.sight(db)
            choice = UnitChoice(db, sight)
            wanted = Wanted(
                words="" if digits else words,
                digits=digits,
                unit=choice.unit,
                standing=standing,
                goal=goal,
            )
            goals = self._goals(db)
            page = people.find(db, sight, wanted, goals, after=after)
            count = people.how_many(db, sight, wanted, goals)
        site.looked("list", list="employees")
        asked = {"unit": choice.text, "standing": standing, "goal": goal}
        asked |= {"q": "" if digits else words}
        is_more = page.is_more and not digits
        return site.show(
            "console/employees.html",
            people=page.found,
            words=words,
            is_nip=bool(digits),
            choice=choice,
            standing=standing,
            standings=_STANDINGS,
            goal=goal,
            year=site.today().year,
            count=count,
            counted=people.COUNTED,
            is_filtered=any(asked.values()) or bool(digits),
            next_url=same_but("employees", asked, after=page.found[-1].id) if is_more else "",
            first_url=same_but("employees", asked) if after else "",
        )

    def one(self, number: int) -> str:
        """The page of one."""
        return self._one(number)

    def link(self, number: int) -> Response | str:
        """The same with a link to the learner's own page, which is shown this once."""
        site, now = self._site, utc_now()
        learner = site.bridge.settings.learner
        if learner is None:
            raise site.missing()
        from lms_bridge.learner import passes

        with site.bridge.store.writing() as db:
            nip = person.nip_of(db, site.sight(db), number)
            if nip is None:
                raise site.missing()
            try:
                key = passes.key_of(learner.key)
            except SecretMissing as error:
                why = gettext("[learner] key cannot be used: %(why)s", why=str(error))
                return site.back("console.employee", told=why, kind="bad", number=number)
            until = now + dt.timedelta(days=learner.link_days)
            token = passes.issue("link", number, nip, until, key)
            about = {"until": until.isoformat()}
            audit.note(db, site.actor, "employee.linked", f"employee:{number}", about, now=now)
        home = site.bridge.settings.web.home_page
        return self._one(number, link=f"{home}/learner/link?token={token}", link_until=until)

    def read(self, number: int) -> Response:
        """Have the training history read anew, by a worker, now."""
        site, now = self._site, utc_now()
        with site.bridge.store.writing() as db:
            if person.nip_of(db, site.sight(db), number) is None:
                raise site.missing()
            if asking.ask(db, Kind.HISTORY, [number], {}, by=site.actor.name, now=now):
                audit.note(db, site.actor, "history.asked", f"employee:{number}", now=now)
        told = gettext("The registry is asked; the page shows when that is done.")
        return site.back("console.employee", told=told, number=number)

    def _one(self, employee_id: int, **more: Any) -> str:
        site = self._site
        with site.bridge.store.reading() as db:
            sight = site.sight(db)
            reading = asking.of(db, Kind.HISTORY, [employee_id]).get(employee_id)
        found = person.look(
            site.bridge, sight, employee_id, year=number("year") or None, now=utc_now()
        )
        if found is None:
            raise site.missing()
        site.looked("page", employee_id)
        settings = site.bridge.settings
        return site.show(
            "console/employee.html",
            person=found,
            reading=reading,
            reads=self._reads,
            shares=settings.openbadges is not None,
            can_link=settings.learner is not None and site.user.may(Permission.ACT),
            **more,
        )
