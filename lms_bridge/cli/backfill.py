"""``backfill``: take in what an LMS held before the bridge came."""

from __future__ import annotations

import csv
import datetime as dt
import time
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from lms_bridge.backfilling import entries
from lms_bridge.backfilling.carrying import is_due
from lms_bridge.backfilling.entries import (
    DECISIONS,
    Backfill,
    BackfillState,
    Entry,
    EntryState,
    Kind,
    NoSuchBackfill,
    Which,
)
from lms_bridge.backfilling.survey import Survey, askable
from lms_bridge.bridge import utc_now
from lms_bridge.cli import looked, output
from lms_bridge.cli.progress import progress_bar
from lms_bridge.cli.session import InOrder, Session, pass_session, whoami
from lms_bridge.i18n import mark
from lms_bridge.jobs import runs
from lms_bridge.jobs.base import Busy, JobFailed
from lms_bridge.registries.files.writing import guarded

_KINDS = click.Choice([one.value for one in Kind])
_STATES = click.Choice([one.value for one in EntryState])
_COLUMNS = (
    "entry",
    "kind",
    "state",
    "nip",
    "name",
    "unit",
    "course",
    "completed_at",
    "registry",
    "why",
    "badge",
    "decided_by",
    "decided_why",
)
_LOOK_SECONDS = 0.5


@click.group(cls=InOrder)
def backfill() -> None:
    """Take in what an LMS held before the bridge came.

    plan surveys who has completed what, what of it the registry has already, and which badges are
    there; it changes nothing. run takes it in, at a set pace, and may be stopped at any time.
    """


@backfill.command()
@click.option("--lms", "name", default="", help="Which LMS; the only one if left out.")
@click.option("--course", "courses", multiple=True, help="Only this course, by its key.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was completed from then on."
)
@click.option("--continue", "number", type=int, help="Go on with a survey that was broken off.")
@output.json_option
@pass_session
def plan(
    session: Session,
    name: str,
    courses: tuple[str, ...],
    since: dt.datetime | None,
    number: int | None,
    as_json: bool,
) -> None:
    """Survey what the LMS holds, and show what would be done."""
    bridge = session.bridge
    if number is not None:
        name = _get(session, number).lms
    elif not name and len(bridge.lms) == 1:
        name = next(iter(bridge.lms))
    if name not in bridge.lms:
        session.fail(mark("name one of the configured LMSs with --lms"), code=2)
    lms = bridge.lms[name]
    known = {entry.course.key for entry in askable(bridge, lms)}
    if unknown := sorted(set(courses) - known):
        session.fail(
            mark("%(course)s is no course of which this LMS can be asked who completed it"),
            course=unknown[0],
            code=2,
        )
    if number is None:
        scope = {"courses": list(courses), "since": since.date().isoformat() if since else ""}
        with bridge.store.writing() as db:
            number = entries.begin(db, name, scope, by=whoami(), now=utc_now())
    failure = ""
    try:
        with progress_bar(session, session.say(mark("surveying")), hidden=as_json) as report:
            Survey(bridge, lms, number, clock=utc_now).run(report)
    except JobFailed as error:
        failure = str(error)
    _show(session, _get(session, number), as_json=as_json)
    if failure:
        session.fail(
            mark("%(why)s; go on with lms-bridge backfill plan --continue %(number)s"),
            why=failure,
            number=number,
        )


@backfill.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List all backfills, and how far each has come."""
    with session.bridge.store.reading() as db:
        found = entries.list_all(db)
    if as_json:
        output.print_json(found)
        return
    say = session.say
    made = output.table(
        "", "#", say(mark("LMS")), say(mark("begun")), say(mark("state")), say(mark("entries"))
    )
    for one in found:
        made.add_row(
            str(one.id),
            one.lms,
            output.stacked(session.when(one.begun_at), one.begun_by),
            output.stacked(session.word(one.state), _pace(session, one)),
            ", ".join(f"{session.word(state)} {many}" for state, many in one.entries.items()),
        )
    output.rows_or_nothing(session.console, made, say(mark("No backfills.")))


@backfill.command()
@click.argument("number", type=int, required=False)
@click.option("--kind", type=_KINDS, help="Only what the survey found so.")
@click.option("--state", type=_STATES, help="Only what stands so.")
@click.option("--course", default="", help="Only this course, by its key.")
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a CSV file, which must not be there; NIPs stand in it in full.",
)
@output.limit_option(200, "How many are shown in the table.")
@output.json_option
@pass_session
def show(
    session: Session,
    number: int | None,
    kind: str | None,
    state: str | None,
    course: str,
    csv_file: Path | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show a plan and its entries: of the last backfill, or of NUMBER."""
    found = _get(session, number)
    which = Which(kind or "", state or "", course)
    looked.note(session, "list", list="backfill")
    if csv_file:
        count = _write(session, csv_file, found, which)
        session.tell(mark("%(count)s entries, written to %(path)s."), count=count, path=csv_file)
        return
    with session.bridge.store.reading() as db:
        lines = list(entries.entries(db, found.id, which, limit=limit))
    if as_json:
        output.print_json({"backfill": found, "entries": lines})
        return
    _show(session, found, as_json=False)
    session.console.print()
    output.rows_or_nothing(
        session.console, _table(session, lines), session.say(mark("No entries."))
    )


@backfill.command()
@click.argument("number", type=int)
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "kind", type=_KINDS, help="All of that kind that nobody has decided about.")
@click.option("--how", required=True, type=click.Choice(list(DECISIONS)), help="See above.")
@click.option("--why", required=True, help="The reason, for whoever looks at it later.")
@output.json_option
@pass_session
def decide(
    session: Session,
    number: int,
    ids: tuple[int, ...],
    kind: str | None,
    how: str,
    why: str,
    as_json: bool,
) -> None:
    """Decide what becomes of entries of NUMBER.

    take: it is taken in, and recorded. adopt: it is taken in as the registry's row says it, and
    nothing is written there. leave: it is not taken in.
    """
    if bool(ids) == bool(kind):
        session.fail(mark("name entries by their numbers, or give --all"), code=2)
    try:
        with session.bridge.store.writing() as db:
            if kind:
                ids = tuple(entries.undecided(db, number, kind))
            count = entries.decide(db, number, ids, how, by=whoami(), why=why, now=utc_now())
    except NoSuchBackfill as error:
        session.fail(str(error))
    if as_json:
        output.print_json({"decided": count})
    else:
        session.tell(mark("Entries decided about: %(count)s."), count=count)


@backfill.command()
@click.argument("number", type=int)
@click.option(
    "--per-hour",
    type=click.IntRange(1, 100_000),
    default=600,
    show_default=True,
    help="How many are taken in within an hour.",
)
@click.option("--no-wait", is_flag=True, help="Leave it to the worker, and do not watch.")
@output.json_option
@pass_session
def run(session: Session, number: int, per_hour: int, no_wait: bool, as_json: bool) -> None:
    """Carry backfill NUMBER out, or go on with it.

    The worker does it; without one this command does. To stop watching does not stop it: that is
    what pause is for.
    """
    found = _get(session, number)
    if found.state == BackfillState.SURVEYING:
        session.fail(
            mark("it is not surveyed to the end: lms-bridge backfill plan --continue %(number)s"),
            number=number,
        )
    with session.bridge.store.writing() as db:
        again = {"state": BackfillState.GOING, "per_hour": per_hour, "next_at": utc_now()}
        entries.change(db, number, **again)
    if not no_wait:
        _watch(session, number, hidden=as_json)
    _show(session, _get(session, number), as_json=as_json)


@backfill.command()
@click.argument("number", type=int)
@pass_session
def pause(session: Session, number: int) -> None:
    """Stop taking in; run goes on."""
    found = _get(session, number)
    if found.state != BackfillState.GOING:
        session.fail(mark("it is not under way"))
    with session.bridge.store.writing() as db:
        entries.change(db, number, state=BackfillState.PAUSED, next_at=None)
    session.tell(mark("Paused; %(left)s are left."), left=found.left)


def _watch(session: Session, number: int, *, hidden: bool) -> None:
    """Until it is through: do what is due, unless a worker does."""
    store = session.bridge.store
    start = _get(session, number).left
    with progress_bar(session, session.say(mark("taking in")), hidden=hidden) as report:
        while (found := _get(session, number)).state == BackfillState.GOING:
            report(start - found.left, start)
            with store.reading() as db:
                due = is_due(db, utc_now())
            if due:
                try:
                    runs.run(session.bridge, "backfill")
                    continue
                except Busy:  # a worker is at it
                    pass
            time.sleep(_LOOK_SECONDS)


def _get(session: Session, number: int | None) -> Backfill:
    try:
        with session.bridge.store.reading() as db:
            return entries.get(db, number)
    except NoSuchBackfill as error:
        session.fail(str(error))


def _show(session: Session, found: Backfill, *, as_json: bool) -> None:
    if as_json:
        output.print_json(found)
        return
    say = session.say
    title = say(mark("Backfill %(number)s of %(lms)s"), number=found.id, lms=found.lms)
    session.console.print(Text(title, style="bold").append(f"  {session.word(found.state)}", "dim"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right")
    grid.add_column()
    for many, what in (
        (found.counts.get("known", 0), mark("known to the bridge already; nothing is done")),
        (found.counts.get("too_old", 0), mark("from before the day that was named; left out")),
        (found.kinds.get(Kind.NEW, 0), mark("new: taken in, recorded, with the badge")),
        (
            found.kinds.get(Kind.THERE, 0),
            mark("in the registry already: taken in as it stands there; nothing is written"),
        ),
        (found.kinds.get(Kind.CONFLICT, 0), mark("conflicting: a person has to decide")),
        (found.kinds.get(Kind.NOBODYS, 0), mark("of accounts that are nobody's; a person decides")),
        (
            found.kinds.get(Kind.UNREAD, 0),
            mark("of people whom the registry does not know or could not tell of"),
        ),
        (found.counts.get("failed", 0), mark("could not be asked about; another plan finds them")),
    ):
        if many:
            grid.add_row(str(many), say(what))
    session.console.print(grid)
    session.console.print()
    states = ", ".join(f"{session.word(state)} {many}" for state, many in found.entries.items())
    session.console.print(Text(states or say(mark("No entries.")), style="dim"))
    if found.state == BackfillState.PLANNED and found.left:
        session.tell(mark("To carry it out: lms-bridge backfill run %(number)s"), number=found.id)


def _table(session: Session, lines: list[Entry]) -> Table:
    say = session.say
    made = output.table(
        "",
        "#",
        say(mark("who, what")),
        say(mark("completed")),
        say(mark("found")),
        say(mark("why, and what to do")),
    )
    for one in lines:
        badge = {True: mark("badge is there"), False: mark("badge is to be issued")}
        made.add_row(
            str(one.id),
            output.stacked(one.name or "–", one.unit, one.course),
            session.when(one.completed_at)[:10],
            output.stacked(
                session.word(one.kind),
                session.state(one.state),
                say(badge[one.has_badge]) if one.has_badge is not None else "",
            ),
            output.stacked(
                session.reason(one.reason) if one.reason else "",
                f"{one.decided_by}: {one.decided_why}" if one.decided_by else "",
            ),
        )
    return made


def _pace(session: Session, one: Backfill) -> str:
    if one.state != BackfillState.GOING:
        return ""
    hours = one.left / (one.per_hour or 1)
    return session.say(
        mark("%(pace)s an hour, %(hours)s hours left"), pace=one.per_hour, hours=f"{hours:.1f}"
    )


def _write(session: Session, path: Path, found: Backfill, which: Which) -> int:
    count = 0
    try:
        with (
            session.bridge.store.reading() as db,
            path.open("x", newline="", encoding="utf-8-sig") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(_COLUMNS)
            for one in entries.entries(db, found.id, which):
                writer.writerow([guarded(str(cell)) for cell in _cells(session, one)])
                count += 1
    except OSError as error:
        session.fail(
            mark("%(path)s cannot be written: %(error)s"), path=path, error=error.strerror or error
        )
    return count


def _cells(session: Session, one: Entry) -> tuple[object, ...]:
    return (
        one.id,
        one.kind,
        one.state,
        one.nip,
        one.name,
        one.unit,
        one.course_key,
        session.when(one.completed_at) if one.completed_at else "",
        one.registry,
        one.reason.what(session.language) if one.reason else "",
        "" if one.has_badge is None else one.has_badge,
        one.decided_by,
        one.decided_why,
    )
