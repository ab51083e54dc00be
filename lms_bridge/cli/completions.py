"""``completions``: who finished what, and where it is."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.table import Table
from rich.text import Text

from lms_bridge import reports
from lms_bridge.bridge import utc_now
from lms_bridge.cli import shared
from lms_bridge.cli.shared import Session, pass_session
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.i18n import mark
from lms_bridge.people import nip as nips
from lms_bridge.reports import CompletionLine, DeliveryLine


@click.group(invoke_without_command=True)
@click.option("--course", default="", help="Only this course, by its key.")
@click.option("--nip", default="", help="Only this employee.")
@click.option("--unfinished", is_flag=True, help="Only those not recorded and badged yet.")
@click.option("--limit", default=50, show_default=True, help="How many, the newest first.")
@shared.json_option
@click.pass_context
def completions(
    ctx: click.Context, course: str, nip: str, unfinished: bool, limit: int, as_json: bool
) -> None:
    """List completions with where each is in the registry and the LMS."""
    if ctx.invoked_subcommand:
        return
    session = ctx.ensure_object(Session)
    if nip:
        wanted = nips.normalise(nip)
        if wanted is None:
            shared.fail(f"--nip {nip!r} is not 18 digits", code=2)
        nip = wanted
    with session.bridge.store.reading() as db:
        lines = reports.list_completions(
            db, now=utc_now(), course=course, nip=nip, unfinished=unfinished, limit=limit
        )
    if as_json:
        shared.print_json(lines)
        return
    shared.rows_or_nothing(
        session.console,
        completion_table(session, lines),
        session.say(mark("No completions.")),
    )


@completions.command()
@click.argument("completion", type=int)
@shared.json_option
@pass_session
def show(session: Session, completion: int, as_json: bool) -> None:
    """Tell the story of one COMPLETION: each step, each attempt, what was said."""
    with session.bridge.store.reading() as db:
        lines = reports.list_completions(db, now=utc_now(), ids=[completion])
        if not lines:
            shared.fail(f"there is no completion {completion}")
        story = {one.id: reports.list_attempts(db, one.id) for one in lines[0].deliveries}
    if as_json:
        shared.print_json({"completion": lines[0], "attempts": story})
        return
    session.console.print(completion_table(session, lines))
    for one in lines[0].deliveries:
        made = shared.table(
            f"{one.step} → {one.remote} (#{one.id})",
            session.say(mark("attempt")),
            session.say(mark("time")),
            session.say(mark("outcome")),
            session.say(mark("what was said")),
        )
        for attempt in story[one.id]:
            said = session.reason(attempt.reason)
            for note in attempt.exchanges:
                seconds = float(note.get("seconds", 0))
                said.append(
                    f"\n{note.get('method')} {note.get('path')} → {note.get('status')}"
                    f" ({seconds:.2f} s)",
                    style="dim",
                )
            made.add_row(
                str(attempt.number),
                session.when(attempt.started_at),
                shared.state_text(attempt.outcome),
                said,
            )
        session.console.print(made)


def completion_table(session: Session, lines: Sequence[CompletionLine]) -> Table:
    """Completions for a person: who, what, how many JP, where it is, and why if it is not."""
    say = session.say
    made = shared.table(
        "",
        "#",
        say(mark("learner")),
        say(mark("course")),
        "JP",
        say(mark("registry")),
        say(mark("badge")),
        say(mark("why, and what to do")),
    )
    for line in lines:
        steps = {
            step: [one for one in line.deliveries if one.step == step]
            for step in ("record", "badge")
        }
        made.add_row(
            str(line.id),
            line.employee or line.nip,
            line.course + (f" ({say(mark('instructor'))})" if line.role == "instructor" else ""),
            str(line.hours),
            _where(steps["record"]),
            _where(steps["badge"]),
            _why(session, line),
        )
    return made


def _where(steps: Sequence[DeliveryLine]) -> Text:
    """The id that the remote gave, or how far it is."""
    text = Text()
    for number, one in enumerate(steps):
        if number:
            text.append("\n")
        if one.state == State.DONE:
            text.append("✓ ", style="green")
            # The registry's id is what somebody may have to look up; a badge has its link.
            text.append(one.result_id if one.step == "record" else one.result_id[:10] + "…")
        else:
            text.append_text(shared.state_text(one.state))
    return text if steps else Text("–", style="dim")


def _why(session: Session, line: CompletionLine) -> Text:
    open_ones = [one for one in line.deliveries if one.state not in (State.DONE, State.RUNNING)]
    text = Text("\n").join(session.reason(one.reason) for one in open_ones)
    if line.withdrawn_at:
        text = Text.assemble(
            (session.say(mark("Taken back by its LMS.")), "yellow"), "\n" if text else "", text
        )
    return text
