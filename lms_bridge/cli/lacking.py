"""``employees lacking``: who has fewer JP in a year than are to be reached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import click

from lms_bridge.accounts.sight import EVERYBODY
from lms_bridge.cli import output
from lms_bridge.cli.person import standing_of, this_year, year_option
from lms_bridge.cli.session import Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.people import learned
from lms_bridge.people.learned import Lacking
from lms_bridge.reporting import as_csv
from lms_bridge.reporting.table import Cell, Column


@click.command()
@year_option
@click.option("--unit", default="", help="Of the units with that id or name, and those below.")
@click.option("--jp", type=click.IntRange(1, 8760), help="JP to be reached, by everybody.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, for a spreadsheet.")
@output.limit_option(200, "How many are shown in the table.")
@output.json_option
@pass_session
def lacking(
    session: Session,
    year: int | None,
    unit: str,
    jp: int | None,
    as_csv: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List who has fewer JP in a year than are to be reached.

    Counts what the bridge has recorded and what others have, each training once. Who is inactive
    or has retired is left out.
    """
    year = year or this_year(session)
    yearly = session.bridge.settings.yearly_hours
    try:
        with session.bridge.store.reading() as db:
            found = learned.lacking(db, EVERYBODY, year=year, yearly=yearly, unit=unit, wanted=jp)
    except learned.NobodyThere:
        session.fail(
            mark("nobody in service is in a unit with “%(unit)s” as its id or in its name"),
            unit=unit,
        )
    if as_json:
        output.print_json(found, people=True)
    elif as_csv:
        for piece in _csv(found):
            click.echo(piece, nl=False)
    else:
        _print_lacking(session, found, year, limit)


def _print_lacking(session: Session, found: Sequence[Lacking], year: int, limit: int) -> None:
    say = session.say
    made = output.table(
        "",
        say(mark("employee")),
        say(mark("unit")),
        "JP",
        say(mark("of")),
        say(mark("history read")),
    )
    made.columns[2].justify = made.columns[3].justify = "right"
    for one in found[:limit]:
        who, hours = one.employee, one.hours
        made.add_row(
            output.stacked(who.name or say(mark("(no name yet)")), who.nip),
            output.stacked(who.unit or "–", standing_of(session, who.nip, who.status)),
            output.stacked(str(hours.total), f"{hours.ours} + {hours.elsewhere}"),
            str(one.wanted),
            session.when(one.read_at)[:10] if one.read_at else say(mark("never")),
        )
    nothing = say(mark("Everybody has reached their JP in %(year)s."), year=year)
    output.rows_or_nothing(session.console, made, nothing)
    if found:
        session.tell(
            mark("Employees with too few JP in %(year)s: %(count)s; shown: %(shown)s."),
            year=year,
            count=len(found),
            shown=min(limit, len(found)),
        )
    if unread := sum(one.read_at is None for one in found):
        session.tell(
            mark(
                "The histories of %(count)s of them were never read; what others recorded of these"
                " is not counted. lms-bridge jobs run read_histories"
            ),
            count=unread,
        )


def _csv(found: Sequence[Lacking]) -> Iterator[str]:
    columns = [
        *map(_column, ("nip", "name", "unit", "kind", "standing", "status")),
        *map(_column, ("ours", "elsewhere", "jp", "wanted", "lacks", "history_read")),
    ]
    return as_csv.for_machines(columns, map(_cells, found))


def _column(name: str) -> Column:
    return Column(name, "nip" if name == "nip" else "text", name=name)


def _cells(one: Lacking) -> list[Cell]:
    who, hours = one.employee, one.hours
    read = one.read_at.astimezone(dt.UTC).date() if one.read_at else None
    told: list[Cell] = [who.nip, who.name, who.unit, who.kind, who.standing, who.status]
    return [*told, hours.ours, hours.elsewhere, hours.total, one.wanted, one.lacks, read]
