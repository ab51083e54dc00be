"""``users``: the accounts of the console."""

from __future__ import annotations

from typing import NoReturn

import click
from rich.text import Text
from sqlalchemy import Connection

from lms_bridge.accounts import audit, passwords, rekeying, totp, users
from lms_bridge.accounts.roles import Role
from lms_bridge.accounts.sight import Unit
from lms_bridge.accounts.users import AccountProblem, User
from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.looked import here
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.people import units

_PROBLEMS = {
    "username form": mark(
        "a username has 2 to 100 of the letters a to z, digits, and . _ - @, and begins with a"
        " letter or a digit"
    ),
    "username taken": mark("there is an account of this name already"),
    "unit needed": mark("a personnel officer needs a unit: --unit ID"),
    "unit not_needed": mark("only a personnel officer has a unit"),
    "role last": mark("this is the last IT administrator; make another one first"),
}
_username = click.argument("username")


@click.group("users", cls=InOrder)
def users_() -> None:
    """Make and manage the accounts of the console."""


@users_.command()
@_username
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="What the person may see and do, see above.",
)
@click.option("--name", default="", help="What the person is called.")
@click.option("--email", default="", help="Of the person.")
@click.option("--unit", default="", help="Id of the unit of a personnel officer.")
@click.option("--registry", default="", help="The registry whose unit it is, if several have it.")
@output.json_option
@pass_session
def create(
    session: Session,
    username: str,
    role: str,
    name: str,
    email: str,
    unit: str,
    registry: str,
    as_json: bool,
) -> None:
    """Make the account USERNAME, and print a password for its first time.

    hr sees and decides for the whole city; an officer sees one work unit and those below it; it
    operates the bridge and manages accounts; an auditor reads everything and sees who did what.
    """
    password, now = passwords.made_up(username), utc_now()
    try:
        with session.bridge.store.writing() as db:
            theirs = unit_of(session, db, registry, unit) if unit else None
            made = users.create(
                db,
                username=username,
                role=Role(role),
                name=name,
                email=email,
                unit=theirs,
                password=password,
                now=now,
            )
            audit.note(db, here(), "account.created", f"account:{made.id}", {"role": role}, now=now)
    except AccountProblem as problem:
        _fail(session, problem)
    _print_password(session, made.username, password, as_json)


@users_.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the accounts."""
    with session.bridge.store.reading() as db:
        found = users.every(db)
    if as_json:
        output.print_json(found, people=True)
        return
    say, now = session.say, utc_now()
    made = output.table("", say(mark("account")), say(mark("role")), say(mark("last signed in")))
    for one in found:
        standing = Text()
        if one.disabled_at:
            standing.append(say(mark("disabled")), style="red")
        elif one.is_locked(now):
            standing.append(say(mark("locked for too many tries")), style="yellow")
        made.add_row(
            output.stacked(one.username, one.name),
            output.stacked(session.word(one.role), one.unit.name if one.unit else "", standing),
            session.when(one.seen_at) if one.seen_at else say(mark("never")),
        )
    output.rows_or_nothing(session.console, made, say(mark("There is no account yet.")))


@users_.command()
@_username
@output.json_option
@pass_session
def reset(session: Session, username: str, as_json: bool) -> None:
    """Give USERNAME a new password, and unlock the account.

    Its second factor is turned off.
    """
    user, now = _find(session, username), utc_now()
    password = passwords.made_up(user.username)
    with session.bridge.store.writing() as db:
        users.set_password(db, user, password, must_change=True)
        users.set_totp(db, user.id, None)
        audit.note(db, here(), "account.reset", f"account:{user.id}", now=now)
    _print_password(session, user.username, password, as_json)


@users_.command()
@_username
@pass_session
def disable(session: Session, username: str) -> None:
    """Keep USERNAME out from now on."""
    _set_disabled(session, username, disabled=True)
    session.tell(mark("%(name)s is kept out from now on."), name=username)


@users_.command()
@_username
@pass_session
def enable(session: Session, username: str) -> None:
    """Let USERNAME in again."""
    _set_disabled(session, username, disabled=False)
    session.tell(mark("%(name)s may sign in again."), name=username)


@users_.command()
@output.json_option
@pass_session
def rekey(session: Session, as_json: bool) -> None:
    """Encrypt every second factor with the new [console] key.

    The key before it stands as [console] old_key meanwhile, and can be deleted afterwards.
    """
    vault, now = totp.vault_of(session.bridge.settings.console), utc_now()
    if vault is None:
        session.fail(mark("there is no [console] key, or it cannot be used"))
    with session.bridge.store.writing() as db:
        before = rekeying.rekey(db, vault)
        if before.old:
            audit.note(
                db, here(), "account.rekeyed", "accounts", {"accounts": len(before.old)}, now=now
            )
    if as_json:
        output.print_json(before, people=True)
    else:
        session.tell(
            mark("Encrypted with the new key: %(done)s; they were before: %(were)s."),
            done=len(before.old),
            were=len(before.new),
        )
    if before.none:
        session.fail(
            mark(
                "no key opens the second factor of %(accounts)s; lms-bridge users reset turns it"
                " off, so that it can be set up again"
            ),
            accounts=", ".join(before.none),
        )


def _set_disabled(session: Session, username: str, *, disabled: bool) -> None:
    user, now = _find(session, username), utc_now()
    try:
        with session.bridge.store.writing() as db:
            users.disable(db, user.id, disabled=disabled, now=now)
            action = "account.disabled" if disabled else "account.enabled"
            audit.note(db, here(), action, f"account:{user.id}", now=now)
    except AccountProblem as problem:
        _fail(session, problem)


def unit_of(session: Session, db: Connection, registry: str, unit_id: str) -> Unit:
    """The unit of that id; ends the command if there is none, or several."""
    found = [one for one in units.with_id(db, unit_id) if not registry or one.registry == registry]
    if not found:
        session.fail(mark("no registry has a unit with the id %(unit)s"), unit=unit_id)
    if len(found) > 1:
        where = ", ".join(one.registry for one in found)
        session.fail(
            mark("several registries have a unit %(unit)s: %(where)s; say which by --registry"),
            unit=unit_id,
            where=where,
        )
    return Unit(found[0].registry, found[0].id, found[0].name)


def _find(session: Session, username: str) -> User:
    with session.bridge.store.reading() as db:
        user = users.find_by_username(db, username)
    if user is None:
        session.fail(mark("there is no account %(name)s"), name=username)
    return user


def _fail(session: Session, problem: AccountProblem) -> NoReturn:
    session.fail(_PROBLEMS[f"{problem.field} {problem.code}"])


def _print_password(session: Session, username: str, password: str, as_json: bool) -> None:
    if as_json:
        output.print_json({"username": username, "password": password}, people=True)
        return
    click.echo(password)
    told = mark(
        "This is the password of %(name)s for the first time; it is not shown again, and is to be"
        " changed on signing in at %(address)s."
    )
    address = f"{session.bridge.settings.web.home_page}/console/"
    click.echo(session.say(told, name=username, address=address), err=True)
