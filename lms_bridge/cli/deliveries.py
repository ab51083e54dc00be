"""``deliveries``: the steps of completions, and what a person may do to them."""

from __future__ import annotations

import click

from lms_bridge import reports
from lms_bridge.bridge import utc_now
from lms_bridge.cli import shared
from lms_bridge.cli.shared import Session, pass_session
from lms_bridge.deliveries import actions, health
from lms_bridge.deliveries.actions import NoSuchDelivery
from lms_bridge.deliveries.lifecycle import IllegalTransition, State
from lms_bridge.i18n import mark


@click.group()
def deliveries() -> None:
    """See, retry and cancel the steps by which completions are carried out."""


@deliveries.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([*State]), help="Only in this state."
)
@click.option("--remote", default="", help="Only to this remote, e.g. registry.siasn.")
@click.option("--limit", default=100, show_default=True)
@shared.json_option
@pass_session
def list_(
    session: Session, states: tuple[str, ...], remote: str, limit: int, as_json: bool
) -> None:
    """List deliveries."""
    with session.bridge.store.reading() as db:
        lines = reports.list_deliveries(
            db, now=utc_now(), states=states, remote=remote, limit=limit
        )
    if as_json:
        shared.print_json(lines)
        return
    say = session.say
    made = shared.table(
        "",
        "#",
        say(mark("completion")),
        say(mark("step")),
        say(mark("state")),
        say(mark("attempts")),
        say(mark("due")),
        say(mark("why, and what to do")),
    )
    for one in lines:
        made.add_row(
            str(one.id),
            str(one.completion_id),
            f"{one.step} → {one.remote}",
            shared.state_text(one.state),
            str(one.attempts),
            session.when(one.due_at) if one.state in (State.WAITING, State.RETRYING) else "",
            session.reason(one.reason),
        )
    shared.rows_or_nothing(session.console, made, say(mark("No deliveries.")))


@deliveries.command()
@click.argument("ids", nargs=-1, type=int)
@click.option("--all-blocked", is_flag=True, help="Every blocked delivery.")
@click.option("--remote", default="", help="With --all-blocked: only those to this remote.")
@shared.json_option
@pass_session
def retry(
    session: Session, ids: tuple[int, ...], all_blocked: bool, remote: str, as_json: bool
) -> None:
    """Try deliveries again: the ones with these IDS, or all that are blocked.

    What an earlier attempt may have written is looked up first; nothing is sent twice. A
    remote that counted as down is tried again at once.
    """
    if bool(ids) == all_blocked:
        shared.fail("name deliveries by their numbers, or give --all-blocked", code=2)
    now = utc_now()
    try:
        with session.bridge.store.writing() as db:
            if all_blocked:
                count = actions.retry_all(db, remote=remote, now=now)
            else:
                count = actions.retry(db, ids, now=now)
            for name in actions.remotes_of(db, ids) | ({remote} - {""}):
                health.reset(db, name, now=now)
    except (NoSuchDelivery, IllegalTransition) as error:
        shared.fail(str(error))
    if as_json:
        shared.print_json({"retried": count})
    else:
        click.echo(session.say(mark("%(count)s deliveries will be tried again."), count=count))


@deliveries.command()
@click.argument("ids", nargs=-1, type=int, required=True)
@click.option("--why", required=True, help="The reason, for whoever looks at it later.")
@pass_session
def cancel(session: Session, ids: tuple[int, ...], why: str) -> None:
    """Give up the deliveries with these IDS; what is in a registry or an LMS stays there."""
    try:
        with session.bridge.store.writing() as db:
            count = actions.cancel(db, ids, by=shared.whoami(), why=why, now=utc_now())
    except (NoSuchDelivery, IllegalTransition) as error:
        shared.fail(str(error))
    click.echo(session.say(mark("%(count)s deliveries are cancelled."), count=count))
