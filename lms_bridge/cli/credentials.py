"""``credentials``: who may use the LRS, beside the senders of the configuration."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
import msgspec
from rich.text import Text

from lms_bridge import credentials as keys
from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.credentials import Credential, CredentialError, Issued, Scope
from lms_bridge.i18n import mark

Command = TypeVar("Command", bound=Callable[..., Any])

_name = click.argument("name")
_scope = click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help=f"What it may do; may be given several times. There are {', '.join(Scope)}.",
)
_origin = click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="For content in a browser: the site that the content is on, e.g."
    " https://konten.example.go.id; may be given several times.",
)


@click.group(cls=InOrder)
def credentials() -> None:
    """See who may use the LRS, and give and take credentials."""


@credentials.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the credentials, without their secrets.

    Also those that were revoked; the senders of the configuration are not among them.
    """
    with session.bridge.store.reading() as db:
        found = keys.every(db)
    if as_json:
        output.print_json([_plain(one) for one in found])
        return
    say = session.say
    made = output.table(
        "",
        say(mark("credential")),
        say(mark("may")),
        say(mark("from pages of")),
        say(mark("since")),
    )
    for one in found:
        made.add_row(
            output.stacked(one.name, one.username if one.username != one.name else ""),
            output.stacked(Text("\n".join(one.scopes)), _pace(session, one), _lms(one)),
            "\n".join(one.origins) or "–",
            output.stacked(session.when(one.created_at), *_changes(session, one)),
        )
    output.rows_or_nothing(session.console, made, say(mark("No credentials.")))


@credentials.command()
@_name
@click.option("--username", default="", help="Its username; NAME if left out.")
@_scope
@_origin
@click.option(
    "--per-minute",
    type=click.IntRange(0, 1_000_000),
    default=0,
    show_default=True,
    help="How many requests it may make in a minute; 0: as many as it likes.",
)
@click.option("--lms", default="", help="The [lms.NAME] that its people and courses belong to.")
@output.json_option
@pass_session
def create(
    session: Session,
    name: str,
    username: str,
    scopes: tuple[str, ...],
    origins: tuple[str, ...],
    per_minute: int,
    lms: str,
    as_json: bool,
) -> None:
    """Make the credential NAME, and show its secret once.

    Without --scope it may write statements and read its own. It can be used within a few
    seconds.
    """
    with _told(session), session.bridge.store.writing() as db:
        made = keys.create(
            db,
            name,
            settings=session.bridge.settings,
            now=utc_now(),
            username=username,
            scopes=scopes or keys.BY_DEFAULT,
            origins=origins,
            per_minute=per_minute,
            lms=lms,
        )
    _show(session, made, as_json)


@credentials.command()
@_name
@_scope
@_origin
@click.option("--no-origin", is_flag=True, help="It is not for content in a browser any more.")
@click.option(
    "--per-minute",
    type=click.IntRange(0, 1_000_000),
    help="How many requests it may make in a minute; 0: as many as it likes.",
)
@click.option("--lms", help="The [lms.NAME] that its people and courses belong to.")
@output.json_option
@pass_session
def limit(
    session: Session,
    name: str,
    scopes: tuple[str, ...],
    origins: tuple[str, ...],
    no_origin: bool,
    per_minute: int | None,
    lms: str | None,
    as_json: bool,
) -> None:
    """Change what the credential NAME may do.

    What is left out stays as it is. The scopes that are given take the place of those it had,
    and so do the origins.
    """
    if origins and no_origin:
        session.fail(mark("give --origin or --no-origin, not both"), code=2)
    if not (scopes or origins or no_origin) and per_minute is None and lms is None:
        session.fail(
            mark("say what to change; lms-bridge credentials limit --help lists it"), code=2
        )
    with _told(session), session.bridge.store.writing() as db:
        changed = keys.limit(
            db,
            name,
            settings=session.bridge.settings,
            scopes=scopes or None,
            origins=() if no_origin else origins or None,
            per_minute=per_minute,
            lms=lms,
        )
    if as_json:
        output.print_json(_plain(changed))
    else:
        scopes_now = ", ".join(changed.scopes)
        session.tell(mark("%(name)s is changed; it may: %(scopes)s."), name=name, scopes=scopes_now)


@credentials.command()
@_name
@click.option(
    "--overlap-hours",
    type=click.FloatRange(0, 24 * 365),
    default=24,
    show_default=True,
    help="How long the secret it had is taken as well; 0: it ends at once.",
)
@output.json_option
@pass_session
def rotate(session: Session, name: str, overlap_hours: float, as_json: bool) -> None:
    """Give the credential NAME a new secret, and show it once.

    The secret it had is taken for a while longer, so that nothing is interrupted until the new
    one is in its place. If it fell into wrong hands, give --overlap-hours 0.
    """
    overlap = dt.timedelta(hours=overlap_hours)
    with _told(session), session.bridge.store.writing() as db:
        made = keys.rotate(db, name, now=utc_now(), overlap=overlap)
    _show(session, made, as_json)


@credentials.command()
@_name
@output.json_option
@pass_session
def revoke(session: Session, name: str, as_json: bool) -> None:
    """Let the credential NAME be used no more, for good.

    What it sent stays.
    """
    with _told(session), session.bridge.store.writing() as db:
        revoked = keys.revoke(db, name, now=utc_now())
    if as_json:
        output.print_json(_plain(revoked))
    else:
        session.tell(
            mark("%(name)s is revoked; a few seconds from now nobody gets in by it."), name=name
        )


@contextmanager
def _told(session: Session) -> Iterator[None]:
    try:
        yield
    except CredentialError as error:
        session.fail(error.message, **error.details)


def _show(session: Session, made: Issued, as_json: bool) -> None:
    """The one time that a secret is shown."""
    one = made.credential
    endpoint = f"{session.bridge.settings.web.home_page}/xapi/"
    if as_json:
        # Not masked: a secret in which something is left out is none.
        shown = {**_plain(one), "secret": made.secret, "endpoint": endpoint}
        output.print_json(shown, people=True)
        return
    say = session.say
    for label, value in (
        (say(mark("endpoint")), endpoint),
        (say(mark("username")), one.username),
        (say(mark("secret")), made.secret),
    ):
        click.echo(f"{label}: {value}")
    session.tell(mark("Keep the secret now: it is not shown again."))
    if one.old_until is not None:
        until = session.when(one.old_until)
        session.tell(mark("The secret it had is taken until %(time)s as well."), time=until)


def _plain(one: Credential) -> dict[str, Any]:
    return msgspec.structs.asdict(one)


def _pace(session: Session, one: Credential) -> str:
    if one.per_minute is None:
        return ""
    return session.say(mark("%(count)s requests a minute"), count=one.per_minute)


def _lms(one: Credential) -> str:
    return f"lms.{one.lms}" if one.lms else ""


def _changes(session: Session, one: Credential) -> Iterator[str | Text]:
    """What became of a credential since it was made."""
    if one.rotated_at is not None:
        yield session.say(mark("new secret %(time)s"), time=session.when(one.rotated_at))
    if one.old_until is not None and one.old_until > utc_now():
        yield session.say(mark("old one until %(time)s"), time=session.when(one.old_until))
    if one.revoked_at is not None:
        told = session.say(mark("revoked %(time)s"), time=session.when(one.revoked_at))
        yield Text(told, style="yellow")
