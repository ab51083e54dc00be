"""``registry export`` and what follows it: files for registries that have no API."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
from rich.text import Text
from sqlalchemy import Connection

from lms_bridge.bridge import utc_now
from lms_bridge.cli import looked, output
from lms_bridge.cli.handing import asking, form_of, hand_over, writing
from lms_bridge.cli.session import Session, pass_session, whoami
from lms_bridge.i18n import mark
from lms_bridge.uploads import looking, making, marking, resultfile, results
from lms_bridge.uploads.looking import UploadLine
from lms_bridge.uploads.making import Made
from lms_bridge.uploads.results import Told
from lms_bridge.uploads.states import OPEN, RowState

_number = click.argument("number", type=click.IntRange(min=1))
_output = click.option(
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the file; it must not be there yet.",
)


@click.command()
@click.argument("name")
@_output
@output.json_option
@pass_session
def export(session: Session, name: str, path: Path | None, as_json: bool) -> None:
    """Make the next batch for registry NAME, and write its file.

    It takes what waits to be exported, as many completions as the form takes at once.
    """
    form = form_of(session, name)
    if path and path.exists():
        session.fail(mark("there is a file %(path)s already"), path=path)

    def make(db: Connection) -> Made | None:
        return making.make(db, name, form, by=whoami(), now=utc_now())

    made = writing(session, make)
    with session.bridge.store.reading() as db:
        waiting = looking.waiting(db, name)
        lying = [one.number for one in looking.list_uploads(db, name) if one.state in OPEN]
    written = hand_over(session, name, made.number, made.content, path) if made else None
    if as_json:
        output.print_json(
            {
                "batch": made.number if made else None,
                "rows": made.rows if made else 0,
                "file": str(written) if written else None,
                "left": waiting,
                "not_uploaded": lying,
            }
        )
        return
    if made:
        session.tell(
            mark("Batch %(number)s: %(rows)s rows, written to %(path)s."),
            number=made.number,
            rows=made.rows,
            path=written,
        )
        told = mark("→ Upload it there, then: lms-bridge registry uploaded %(name)s %(number)s")
        session.tell(told, name=name, number=made.number)
    else:
        session.tell(mark("Nothing is to be exported."))
    for count, told in (
        (waiting.to_export, mark("Left for the next batch: %(count)s.")),
        (waiting.not_looked_at, mark("Not looked at yet by a worker: %(count)s.")),
    ):
        if count:
            session.tell(told, count=count)
    if others := [str(number) for number in lying if not made or number != made.number]:
        session.tell(
            mark("Batches that nobody has said were uploaded: %(numbers)s."),
            numbers=", ".join(reversed(others)),
        )


@click.command()
@click.argument("name", default="")
@output.json_option
@pass_session
def batches(session: Session, name: str, as_json: bool) -> None:
    """List the batches of registry NAME, or of all."""
    if name:
        form_of(session, name)
    with session.bridge.store.reading() as db:
        found = looking.list_uploads(db, name)
    if as_json:
        output.print_json(found)
        return
    say = session.say
    made = output.table(
        "", say(mark("batch")), say(mark("state")), say(mark("rows")), say(mark("what was done"))
    )
    for one in found:
        made.add_row(
            f"{one.registry} {one.number}",
            session.state(one.state),
            _counts(session, one),
            _history(session, one),
        )
    output.rows_or_nothing(session.console, made, say(mark("There are no batches.")))


@click.command()
@click.argument("name")
@_number
@_output
@output.json_option
@pass_session
def batch(session: Session, name: str, number: int, path: Path | None, as_json: bool) -> None:
    """Show a batch of registry NAME, or write its file again.

    The file is the same to the last byte, whatever the courses and the configuration say by now.
    """
    form_of(session, name)
    with session.bridge.store.reading() as db:
        upload = asking(session, lambda: marking.find(db, name, number))
        (line,) = looking.list_uploads(db, name, number)
        rows = looking.list_rows(db, name, number)
    looked.note(session, "list", list="files")
    if path:
        if path.exists():
            session.fail(mark("there is a file %(path)s already"), path=path)
        hand_over(session, name, number, upload.content, path)
        if not as_json:
            session.tell(
                mark("Batch %(number)s was written to %(path)s."), number=number, path=path
            )
            return
    if as_json:
        output.print_json({"batch": line, "rows": rows}, people=True)
        return
    session.console.print(session.state(line.state))
    session.console.print(_history(session, line))
    say = session.say
    made = output.table(
        "", say(mark("row")), say(mark("learner")), say(mark("course")), say(mark("state"))
    )
    for row in rows:
        made.add_row(
            str(row.position),
            output.stacked(row.employee or "–", row.nip),
            output.stacked(
                row.course, say(mark("completion %(number)s"), number=row.completion_id)
            ),
            output.stacked(session.state(row.state), row.message or row.result_id),
        )
    session.console.print(made)


@click.command()
@click.argument("name")
@_number
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="On which day; today.")
@pass_session
def uploaded(session: Session, name: str, number: int, on: dt.datetime | None) -> None:
    """Say that a batch was uploaded to registry NAME."""
    form = form_of(session, name)
    day = on.date() if on else utc_now().astimezone(session.zone).date()
    count = writing(
        session,
        lambda db: marking.uploaded(db, name, number, on=day, by=whoami(), now=utc_now()),
    )
    if form.settings.done_when == "uploaded":
        session.tell(mark("Completions that are recorded by it: %(count)s."), count=count)
    else:
        session.tell(
            mark(
                "Completions that wait for its result: %(count)s. → lms-bridge registry results"
                " %(name)s %(number)s FILE"
            ),
            count=count,
            name=name,
            number=number,
        )


@click.command("results")
@click.argument("name")
@_number
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--apply", "for_good", is_flag=True, help="Let the completions follow.")
@output.json_option
@pass_session
def results_(
    session: Session, name: str, number: int, file: Path, for_good: bool, as_json: bool
) -> None:
    """Read the result FILE of a batch of registry NAME.

    Shows what it says of which row; nothing changes without --apply. All of it counts, or none.
    """
    form = form_of(session, name)
    lines = resultfile.read(file, form)
    if for_good:
        how = {"by": whoami(), "now": utc_now()}
        told = writing(
            session,
            lambda db: results.apply(db, name, number, lines, form, file.name, **how),  # type: ignore[arg-type]
        )
    else:
        with session.bridge.store.reading() as db:
            told = asking(session, lambda: results.tell(db, name, number, lines, form, file.name))
    if as_json:
        output.print_json({"applied": for_good, **output.plain(told)})
        return
    _show_told(session, told)
    if not for_good:
        session.tell(mark("Nothing was changed; --apply does it."))


@click.command()
@click.argument("name")
@_number
@click.option("--why", default="", help="What is written down about it.")
@pass_session
def discard(session: Session, name: str, number: int, why: str) -> None:
    """Throw a batch away that was not uploaded to registry NAME.

    Its completions come into the next batch, and its number is not given again.
    """
    form_of(session, name)
    count = writing(
        session, lambda db: marking.discard(db, name, number, by=whoami(), why=why, now=utc_now())
    )
    session.tell(mark("Completions that are exported anew: %(count)s."), count=count)


@click.command()
@click.argument("name")
@click.argument("completions", type=int, nargs=-1, required=True)
@pass_session
def removed(session: Session, name: str, completions: tuple[int, ...]) -> None:
    """Say that rows of COMPLETIONS were removed from registry NAME.

    Of completions that were taken back, where HR has decided that they are undone.
    """
    form_of(session, name)
    count = writing(session, lambda db: marking.removed(db, name, completions, now=utc_now()))
    session.tell(mark("Completions that are removed: %(count)s."), count=count)


COMMANDS = (export, batches, batch, uploaded, results_, discard, removed)


def _counts(session: Session, one: UploadLine) -> str:
    return "\n".join(f"{count} {session.word(state)}" for state, count in one.rows.items())


def _history(session: Session, one: UploadLine) -> Text:
    text = Text()
    for event in one.history:
        about = f" ({event.about})" if event.about else ""
        text.append(f"{session.when(event.at)} {session.word(event.what)}{about}, {event.by}\n")
    text.rstrip()
    return text


def _show_told(session: Session, told: Told) -> None:
    say = session.say
    made = output.table("", say(mark("row")), say(mark("state")), say(mark("what was said")))
    new = [one for one in told.verdicts if one.is_new]
    for one in new:
        made.add_row(str(one.position), session.state(one.state), one.message or one.result_id)
    output.rows_or_nothing(session.console, made, say(mark("It says nothing new.")))
    session.tell(
        mark(
            "Accepted: %(accepted)s; refused: %(refused)s; rows of which it says nothing:"
            " %(untold)s."
        ),
        accepted=sum(one.state == RowState.ACCEPTED for one in told.verdicts),
        refused=sum(one.state == RowState.REFUSED for one in told.verdicts),
        untold=told.untold,
    )
