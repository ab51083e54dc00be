"""``check``: prove that every connection and permission is as it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click
from rich.text import Text
from sqlalchemy import func, select

from lms_bridge.checks import Check
from lms_bridge.cli import output
from lms_bridge.cli.session import SIGNS, Session, pass_session
from lms_bridge.config.secrets import SecretMissing, secrets_in
from lms_bridge.i18n import mark
from lms_bridge.store import schema

_STANDING = {"ok": "good", "warning": "person", "failed": "amiss"}
SAMPLE = "https://lms.example.go.id"
"""what ``lms-bridge init`` writes where it was not told the address of the LMS"""


@click.command()
@output.json_option
@pass_session
def check(session: Session, as_json: bool) -> None:
    """Prove each connection and permission, changing nothing.

    Exit status 0: nothing failed; 1 otherwise.
    """
    found = []
    for one in _checks(session):
        found.append(one)
        if not as_json:
            _print(session, one)
    failed = sum(one.verdict == "failed" for one in found)
    if as_json:
        output.print_json(found)
    elif failed:
        text = session.say(
            mark("Failed: %(failed)s of %(all)s. Mend them from the top, then check again."),
            failed=failed,
            all=len(found),
        )
        session.console.print(Text("\n" + text, style="bold red"))
    else:
        text = session.say(mark("Everything that must work does. Next: lms-bridge serve"))
        session.console.print(Text("\n" + text, style="green"))
    raise SystemExit(1 if failed else 0)


def _print(session: Session, one: Check) -> None:
    sign, style = SIGNS[_STANDING[one.verdict]]
    line = Text.assemble((sign, style), f" {one.subject}: ", (one.finding, "dim"))
    if one.remedy:
        line.append(f"\n  → {one.remedy}", style="cyan")
    session.console.print(line)


def _checks(session: Session) -> Iterator[Check]:
    bridge, say = session.bridge, session.say
    settings = bridge.settings
    yield Check(say(mark("configuration")), "ok", str(session.config.absolute()))
    url = bridge.store.engine.url.render_as_string()
    yield Check(say(mark("database")), "ok", url)
    yield from _catalogue(session)
    if not settings.senders:
        yield Check(
            say(mark("senders")),
            "warning",
            say(mark("there are none, so nobody can send statements")),
            say(mark("Add [[senders]] to the configuration.")),
        )
    yield from _secrets(session, "senders", settings.senders)
    yield from _secrets(session, "console", settings.console)
    yield from _remotes(session, "lms", settings.lms, bridge.lms)
    yield from _remotes(session, "registry", settings.registry, bridge.registries)


def _catalogue(session: Session) -> Iterator[Check]:
    courses = schema.courses
    with session.bridge.store.reading() as db:
        query = select(func.count()).select_from(courses).where(courses.c.active)
        count = db.execute(query).scalar_one()
    if count:
        finding = session.say(mark("courses: %(count)s"), count=count)
        yield Check(session.say(mark("catalogue")), "ok", finding)
    else:
        yield Check(
            session.say(mark("catalogue")),
            "warning",
            session.say(mark("it is empty, so no completion can be recognised")),
            session.say(
                mark("Add [[courses]] to the configuration, or lms-bridge courses import.")
            ),
        )


def _remotes(
    session: Session, section: str, settings: Mapping[str, Any], remotes: Mapping[str, Any]
) -> Iterator[Check]:
    """What each outside system says of itself, once what it needs is there to try it with."""
    if not remotes:
        yield Check(
            section,
            "warning",
            session.say(mark("there is none")),
            session.say(mark("Add [%(section)s.NAME] to the configuration."), section=section),
        )
    for name, remote in remotes.items():
        path = f"{section}.{name}"
        missing = [
            one for one in _secrets(session, path, settings[name]) if one.verdict == "failed"
        ]
        yield from missing
        if getattr(settings[name], "url", "") == SAMPLE:
            yield Check(
                f"{path}.url",
                "failed",
                session.say(mark("it is still the example, %(url)s"), url=SAMPLE),
                session.say(mark("Set it to the address of your LMS.")),
            )
        elif not missing:
            yield from remote.check()


def _secrets(session: Session, path: str, settings: Any) -> Iterator[Check]:
    for place, secret in secrets_in(settings, path):
        try:
            secret.read()
        except SecretMissing as error:
            remedy = session.say(mark("Put it there; a restart is not needed for a file."))
            yield Check(place, "failed", str(error), remedy)
        else:
            source = session.say(mark("it is kept in %(source)s"), source=secret.source())
            yield Check(place, "ok", source)
