"""``openbadges``: the keys that sign badges, and whether a badge holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.session import SIGNS, InOrder, Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.openbadges.keys import Key, KeyRing, KeyTrouble

_STANDING = {"ok": "good", "warning": "person", "failed": "amiss"}


@click.group(cls=InOrder)
def openbadges() -> None:
    """Keep the keys that sign Open Badges, and verify a badge."""


@openbadges.group(cls=InOrder)
def keys() -> None:
    """See, make and change the keys that sign badges."""


@keys.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the keys, the one that signs first.

    What the others have signed verifies as long as they are listed here.
    """
    with _told(session):
        found = _ring(session).all()
    if as_json:
        output.print_json([_plain(key, signs=key is found[0]) for key in found])
        return
    say = session.say
    made = output.table("", say(mark("key")), say(mark("made")), say(mark("use")))
    for key in found:
        signs = key is found[0] and key.private is not None
        use = say(mark("signs")) if signs else say(mark("only verifies"))
        made.add_row(key.name, session.when(key.created_at), use)
    nothing = say(mark("No keys. lms-bridge openbadges keys create makes one."))
    output.rows_or_nothing(session.console, made, nothing)


@keys.command()
@output.json_option
@pass_session
def create(session: Session, as_json: bool) -> None:
    """Make the first key.

    It is kept in the folder that [openbadges] names. Have it in your backup, and nowhere else.
    """
    with _told(session):
        made = _ring(session).create(utc_now())
    _tell_made(session, made, as_json)


@keys.command()
@output.json_option
@pass_session
def rotate(session: Session, as_json: bool) -> None:
    """Make a key that signs from now on.

    What was signed before still verifies. The private half of the key before it is deleted.
    """
    with _told(session):
        made = _ring(session).rotate(utc_now())
    _tell_made(session, made, as_json)


@keys.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@output.json_option
@pass_session
def remove(session: Session, name: str, yes: bool, as_json: bool) -> None:
    """Take out the key NAME, which somebody else may have.

    No file that it has signed verifies from then on. At the address of each badge is a new one,
    signed with another key.
    """
    ring = _ring(session)
    if not yes:
        question = mark("No badge that was downloaded while %(name)s signed will verify. Go on?")
        click.confirm(session.say(question, name=name), abort=True)
    with _told(session):
        made = ring.remove(name, utc_now())
    if as_json:
        output.print_json({"removed": name, "signs": ring.signing().name})
        return
    session.tell(mark("The key %(name)s is gone."), name=name)
    if made:
        _tell_made(session, made, as_json)


@openbadges.command()
@click.argument("file", type=click.Path(path_type=Path))
@output.json_option
@pass_session
def verify(session: Session, file: Path, as_json: bool) -> None:
    """Say of the badge in FILE whether it holds: JSON, JWT, PNG or SVG.

    It is read as a stranger reads it: the issuer's keys and lists are fetched from the issuer.
    Exit status 0: it holds; 1 otherwise.
    """
    from lms_bridge.openbadges import verifying
    from lms_bridge.openbadges.fetching import fetched

    try:
        content = file.read_bytes()
    except OSError as error:
        session.fail(
            mark("%(path)s cannot be read: %(why)s"), path=str(file), why=error.strerror or ""
        )
    report = verifying.verify(content, fetch=fetched, now=utc_now())
    if as_json:
        findings = [
            {"what": one.what, "verdict": one.verdict, "says": one.says % one.details}
            for one in report.findings
        ]
        output.print_json({"holds": report.holds, "findings": findings})
    else:
        for one in report.findings:
            sign, style = SIGNS[_STANDING[one.verdict]]
            line = Text.assemble((sign, style), " ", session.say(one.says, **one.details))
            session.console.print(line)
        session.console.print(Text("\n" + session.say(_verdict(report.findings))))
    raise SystemExit(0 if report.holds else 1)


def _verdict(findings: tuple[Any, ...]) -> str:
    verdicts = {one.verdict for one in findings}
    if "failed" in verdicts:
        return mark("It does not hold.")
    if "warning" in verdicts:
        return mark("Its signature is right, but whether it still holds cannot be told.")
    return mark("It holds, if you trust the site of its issuer.")


def _ring(session: Session) -> KeyRing:
    settings = session.bridge.settings.openbadges
    if settings is None:
        session.fail(mark("there is no [openbadges] in the configuration"))
    return KeyRing(Path(settings.keys))


@contextmanager
def _told(session: Session) -> Iterator[None]:
    try:
        yield
    except KeyTrouble as trouble:
        details: dict[str, Any] = dict(trouble.details)
        session.fail(trouble.message, **details)


def _tell_made(session: Session, made: Key, as_json: bool) -> None:
    if as_json:
        output.print_json(_plain(made, signs=True))
    else:
        session.tell(mark("The key %(name)s signs from now on."), name=made.name)


def _plain(key: Key, *, signs: bool) -> dict[str, Any]:
    return {
        "name": key.name,
        "created_at": key.created_at,
        "signs": signs and key.private is not None,
    }
