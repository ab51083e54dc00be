"""``statements``: what came in, and what became of it."""

from __future__ import annotations

import json

import click
from rich.text import Text
from sqlalchemy import select

from lms_bridge import reports
from lms_bridge.cli import output
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.redaction import mask_nip
from lms_bridge.store import schema
from lms_bridge.store.places import moment_of

_SHORTEST = 6
"""characters of an id that may stand for all of it"""


@click.group(cls=InOrder)
def statements() -> None:
    """See what came in, and what became of it and why."""


@statements.command("list")
@output.limit_option(20, "How many, the newest first.")
@output.json_option
@pass_session
def list_(session: Session, limit: int, as_json: bool) -> None:
    """List statements, the newest first, with what became of each."""
    with session.bridge.store.reading() as db:
        lines = reports.list_statements(db, limit=limit)
    if as_json:
        output.print_json(lines)
        return
    say = session.say
    made = output.table("", say(mark("statement")), say(mark("who, what")), say(mark("what it is")))
    for line in lines:
        made.add_row(
            output.stacked(session.when(line.stored), line.id[:8]),
            output.stacked(
                mask_nip(line.person) or "–",
                " ".join(filter(None, (line.verb.rpartition("/")[2], line.about))),
            ),
            Text("\n").join(filter(None, (session.state(line.state), session.reason(line.reason)))),
        )
    output.rows_or_nothing(session.console, made, say(mark("No statements.")))


@statements.command()
@click.argument("statement_id")
@output.json_option
@pass_session
def show(session: Session, statement_id: str, as_json: bool) -> None:
    """Show a statement as it was received, and what became of it.

    STATEMENT_ID is its id, or the beginning of it.
    """
    table, wanted = schema.statements, statement_id.lower()
    query = select(table).where(table.c.id.startswith(wanted, autoescape=True)).limit(2)
    with session.bridge.store.reading() as db:
        rows = db.execute(query).all() if len(wanted) >= _SHORTEST else []
        if len(rows) != 1:
            session.fail(
                mark("several statements have an id that begins with %(id)s")
                if rows
                else mark("there is no statement %(id)s"),
                id=statement_id,
            )
        row = rows[0]
        verdicts = reports.why(db, row.id)
    if as_json:
        output.print_json(
            {
                "id": row.id,
                "sender": row.sender,
                "stored": moment_of(row.seq),
                "statement": json.loads(row.raw) if row.raw else None,
                "seen": [
                    {"role": role, "state": state, "reason": reason, "completion": completion}
                    for role, state, reason, completion in verdicts
                ],
            },
            people=True,
        )
        return
    gone = mark("(its text was removed)")
    click.echo(row.raw.decode("utf-8", "replace") if row.raw else session.say(gone))
    session.console.print()
    session.console.print(
        session.say(
            mark("%(id)s, received from %(sender)s at %(time)s"),
            id=row.id,
            sender=row.sender,
            time=session.when(moment_of(row.seq)),
        ),
        style="dim",
    )
    for role, state, reason, completion in verdicts:
        line = Text.assemble((session.word(role) + ": ", "dim"), session.state(state))
        if completion:
            line.append(f" → lms-bridge completions show {completion}", style="dim")
        session.console.print(line)
        if reason:
            session.console.print(session.reason(reason, people=True))
