"""``jobs``: the sync jobs."""

from __future__ import annotations

from typing import Any

import click
from rich.text import Text
from sqlalchemy import select

from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.progress import progress_bar
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.jobs import runs, scheduler
from lms_bridge.jobs.catalogue import JOBS, TITLES
from lms_bridge.store.schema import job_runs

_job = click.argument("name", type=click.Choice(list(JOBS)))
_IN_JSON = ("started_at", "finished_at", "outcome", "times", "counts", "error")


@click.group(cls=InOrder)
def jobs() -> None:
    """See, run, pause and resume the sync jobs."""


@jobs.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the jobs with their last and next run."""
    now = utc_now()
    settings = session.bridge.settings
    entries: list[dict[str, Any]] = []
    with session.bridge.store.reading() as db:
        for name in JOBS:
            newest = select(job_runs).where(job_runs.c.job == name).order_by(job_runs.c.id.desc())
            row = db.execute(newest.limit(1)).one_or_none()
            paused = runs.is_paused(db, name)
            entries.append(
                {
                    "name": name,
                    "what": TITLES[name],
                    "enabled": scheduler.trigger_of(settings, name) is not None,
                    "paused": paused,
                    "next_run": None if paused else scheduler.next_run(settings, name, now=now),
                    "last": _plain(row._mapping) if row else None,
                }
            )
    if as_json:
        output.print_json(entries)
        return
    say = session.say
    made = output.table(
        "", say(mark("job")), say(mark("next run")), say(mark("last run, and what came of it"))
    )
    for entry in entries:
        last = entry["last"]
        if entry["paused"]:
            when = Text(say(mark("paused")), style="yellow")
        elif not entry["enabled"]:
            when = Text(say(mark("switched off")), style="dim")
        else:
            when = Text(session.when(entry["next_run"]))
        made.add_row(
            output.stacked(entry["name"], say(entry["what"])),
            when,
            output.stacked(_outcome(session, last), session.when(last["started_at"]))
            if last
            else "–",
        )
    session.console.print(made)


@jobs.command()
@_job
@output.json_option
@pass_session
def run(session: Session, name: str, as_json: bool) -> None:
    """Run the job NAME now, here, also when it is paused.

    Shows what came of it, and ends when it has ended.
    """
    with progress_bar(session, session.say(TITLES[name]), hidden=as_json) as report:
        counts = runs.run(session.bridge, name, report)
    if as_json:
        output.print_json(dict(counts))
    else:
        done = _counted(session, counts) or session.say(mark("nothing to do"))
        click.echo(f"{name}: {done}")


@jobs.command("runs")
@_job
@output.limit_option(20, "How many, the newest first.")
@output.json_option
@pass_session
def runs_(session: Session, name: str, limit: int, as_json: bool) -> None:
    """List the last runs of the job NAME."""
    query = select(job_runs).where(job_runs.c.job == name).order_by(job_runs.c.id.desc())
    with session.bridge.store.reading() as db:
        rows = [_plain(row._mapping) for row in db.execute(query.limit(limit))]
    if as_json:
        output.print_json(rows)
        return
    say = session.say
    made = output.table("", say(mark("started")), say(mark("took")), say(mark("what came of it")))
    made.leading = 0
    for row in rows:
        took = row["finished_at"] - row["started_at"] if row["finished_at"] else None
        made.add_row(
            session.when(row["started_at"]),
            f"{took.total_seconds():.1f} s" if took else "–",
            _outcome(session, row),
        )
    output.rows_or_nothing(session.console, made, say(mark("It has not run yet.")))


@jobs.command()
@_job
@pass_session
def pause(session: Session, name: str) -> None:
    """Run the job NAME no more on schedule, until it is resumed."""
    with session.bridge.store.writing() as db:
        runs.pause(db, name, paused=True)
    session.tell(mark("%(name)s is paused."), name=name)


@jobs.command()
@_job
@pass_session
def resume(session: Session, name: str) -> None:
    """Run the job NAME on schedule again."""
    with session.bridge.store.writing() as db:
        runs.pause(db, name, paused=False)
    session.tell(mark("%(name)s runs on schedule again."), name=name)


def _plain(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in _IN_JSON}


def _counted(session: Session, counts: Any) -> str:
    return ", ".join(f"{session.word(what)}: {count}" for what, count in counts.items() if count)


def _outcome(session: Session, row: dict[str, Any]) -> Text:
    """What came of a run, with what it counted or why it failed."""
    text = session.state(row["outcome"])
    if row["outcome"] == "idle" and row["times"] > 1:
        text.append(f" (×{row['times']})")
    if counted := _counted(session, row["counts"] or {}):
        text.append(f"  {counted}", style="default")
    if row["error"]:
        text.append(f"  {row['error']}", style="default")
    return text
