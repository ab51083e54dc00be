"""``api-tokens``: who may use the JSON API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.text import Text

from lms_bridge.accounts import api_tokens as tokens
from lms_bridge.accounts.api_tokens import SCOPES, ApiToken, TokenProblem
from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.looked import here
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.cli.users import unit_of
from lms_bridge.i18n import mark

_name = click.argument("name")


@click.group("api-tokens", cls=InOrder)
def api_tokens_() -> None:
    """See who may use the JSON API, and give and take tokens."""


@api_tokens_.command()
@_name
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in SCOPES]),
    multiple=True,
    required=True,
    help="What it may do; may be given several times. people: see employees and completions;"
    " system: see deliveries, jobs, health; operate: retry and run.",
)
@click.option("--unit", default="", help="Id of a unit: it shows who is in it or below only.")
@click.option("--registry", default="", help="The registry whose unit it is, if several have it.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires.")
@click.option(
    "--per-minute",
    type=click.IntRange(1, 1_000_000),
    default=tokens.PER_MINUTE,
    show_default=True,
    help="How many requests it may make in a minute.",
)
@output.json_option
@pass_session
def create(
    session: Session,
    name: str,
    scopes: tuple[str, ...],
    unit: str,
    registry: str,
    days: int | None,
    per_minute: int,
    as_json: bool,
) -> None:
    """Make the token NAME, and show it once."""
    now = utc_now()
    with _told(session), session.bridge.store.writing() as db:
        made = tokens.create(
            db,
            name,
            scopes=scopes,
            actor=here(),
            now=now,
            unit=unit_of(session, db, registry, unit) if unit else None,
            expires_at=now + dt.timedelta(days=days) if days else None,
            per_minute=per_minute,
        )
    if as_json:
        # Not masked: a token in which something is left out is none.
        output.print_json({"token": made.token, "secret": made.secret}, people=True)
        return
    click.echo(made.secret)
    told = mark("Keep the token now: it is not shown again. What it can ask stands at %(address)s.")
    address = f"{session.bridge.settings.web.home_page}/api/v1/"
    click.echo(session.say(told, address=address), err=True)


@api_tokens_.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the tokens, also those that were revoked."""
    with session.bridge.store.reading() as db:
        found = tokens.every(db)
    if as_json:
        output.print_json(found)
        return
    say = session.say
    made = output.table(
        "", say(mark("token")), say(mark("may")), say(mark("made")), say(mark("last used"))
    )
    for one in found:
        made.add_row(
            output.stacked(one.name, _standing(session, one)),
            output.stacked(", ".join(one.scopes), one.unit.name if one.unit else ""),
            output.stacked(session.when(one.created_at), one.created_by),
            session.when(one.used_at) if one.used_at else say(mark("never")),
        )
    output.rows_or_nothing(session.console, made, say(mark("There is no token yet.")))


@api_tokens_.command()
@_name
@pass_session
def revoke(session: Session, name: str) -> None:
    """Let the token NAME be used no more, for good."""
    with _told(session), session.bridge.store.writing() as db:
        tokens.revoke(db, name, actor=here(), now=utc_now())
    session.tell(
        mark("%(name)s is revoked; a few seconds from now nobody gets in by it."), name=name
    )


def _standing(session: Session, one: ApiToken) -> str | Text:
    """Whether it is still good, and until when."""
    if one.revoked_at is not None:
        told = session.say(mark("revoked %(time)s"), time=session.when(one.revoked_at))
        return Text(told, style="yellow")
    if one.expires_at is None:
        return ""
    when = session.when(one.expires_at)
    if one.expires_at <= utc_now():
        return Text(session.say(mark("expired %(time)s"), time=when), style="yellow")
    return session.say(mark("expires %(time)s"), time=when)


@contextmanager
def _told(session: Session) -> Iterator[None]:
    try:
        yield
    except TokenProblem as problem:
        session.fail(problem.message, **problem.details)
