"""``check``: prove that every connection and permission is as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click
from rich.text import Text
from sqlalchemy import func, select

from lms_bridge import credentials
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.catalogue import courses as catalogued
from lms_bridge.checks import Check
from lms_bridge.cli import output
from lms_bridge.cli.session import SIGNS, Session, pass_session
from lms_bridge.i18n import mark
from lms_bridge.manners import tokens
from lms_bridge.operation import proving
from lms_bridge.reasons import SENTENCES
from lms_bridge.store import schema

_STANDING = {"ok": "good", "warning": "person", "failed": "amiss"}


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
            show(session, one)
    failed = sum(one.verdict == "failed" for one in found)
    if as_json:
        output.print_json(as_values(found))
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


def as_values(found: Iterable[Check]) -> list[dict[str, str]]:
    """What was found, for a program."""
    return [
        {
            "subject": one.subject,
            "verdict": one.verdict,
            "finding": one.finding,
            "remedy": one.remedy,
        }
        for one in found
    ]


def show(session: Session, one: Check) -> None:
    """Print a line for what was found, and one for what to do."""
    sign, style = SIGNS[_STANDING[one.verdict]]
    found = one.found_in(session.language)
    line = Text.assemble((sign, style), f" {session.say(one.subject)}: ", (found, "dim"))
    if remedy := one.remedy_in(session.language):
        line.append(f"\n  → {remedy}", style="cyan")
    session.console.print(line)


def _checks(session: Session) -> Iterator[Check]:
    bridge = session.bridge
    settings = bridge.settings
    place = {"place": str(session.config.absolute())}
    yield Check("configuration", "ok", mark("it can be used: %(place)s"), details=place)
    place = {"place": bridge.store.engine.url.render_as_string()}
    yield Check("database", "ok", mark("it answers and is up to date: %(place)s"), details=place)
    yield from _catalogue(session)
    yield from _senders(session)
    yield from proving.secret_checks("senders", settings.senders)
    yield from proving.secret_checks("console", settings.console)
    yield from proving.secret_checks("web", settings.web)
    yield from _remotes(bridge, "lms")
    yield from _remotes(bridge, "registry")
    if settings.certificates:
        from lms_bridge.certificates import checking  # loads what makes PDFs

        with bridge.store.reading() as db:
            known = [one.course for one in catalogued.current_catalogue(db).courses]
        yield from checking.checks(settings, list(bridge.registries.values()), bridge.lms, known)
    if bridge.issuing:
        from lms_bridge.openbadges import checking as badges
        from lms_bridge.openbadges.fetching import fetched

        yield from badges.checks(bridge.issuing, fetched)
        yield from badges.pictures(settings.badges, bridge.base)
    if settings.learner:
        from lms_bridge.learner import checking as learners

        yield from learners.checks(settings, settings.learner)
    if settings.email or settings.notices:
        from lms_bridge.notices import checking as notices  # speaks to mail servers

        yield from notices.checks(settings)
    yield from _tokens(session)
    if settings.forward:
        yield from _remotes(bridge, "forward")
    for target in settings.events:
        yield from proving.event_checks(bridge, target)


def _tokens(session: Session) -> Iterator[Check]:
    """Until when each token is good, now that those that are issued have been."""
    with session.bridge.store.reading() as db:
        lines = tokens.standing(db, session.bridge.settings, utc_now())
    for line in lines:
        subject = f"{line.remote}: token {line.name}"
        if reason := line.concern:
            sentence = SENTENCES[reason.code]
            yield Check(subject, "warning", sentence.what, sentence.remedy, reason.details)
            continue
        known = mark("from %(source)s, since %(since)s, good until %(until)s")
        unknown = mark("from %(source)s, since %(since)s; it does not say until when it is good")
        details = {
            "source": line.source,
            "since": session.when(line.got_at),
            "until": session.when(line.good_until),
        }
        yield Check(subject, "ok", known if line.good_until else unknown, details=details)


def _senders(session: Session) -> Iterator[Check]:
    """Whether anybody can send, and whether it is clear who did."""
    senders = session.bridge.settings.senders
    with session.bridge.store.reading() as db:
        given = [one for one, _ in credentials.in_force(db)]
    if not senders and not given:
        yield Check(
            "senders",
            "warning",
            mark("there are none, so nobody can send statements"),
            mark("Add [[senders]] to the configuration."),
        )
    names = {sender.name for sender in senders}
    usernames = {sender.username for sender in senders}
    for one in given:
        if one.name in names or one.username in usernames:
            yield Check(
                f"credentials.{one.name}",
                "failed",
                mark("a sender of the configuration has the same name or username"),
                mark("Rename the sender in [[senders]], or revoke the credential."),
            )


def _catalogue(session: Session) -> Iterator[Check]:
    courses = schema.courses
    with session.bridge.store.reading() as db:
        query = select(func.count()).select_from(courses).where(courses.c.active)
        count = db.execute(query).scalar_one()
    if count:
        yield Check("catalogue", "ok", mark("courses: %(count)s"), details={"count": count})
    else:
        yield Check(
            "catalogue",
            "warning",
            mark("it is empty, so no completion can be recognised"),
            mark("Add [[courses]] to the configuration, or lms-bridge courses import."),
        )


def _remotes(bridge: Bridge, section: str) -> Iterator[Check]:
    """What each outside system of a section says of itself."""
    names = list(getattr(bridge.settings, section))
    if not names:
        yield Check(
            section,
            "warning",
            mark("there is none"),
            mark("Add [%(section)s.NAME] to the configuration."),
            {"section": section},
        )
    for name in names:
        yield from proving.remote_checks(bridge, section, name)
