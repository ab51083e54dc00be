"""Reports: chosen, looked at, taken along as a file, kept under a name, mailed."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlencode

import msgspec
from flask import Response, request, send_file, url_for
from flask_babel import gettext
from sqlalchemy import Connection

from lms_bridge.accounts import audit
from lms_bridge.accounts.roles import Permission
from lms_bridge.bridge import utc_now
from lms_bridge.errands import reporting
from lms_bridge.errands.asking import KEPT, Errand
from lms_bridge.errands.reporting import File
from lms_bridge.i18n import mark
from lms_bridge.insight import people
from lms_bridge.reporting import choosing, files, saved, showing
from lms_bridge.reporting.making import make
from lms_bridge.reporting.report import ABOUT, KINDS, TITLES, YEARLY, BadReport, Report
from lms_bridge.reporting.saved import CannotSave, Mailing, Saved
from lms_bridge.reporting.table import Column, Table
from lms_bridge.typed import convert
from webhook import dressing
from webhook.console.site import Site

Answer: TypeAlias = str | tuple[str, int] | Response

SHOWN = 50
"""rows of a report on the page; its files have all of them"""
_YEARS = 6
_WHEN = mark("Choose a day from 1 to 28 and an hour from 0 to 23.")
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Line(NamedTuple):
    """A row as the page shows it."""

    employee: int | None
    """whose page it leads to"""
    cells: Sequence[tuple[Column, str]]


class Shown(NamedTuple):
    """A table as the page shows it."""

    table: Table
    rows: Sequence[Line]
    sums: Sequence[tuple[Column, str]]
    is_cut: bool


def pages(site: Site) -> None:
    """Register the pages of reports."""

    @site.page("/reports", Permission.PEOPLE)
    def reports() -> Answer:
        return _page(site, _asked_for(request.args.to_dict()))

    @site.page("/reports/file", Permission.PEOPLE, name="report_file")
    def report_file() -> Answer:
        return _file(site)

    @site.act("/reports/make", Permission.PEOPLE, name="make_report")
    def make_report() -> Answer:
        return _have_made(site)

    @site.page("/reports/made", Permission.PEOPLE, name="made_report")
    def made_report() -> Response:
        return _made_before(site)

    @site.act("/reports/save", Permission.PEOPLE, name="save_report")
    def save_report() -> Answer:
        report = _asked_for(request.form.to_dict())
        if not isinstance(report, Report):
            return _page(site, report)
        try:
            with site.bridge.store.writing() as db:
                name = request.form.get("name", "")
                saved.keep(db, site.user, name, report, utc_now())
        except CannotSave as problem:
            told = gettext(str(problem))
            return site.back("console.reports", told=told, kind="bad", **report.arguments())
        told = gettext("The report is kept. You find it below from now on.")
        return site.back("console.reports", told=told, **report.arguments())

    @site.act("/reports/<int:number>/remove", Permission.PEOPLE, name="remove_report")
    def remove_report(number: int) -> Response:
        with site.bridge.store.writing() as db:
            saved.remove(db, site.user, number)
        return site.back("console.reports", told=gettext("It is kept no longer."))

    @site.act("/reports/<int:number>/mail", Permission.PEOPLE, name="mail_report")
    def mail_report(number: int) -> Response:
        return _mail(site, number)


def _page(site: Site, asked: Report | BadReport) -> Answer:
    report = asked if isinstance(asked, Report) else Report(kind="lacking")
    problem = "" if isinstance(asked, Report) else gettext(str(asked))
    language = dressing.language()
    shown = None
    with site.bridge.store.reading() as db:
        sight = site.sight(db)
        if not problem:
            try:
                shown = _shown(db, _made(site, db, report, limit=SHOWN))
            except BadReport as bad:
                problem = gettext(str(bad))
        units = choosing.choices(db, sight)
        kept = saved.of(db, site.user)
        ordered = reporting.last(db, site.user)
    if shown is not None and shown.rows:
        site.looked("report", None, **report.arguments())
    page = site.show(
        "console/reports.html",
        report=report,
        shown=shown,
        ordered=ordered,
        day=KEPT,
        ordered_title=_title_of(ordered),
        is_large=shown is not None and shown.table.count > reporting.LARGE,
        problem=problem,
        titles=[(kind, gettext(TITLES[kind])) for kind in KINDS],
        about=gettext(ABOUT[report.kind]),
        arguments=report.arguments(),
        periods=_periods(site, report),
        units=[(one.key, "\u2003" * one.depth + one.unit.name) for one in units],
        kept=[_kept(one) for one in kept],
        formats=files.FORMATS,
        number=lambda value: showing.number(value, language),
        can_mail=site.bridge.settings.email is not None,
        week=list(enumerate(_WEEK, start=1)),
        encoded=urlencode(report.arguments()),
    )
    return (page, 422) if problem else page


def _made(site: Site, db: Connection, report: Report, *, limit: int | None) -> Table:
    return make(
        db,
        report,
        site.sight(db),
        yearly=site.bridge.settings.yearly_hours,
        today=site.today(),
        language=dressing.language(),
        limit=limit,
        now=utc_now() if limit else None,
    )


def _shown(db: Connection, table: Table) -> Shown:
    def cells(row: Any) -> list[tuple[Column, str]]:
        pairs = zip(row, table.columns, strict=True)
        return [(column, showing.cell(cell, column, table.language)) for cell, column in pairs]

    made = list(table.rows)
    whose = next((at for at, one in enumerate(table.columns) if one.kind == "nip"), None)
    nips = [str(row[whose]) for row in made] if whose is not None else []
    ids = people.ids_of(db, nips)
    rows = [
        Line(ids.get(str(row[whose])) if whose is not None else None, cells(row)) for row in made
    ]
    sums = cells(table.sums) if table.sums is not None and rows else []
    return Shown(table, rows, sums, table.count > len(rows))


def _file(site: Site) -> Answer:
    asked = _asked_for(request.args.to_dict())
    form = request.args.get("format", "xlsx")
    if isinstance(asked, BadReport) or form not in files.FORMATS:
        return _page(site, asked)
    now = utc_now()
    try:
        with site.bridge.store.reading() as db, tempfile.TemporaryDirectory() as folder:
            table = _made(site, db, asked, limit=None)
            if table.count > reporting.LARGE:
                told = gettext("It has so many rows that it is made by a worker. Press the button.")
                return site.back("console.reports", told=told, **asked.arguments())
            path = Path(folder) / "report"
            files.write(table, form, path, made_at=now, zone=site.zone)
            content = path.read_bytes()
    except BadReport as bad:
        return _page(site, bad)
    return _handed(site, asked, File(f"{table.name}.{form}", form, content, table.count))


def _have_made(site: Site) -> Answer:
    """Have a worker make the file of a large report."""
    asked, form = _asked_for(request.form.to_dict()), request.form.get("format", "xlsx")
    if isinstance(asked, BadReport) or form not in files.FORMATS:
        return _page(site, asked)
    with site.bridge.store.writing() as db:
        reporting.ask(
            db,
            site.user,
            asked,
            form,
            language=dressing.language(),
            today=site.today(),
            now=utc_now(),
        )
    return site.back("console.reports", **asked.arguments())


def _made_before(site: Site) -> Response:
    """The file that a worker has made."""
    with site.bridge.store.reading() as db:
        one, file = reporting.last(db, site.user), reporting.made(db, site.user)
    if one is None or file is None:
        raise site.missing()
    return _handed(site, convert(one.details["report"], Report), file)


def _handed(site: Site, report: Report, file: File) -> Response:
    """The file, and that it was taken is written down."""
    with site.bridge.store.writing() as db:
        details = {"format": file.form, "rows": file.rows, **report.arguments()}
        about = f"report:{report.kind}"
        audit.note(db, site.actor, "report.taken", about, details, now=utc_now())
    return send_file(
        io.BytesIO(file.content),
        mimetype=files.MEDIA_TYPES[file.form],
        as_attachment=True,
        download_name=file.name,
    )


def _title_of(ordered: Errand | None) -> str:
    if ordered is None:
        return ""
    report = convert(ordered.details["report"], Report)
    title: str = gettext(TITLES[report.kind])
    return title


def _mail(site: Site, number: int) -> Response:
    given = request.form
    settings = site.bridge.settings
    mailing: Mailing | None = None
    with site.bridge.store.writing() as db:
        one = saved.find(db, site.user, number)
        if one is None:
            raise site.missing()
        where = one.report.arguments()
        try:
            if "stop" not in given:
                mailing = _mailing(given.to_dict())
            saved.mail(
                db,
                site.user,
                number,
                mailing,
                email=settings.email,
                zone=site.zone,
                now=utc_now(),
            )
        except CannotSave as problem:
            told = gettext(str(problem))
        else:
            details = {"to": list(mailing.to), "name": one.name} if mailing else {"name": one.name}
            action = "report.mailed" if mailing else "report.not_mailed"
            audit.note(db, site.actor, action, f"saved:{number}", details, now=utc_now())
            told = ""
    if told:
        return site.back("console.reports", told=told, kind="bad", **where)
    done = gettext("It is mailed from now on.") if mailing else gettext("It is mailed no more.")
    return site.back("console.reports", told=done, **where)


def _mailing(given: dict[str, str]) -> Mailing:
    every = given.get("every", "month")
    values = {
        "every": every,
        "day": given.get("weekday" if every == "week" else "day", "1"),
        "hour": given.get("hour", "7"),
        "to": given.get("to", "").replace(",", " ").replace(";", " ").split(),
        "form": given.get("form", "xlsx"),
        "language": dressing.language(),
    }
    if every == "cron":
        raise CannotSave(_WHEN)  # nobody chooses that on the page
    try:
        return convert(values, Mailing, strict=False)
    except msgspec.ValidationError:
        raise CannotSave(_WHEN) from None


def _asked_for(given: dict[str, str]) -> Report | BadReport:
    """The report that an address or a form names; where it names none, who lacks JP this year."""
    kind = given.get("report", "lacking")
    period = given.get("period", "this-year")
    jp = given.get("jp", "")
    try:
        if kind in YEARLY and period.count("-") and not period.endswith("-year"):
            period = "this-year"  # chosen for a report that may be of a month
        values = {"kind": kind, "period": period, "unit": given.get("unit", "")}
        return Report(**values, jp=int(jp) if jp.isdecimal() and kind == "lacking" else None)  # type: ignore[arg-type]
    except BadReport as bad:
        return bad


def _periods(site: Site, report: Report) -> list[tuple[str, str]]:
    """Periods to choose from, with what they are called."""
    year, language = site.today().year, dressing.language()
    found = [
        ("this-year", gettext("This year (%(year)s)", year=year)),
        ("last-year", gettext("Last year (%(year)s)", year=year - 1)),
    ]
    if report.kind not in YEARLY:
        found += [("this-month", gettext("This month")), ("last-month", gettext("Last month"))]
        for quarter in (1, 2, 3, 4):
            name = gettext("Quarter %(quarter)s of %(year)s", quarter=quarter, year=year)
            found.append((f"{year}-Q{quarter}", name))
        for month in range(1, 13):
            name = f"{showing.month(month, language)} {year}"
            found.append((f"{year}-{month:02d}", name))
    found += [(str(each), str(each)) for each in range(year - 2, year - _YEARS, -1)]
    if report.period not in dict(found):
        found.append((report.period, report.period))
    return found


class _Kept(NamedTuple):
    one: Saved
    link: str
    title: str


def _kept(one: Saved) -> _Kept:
    link = f"{url_for('console.reports')}?{urlencode(one.report.arguments())}"
    return _Kept(one, link, gettext(TITLES[one.report.kind]))
