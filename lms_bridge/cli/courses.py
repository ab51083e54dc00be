"""``courses``: the catalogue."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.text import Text
from sqlalchemy import select

from lms_bridge.bridge import utc_now
from lms_bridge.catalogue import courses as catalogue
from lms_bridge.catalogue import from_lms, importing
from lms_bridge.catalogue.course import KINDS, Course
from lms_bridge.cli import output
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.config.problems import nearest
from lms_bridge.i18n import mark
from lms_bridge.store import schema
from lms_bridge.typed import convert

_SOURCES = {"config": "[[courses]]", "csv": "CSV", "lms": "LMS", "console": "console"}


@click.group(cls=InOrder)
def courses() -> None:
    """See the catalogue and put courses into it."""


@courses.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the courses of the catalogue."""
    with session.bridge.store.reading() as db:
        rows = db.execute(
            select(schema.courses).where(schema.courses.c.active).order_by(schema.courses.c.key)
        ).all()
    if as_json:
        output.print_json([{"source": row.source, **row.content} for row in rows])
        return
    say = session.say
    made = output.table(
        "",
        say(mark("course")),
        "JP",
        say(mark("recognised by, badge")),
        say(mark("kept in")),
    )
    made.columns[1].justify = "right"
    for row in rows:
        course = convert(row.content, Course)
        hours = str(course.hours)
        if course.instructor_hours:
            hours += f"\n{course.instructor_hours} ({session.word('instructor')})"
        marks = Text("\n".join([*course.external_ids, *course.short_ids, *course.activities]))
        made.add_row(
            output.stacked(course.key, course.name, f"{course.kind} {KINDS[course.kind]}"),
            hours,
            output.stacked(marks, course.badge.name if course.badge else ""),
            _SOURCES.get(row.source, row.source),
        )
    output.rows_or_nothing(session.console, made, say(mark("The catalogue is empty.")))


@courses.command("import")
@click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False
)
@click.option(
    "--from-lms", "lms_name", metavar="NAME", help="Take them from the course fields of this LMS."
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@output.json_option
@pass_session
def import_(
    session: Session, file: Path | None, lms_name: str | None, dry_run: bool, as_json: bool
) -> None:
    """Put the courses of a FILE, or of an LMS, into the catalogue.

    It is CSV or XLSX. Its columns are key, name, organiser, kind, hours and any other setting of
    [[courses]]; lists are separated by |. All rows are taken, or none. Statements that
    waited for one of the courses are judged again by themselves.
    """
    if (file is None) == (lms_name is None):
        session.fail(mark("name a CSV or XLSX file, or an LMS with --from-lms"), code=2)
    wanted = importing.from_file(file) if file else _of_lms(session, str(lms_name))
    with session.bridge.store.engine.connect() as connection:
        db = connection.execution_options(writes=True)
        with db.begin() as transaction:
            change = catalogue.put(db, wanted, source="csv" if file else "lms", now=utc_now())
            if dry_run:
                transaction.rollback()
    if as_json:
        output.print_json(change)
        return
    would = mark(
        "Nothing was changed. Courses that would be added: %(added)s; changed: %(changed)s;"
        " statements that would be judged again: %(reconsidered)s."
    )
    did = mark(
        "Courses added: %(added)s; changed: %(changed)s; statements that are judged again:"
        " %(reconsidered)s."
    )
    session.tell(would if dry_run else did, **msgspec.structs.asdict(change))


def _of_lms(session: Session, name: str) -> list[Course]:
    if name not in session.bridge.lms:
        session.fail(
            mark("there is no [lms.%(name)s]%(hint)s"),
            name=name,
            hint=nearest(name, session.bridge.lms),
            code=2,
        )
    found, problems = from_lms.read(session.bridge.lms[name])
    for problem in problems:
        click.echo(f"lms-bridge: {problem.in_language(session.language)}", err=True)
    return found
