"""``registry``: what a registry is told about one completion.

Its files are in `cli/uploads.py`, its tokens in `cli/tokens.py`.
"""

from __future__ import annotations

import json
from typing import Any

import click
from rich.text import Text
from sqlalchemy import select

from lms_bridge import reports
from lms_bridge.bridge import utc_now
from lms_bridge.cli import looked, output, tokens, uploads
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.deliveries import health, work
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.deliveries.rehearsing import Rehearsal, rehearse
from lms_bridge.http import hiding
from lms_bridge.http.rehearsal import Outgoing
from lms_bridge.http.values import parsed
from lms_bridge.i18n import mark
from lms_bridge.reports import AttemptLine
from lms_bridge.store.schema import completions, deliveries

_OPEN = (State.WAITING, State.RETRYING)
_WOULD_BE = {
    "record": mark("It would be recorded with this request:"),
    "document": mark("The certificate would be sent with this request:"),
    "correct": mark("The row would be corrected with this request:"),
}


@click.group(cls=InOrder)
def registry() -> None:
    """See what a registry is told, or make files for it."""


@registry.command("try")
@click.argument("completion", type=int)
@click.option("--registry", "name", default="", help="Which one, where there are several.")
@click.option(
    "--step",
    type=click.Choice(["record", "document", "correct"]),
    default="record",
    help="Which request: the row, its certificate, or a correction of the row.",
)
@click.option("--send", is_flag=True, help="Carry the delivery out, and show what came of it.")
@output.json_option
@pass_session
def try_(
    session: Session, completion: int, name: str, step: str, send: bool, as_json: bool
) -> None:
    """Show the request that would record a COMPLETION.

    Secrets are masked. The registry is asked who the person is and what is recorded already;
    nothing is written.
    With --send the delivery is carried out as a worker would, with its lease and its notes, if
    it is due; so nothing can be sent twice.
    """
    name = _registry(session, name)
    delivery = _delivery(session, completion, name, step)
    rehearsal = _rehearsed(session, delivery, name, step)
    looked.note_completion(session, completion)
    if not as_json:
        _show(session, rehearsal, step)
    attempt = _sent(session, delivery, f"registry.{name}") if send else None
    if as_json:
        shown: dict[str, Any] = {"delivery": delivery, "rehearsal": rehearsal}
        output.print_json(shown | ({"attempt": attempt} if attempt else {}), people=True)
    elif attempt:
        _show_attempt(session, attempt)
    else:
        session.console.print(
            Text("\n" + session.say(mark("Nothing was sent; --send sends it.")), style="dim")
        )


def _registry(session: Session, name: str) -> str:
    known = sorted(session.bridge.registries)
    if name in session.bridge.forms:
        session.fail(
            mark("registry.%(name)s takes files: lms-bridge registry export %(name)s"), name=name
        )
    if not name and len(known) == 1:
        return known[0]
    if not name:
        session.fail(mark("say which one, with --registry: %(names)s"), names=", ".join(known))
    if name not in known:
        session.fail(mark("there is no [registry.%(name)s] in the configuration"), name=name)
    return name


def _delivery(session: Session, completion: int, name: str, step: str) -> int:
    with session.bridge.store.reading() as db:
        found = db.execute(
            select(deliveries.c.id).where(
                deliveries.c.completion_id == completion,
                deliveries.c.remote == f"registry.{name}",
                deliveries.c.step == step,
            )
        ).scalar()
        is_there = select(completions.c.id).where(completions.c.id == completion)
        if found is None and db.scalar(is_there) is None:
            session.fail(mark("there is no completion %(number)s"), number=completion)
    if found is None and step != "record":
        session.fail(
            mark("completion %(number)s has no step “%(step)s” at registry.%(name)s"),
            number=completion,
            name=name,
            step=step,
        )
    if found is None:
        session.fail(
            mark("completion %(number)s is not to be recorded in registry.%(name)s"),
            number=completion,
            name=name,
        )
    return int(found)


def _rehearsed(session: Session, delivery: int, name: str, step: str) -> Rehearsal:
    bridge = session.bridge
    settings = bridge.settings.registry[name]
    tried = bridge.steps.get((f"registry.{name}", step))
    if tried is None:
        session.fail(mark("registry.%(name)s is not to get certificates"), name=name)
    with bridge.store.reading() as db:
        loaded = work.load(db, delivery, started_at=utc_now())
    found = rehearse(tried, loaded)
    if found.request is None:
        return found
    return Rehearsal(request=found.request.masked(hiding.secrets_of(settings)))


def _sent(session: Session, delivery: int, remote: str) -> AttemptLine:
    """Carry the delivery out, if a worker would do it now; what came of it."""
    bridge, now = session.bridge, utc_now()
    with bridge.store.reading() as db:
        row = db.execute(select(deliveries).where(deliveries.c.id == delivery)).one()
        known = health.read(db, remote, now=now)
        before = len(reports.list_attempts(db, delivery))
    about = {"delivery": delivery}
    if row.state == State.DONE:
        session.fail(mark("nothing is sent: delivery %(delivery)s is done"), **about)
    if row.state not in _OPEN:
        session.fail(
            mark(
                "nothing is sent: delivery %(delivery)s is “%(state)s”; if it is to be tried:"
                " lms-bridge deliveries retry %(delivery)s"
            ),
            state=session.word(row.state),
            **about,
        )
    if known.is_down:
        why = known.reason.what(session.language) if known.reason else ""
        session.fail(
            mark(
                "nothing is sent: %(remote)s counts as down (%(why)s); to try it at once:"
                " lms-bridge deliveries retry --all-blocked --remote %(remote)s"
            ),
            remote=remote,
            why=why,
        )
    if reason := bridge.closed(now).get(remote):
        session.fail(mark("nothing is sent: %(why)s"), why=reason.what(session.language), **about)
    if row.due_at > now:
        session.fail(
            mark("nothing is sent: delivery %(delivery)s is due at %(time)s, and not before"),
            time=session.when(row.due_at),
            **about,
        )
    bridge.worker.carry_out(delivery, remote)
    with bridge.store.reading() as db:
        attempts = reports.list_attempts(db, delivery)
    if len(attempts) == before:
        session.fail(
            mark(
                "nothing is sent: a worker has just taken delivery %(delivery)s, or another of"
                " the same person"
            ),
            **about,
        )
    return attempts[-1]


def _show(session: Session, found: Rehearsal, step: str) -> None:
    say, print_ = session.say, session.console.print
    if found.request:
        print_(Text(say(_WOULD_BE[step]), style="bold"))
        _show_request(session, found.request)
    elif found.reason:
        print_(Text(say(mark("No request would be sent:")), style="bold"))
        print_(session.reason(found.reason, people=True))
    elif step == "correct":
        told = mark("The row %(row)s says it already; no request would be sent.")
        print_(Text(say(told, row=found.row), style="bold"))
    elif step == "document":
        told = mark("It is there already (%(row)s), or not wanted; no request would be sent.")
        print_(Text(say(told, row=found.row), style="bold"))
    else:
        told = mark("The registry has it already, as row %(row)s; no request would be sent.")
        print_(Text(say(told, row=found.row), style="bold"))


def _show_request(session: Session, request: Outgoing) -> None:
    print_ = session.console.print
    print_(Text(f"{request.method} {request.url}"), soft_wrap=True)
    for name, value in request.headers.items():
        print_(Text(f"{name}: {value}", style="dim"), soft_wrap=True)
    if request.body:
        print_()
        print_(Text(_body(request.body)), soft_wrap=True)


def _show_attempt(session: Session, attempt: AttemptLine) -> None:
    print_ = session.console.print
    print_(Text("\n" + session.say(mark("Sent. What was said:")), style="bold"))
    for note in attempt.exchanges:
        came = note.get("status") or note.get("failure") or "–"
        print_(Text(f"{note.get('method')} {note.get('url')} → {came}"), soft_wrap=True)
        if (answer := note.get("answer")) not in (None, ""):
            text = answer if isinstance(answer, str) else _pretty(answer)
            print_(Text(text, style="dim"), soft_wrap=True)
    print_(Text("\n" + session.say(mark("How it was judged:")), style="bold"))
    print_(session.state(attempt.outcome))
    if attempt.reason:
        print_(session.reason(attempt.reason, people=True))


def _body(text: str) -> str:
    value = parsed(text)
    return text if value is None else _pretty(value)


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


for command in (*uploads.COMMANDS, tokens.tokens, tokens.token):
    registry.add_command(command)
