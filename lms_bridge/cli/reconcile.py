"""``reconcile``: hold LMS, bridge and registries against each other, and mend what is amiss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lms_bridge.bridge import utc_now
from lms_bridge.cli import findings, looked, output
from lms_bridge.cli.progress import progress_bar
from lms_bridge.cli.session import InOrder, Session, pass_session, whoami
from lms_bridge.i18n import mark
from lms_bridge.jobs import runs
from lms_bridge.jobs.base import JobFailed
from lms_bridge.jobs.reconcile import Reconcile
from lms_bridge.people import nip as nips
from lms_bridge.reconciling import keeping, looking, sheets
from lms_bridge.reconciling.findings import Kind, Repair
from lms_bridge.reconciling.repairing import Order, Repairs
from lms_bridge.reconciling.scope import Nobody, Scope

_run = click.argument("run", type=click.IntRange(min=1))
_KINDS = click.Choice([one.value for one in Kind])
_REPAIRS = click.Choice([one.value for one in Repair])
_kind = click.option("--kind", type=_KINDS, help="Only findings of this kind.")
_why = click.option("--why", required=True, help="The reason, for whoever looks at it later.")
_file = click.Path(path_type=Path, dir_okay=False)


@click.group(cls=InOrder, invoke_without_command=True)
@click.option("--unit", default="", help="Only units with that id or name, and those below.")
@click.option("--nip", default="", help="Only this employee.")
@click.option("--course", default="", help="Only this course, by its key.")
@click.option("--registry", default="", help="Only this registry.")
@click.option("--lms", default="", help="Only this LMS; no registry, unless one is named.")
@click.option("--fresh", is_flag=True, help="Read every history now, however new the last one is.")
@output.json_option
@click.pass_context
def reconcile(ctx: click.Context, /, nip: str, as_json: bool, **scope: Any) -> None:
    """Compare LMS, bridge and registries, and mend what is amiss.

    Compares, now, and changes nothing; what is found is kept under the number of the run. show
    lists it, repair mends what you approve, dismiss decides that nothing is to be done.
    """
    if ctx.invoked_subcommand:
        return
    session = ctx.ensure_object(Session)
    bridge = session.bridge
    if nip:
        nip = nips.normalise(nip) or session.fail(mark("a NIP has 18 digits"), code=2)
    for name, known in (("registry", bridge.registries), ("lms", bridge.lms)):
        if scope[name] and scope[name] not in known:
            session.fail(
                mark("there is no %(kind)s.%(name)s that can be asked"),
                kind=name,
                name=scope[name],
                code=2,
            )
    job = Reconcile(bridge, Scope(nip=nip, **scope), by=whoami())
    failure = ""
    try:
        with progress_bar(session, session.say(mark("comparing")), hidden=as_json) as report:
            runs.run(bridge, "reconcile", report, job=job)
    except Nobody:
        session.fail(mark("nobody is known there"))
    except JobFailed as error:
        if not job.run_id:
            raise
        failure = str(error)
    findings.show(session, job.run_id, as_json=as_json, limit=20)
    if failure:
        session.fail(mark("not everything could be compared: %(why)s"), why=failure)


@reconcile.command()
@click.argument("run", type=click.IntRange(min=1), required=False)
@_kind
@click.option("--unit", default="", help="Only units with that id or name, and those below.")
@click.option("--all", "everything", is_flag=True, help="Also what is decided already.")
@click.option("--csv", "csv_file", type=_file, help="Write a CSV file, which must not be there.")
@click.option("--xlsx", "xlsx_file", type=_file, help="Write a workbook, which must not be there.")
@output.limit_option(200, "How many are shown in the table.")
@output.json_option
@pass_session
def show(
    session: Session,
    run: int | None,
    kind: str | None,
    unit: str,
    everything: bool,
    csv_file: Path | None,
    xlsx_file: Path | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show what was found: of the last run, or of run RUN."""
    looked.note(session, "list", list="findings")
    for path, write in ((csv_file, sheets.write_csv), (xlsx_file, sheets.write_xlsx)):
        if path:
            found = findings.find(session, run)
            with session.bridge.store.reading() as db:
                lines = looking.lines(db, found.number, kind=kind or "", unit=unit)
                try:
                    count = write(path, lines, lambda line: line.reason.what(session.language))
                except OSError as error:
                    session.fail(
                        mark("%(path)s cannot be written: %(error)s"),
                        path=path,
                        error=error.strerror or error,
                    )
            session.tell(mark("%(count)s findings, written to %(path)s."), count=count, path=path)
    if not (csv_file or xlsx_file):
        findings.show(
            session,
            run,
            as_json=as_json,
            limit=limit,
            kind=kind or "",
            unit=unit,
            everything=everything,
        )


@reconcile.command("runs")
@output.limit_option(20, "How many, the newest first.")
@output.json_option
@pass_session
def runs_(session: Session, limit: int, as_json: bool) -> None:
    """List the runs."""
    with session.bridge.store.reading() as db:
        found = looking.runs(db, limit)
    if as_json:
        output.print_json(found)
        return
    say = session.say
    made = output.table("", "#", say(mark("begun")), say(mark("about")), say(mark("findings")))
    for one in found:
        made.add_row(
            str(one.number),
            output.stacked(session.when(one.started_at), one.by, session.word(one.outcome)),
            findings.scope_of(session, one),
            findings.counted(session, one.states),
        )
    output.rows_or_nothing(session.console, made, say(mark("Nothing was compared yet.")))


@reconcile.command()
@_run
@click.argument("ids", type=int, nargs=-1)
@_kind
@click.option("--how", type=_REPAIRS, help="Which of several repairs.")
@click.option("--dry-run", is_flag=True, help="Only look again, and say what would be done.")
@click.option("--why", default="", help="The reason, for whoever looks at it later; needed.")
@output.json_option
@pass_session
def repair(
    session: Session,
    run: int,
    ids: tuple[int, ...],
    kind: str | None,
    how: str | None,
    dry_run: bool,
    why: str,
    as_json: bool,
) -> None:
    """Approve the repair of findings of run RUN.

    Those with these IDS, or of one --kind. It is looked again first, and what is so no more is
    left alone. Deliveries do the rest.
    """
    if not why and not dry_run:
        session.fail(mark("say --why, for whoever looks at it later"), code=2)
    lines = findings.chosen(session, run, ids, kind)
    order = Order(whoami(), why, Repair(how) if how else None, dry_run)
    results = list(Repairs(session.bridge, clock=utc_now).carry_out(lines, order))
    if as_json:
        output.print_json(results)
        return
    findings.print_results(session, results)
    count = sum(one.repair is not None for one in results)
    session.tell(
        mark("Nothing was changed. Findings that would be repaired: %(count)s.")
        if dry_run
        else mark("Findings whose repair is under way or done: %(count)s."),
        count=count,
    )


@reconcile.command()
@_run
@click.argument("ids", type=int, nargs=-1)
@_kind
@_why
@output.json_option
@pass_session
def dismiss(
    session: Session, run: int, ids: tuple[int, ...], kind: str | None, why: str, as_json: bool
) -> None:
    """Leave findings of run RUN as they are.

    Says why nothing is to be done. Later runs that find the very same know it.
    """
    lines = [one.id for one in findings.chosen(session, run, ids, kind)]
    with session.bridge.store.writing() as db:
        count = keeping.dismiss(db, run, lines, by=whoami(), why=why, now=utc_now())
    if as_json:
        output.print_json({"dismissed": count})
    else:
        session.tell(mark("Findings dismissed: %(count)s."), count=count)
