"""``completions``: who finished what, and where it is."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.table import Table
from rich.text import Text

from lms_bridge import corrections, reports, withdrawals
from lms_bridge.bridge import utc_now
from lms_bridge.cli import looked, output
from lms_bridge.cli.session import InOrder, Session, fail, pass_session, whoami
from lms_bridge.cli.status import taken_back
from lms_bridge.corrections import CannotCorrect, Correction, Past
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.i18n import mark
from lms_bridge.people import nip as nips
from lms_bridge.reports import AttemptLine, CompletionLine, DeliveryLine
from lms_bridge.withdrawals import CannotDecide, Decision

_WIDE = 120
"""columns of a terminal in which learner and course stand beside each other"""
_DAY = click.DateTime(["%Y-%m-%d"])
_LONGEST = 160
"""characters of an answer that are shown of an attempt"""


@click.group(cls=InOrder, invoke_without_command=True)
@click.option("--course", default="", help="Only this course, by its key.")
@click.option("--nip", default="", help="Only this employee.")
@click.option("--unfinished", is_flag=True, help="Only those with something left to be done.")
@click.option("--undecided", is_flag=True, help="Only those taken back that HR decides about.")
@output.limit_option(50, "How many, the newest first.")
@output.json_option
@click.pass_context
def completions(
    ctx: click.Context,
    course: str,
    nip: str,
    unfinished: bool,
    undecided: bool,
    limit: int,
    as_json: bool,
) -> None:
    """See completions, and where each of them is.

    Lists them, with what the registry and the LMS gave for each; show tells the story of one.
    About one that was taken back after it had been delivered, undo and keep decide.
    """
    if ctx.invoked_subcommand:
        return
    session = ctx.ensure_object(Session)
    if nip:
        wanted = nips.normalise(nip)
        if wanted is None:
            session.fail(mark("--nip takes the 18 digits of a NIP"), code=2)
        nip = wanted
    with session.bridge.store.reading() as db:
        lines = reports.list_completions(
            db,
            now=utc_now(),
            course=course,
            nip=nip,
            unfinished=unfinished,
            undecided=undecided,
            limit=limit,
            closed=session.bridge.closed(utc_now()),
        )
    looked.note(session, "list", list="completions")
    if as_json:
        output.print_json(lines, people=True)
        return
    output.rows_or_nothing(
        session.console, completion_table(session, lines), session.say(mark("No completions."))
    )


@completions.command()
@click.argument("completion", type=int)
@output.json_option
@pass_session
def show(session: Session, completion: int, as_json: bool) -> None:
    """Tell the story of one COMPLETION, by its number.

    Shows each step, each attempt at it, and what was said.
    """
    now = utc_now()
    closed = session.bridge.closed(now)
    with session.bridge.store.reading() as db:
        lines = reports.list_completions(db, now=now, ids=[completion], closed=closed)
        if not lines:
            session.fail(mark("there is no completion %(number)s"), number=completion)
        story = {one.id: reports.list_attempts(db, one.id) for one in lines[0].deliveries}
        corrected = corrections.made(db, completion)
    looked.note_completion(session, completion)
    if as_json:
        told = {"completion": lines[0], "attempts": story, "corrections": corrected}
        output.print_json(told, people=True)
        return
    session.console.print(_facts(session, lines[0]))
    if corrected:
        session.console.print()
        session.console.print(_past(session, corrected))
    for one in _in_order(lines[0].deliveries):
        session.console.print()
        session.console.print(
            Text.assemble(
                (f"#{one.id} {session.word(one.step)} → {one.remote}  ", "bold"),
                session.state(one.state),
                (f"  {one.result_id}" if one.state == State.DONE else "", "dim"),
            )
        )
        if one.state == State.DONE and one.link:
            session.console.print(one.link, style="dim", soft_wrap=True)
        if one.state != State.DONE:
            session.console.print(session.reason(one.reason, people=True))
        if story[one.id]:
            session.console.print(_attempts(session, story[one.id]))


@completions.command()
@click.argument("completion", type=int, required=False)
@click.option("--sample", is_flag=True, help="One of nobody, to see how they look.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write it; left out: a file here, named after its number.",
)
@pass_session
def certificate(
    session: Session, completion: int | None, sample: bool, output: Path | None
) -> None:
    """Write the certificate of a COMPLETION, by its number, as a PDF.

    It is the one that the registry gets. [certificates] in the configuration says how it looks.
    """
    from lms_bridge.certificates import checking, issued  # loads what makes PDFs
    from lms_bridge.certificates.rendering import PictureError, Renderer

    settings = session.bridge.settings
    if settings.certificates is None:
        session.fail(mark("the configuration has no [certificates]"))
    if (completion is None) != sample:
        session.fail(mark("give the number of a completion, or --sample"), code=2)
    found = checking.sample(settings)
    if completion is not None:
        with session.bridge.store.reading() as db:
            known = issued.of_completion(db, completion, home_page=settings.web.home_page)
        if known is None:
            session.fail(mark("there is no completion %(number)s"), number=completion)
        looked.note_completion(session, completion, "certificate")
        found = known.certificate
        if known.withdrawn_at:
            warning = mark("The completion was taken back; the certificate is no longer valid.")
            click.echo(session.say(warning), err=True)
    try:
        file = Renderer(settings.certificates).document(found)
    except PictureError as error:
        fail(str(error))
    path = output or Path(file.name)
    try:
        path.write_bytes(file.content)
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    session.console.print(str(path), soft_wrap=True)


@completions.command()
@click.argument("completion", type=int, required=False)
@click.option("--hours", type=click.IntRange(0, 10_000), help="JP, as they should be.")
@click.option("--starts", type=_DAY, metavar="DATE", help="First day, as 2026-03-02.")
@click.option("--ends", type=_DAY, metavar="DATE", help="Last day.")
@click.option("--number", "certificate_number", help="The certificate number.")
@click.option("--course", default="", help="All of this course, by its key, to what it says now.")
@click.option("--why", default="", help="The reason, for whoever looks at it later.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@output.json_option
@pass_session
def correct(
    session: Session,
    /,
    completion: int | None,
    course: str,
    why: str,
    dry_run: bool,
    as_json: bool,
    **changes: Any,
) -> None:
    """Correct a COMPLETION, also where the registry has it already.

    Its row is changed there under the same id, and its certificate replaced. Who corrected
    what, when and why is kept. With neither COMPLETION nor --course it is shown which
    completions say something else than the catalogue does by now.
    """
    wanted = {
        name: value.date() if isinstance(value, dt.datetime) else value
        for name, value in changes.items()
        if value is not None
    }
    if bool(wanted) != (completion is not None) or (course and wanted):
        session.fail(
            mark("give the number of a completion and what is to change, or a --course"), code=2
        )
    if not (wanted or course):
        dry_run = True
    if not why and not dry_run:
        session.fail(mark("say why, with --why"), code=2)
    bridge = session.bridge
    zone = ZoneInfo(bridge.settings.time_zone)
    try:
        with bridge.store.writing() as db:
            planned = (
                [corrections.plan(db, completion, wanted)]
                if completion is not None
                else list(corrections.lagging(db, course=course, zone=zone))
            )
            planned = [one for one in planned if one.after]
            for one in [] if dry_run else planned:
                remotes = [f"registry.{name}" for name in bridge.settings.registry]
                corrections.make(db, one, remotes, by=whoami(), why=why, now=utc_now())
    except CannotCorrect as error:
        session.refuse(error)
    if as_json:
        output.print_json({"changed": not dry_run, "corrections": planned}, people=True)
        return
    if not planned:
        session.tell(mark("There is nothing to correct."))
        return
    session.console.print(_corrections(session, planned))
    session.tell(
        mark("Nothing was changed. Completions that would be: %(count)s.")
        if dry_run
        else mark("Completions corrected: %(count)s. Their rows follow by themselves."),
        count=len(planned),
    )


def _corrections(session: Session, planned: Sequence[Correction]) -> Table:
    say = session.say
    made = output.table("", "#", say(mark("learner")), say(mark("what changes")))
    for one in planned:
        made.add_row(str(one.completion_id), one.employee, changes_in(session, one))
    return made


def changes_in(session: Session, change: Correction | Past) -> Text:
    """Each field with what it said and what it says now."""
    lines = [
        f"{session.word(field)}: {change.before.get(field, '')} → {value}"
        for field, value in change.after.items()
    ]
    return Text("\n".join(lines))


def _which(command: output.Command) -> output.Command:
    """Which completions a decision is about."""
    for parameter in (
        click.option("--course", default="", help="With --all-undecided: only of this course."),
        click.option(
            "--all-undecided", is_flag=True, help="Every one that HR has to decide about."
        ),
        click.argument("ids", nargs=-1, type=int),
    ):
        command = parameter(command)
    return command


@completions.command()
@_which
@click.option("--why", default="", help="The reason, for whoever looks at it later.")
@output.json_option
@pass_session
def undo(session: Session, /, why: str, as_json: bool, **which: Any) -> None:
    """Remove what was delivered of completions that were taken back.

    Those with these IDS, or all undecided ones.
    The row is deleted from the registry; the badge is taken back as far as calls can, and the
    rest is put before a person.
    """
    count = _decide(session, "undo", why, **which)
    if as_json:
        output.print_json({"undone": count})
    else:
        session.tell(mark("Completions that are being undone: %(count)s."), count=count)


@completions.command()
@_which
@click.option("--why", required=True, help="The reason, for whoever looks at it later.")
@output.json_option
@pass_session
def keep(session: Session, /, why: str, as_json: bool, **which: Any) -> None:
    """Leave what was delivered of completions that were taken back.

    Those with these IDS, or all undecided ones. They can still be undone later.
    """
    count = _decide(session, "keep", why, **which)
    if as_json:
        output.print_json({"kept": count})
    else:
        session.tell(mark("Completions that are left as they are: %(count)s."), count=count)


def _decide(
    session: Session,
    what: Decision,
    why: str,
    *,
    ids: tuple[int, ...],
    all_undecided: bool,
    course: str,
) -> int:
    if bool(ids) == all_undecided:
        session.fail(mark("name completions by their numbers, or give --all-undecided"), code=2)
    try:
        with session.bridge.store.writing() as db:
            these = withdrawals.undecided(db, course) if all_undecided else ids
            return withdrawals.decide(db, these, what, by=whoami(), why=why, now=utc_now())
    except CannotDecide as error:
        session.refuse(error)


def completion_table(
    session: Session, lines: Sequence[CompletionLine], *, title: str = "", reasons: bool = True
) -> Table:
    """Completions for a person: who, what, how many JP, where it is, and why if it is not."""
    say = session.say
    wide = session.console.width >= _WIDE
    learner, course = say(mark("learner")), say(mark("course"))
    columns = [learner, course] if wide else [f"{learner}, {course}"]
    made = output.table(title, "#", *columns, "JP", say(mark("where it is")))
    made.columns[-2].justify = "right"
    made.columns[1].ratio, made.columns[-1].ratio = 1, 2
    made.expand = True
    for line in lines:
        who = line.employee or line.nip
        what = line.course + (f" ({session.word('instructor')})" if line.role != "learner" else "")
        person = [who, what] if wide else [output.stacked(Text(who, style="bold"), what)]
        made.add_row(str(line.id), *person, str(line.hours), _where(session, line, reasons))
    return made


_UNSEEN = ("badge_unconfirmed", "award_unanswered")
"""reasons of badges that the LMS was told of, and that nobody can see"""


def _where(session: Session, line: CompletionLine, reasons: bool) -> Text:
    """Each step with the id that the remote gave, or how far it is and why."""
    text = Text()
    if line.withdrawal:
        text.append_text(taken_back(session, line, people=True)).append("\n")
    labels = {one.id: _label(session, one, line.deliveries) for one in line.deliveries}
    width = max(map(len, labels.values()), default=0)
    for one in _in_order(line.deliveries):
        text.append(f"{labels[one.id]:{width}}  ", style="dim")
        if one.state == State.DONE and one.step == "record":
            text.append("✓ ", style="green")
            text.append(one.result_id)  # somebody may have to look it up
        elif one.state == State.DONE and one.step == "badge" and one.reason.code not in _UNSEEN:
            text.append("✓ " + session.say(mark("issued")), style="green")
        else:
            text.append_text(session.state(one.state))
            if reasons and one.state != State.RUNNING and one.reason.code != "new":
                text.append("\n")
                text.append_text(session.reason(one.reason, people=True))
        text.append("\n")
    text.rstrip()
    return text


def _label(session: Session, one: DeliveryLine, all_of_them: Sequence[DeliveryLine]) -> str:
    """What the step is called; with its remote where there are several of its kind."""
    alone = sum(other.step == one.step for other in all_of_them) == 1
    name = session.say(mark("registry")) if one.step == "record" else session.word(one.step)
    return name if alone else f"{name} {one.remote.partition('.')[2]}"


def _in_order(deliveries: Sequence[DeliveryLine]) -> list[DeliveryLine]:
    """The registry first, and each step before the one that undoes it."""
    return sorted(deliveries, key=lambda one: (not one.remote.startswith("registry."), one.id))


def _past(session: Session, corrected: Sequence[Past]) -> Table:
    say = session.say
    made = output.table(
        "", say(mark("corrected")), say(mark("what changed")), say(mark("by whom, and why"))
    )
    for one in corrected:
        who = output.stacked(one.by, one.why)
        made.add_row(session.when(one.at), changes_in(session, one), who)
    return made


def _facts(session: Session, line: CompletionLine) -> Table:
    say = session.say
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    time_of = {"lms": say(mark("as processed by the LMS")), "bridge": say(mark("as noticed here"))}
    when = session.when(line.completed_at)
    if note := time_of.get(line.time_source):
        when = f"{when} ({note})"
    for name, value in (
        (say(mark("completion")), f"#{line.id}"),
        (session.word(line.role), " · ".join(filter(None, (line.employee, line.nip, line.unit)))),
        (say(mark("course")), f"{line.course} ({line.course_key})"),
        (say(mark("hours")), f"{line.hours} JP"),
        (say(mark("completed")), when),
        (say(mark("certificate")), line.certificate_number),
        (say(mark("taken back")), taken_back(session, line, people=True)),
    ):
        if value:
            grid.add_row(name, value)
    return grid


def _attempts(session: Session, attempts: Sequence[AttemptLine]) -> Table:
    say = session.say
    made = output.table("", say(mark("attempt")), say(mark("outcome")), say(mark("what was said")))
    for attempt in attempts:
        said = session.reason(attempt.reason, people=True)
        for note in attempt.exchanges:
            said.append("\n" if said else "")
            said.append(_exchange(note), style="dim")
        made.add_row(
            output.stacked(str(attempt.number), session.when(attempt.started_at)),
            session.state(attempt.outcome),
            said,
        )
    return made


def _exchange(note: Mapping[str, Any]) -> str:
    """One call and its answer, as much of them as fits on two lines."""
    request = note.get("request")
    function = request.get("wsfunction") if isinstance(request, Mapping) else None
    path = "/" + str(note.get("url", "")).partition("://")[2].partition("/")[2]
    came = note.get("status") or note.get("failure") or "–"
    line = f"{note.get('method')} {function or path} → {came} ({note.get('seconds', 0):.2f} s)"
    answer = note.get("answer")
    if answer in (None, ""):
        return line
    text = json.dumps(answer, ensure_ascii=False)
    return f"{line}\n  {text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}"
