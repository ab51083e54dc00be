"""``reports``: what the console shows as reports, as files."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

import click

from lms_bridge.accounts.sight import EVERYBODY
from lms_bridge.bridge import utc_now
from lms_bridge.cli import looked, output
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.reporting import choosing, files
from lms_bridge.reporting.making import make
from lms_bridge.reporting.report import ABOUT, KINDS, TITLES, BadReport, Report


@click.group(cls=InOrder)
def reports() -> None:
    """Make reports, as Excel, CSV or PDF."""


@reports.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List which reports there are."""
    if as_json:
        output.print_json({kind: TITLES[kind] for kind in KINDS})
        return
    say = session.say
    made = output.table("", say(mark("name")), say(mark("report")))
    for kind in KINDS:
        made.add_row(kind, output.stacked(say(TITLES[kind]), say(ABOUT[kind])))
    session.console.print(made)


@reports.command("units")
@output.json_option
@pass_session
def units(session: Session, as_json: bool) -> None:
    """List the work units, as --unit takes them."""
    with session.bridge.store.reading() as db:
        found = choosing.choices(db, EVERYBODY)
    if as_json:
        output.print_json([{"unit": one.key, "name": one.unit.name} for one in found])
        return
    made = output.table("", "--unit", session.say(mark("name")))
    for one in found:
        made.add_row(one.key, "  " * one.depth + one.unit.name)
    output.rows_or_nothing(session.console, made, session.say(mark("No work units.")))


@reports.command("make")
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--period",
    default="this-year",
    show_default=True,
    help="2026, 2026-03, 2026-Q1, this-year, last-year, this-month or last-month.",
)
@click.option("--unit", default="", help="Of that unit and those below; see: reports units.")
@click.option("--jp", type=click.IntRange(1, 8760), help="JP to be reached, by everybody.")
@click.option("--format", "form", type=click.Choice(files.FORMATS), help="Left out: as FILE ends.")
@click.option("-o", "--output", "file", type=click.Path(path_type=Path), help="FILE to write.")
@pass_session
def make_(
    session: Session,
    kind: str,
    period: str,
    unit: str,
    jp: int | None,
    form: str | None,
    file: Path | None,
) -> None:
    """Make the report KIND, into a file or to standard output.

    As XLSX, CSV or PDF: of everybody, or of one work unit and those below it.
    """
    form = form or (file.suffix.lstrip(".").lower() if file else "csv")
    if form not in files.FORMATS:
        session.fail(mark("give --format, or a file that ends in .xlsx, .csv or .pdf"), code=2)
    bridge, now = session.bridge, utc_now()
    try:
        report = Report(kind=cast(Any, kind), period=period, unit=unit, jp=jp)
        looked.note(session, "report", None, **report.arguments())
        with bridge.store.reading() as db, tempfile.TemporaryDirectory() as folder:
            table = make(
                db,
                report,
                EVERYBODY,
                yearly=bridge.settings.yearly_hours,
                today=now.astimezone(session.zone).date(),
                language=session.language,
            )
            made = Path(folder) / "report"
            files.write(table, form, made, made_at=now, zone=session.zone)
            if file is None:
                with made.open("rb") as content:
                    shutil.copyfileobj(content, sys.stdout.buffer)
            else:
                shutil.copyfile(made, file)
    except BadReport as problem:
        session.fail(str(problem), code=2)
    if file is not None:
        session.tell(mark("Rows: %(count)s, in %(file)s"), count=table.count, file=file)
