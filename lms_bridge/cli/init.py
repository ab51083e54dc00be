"""``init``: a first configuration to fill in."""

from __future__ import annotations

import secrets
from importlib import resources
from pathlib import Path

import click

from lms_bridge.cli import shared
from lms_bridge.cli.shared import Session, pass_session
from lms_bridge.i18n import mark

_TO_FILL = ("moodle-token", "siasn-consumer-key", "siasn-consumer-secret", "siasn-sso-token")


@click.command()
@pass_session
def init(session: Session) -> None:
    """Write a first configuration, and files for its secrets beside it.

    Nothing that is there already is overwritten.
    """
    config = session.config
    if config.exists():
        shared.fail(f"{config} is there already; it is left as it is")
    kept = config.parent / "secrets"
    text = resources.files("lms_bridge.cli").joinpath("first.toml").read_text("utf-8")
    try:
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        config.write_text(text, encoding="utf-8")
        _keep(kept / "sender-password", secrets.token_urlsafe(24) + "\n")
        for name in _TO_FILL:
            _keep(kept / name, "")
    except OSError as error:
        shared.fail(f"{error.filename}: {error.strerror}")
    say = session.say
    click.echo(say(mark("Written: %(config)s and %(kept)s/"), config=config, kept=kept))
    click.echo(say(mark("Now:")))
    steps = (
        mark("1. In %(config)s, set the address of your LMS and your courses."),
        mark(
            "2. Put the tokens into the empty files in %(kept)s/ (docs/ tells where to get them)."
        ),
        mark("3. lms-bridge check proves each connection and names what is missing."),
        mark(
            "4. lms-bridge serve; then let the LMS send to it, with the password in"
            " %(kept)s/sender-password."
        ),
    )
    for step in steps:
        click.echo("  " + say(step, config=config, kept=kept))


def _keep(path: Path, value: str) -> None:
    """A file that only its owner can read; one that is there stays."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(value, encoding="utf-8")
