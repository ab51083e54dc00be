"""``courses``: the catalogue."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from sqlalchemy import select

from lms_bridge.bridge import utc_now
from lms_bridge.catalogue import courses as catalogue
from lms_bridge.catalogue import from_lms, importing
from lms_bridge.catalogue.course import KINDS, Course
from lms_bridge.cli import shared
from lms_bridge.cli.shared import Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.store import schema


@click.group()
def courses() -> None:
    """See the catalogue and put courses into it."""


@courses.command("list")
@shared.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the courses of the catalogue."""
    with session.bridge.store.reading() as db:
        rows = db.execute(
            select(schema.courses).where(schema.courses.c.active).order_by(schema.courses.c.key)
        ).all()
    if as_json:
        shared.print_json([{"source": row.source, **row.content} for row in rows])
        return
    say = session.say
    made = shared.table(
        "",
        say(mark("key")),
        say(mark("course")),
        say(mark("kind")),
        "JP",
        say(mark("recognised by")),
        say(mark("badge")),
        say(mark("kept in")),
    )
    for row in rows:
        course = msgspec.convert(row.content, Course)
        made.add_row(
            course.key,
            course.name,
            f"{course.kind} {KINDS[course.kind]}",
            str(course.hours),
            "\n".join([*course.external_ids, *course.short_ids, *course.activities]),
            course.badge.name if course.badge else "",
            row.source,
        )
    shared.rows_or_nothing(session.console, made, say(mark("The catalogue is empty.")))


@courses.command("import")
@click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False
)
@click.option(
    "--from-lms", "lms_name", metavar="NAME", help="Take them from the course fields of this LMS."
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@shared.json_option
@pass_session
def import_(
    session: Session, file: Path | None, lms_name: str | None, dry_run: bool, as_json: bool
) -> None:
    """Put the courses of a CSV FILE, or of an LMS, into the catalogue.

    The columns of the file are key, name, organiser, kind, hours and any other setting of
    [[courses]]; lists are separated by |. All rows are taken, or none. Statements that
    waited for one of the courses are judged again by themselves.
    """
    if (file is None) == (lms_name is None):
        shared.fail("name a CSV file, or an LMS with --from-lms", code=2)
    wanted = importing.from_csv(file) if file else _of_lms(session, str(lms_name))
    with session.bridge.store.engine.connect() as connection:
        db = connection.execution_options(writes=True)
        with db.begin() as transaction:
            change = catalogue.put(db, wanted, source="csv" if file else "lms", now=utc_now())
            if dry_run:
                transaction.rollback()
    if as_json:
        shared.print_json(change)
        return
    would = mark(
        "%(added)s courses would be added, %(changed)s changed;"
        " %(reconsidered)s statements would be judged again."
    )
    did = mark(
        "%(added)s courses added, %(changed)s changed;"
        " %(reconsidered)s statements are judged again."
    )
    click.echo(session.say(would if dry_run else did, **msgspec.structs.asdict(change)))


def _of_lms(session: Session, name: str) -> list[Course]:
    if name not in session.bridge.lms:
        shared.fail(f"there is no [lms.{name}]", code=2)
    found, problems = from_lms.read(session.bridge.lms[name])
    for problem in problems:
        click.echo(f"lms-bridge: {problem}", err=True)
    return found
