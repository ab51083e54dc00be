"""``events``: the systems that are told by webhook what happens."""

from __future__ import annotations

import click

from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.errors import DeliveryError
from lms_bridge.events.settings import EventTarget
from lms_bridge.i18n import mark

_name = click.argument("name")


@click.group(cls=InOrder)
def events() -> None:
    """See to the systems that are told by webhook what happens."""


@events.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List them, and what each has still to be told."""
    from lms_bridge.events import telling  # it loads what speaks HTTP

    with session.bridge.store.reading() as db:
        found = telling.standing(db, session.bridge.settings.events, now=utc_now())
    if as_json:
        output.print_json(found)
        return
    say = session.say
    made = output.table(
        "",
        say(mark("target")),
        say(mark("state")),
        say(mark("still to be told")),
        say(mark("why, and what to do")),
    )
    for one in found:
        since = say(mark("since %(time)s"), time=session.when(one.since)) if one.since else ""
        many = f"{one.waiting}+" if one.waiting == telling.MOST_COUNTED else str(one.waiting)
        why = one.health.reason if one.health.is_down else None
        made.add_row(
            one.name,
            session.state(one.health.state),
            output.stacked(many, since),
            session.reason(why),
        )
    output.rows_or_nothing(
        session.console, made, say(mark("Nobody is told: there is no [[events]]."))
    )


@events.command()
@_name
@pass_session
def test(session: Session, name: str) -> None:
    """Send NAME a webhook of the type bridge.ping, which tells nothing."""
    target = _target(session, name)
    try:
        session.bridge.teller(target).ping()
    except DeliveryError as error:
        session.fail(error.reason.sentence(session.language))
    session.tell(mark("%(name)s took it."), name=name)


@events.command()
@_name
@pass_session
def skip(session: Session, name: str) -> None:
    """Do not tell NAME the next event, which it does not take.

    The bridge goes on with the one after it.
    """
    from lms_bridge.events import telling

    target = _target(session, name)
    with session.bridge.store.writing() as db:
        skipped = telling.skip(db, target, now=utc_now())
    if skipped is None:
        session.fail(mark("%(name)s has been told everything"), name=name)
    about = f"{skipped.type} {skipped.public_id}"
    session.tell(mark("%(name)s is not told of %(about)s."), name=name, about=about)


def _target(session: Session, name: str) -> EventTarget:
    for one in session.bridge.settings.events:
        if one.name == name:
            return one
    session.fail(mark("there is no [[events]] named %(name)s"), name=name, code=2)
