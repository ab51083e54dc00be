"""``statements``: what came in, and what became of it."""

from __future__ import annotations

import click
from sqlalchemy import select

from lms_bridge import reports
from lms_bridge.cli import shared
from lms_bridge.cli.shared import Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.store import schema


@click.group()
def statements() -> None:
    """See what came in, and why it is or is not a completion."""


@statements.command("list")
@click.option("--limit", default=20, show_default=True, help="How many, the newest first.")
@shared.json_option
@pass_session
def list_(session: Session, limit: int, as_json: bool) -> None:
    """List statements, the newest first, with what became of each."""
    with session.bridge.store.reading() as db:
        lines = reports.list_statements(db, limit=limit)
    if as_json:
        shared.print_json(lines)
        return
    say = session.say
    made = shared.table(
        "",
        say(mark("stored")),
        say(mark("person")),
        say(mark("verb")),
        say(mark("about")),
        say(mark("state")),
        say(mark("why, and what to do")),
    )
    for line in lines:
        made.add_row(
            session.when(line.stored),
            line.person,
            line.verb.rpartition("/")[2],
            line.about,
            shared.state_text(line.state),
            session.reason(line.reason),
        )
    shared.rows_or_nothing(session.console, made, say(mark("No statements.")))


@statements.command()
@click.argument("statement_id")
@pass_session
def show(session: Session, statement_id: str) -> None:
    """Show the statement with this id, exactly as it was received, and what became of it."""
    table = schema.statements
    with session.bridge.store.reading() as db:
        row = db.execute(select(table).where(table.c.id == statement_id.lower())).one_or_none()
        if row is None:
            shared.fail(f"there is no statement {statement_id}")
        verdicts = reports.why(db, row.id)
    click.echo(row.raw.decode("utf-8", "replace"))
    session.console.print(
        session.say(
            mark("received from %(sender)s at %(time)s"),
            sender=row.sender,
            time=session.when(row.stored),
        ),
        style="dim",
    )
    for role, state, reason, completion in verdicts:
        line = shared.state_text(state)
        line.append(f" ({role})" + (f" → completion {completion}" if completion else ""))
        session.console.print(line, session.reason(reason))
