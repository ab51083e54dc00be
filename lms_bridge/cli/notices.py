"""``notices``: what people are told, what was sent, and what could not be."""

from __future__ import annotations

import secrets

import click

from lms_bridge.bridge import utc_now
from lms_bridge.cli import output
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.i18n import gettext, mark
from lms_bridge.notices import outbox, watching
from lms_bridge.redaction import redact


@click.group(cls=InOrder)
def notices() -> None:
    """See what people are told by e-mail and webhook, and try it."""


@notices.command("list")
@click.option("--failed", is_flag=True, help="Only those that were given up.")
@output.limit_option(50, "How many, the newest first.")
@output.json_option
@pass_session
def list_(session: Session, failed: bool, limit: int, as_json: bool) -> None:
    """List the messages that were made, and what became of each."""
    with session.bridge.store.reading() as db:
        found = outbox.listed(db, failed=failed, limit=limit)
    if as_json:
        output.print_json(
            [
                {
                    "id": one.id,
                    "kind": one.kind,
                    "to": one.recipient,
                    "address": redact(one.address),
                    "subject": one.subject,
                    "state": one.state,
                    "made_at": one.made_at,
                    "sent_at": one.sent_at,
                    "attempts": one.attempts,
                    "reason": one.reason,
                }
                for one in found
            ]
        )
        return
    say = session.say
    made = output.table(
        "", "#", say(mark("to")), say(mark("message")), say(mark("made")), say(mark("state"))
    )
    for one in found:
        made.add_row(
            str(one.id),
            output.stacked(one.recipient or session.word(one.kind), redact(one.address)),
            one.subject,
            session.when(one.made_at),
            output.stacked(session.state(one.state), session.reason(one.reason)),
        )
    output.rows_or_nothing(session.console, made, say(mark("No messages.")))


@notices.command("test")
@click.argument("name", required=False)
@pass_session
def test(session: Session, name: str | None) -> None:
    """Send a message to try it, and say what came of it.

    To the [[notices]] called NAME, or to all.
    """
    from lms_bridge.notices.sending import Sending  # speaks to mail servers and webhooks

    bridge, now = session.bridge, utc_now()
    settings = bridge.settings
    wanted = [one for one in settings.notices if name in (None, one.name)]
    if not wanted:
        session.fail(mark("there is no such [[notices]] in the configuration"), code=2)
    which = secrets.token_hex(4)
    keys = []
    with bridge.store.writing() as db:
        for one in wanted:
            subject = gettext(mark("A message to try it"), one.language)
            text = gettext(
                mark("The bridge can reach you here. This message was asked for by hand."),
                one.language,
            )
            watching.put_for(db, one, "test", which, subject, f"{text}\n", {}, now)
            keys += [f"test:{one.name}:{which}:{address}" for address in one.email or ("",)]
    Sending(bridge.store, settings, owner=bridge.owner, clock=utc_now).run()
    with bridge.store.reading() as db:
        done = [one for one in outbox.listed(db, limit=len(keys) + 50) if one.key in keys]
    for message in reversed(done):
        line = session.state(message.state)
        line.append(f" {message.recipient} {redact(message.address)}".rstrip())
        if message.reason:
            line.append("\n  ").append_text(session.reason(message.reason))
        session.console.print(line)
    raise SystemExit(0 if all(each.state == outbox.State.SENT for each in done) else 1)


@notices.command("retry")
@click.argument("numbers", type=int, nargs=-1, required=True)
@pass_session
def retry(session: Session, numbers: tuple[int, ...]) -> None:
    """Try to send the messages with these NUMBERS again."""
    with session.bridge.store.writing() as db:
        count = outbox.retry(db, list(numbers), utc_now())
    session.tell(mark("Messages that are tried again: %(count)s."), count=count)
