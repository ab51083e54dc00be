"""``init``: a first configuration to fill in."""

from __future__ import annotations

import secrets
import string
from importlib import resources
from pathlib import Path

import click

from lms_bridge.checks import SAMPLE
from lms_bridge.cli.session import Session, fail, pass_session
from lms_bridge.config import agreement
from lms_bridge.i18n import mark

_TO_FILL = {
    "moodle-token": mark("the web-service token of the bridge's own account in Moodle"),
    "siasn-consumer-key": mark("the consumer key from BKN"),
    "siasn-consumer-secret": mark("the consumer secret from BKN"),
    "siasn-sso-token": mark("the SSO token of the operator"),
}


@click.command()
@click.option("--lms-url", default=SAMPLE, metavar="URL", help="Address of your Moodle.")
@pass_session
def init(session: Session, lms_url: str) -> None:
    """Write a first configuration, and files for its secrets.

    Nothing that is there already is overwritten.
    """
    config = session.config
    if config.exists():
        session.fail(mark("%(config)s is there already; it is left as it is"), config=config)
    if not agreement.is_address(lms_url):
        session.fail(mark("--lms-url takes an address that begins with https://"), code=2)
    kept = config.parent / "secrets"
    template = resources.files("lms_bridge.cli").joinpath("first.toml").read_text("utf-8")
    try:
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep(kept / "sender-password", secrets.token_urlsafe(24) + "\n")
        for name in _TO_FILL:
            _keep(kept / name, "")
        config.write_text(string.Template(template).substitute(lms=lms_url), encoding="utf-8")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    _say_what_next(session, kept, is_sample=lms_url == SAMPLE)


def _say_what_next(session: Session, kept: Path, *, is_sample: bool) -> None:
    say, config = session.say, session.config
    click.echo(say(mark("Written: %(config)s, and files for the secrets."), config=config))
    click.echo()
    click.echo(say(mark("1. Put the secrets into these files, which only you can read:")))
    width = max(len(str(kept / name)) for name in _TO_FILL)
    for name, what in _TO_FILL.items():
        click.echo(f"     {kept / name!s:{width}}  {say(what)}")
    if is_sample:
        click.echo(
            say(
                mark("2. In %(config)s, set the address of your LMS and your courses."),
                config=config,
            )
        )
    else:
        click.echo(say(mark("2. In %(config)s, describe your courses."), config=config))
    click.echo(say(mark("3. lms-bridge check proves each connection and names what is missing.")))
    click.echo(say(mark("4. lms-bridge serve runs the bridge. Then let the LMS send to it:")))
    for name, value in (
        (say(mark("address")), "http://127.0.0.1:8080/xapi"),
        (say(mark("username")), "moodle"),
        (say(mark("password")), say(mark("it stands in %(file)s"), file=kept / "sender-password")),
    ):
        click.echo(f"     {name}: {value}")


def _keep(path: Path, value: str) -> None:
    """A file that only its owner can read; one that is there stays."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(value, encoding="utf-8")
