"""``employees export`` and ``employees erase``: what a person may ask for by the law on data."""

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


@click.command()
@click.argument("who", metavar="NIP|NUMBER")
@click.option("--yes", is_flag=True, help="Do it; without it is told what would be done.")
@output.json_option
@pass_session
def erase(session: Session, who: str, yes: bool, as_json: bool) -> None:
    """Erase one person, or tell what that would do.

    Name, NIP, accounts, statements, documents and histories go. Completions, deliveries and the
    numbers of registry rows stay under a number, so that nothing is written twice. What a
    registry or an LMS has of the person is not touched. It cannot be undone. Interrupted, the
    same command goes on.
    """
    from lms_bridge.people.erased import KeyMissing
    from lms_bridge.privacy import erasing
    from lms_bridge.privacy.erasing import CannotErase

    employee_id = somebody(session, who)
    bridge = session.bridge
    try:
        if yes:
            bridge.recogniser.judge()
            for _ in bridge.index.in_steps():
                pass
            plan = erasing.erase(bridge.store, employee_id, here(), clock=utc_now)
        else:
            with bridge.store.reading() as db:
                plan = erasing.plan(db, employee_id)
    except (CannotErase, KeyMissing) as problem:
        session.fail("%(why)s", why=problem)
    if as_json:
        output.print_json({"employee": employee_id, "done": yes, "plan": plan})
        return
    session.tell(
        mark("Employee %(number)s is erased:") if yes else mark("To erase employee %(number)s:"),
        number=employee_id,
    )
    for line in _LINES:
        session.tell(line, **{name: getattr(plan, name) for name in plan.__struct_fields__})
    if not yes:
        session.tell(mark("Nothing was done. With --yes it is, and cannot be undone."))


_LINES = (
    mark("- name, NIP, unit, accounts, histories and IP-ASN go"),
    mark("- statements whose text goes: %(statements)s; their ids stay"),
    mark("- statements about others that name them, and stay: %(mentions)s"),
    mark("- documents of content that go: %(documents)s"),
    mark("- completions that stay under a number, with their deliveries: %(completions)s"),
    mark("- deliveries that are open and are given up: %(open_deliveries)s"),
    mark(
        "- rows in files that were made for registries, which stay as they were made: %(in_files)s"
    ),
    mark("- what a registry or an LMS has is not touched: ask there"),
)
