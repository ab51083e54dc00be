"""``jobs``: the sync jobs."""

from __future__ import annotations

from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from lms_bridge.bridge import utc_now
from lms_bridge.cli import shared
from lms_bridge.cli.shared import Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.jobs import runs, scheduler
from lms_bridge.jobs.catalogue import JOBS, TITLES
from lms_bridge.store.schema import job_runs

_job = click.argument("name", type=click.Choice(list(JOBS)))


@click.group()
def jobs() -> None:
    """See, run, pause and resume the sync jobs."""


@jobs.command("list")
@shared.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the jobs with their last and next run."""
    now = utc_now()
    settings = session.bridge.settings
    entries: list[dict[str, Any]] = []
    with session.bridge.store.reading() as db:
        for name in JOBS:
            row = db.execute(
                select(job_runs)
                .where(job_runs.c.job == name)
                .order_by(job_runs.c.id.desc())
                .limit(1)
            ).one_or_none()
            paused = runs.is_paused(db, name)
            entries.append(
                {
                    "name": name,
                    "what": session.say(TITLES[name]),
                    "enabled": scheduler.trigger_of(settings, name) is not None,
                    "paused": paused,
                    "next_run": None if paused else scheduler.next_run(settings, name, now=now),
                    "last": dict(row._mapping) if row else None,
                }
            )
    if as_json:
        shared.print_json(entries)
        return
    say = session.say
    made = shared.table(
        "",
        say(mark("job")),
        say(mark("what it does")),
        say(mark("next run")),
        say(mark("last run")),
        say(mark("what came of it")),
    )
    for entry in entries:
        last = entry["last"]
        when = (
            say(mark("paused"))
            if entry["paused"]
            else session.when(entry["next_run"])
            if entry["enabled"]
            else say(mark("switched off"))
        )
        made.add_row(
            entry["name"],
            entry["what"],
            when,
            session.when(last["started_at"]) if last else "–",
            _outcome(last) if last else "",
        )
    session.console.print(made)


@jobs.command()
@_job
@shared.json_option
@pass_session
def run(session: Session, name: str, as_json: bool) -> None:
    """Run the job NAME now, here, and show what came of it; also when it is paused."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=session.console,
        disable=as_json or not session.console.is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task(name, total=None)
        counts = runs.run(
            session.bridge,
            name,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        shared.print_json(dict(counts))
    else:
        done = ", ".join(f"{what}: {count}" for what, count in sorted(counts.items()) if count)
        click.echo(f"{name}: {done or session.say(mark('nothing to do'))}")


@jobs.command("runs")
@_job
@click.option("--limit", default=20, show_default=True)
@shared.json_option
@pass_session
def runs_(session: Session, name: str, limit: int, as_json: bool) -> None:
    """List the last runs of the job NAME."""
    query = select(job_runs).where(job_runs.c.job == name).order_by(job_runs.c.id.desc())
    with session.bridge.store.reading() as db:
        rows = [dict(row._mapping) for row in db.execute(query.limit(limit))]
    if as_json:
        shared.print_json(rows)
        return
    say = session.say
    made = shared.table(
        "",
        say(mark("started")),
        say(mark("took")),
        say(mark("outcome")),
        say(mark("what came of it")),
    )
    for row in rows:
        took = row["finished_at"] - row["started_at"] if row["finished_at"] else None
        made.add_row(
            session.when(row["started_at"]),
            f"{took.total_seconds():.1f} s" if took else "",
            shared.state_text(row["outcome"]),
            _outcome(row),
        )
    shared.rows_or_nothing(session.console, made, say(mark("It has not run yet.")))


@jobs.command()
@_job
@pass_session
def pause(session: Session, name: str) -> None:
    """Stop running the job NAME on schedule, until it is resumed."""
    with session.bridge.store.writing() as db:
        runs.pause(db, name, paused=True)
    click.echo(session.say(mark("%(name)s is paused."), name=name))


@jobs.command()
@_job
@pass_session
def resume(session: Session, name: str) -> None:
    """Run the job NAME on schedule again."""
    with session.bridge.store.writing() as db:
        runs.pause(db, name, paused=False)
    click.echo(session.say(mark("%(name)s runs on schedule again."), name=name))


def _outcome(row: dict[str, object]) -> str:
    counts = row["counts"] or {}
    assert isinstance(counts, dict)
    parts = [f"{what}: {count}" for what, count in sorted(counts.items()) if count]
    if row["outcome"] == "idle":
        parts.append(f"idle ×{row['times']}")
    if row["error"]:
        parts.append(str(row["error"]))
    return ", ".join(parts) or str(row["outcome"])
