"""Completions: finding them, and the story of each."""

from __future__ import annotations

import datetime as dt

from flask import Response, request

from lms_bridge import reports
from lms_bridge.accounts.roles import Permission
from lms_bridge.bridge import utc_now
from lms_bridge.deliveries import lifecycle
from lms_bridge.insight import finished, story
from lms_bridge.insight.finished import Search, Wanted
from lms_bridge.insight.standings import Standing
from webhook import dressing
from webhook.console.asked import UnitChoice, number, same_but
from webhook.console.site import Site


def pages(site: Site) -> None:
    """Register them."""
    own = _Completions(site)
    site.page("/completions", Permission.PEOPLE, name="completions")(own.every)
    site.page("/completions/<int:number>", Permission.PEOPLE, name="completion")(own.one)
    path = "/completions/<int:number>/certificate"
    site.page(path, Permission.PEOPLE, name="completion_certificate")(own.certificate)


class _Completions:
    def __init__(self, site: Site) -> None:
        self._site = site

    def every(self) -> str:
        """Those that the address asks for, the latest first."""
        site, now, after = self._site, utc_now(), number("after")
        since, until = _day("from"), _day("to")
        state = request.args.get("state", "")
        standing = Standing(state) if state in set(Standing) else None
        course = request.args.get("course", "")[:100]
        closed = site.bridge.closed(now)
        with site.bridge.store.reading() as db:
            sight = site.sight(db)
            choice = UnitChoice(db, sight)
            courses = finished.course_choices(db)
            wanted = Wanted(
                unit=choice.unit,
                course=course,
                standing=standing,
                since=self._midnight(since) if since else None,
                until=self._midnight(until + dt.timedelta(days=1)) if until else None,
            )
            search = Search(db, sight, wanted)
            page = search.find(after=after, now=now, closed=closed)
            count = search.how_many()
        asked = {
            "unit": choice.text,
            "course": course,
            "state": standing or "",
            "from": since.isoformat() if since else "",
            "to": until.isoformat() if until else "",
        }
        site.looked("list", list="completions")
        next_url = ""
        if page.is_more:
            next_url = same_but("completions", asked, after=page.lines[-1].id)
        return site.show(
            "console/completions.html",
            page=page,
            asked=asked,
            choice=choice,
            courses=courses,
            standings=list(Standing),
            count=count,
            counted=finished.COUNTED,
            is_filtered=any(asked.values()),
            next_url=next_url,
            first_url=same_but("completions", asked) if after else "",
        )

    def one(self, number: int) -> str:
        """The story of one."""
        site, now = self._site, utc_now()
        bridge, language = site.bridge, dressing.language()
        with bridge.store.reading() as db:
            employee_id = finished.employee_of(db, site.sight(db), number)
            if employee_id is None:
                raise site.missing()
            (line,) = reports.list_completions(db, now=now, ids=[number], closed=bridge.closed(now))
            told = story.tell(db, line, employee_id, language, now=now, today=site.today())
        site.looked("completion", employee_id, completion=number)
        return site.show(
            "console/completion.html",
            line=line,
            employee_id=employee_id,
            story=told,
            has_certificate=bridge.papers is not None,
            retried=lifecycle.sources("retry"),
            cancelled=lifecycle.sources("cancel"),
        )

    def certificate(self, number: int) -> Response:
        """The certificate of one, as a PDF."""
        from lms_bridge.certificates import issued

        site = self._site
        bridge = site.bridge
        with bridge.store.reading() as db:
            employee_id = finished.employee_of(db, site.sight(db), number)
            found = None
            if employee_id is not None and bridge.papers is not None:
                home_page = bridge.settings.web.home_page
                found = issued.of_completion(db, number, home_page=home_page)
        if found is None or bridge.papers is None:
            raise site.missing()
        site.looked("certificate", employee_id, completion=number)
        document = bridge.papers.made(found)
        response = Response(document.content, mimetype="application/pdf")
        response.headers.set("Content-Disposition", "attachment", filename=document.name)
        return response

    def _midnight(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), self._site.zone)


def _day(name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
