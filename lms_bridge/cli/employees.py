"""``employees``: who is behind an account, and what they have learned."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import func, or_, select

from lms_bridge.bridge import utc_now
from lms_bridge.cli import looked, output
from lms_bridge.cli.lacking import lacking
from lms_bridge.cli.link import link
from lms_bridge.cli.person import show, standing_of
from lms_bridge.cli.personal import erase, export
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.cli.units import units
from lms_bridge.i18n import mark
from lms_bridge.people import importing, service
from lms_bridge.people import nip as nips
from lms_bridge.store import schema


@click.group(cls=InOrder)
def employees() -> None:
    """See employees and their trainings, and link accounts."""


@employees.command("list")
@click.option("--search", default="", help="Part of a name, or a NIP.")
@output.limit_option(50, "How many, by name.")
@output.json_option
@pass_session
def list_(session: Session, search: str, limit: int, as_json: bool) -> None:
    """List the employees that the bridge has met, with their accounts."""
    people, keys = schema.employees, schema.identities
    query = select(people).order_by(people.c.name, people.c.id).limit(limit)
    if search:
        query = query.where(
            or_(
                func.lower(people.c.name).contains(search.lower(), autoescape=True),
                people.c.nip == (nips.normalise(search) or search),
            )
        )
    with session.bridge.store.reading() as db:
        rows = db.execute(query).all()
        known: dict[int, list[str]] = {}
        mine = select(keys).where(keys.c.employee_id.in_([row.id for row in rows]))
        for row in db.execute(mine.order_by(keys.c.id)):
            known.setdefault(row.employee_id, []).append(row.key)
    looked.note(session, "list", list="employees")
    if as_json:
        output.print_json(
            [
                {
                    "nip": row.nip,
                    "name": row.name,
                    "unit": row.unit_name,
                    "status": row.status,
                    "kind": service.kind(row.nip, row.status),
                    "standing": service.standing(row.status),
                    "identities": known.get(row.id, []),
                }
                for row in rows
            ],
            people=True,
        )
        return
    say = session.say
    made = output.table("", say(mark("employee")), say(mark("unit")), say(mark("known as")))
    for row in rows:
        accounts = [key for key in known.get(row.id, []) if key != f"nip:{row.nip}"]
        made.add_row(
            output.stacked(row.name or say(mark("(no name yet)")), row.nip),
            output.stacked(row.unit_name or "–", standing_of(session, row.nip, row.status)),
            "\n".join(accounts) or "–",
        )
    output.rows_or_nothing(session.console, made, say(mark("No employees.")))


@employees.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@output.json_option
@pass_session
def import_(session: Session, file: Path, as_json: bool) -> None:
    """Link accounts to employees by a FILE, CSV or XLSX.

    What it says overrides every other source. The columns are nip, and any of name, unit_id,
    unit_name, former_nips, home_page and account (an account as it stands in statements),
    email, openid, lms and lms_user_id. All rows are taken, or none. Statements that waited for
    one of the people are judged again.
    """
    people = importing.from_file(file)
    with session.bridge.store.writing() as db:
        done = importing.put(db, people, now=utc_now())
    if as_json:
        output.print_json(done)
        return
    for warning in done.warnings:
        said = warning.in_language(session.language)
        click.echo(f"lms-bridge: {file.name}: {said}", err=True)
    session.tell(
        mark(
            "Employees: %(people)s; accounts linked: %(links)s; statements that are judged again:"
            " %(reconsidered)s."
        ),
        people=done.people,
        links=done.links,
        reconsidered=done.reconsidered,
    )


for _command in (show, export, erase, link, lacking, units):
    employees.add_command(_command)
