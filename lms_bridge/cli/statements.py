"""``statements``: what came in, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeAlias

import click
from rich.text import Text
from sqlalchemy import Connection, select

from lms_bridge import reports
from lms_bridge.attention import judging, outcome
from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.looked import here
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.reasons import Reason
from lms_bridge.redaction import mask_nip
from lms_bridge.store import schema
from lms_bridge.store.places import moment_of

Verdict: TypeAlias = tuple[str, str, Reason | None, int | None]
"""role, state, reason and completion of one person in a statement"""
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
    with session.bridge.store.reading() as db:
        row = _find(session, db, statement_id)
        verdicts = reports.why(db, row.id)
    if as_json:
        output.print_json(
            {
                "id": row.id,
                "sender": row.sender,
                "stored": moment_of(row.seq),
                "statement": json.loads(row.raw) if row.raw else None,
                "seen": _seen(verdicts),
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
    _print(session, verdicts)


@statements.command()
@click.argument("statement_id")
@output.json_option
@pass_session
def judge(session: Session, statement_id: str, as_json: bool) -> None:
    """Judge a statement again, by what is known and configured now.

    STATEMENT_ID is its id, or the beginning of it. What became a completion stays one and is not
    made twice; what was taken back or dismissed stays so.
    """
    store = session.bridge.store
    with store.writing() as db:
        found = _find(session, db, statement_id)
        count = judging.judge_statement(db, found.id, actor=here(), now=utc_now())
    outcome.judge(session.bridge)
    with store.reading() as db:
        verdicts = reports.why(db, found.id)
    if as_json:
        output.print_json({"judged": count, "seen": _seen(verdicts)}, people=True)
        return
    if not count:
        session.tell(
            mark(
                "Nothing of it is judged again: it is a completion already, or was taken back or"
                " dismissed."
            )
        )
    _print(session, verdicts)


def _find(session: Session, db: Connection, wanted: str) -> Any:
    """The only statement whose id begins like that."""
    table, wanted = schema.statements, wanted.lower()
    query = select(table).where(table.c.id.startswith(wanted, autoescape=True)).limit(2)
    rows = db.execute(query).all() if len(wanted) >= _SHORTEST else []
    if len(rows) == 1:
        return rows[0]
    session.fail(
        mark("several statements have an id that begins with %(id)s")
        if rows
        else mark("there is no statement %(id)s"),
        id=wanted,
    )


def _seen(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    return [
        {"role": role, "state": state, "reason": reason, "completion": completion}
        for role, state, reason, completion in verdicts
    ]


def _print(session: Session, verdicts: Iterable[Verdict]) -> None:
    for role, state, reason, completion in verdicts:
        line = Text.assemble((session.word(role) + ": ", "dim"), session.state(state))
        if completion:
            line.append(f" → lms-bridge completions show {completion}", style="dim")
        session.console.print(line)
        if reason:
            session.console.print(session.reason(reason, people=True))
