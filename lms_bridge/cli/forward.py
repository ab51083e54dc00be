"""``forward``: the other LRSs to which statements are sent on."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import click

from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.session import InOrder, Session, fail, pass_session, whoami
from lms_bridge.deliveries import health
from lms_bridge.forwarding import backlog
from lms_bridge.forwarding.backlog import NoSuchStatement
from lms_bridge.forwarding.outgoing import remote_of
from lms_bridge.i18n import mark

_name = click.argument("name")
_ids = click.argument("ids", nargs=-1)


@click.group(cls=InOrder)
def forward() -> None:
    """See to the other LRSs to which statements are sent on."""


@forward.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the other LRSs, and how far each has come."""
    with session.bridge.store.reading() as db:
        found = backlog.standing(db, session.bridge.settings.forward, now=utc_now())
    if as_json:
        output.print_json(found)
        return
    say = session.say
    made = output.table(
        "",
        say(mark("LRS")),
        say(mark("state")),
        say(mark("still to be sent")),
        say(mark("why, and what to do")),
    )
    for one in found:
        since = say(mark("since %(time)s"), time=session.when(one.since)) if one.since else ""
        given_up = say(mark("Given up: %(count)s."), count=one.cancelled) if one.cancelled else ""
        why = one.health.reason if one.health.is_down else None
        made.add_row(
            one.name,
            session.state(one.health.state),
            output.stacked(str(one.waiting), since),
            output.stacked(session.reason(why), session.reason(one.concern), given_up),
        )
    output.rows_or_nothing(
        session.console, made, say(mark("Statements are sent on to no other LRS."))
    )


@forward.command()
@_name
@output.limit_option(100, "How many, the oldest first.")
@output.json_option
@pass_session
def show(session: Session, name: str, limit: int, as_json: bool) -> None:
    """Show which statements the LRS NAME did not get, and why."""
    with session.bridge.store.reading() as db:
        found = backlog.list_not_taken(db, _remote(session, name), limit=limit)
    if as_json:
        output.print_json(found)
        return
    say = session.say
    made = output.table(
        "", say(mark("statement")), say(mark("state")), say(mark("why, and what to do"))
    )
    for one in found:
        made.add_row(
            output.stacked(one.id, session.when(one.stored)),
            session.state(one.state),
            session.reason(one.reason),
        )
    output.rows_or_nothing(session.console, made, say(mark("It took all that it was sent.")))


@forward.command()
@_name
@_ids
@output.json_option
@pass_session
def retry(session: Session, name: str, ids: tuple[str, ...], as_json: bool) -> None:
    """Offer the LRS NAME again what it refused: these IDS, or all.

    An LRS that counted as down is tried again at once.
    """
    remote, now = _remote(session, name), utc_now()
    try:
        with session.bridge.store.writing() as db:
            count = backlog.retry(db, remote, ids, now=now)
            health.reset(db, remote, now=now)
    except NoSuchStatement as error:
        fail(str(error))
    if as_json:
        output.print_json({"retried": count})
    else:
        session.tell(mark("Statements that are offered again: %(count)s."), count=count)


@forward.command()
@_name
@click.argument("ids", nargs=-1, required=True)
@click.option("--why", required=True, help="The reason, for whoever looks at it later.")
@output.json_option
@pass_session
def skip(session: Session, name: str, ids: tuple[str, ...], why: str, as_json: bool) -> None:
    """Do not send the statements with these IDS to the LRS NAME.

    Whether it has refused them, or stumbles over the next one each time. What it has already
    stays there.
    """
    try:
        with session.bridge.store.writing() as db:
            count = backlog.skip(
                db, _remote(session, name), ids, by=whoami(), why=why, now=utc_now()
            )
    except NoSuchStatement as error:
        fail(str(error))
    if as_json:
        output.print_json({"skipped": count})
    else:
        session.tell(mark("Statements that are given up: %(count)s."), count=count)


@forward.command()
@_name
@click.option(
    "--to",
    "day",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day, in the bridge's time zone, from which on to send again.",
)
@pass_session
def rewind(session: Session, name: str, day: dt.datetime) -> None:
    """Send the LRS NAME once more what came in since a day.

    For one that has lost something, or was configured later than it was meant to begin. What
    it still has it keeps as it is; nothing is there twice.
    """
    zone = ZoneInfo(session.bridge.settings.time_zone)
    with session.bridge.store.writing() as db:
        backlog.rewind(db, _remote(session, name), day.replace(tzinfo=zone))
    session.tell(
        mark("What came in since %(day)s is sent there again."), day=day.date().isoformat()
    )


def _remote(session: Session, name: str) -> str:
    """The target as the tables know it; ends the command if it is not configured."""
    if name not in session.bridge.settings.forward:
        session.fail(mark("there is no [forward.%(name)s] in the configuration"), name=name, code=2)
    return remote_of(name)
