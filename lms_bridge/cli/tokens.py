"""``registry tokens`` and ``registry token``: until when tokens are good, and a fresh one."""

from __future__ import annotations

import sys

import click
from rich.text import Text

from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.session import Session, pass_session
from lms_bridge.config.remote import RegistrySettings
from lms_bridge.config.secrets import Secret
from lms_bridge.deliveries import health
from lms_bridge.i18n import mark
from lms_bridge.manners import pasting
from lms_bridge.manners import tokens as known
from lms_bridge.manners.tokens import TokenLine


@click.command()
@output.json_option
@pass_session
def tokens(session: Session, as_json: bool) -> None:
    """Show every token: where it comes from, and until when it is good.

    The tokens themselves are not shown. Exit status 1: one has to be renewed by a person.
    """
    with session.bridge.store.reading() as db:
        lines = known.standing(db, session.bridge.settings, utc_now())
    if as_json:
        output.print_json(lines)
    else:
        _print(session, lines)
    raise SystemExit(1 if any(line.concern for line in lines) else 0)


def _print(session: Session, lines: list[TokenLine]) -> None:
    say = session.say
    made = output.table(
        "", say(mark("token")), say(mark("from")), say(mark("since")), say(mark("good until"))
    )
    for line in lines:
        made.add_row(
            output.stacked(f"{line.remote}: {line.name}", line.fingerprint),
            output.stacked(
                line.source,
                say(mark("issued for the bridge, which renews it"))
                if line.issued
                else say(mark("given; a person renews it")),
            ),
            session.when(line.got_at),
            good_until(session, line),
        )
        if line.concern:
            made.add_row("", "", "", session.reason(line.concern))
    output.rows_or_nothing(session.console, made, say(mark("No tokens are known.")))


def good_until(session: Session, line: TokenLine) -> str:
    """When the token expires, in words."""
    if line.good_until is None:
        return session.say(mark("it does not say"))
    return session.when(line.good_until)


@click.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Take it whatever speaks against it.")
@pass_session
def token(session: Session, name: str, force: bool) -> None:
    """Take a fresh token for the registry NAME.

    Paste it when you are asked, or give it by standard input. It is put into the file that the
    setting names, and is shown nowhere. What waits for it goes on at once.
    """
    setting, secret, settings = _setting(session, name)
    if secret.path is None:
        session.fail(
            mark("registry.%(name)s.%(setting)s is kept in %(source)s; only a file can be written"),
            name=name,
            setting=setting,
            source=secret.source(),
        )
    typed = sys.stdin.isatty()
    pasted = (
        click.prompt(session.say(mark("Token")), hide_input=True) if typed else sys.stdin.read()
    )
    fresh = pasting.tidied(pasted)
    if not fresh:
        session.fail(mark("there is no token in what was given"))
    now = utc_now()
    for one in pasting.objections(fresh, settings, now, typed=typed):
        why = session.say(one.says, **one.details)
        if not force:
            session.fail(mark("the token was not taken: %(why)s (--force takes it)"), why=why)
        click.echo(f"lms-bridge: {why}", err=True)
    try:
        pasting.write(secret.path, fresh)
    except OSError as error:
        session.fail(
            mark("%(path)s cannot be written: %(why)s"), path=secret.path, why=error.strerror
        )
    remote = f"registry.{name}"
    with session.bridge.store.writing() as db:
        known.note_given(db, remote, setting, secret, fresh, now)
        was_down = health.probe_now(db, remote, now=now)
        (line,) = [
            one
            for one in known.standing(db, session.bridge.settings, now)
            if (one.remote, one.name) == (remote, setting)
        ]
    told = mark("The token is in %(path)s. Good until: %(until)s.")
    print_ = session.console.print
    print_(
        Text(session.say(told, path=secret.path, until=good_until(session, line))), soft_wrap=True
    )
    going_on = (
        mark("%(remote)s is tried at once, and what waits for it follows.")
        if was_down
        else mark("It is used from the next call on.")
    )
    print_(Text(session.say(going_on, remote=remote), style="dim"))
    if line.concern:
        print_(session.reason(line.concern))


def _setting(session: Session, name: str) -> tuple[str, Secret, RegistrySettings]:
    """The setting of the registry that names a token."""
    settings = session.bridge.settings.registry.get(name)
    if settings is None:
        session.fail(mark("there is no [registry.%(name)s] in the configuration"), name=name)
    given = settings.given_tokens() if isinstance(settings, RegistrySettings) else {}
    if not isinstance(settings, RegistrySettings) or not given:
        session.fail(
            mark(
                "[registry.%(name)s] takes no token: set sso_token (SIASN), or auth with way ="
                ' "bearer" (SIMPEG), to file:PATH'
            ),
            name=name,
        )
    ((setting, secret),) = given.items()
    return setting, secret, settings
