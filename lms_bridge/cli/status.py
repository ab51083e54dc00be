"""``status`` and ``attention``: how it goes, and what waits for a person."""

from __future__ import annotations

import click

from lms_bridge import reports
from lms_bridge.bridge import utc_now
from lms_bridge.cli import shared
from lms_bridge.cli.shared import Session, pass_session
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.i18n import mark


@click.command()
@shared.json_option
@pass_session
def status(session: Session, as_json: bool) -> None:
    """Show how much there is of everything, and whether each remote can be used.

    Exit status 0: nothing waits for a person and every remote is up; 1 otherwise.
    """
    now = utc_now()
    with session.bridge.store.reading() as db:
        view = reports.overview(db, now=now)
        waiting = reports.list_attention(db)
    blocked = sum(states.get(State.BLOCKED, 0) for states in view.deliveries.values())
    down = [name for name, known in view.remotes.items() if known.state == "down"]
    if as_json:
        shared.print_json({"overview": view, "attention": len(waiting), "blocked": blocked})
    else:
        _print(session, view, sum(line.count for line in waiting), blocked)
    raise SystemExit(1 if waiting or blocked or down else 0)


def _print(session: Session, view: reports.Overview, waiting: int, blocked: int) -> None:
    say, console = session.say, session.console
    console.print(
        say(
            mark("%(statements)s statements received, %(completions)s completions recognised."),
            statements=view.statements,
            completions=view.completions,
        )
    )
    remotes = shared.table(
        say(mark("Deliveries")), say(mark("remote")), say(mark("health")), *map(str, State)
    )
    configured = [f"registry.{name}" for name in session.bridge.settings.registry]
    configured += [f"lms.{name}" for name in session.bridge.settings.lms]
    for name in dict.fromkeys([*configured, *view.remotes]):
        known = view.remotes.get(name)
        states = view.deliveries.get(name, {})
        remotes.add_row(
            name,
            shared.state_text(known.state if known else "up"),
            *(str(states.get(state, "")) for state in State),
        )
    console.print(remotes)
    for name, known in view.remotes.items():
        if known.state == "down" and known.reason:
            console.print(f"[bold red]{name}[/] ", session.reason(known.reason))
    if waiting:
        console.print(
            say(mark("%(count)s statements wait for a person: lms-bridge attention"), count=waiting)
        )
    if blocked:
        console.print(
            say(
                mark(
                    "%(count)s deliveries are blocked: lms-bridge deliveries list --state blocked"
                ),
                count=blocked,
            )
        )


@click.command()
@shared.json_option
@pass_session
def attention(session: Session, as_json: bool) -> None:
    """Show what waits for a person, gathered by cause, and what to do about it."""
    with session.bridge.store.reading() as db:
        lines = reports.list_attention(db)
        blocked = reports.list_deliveries(db, now=utc_now(), states=[State.BLOCKED], limit=200)
    if as_json:
        shared.print_json({"statements": lines, "deliveries": blocked})
        return
    say = session.say
    made = shared.table(
        "",
        say(mark("person")),
        say(mark("course")),
        say(mark("times")),
        say(mark("why, and what to do")),
    )
    for line in lines:
        made.add_row(line.person, line.course, str(line.count), session.reason(line.reason))
    for one in blocked:
        made.add_row(
            f"#{one.completion_id}", one.remote, str(one.attempts), session.reason(one.reason)
        )
    shared.rows_or_nothing(session.console, made, say(mark("Nothing waits for a person.")))
