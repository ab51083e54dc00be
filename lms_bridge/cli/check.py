"""``check``: prove that every connection and permission is as it should be."""

from __future__ import annotations

from collections.abc import Iterator

import click
from rich.text import Text

from lms_bridge.checks import Check
from lms_bridge.cli import shared
from lms_bridge.cli.shared import Session, pass_session
from lms_bridge.config.secrets import SecretMissing
from lms_bridge.i18n import mark

_SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failed": ("✗", "bold red")}


@click.command()
@shared.json_option
@pass_session
def check(session: Session, as_json: bool) -> None:
    """Prove each connection and permission, one by one; nothing is changed anywhere.

    Exit status 0: nothing failed; 1 otherwise.
    """
    failed = 0
    found = []
    for one in _checks(session):
        failed += one.verdict == "failed"
        found.append(one)
        if not as_json:
            sign, style = _SIGNS[one.verdict]
            line = Text.assemble((sign, style), f" {one.subject}: ", (one.finding, "dim"))
            if one.remedy:
                line.append(f"\n  → {one.remedy}", style="italic cyan")
            session.console.print(line)
    if as_json:
        shared.print_json(found)
    elif not failed:
        session.console.print(session.say(mark("Everything that must work does.")), style="green")
    raise SystemExit(1 if failed else 0)


def _checks(session: Session) -> Iterator[Check]:
    bridge = session.bridge
    yield Check("configuration", "ok", str(session.config))
    kind = bridge.store.engine.dialect.name
    yield Check("database", "ok", f"{kind}, {bridge.store.engine.url.render_as_string()}")
    if not bridge.settings.senders:
        yield Check(
            "senders",
            "warning",
            "there are none, so nobody can send statements",
            "Add [[senders]].",
        )
    for sender in bridge.settings.senders:
        try:
            sender.password.read()
            yield Check(f"sender {sender.name}", "ok", f"password from {sender.password.source()}")
        except SecretMissing as error:
            yield Check(f"sender {sender.name}", "failed", str(error), "Set it, then start again.")
    for section, remotes in (("lms", bridge.lms), ("registry", bridge.registries)):
        if not remotes:
            yield Check(section, "warning", "there is none", f"Add [{section}.NAME].")
        for remote in remotes.values():
            yield from remote.check()
