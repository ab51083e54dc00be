"""``deliveries``: the steps of completions, and what a person may do to them."""

from __future__ import annotations

import click

from lms_bridge import reports
from lms_bridge.accounts import audit
from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.looked import here
from lms_bridge.cli.session import InOrder, Session, pass_session, whoami
from lms_bridge.deliveries import actions, health
from lms_bridge.deliveries.actions import NoSuchDelivery
from lms_bridge.deliveries.lifecycle import IllegalTransition, State
from lms_bridge.i18n import mark

_DUE = (State.WAITING, State.RETRYING)


@click.group(cls=InOrder)
def deliveries() -> None:
    """See, retry and cancel the steps of completions."""


@deliveries.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only in this state; may be given several times.",
)
@click.option("--remote", default="", help="Only to this remote, e.g. registry.siasn.")
@output.limit_option(100, "How many, the oldest first.")
@output.json_option
@pass_session
def list_(
    session: Session, states: tuple[str, ...], remote: str, limit: int, as_json: bool
) -> None:
    """List deliveries, each with its state and the reason."""
    now = utc_now()
    closed = session.bridge.closed(now)
    with session.bridge.store.reading() as db:
        lines = reports.list_deliveries(
            db, now=now, states=states, remote=remote, limit=limit, closed=closed
        )
    if as_json:
        output.print_json(lines)
        return
    say = session.say
    made = output.table(
        "", "#", say(mark("step")), say(mark("state")), say(mark("why, and what to do"))
    )
    for one in lines:
        due = say(mark("due %(time)s"), time=session.when(one.due_at)) if one.state in _DUE else ""
        made.add_row(
            str(one.id),
            output.stacked(
                f"{session.word(one.step)} → {one.remote}",
                say(mark("award %(number)s"), number=one.award_id)
                if one.award_id
                else say(mark("completion %(number)s"), number=one.completion_id),
            ),
            output.stacked(
                session.state(one.state),
                say(mark("attempts: %(count)s"), count=one.attempts) if one.attempts else "",
                due,
            ),
            session.reason(one.reason),
        )
    output.rows_or_nothing(session.console, made, say(mark("No deliveries.")))


@deliveries.command()
@click.argument("ids", nargs=-1, type=int)
@click.option("--all-blocked", is_flag=True, help="Every one that waits for a person.")
@click.option("--remote", default="", help="With --all-blocked: only those to this remote.")
@output.json_option
@pass_session
def retry(
    session: Session, ids: tuple[int, ...], all_blocked: bool, remote: str, as_json: bool
) -> None:
    """Try deliveries again: those with these IDS, or all blocked.

    What an earlier attempt may have written is looked up first; nothing is sent twice. A
    remote that counted as down is tried again at once.
    """
    if bool(ids) == all_blocked:
        session.fail(mark("name deliveries by their numbers, or give --all-blocked"), code=2)
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
        session.refuse(error)
    if as_json:
        output.print_json({"retried": count})
    else:
        session.tell(mark("Deliveries that will be tried again: %(count)s."), count=count)


@deliveries.command()
@click.argument("remote")
@click.option("--why", default="", help="The reason, for whoever wonders about it later.")
@pass_session
def pause(session: Session, remote: str, why: str) -> None:
    """Deliver nothing to REMOTE, e.g. registry.siasn, until it is resumed.

    What is under way is finished, and what is to be delivered waits.
    """
    now = utc_now()
    _configured(session, remote)
    with session.bridge.store.writing() as db:
        if health.pause(db, remote, by=whoami(), why=why, now=now):
            audit.note(db, here(), "remote.paused", f"remote:{remote}", {"why": why}, now=now)
    session.tell(mark("Nothing is delivered to %(remote)s until it is resumed."), remote=remote)


@deliveries.command()
@click.argument("remote")
@pass_session
def resume(session: Session, remote: str) -> None:
    """Deliver to REMOTE again, once it was paused."""
    now = utc_now()
    _configured(session, remote)
    with session.bridge.store.writing() as db:
        if health.resume(db, remote, now=now):
            audit.note(db, here(), "remote.resumed", f"remote:{remote}", now=now)
    session.tell(mark("What waits for %(remote)s is delivered again."), remote=remote)


def _configured(session: Session, remote: str) -> None:
    if remote not in session.bridge.remotes:
        session.fail(
            mark("there is no %(remote)s; there are %(known)s"),
            remote=remote,
            known=", ".join(session.bridge.remotes) or "–",
        )


@deliveries.command()
@click.argument("ids", nargs=-1, type=int, required=True)
@click.option("--why", required=True, help="The reason, for whoever looks at it later.")
@output.json_option
@pass_session
def cancel(session: Session, ids: tuple[int, ...], why: str, as_json: bool) -> None:
    """Give deliveries up: the ones with these IDS.

    What is in a registry or an LMS already stays there.
    """
    try:
        with session.bridge.store.writing() as db:
            count = actions.cancel(db, ids, by=whoami(), why=why, now=utc_now())
    except (NoSuchDelivery, IllegalTransition) as error:
        session.refuse(error)
    if as_json:
        output.print_json({"cancelled": count})
    else:
        session.tell(mark("Deliveries that were cancelled: %(count)s."), count=count)
