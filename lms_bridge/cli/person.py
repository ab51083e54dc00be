"""``employees show``: one employee, and all that they have learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import click
from rich.table import Table
from rich.text import Text

from lms_bridge.bridge import utc_now
from lms_bridge.cli import looked, output
from lms_bridge.cli.session import Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.jobs.base import JobFailed
from lms_bridge.jobs.read_histories import ReadHistories
from lms_bridge.people import learned, service
from lms_bridge.people import nip as nips
from lms_bridge.people.history import Rated
from lms_bridge.people.hours import Learned
from lms_bridge.people.identities import known_by_nip
from lms_bridge.people.learned import About

year_option = click.option(
    "--year", type=click.IntRange(1950, 2100), help="The year; this one if left out."
)


@click.command()
@click.argument("nip")
@year_option
@click.option("--ask", is_flag=True, help="Read the history anew from the registries first.")
@output.json_option
@pass_session
def show(session: Session, nip: str, year: int | None, ask: bool, as_json: bool) -> None:
    """Show the employee with that NIP, and all that they have learned.

    With the JP of a year, IP-ASN as the registry computed it, and each training with where it is
    known from: recorded by the bridge, or entered elsewhere.
    """
    employee_id = employee_with(session, nip)
    if ask:
        try:
            ReadHistories(session.bridge).read_person(employee_id)
        except JobFailed as failure:
            click.echo(f"lms-bridge: {failure}", err=True)
    yearly = session.bridge.settings.yearly_hours
    with session.bridge.store.reading() as db:
        about = learned.about(db, employee_id, year=year or this_year(session), yearly=yearly)
    looked.note(session, "page", employee_id)
    if as_json:
        output.print_json(about, people=True)
        return
    session.console.print(_facts(session, about))
    session.console.print()
    made = _trainings(session, about.learned)
    output.rows_or_nothing(session.console, made, session.say(mark("No trainings.")))


def this_year(session: Session) -> int:
    return utc_now().astimezone(ZoneInfo(session.bridge.settings.time_zone)).year


def standing_of(session: Session, nip: str, status: str) -> str:
    """The kind and the standing of an employee, with the registry's own word beside them."""
    standing = service.standing(status)
    shown = session.word(standing) if standing else session.say(mark("not known"))
    said = f" ({status})" if status else ""
    return f"{session.word(service.kind(nip, status))}, {shown}{said}"


def employee_with(session: Session, nip: str) -> int:
    """The employee with that NIP; ends the command with a sentence if there is none."""
    number = nips.normalise(nip)
    if number is None:
        session.fail(mark("a NIP has 18 digits"), code=2)
    with session.bridge.store.reading() as db:
        employee_id = known_by_nip(db, number)
    if employee_id is None:
        session.fail(mark("the bridge has met nobody with this NIP"))
    return employee_id


def _facts(session: Session, about: About) -> Table:
    say, who = session.say, about.employee
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    hours = say(
        mark("%(total)s of %(wanted)s (ours: %(ours)s, from elsewhere: %(elsewhere)s)"),
        total=about.hours.total,
        wanted=about.wanted,
        ours=about.hours.ours,
        elsewhere=about.hours.elsewhere,
    )
    enough = about.hours.total >= about.wanted
    name = Text(who.name or say(mark("(no name yet)")), style="bold").append(f"  {who.nip}", "dim")
    grid.add_row(say(mark("employee")), name)
    grid.add_row(say(mark("status")), standing_of(session, who.nip, who.status))
    grid.add_row(say(mark("unit")), who.unit or "–")
    for posting in about.postings:
        since = session.when(posting.since)[:10]
        until = session.when(posting.until)[:10] if posting.until else "…"
        place = posting.registry or say(mark("HR's table"))
        text = f"{since} – {until}  {posting.unit_name or posting.unit_id} ({place})"
        grid.add_row("", Text(text, style="dim"))
    grid.add_row(
        say(mark("JP in %(year)s"), year=about.year),
        Text(hours, style="green" if enough else "yellow"),
    )
    for rating in about.ratings:
        grid.add_row("IP-ASN", _rating(session, rating))
    for line in _readings(session, about):
        grid.add_row(say(mark("history")), line)
    return grid


def _rating(session: Session, rating: Rated) -> str:
    say, index = session.say, rating.index
    parts = [
        f"{name} {value:g}"
        for name, value in (
            (say(mark("qualification")), index.qualification),
            (say(mark("competence")), index.competence),
            (say(mark("performance")), index.performance),
            (say(mark("discipline")), index.discipline),
        )
        if value is not None
    ]
    total = "–" if index.total is None else f"{index.total:g}"
    when = say(
        mark("as %(registry)s computed it on %(day)s"),
        registry=rating.registry,
        day=index.as_of or "–",
    )
    return f"{total} ({', '.join(parts)}), {when}"


def _readings(session: Session, about: About) -> Iterator[Text]:
    say = session.say
    if not about.readings:
        yield Text(say(mark("not read yet; --ask reads it now")), style="yellow")
    for one in about.readings:
        read = session.when(one.read_at) if one.read_at else say(mark("not read yet"))
        text = Text(f"{one.registry}: {read}")
        if one.failure:
            text.append(f"\n{one.failure.what(session.language)}", style="yellow")
        yield text


def _trainings(session: Session, trainings: Sequence[Learned]) -> Table:
    say = session.say
    made = output.table(
        "",
        say(mark("training")),
        say(mark("days")),
        "JP",
        say(mark("certificate")),
        say(mark("source")),
    )
    made.columns[2].justify = "right"
    for one in trainings:
        style = "" if one.counts else "dim strike"
        made.add_row(
            output.stacked(Text(one.name or "–", style=style), one.organiser),
            _days(one),
            "–" if one.hours is None else str(one.hours),
            one.certificate_number or "–",
            _source(session, one),
        )
    return made


def _days(one: Learned) -> str:
    days = [str(day) for day in dict.fromkeys((one.starts, one.ends)) if day]
    return "\n".join(days) or str(one.year or "–")


def _source(session: Session, one: Learned) -> Text:
    """Where a training is known from, in words."""
    say = session.say
    where = ", ".join(dict.fromkeys(f"{row.registry} ({row.history})" for row in one.rows))
    if one.completion_id is None:
        text = Text(say(mark("entered elsewhere: %(where)s"), where=where))
    elif where:
        text = Text(
            say(mark("completion %(number)s; in %(where)s"), number=one.completion_id, where=where),
            style="green",
        )
    else:
        text = Text(
            say(
                mark("completion %(number)s; not seen in a registry yet"),
                number=one.completion_id,
            )
        )
    if not one.counts:
        text.append("\n" + say(mark("taken back, so it does not count")), style="yellow")
    if any(row.document for row in one.rows):
        text.append("\n" + say(mark("with its certificate")), style="dim")
    return text
