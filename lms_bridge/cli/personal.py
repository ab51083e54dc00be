"""``employees export``: what the personal-data law entitles a person to."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import select

from lms_bridge.accounts import accesses, audit
from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.looked import here
from lms_bridge.cli.person import employee_with
from lms_bridge.cli.session import Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.store.schema import employees


@click.command()
@click.argument("who", metavar="NIP|NUMBER")
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file to write, a ZIP archive. There must be none yet.",
)
@output.json_option
@pass_session
def export(session: Session, who: str, path: Path, as_json: bool) -> None:
    """Write all that the bridge has of one person into a file.

    The person is named by NIP, or by the number in the address of their page. The file can be
    read by whoever gives the command, and is for the person: it holds personal data. That it was
    made stands in the audit log.
    """
    from lms_bridge.privacy import export as exporting

    employee_id = somebody(session, who)
    now = utc_now()
    with session.bridge.store.writing() as db:
        # First, so that no file is made of which nothing is known.
        audit.note(db, here(), "employee.exported", f"employee:{employee_id}", now=now)
        accesses.note(db, here(), "export", employee_id=employee_id, details={}, now=now)
    try:
        with session.bridge.store.reading() as db:
            counts = exporting.write(db, employee_id, path, language=session.language, now=now)
    except OSError as error:
        session.fail(mark("%(path)s cannot be written: %(why)s"), path=path, why=error.strerror)
    if as_json:
        output.print_json(counts)
        return
    session.tell(
        mark("All that the bridge has of employee %(number)s is in %(path)s."),
        number=employee_id,
        path=path,
    )


def somebody(session: Session, who: str) -> int:
    """The employee with that NIP or number; ends the command with a sentence if there is none."""
    if not (who.isascii() and who.isdecimal() and len(who) < 18):
        return employee_with(session, who)
    with session.bridge.store.reading() as db:
        known: int | None = db.scalar(select(employees.c.id).where(employees.c.id == int(who)))
    if known is None:
        session.fail(mark("there is no employee with the number %(number)s"), number=who)
    return known
