"""``status`` and ``attention``: how it goes, and what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
from rich.text import Text

from lms_bridge import reports
from lms_bridge.bridge import utc_now
from lms_bridge.cli import looked, output
from lms_bridge.cli.session import Session, pass_session
from lms_bridge.deliveries.lifecycle import FOR_A_PERSON, State
from lms_bridge.forwarding import backlog
from lms_bridge.forwarding.backlog import Standing
from lms_bridge.i18n import mark
from lms_bridge.manners import tokens
from lms_bridge.manners.tokens import TokenLine
from lms_bridge.operation import workers
from lms_bridge.operation.workers import WorkerLine
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.reconciling import looking
from lms_bridge.redaction import mask_nip
from lms_bridge.reports import AttentionLine, CompletionLine, DeliveryLine, Overview, Subject
from lms_bridge.uploads.gathered import Gathered, gathered, is_told_alone

_SHOWN = 200
_AMISS = {
    "waiting": mark("Statements that wait for a person: %(count)s. lms-bridge attention"),
    "blocked": mark("Deliveries that are blocked: %(count)s. lms-bridge attention"),
    "delegated": mark("Deliveries that a person has to finish: %(count)s. lms-bridge attention"),
    "undecided": mark(
        "Completions taken back, about which HR decides: %(count)s. lms-bridge completions"
        " --undecided"
    ),
    "findings": mark(
        "Findings that wait for somebody to decide: %(count)s. lms-bridge reconcile show"
    ),
    "to_renew": mark("Tokens that a person has to renew: %(count)s. lms-bridge registry tokens"),
    "not_forwarded": mark(
        "Statements that another LRS does not take: %(count)s. lms-bridge forward list"
    ),
}

_DECIDED = {
    "undo": mark("%(by)s had it undone %(time)s."),
    "keep": mark("%(by)s left it as it is %(time)s:"),
}


@click.command()
@output.json_option
@pass_session
def status(session: Session, as_json: bool) -> None:
    """Show how it goes: how much of everything, and what is amiss.

    Exit status 0: nothing waits for a person and every remote is up; 1 otherwise.
    """
    now = utc_now()
    with session.bridge.store.reading() as db:
        view = reports.overview(db, now=now)
        targets = backlog.standing(db, session.bridge.settings.forward, now=now)
        found = looking.open_findings(db)
        renewals = tokens.standing(db, session.bridge.settings, now)
        at_work = [line for line in workers.every(db, now=now) if line.is_alive]
    waiting = view.sightings.get(SightingState.ATTENTION, 0)
    blocked, delegated = (
        sum(states.get(state, 0) for states in view.deliveries.values()) for state in FOR_A_PERSON
    )
    down = [name for name, known in view.remotes.items() if known.state == "down"]
    amiss = {
        "waiting": waiting,
        "blocked": blocked,
        "delegated": delegated,
        "undecided": view.undecided,
        "findings": found,
        "not_forwarded": sum(target.blocked for target in targets),
        "to_renew": sum(line.concern is not None for line in renewals),
    }
    fine = not (any(amiss.values()) or down)
    if as_json:
        output.print_json(
            {
                "fine": fine,
                **amiss,
                "down": down,
                "tokens": renewals,
                "closed": session.bridge.closed(now),
                "overview": view,
                "forward": targets,
                "workers": at_work,
            }
        )
    else:
        _print(session, view, targets, amiss)
        _print_tokens(session, renewals)
        _print_workers(session, at_work)
    raise SystemExit(0 if fine else 1)


def _print(
    session: Session, view: Overview, targets: Sequence[Standing], amiss: Mapping[str, int]
) -> None:
    say, console = session.say, session.console
    seen = view.sightings
    console.print(
        say(
            mark(
                "Statements received: %(statements)s (%(none)s tell of no completion, %(new)s are"
                " still to be judged). Completions: %(completions)s."
            ),
            statements=view.statements,
            completions=view.completions,
            none=seen.get(SightingState.NONE, 0),
            new=seen.get(SightingState.NEW, 0) + seen.get(SightingState.ASKING, 0),
        )
    )
    console.print()
    deliveries = view.deliveries | {one.remote: _by_state(one) for one in targets}
    shown = [state for state in State if any(by.get(state) for by in deliveries.values())]
    made = output.table("", say(mark("remote")), "", *map(session.word, shown))
    for column in made.columns[2:]:
        column.justify = "right"
    made.leading = 0
    for name in dict.fromkeys([*session.bridge.remotes, *view.remotes]):
        known = view.remotes.get(name)
        states = deliveries.get(name, {})
        made.add_row(
            name,
            session.state(known.state if known else "up"),
            *(str(states.get(state, 0)) for state in shown),
        )
    output.rows_or_nothing(console, made, say(mark("No registry and no LMS is configured yet.")))
    for name, known in view.remotes.items():
        if known.state == "down":
            since = say(mark("down since %(time)s"), time=session.when(known.since))
            console.print(Text(f"{name}: {since}", style="bold red"))
            console.print(session.reason(known.reason))
    for known in view.remotes.values():
        if known.paused:
            console.print(session.reason(known.paused))
    for reason in session.bridge.closed(utc_now()).values():
        console.print(session.reason(reason))
    for one in targets:
        if one.since:
            behind = mark("%(remote)s: statements since %(time)s are still to be sent there.")
            console.print(say(behind, remote=one.remote, time=session.when(one.since)))
    for name, count in amiss.items():
        if count:
            console.print(Text(say(_AMISS[name], count=count), style="bold yellow"))
    if not any(amiss.values()):
        console.print(Text(say(mark("Nothing waits for a person.")), style="green"))


def _print_tokens(session: Session, lines: Sequence[TokenLine]) -> None:
    """Until when tokens are good; of those that the bridge renews nobody need know."""
    for line in lines:
        if line.concern:
            session.console.print(session.reason(line.concern))
        elif not line.issued:
            about = {"token": f"{line.remote}.{line.name}", "time": session.when(line.good_until)}
            until = (
                mark("The token of %(token)s is good until %(time)s.")
                if line.good_until
                else mark("The token of %(token)s does not say until when it is good.")
            )
            session.console.print(Text(session.say(until, **about), style="dim"))


def _print_workers(session: Session, at_work: Sequence[WorkerLine]) -> None:
    """Which worker is the active one, where several may share the work."""
    if active := [line.name for line in at_work if line.is_active]:
        says = mark("Workers: %(count)s. The active one: %(name)s.")
        told = session.say(says, count=len(at_work), name=active[0])
        session.console.print(Text(told, style="dim"))


def _by_state(target: Standing) -> dict[str, int]:
    """What is to be sent to another LRS, as if each statement were a delivery."""
    return {
        State.WAITING: target.waiting,
        State.BLOCKED: target.blocked,
        State.CANCELLED: target.cancelled,
    }


def taken_back(session: Session, line: CompletionLine, *, people: bool = False) -> Text:
    """That a completion was taken back: when, why, and what was decided or is to be."""
    text = Text()
    if withdrawal := line.withdrawal:
        when = session.when(withdrawal.at)
        text.append(session.say(mark("Taken back %(time)s."), time=when), style="yellow")
        if withdrawal.reason:
            text.append(" ").append_text(session.reason(withdrawal.reason, people=people))
        if withdrawal.decision:
            about = {"by": withdrawal.decided_by, "time": session.when(withdrawal.decided_at)}
            text.append("\n" + session.say(_DECIDED[withdrawal.decision], **about))
        if withdrawal.decided_why:
            text.append(f" {withdrawal.decided_why}")
    if line.question:
        text.append("\n").append_text(session.reason(line.question, people=people))
    return text


def show_attention(session: Session, *, as_json: bool) -> None:
    """What waits for a person, and what to do about it."""
    now = utc_now()
    with session.bridge.store.reading() as db:
        seen = [
            line
            for line in reports.list_attention(db, limit=_SHOWN)
            if line.state == SightingState.ATTENTION
        ]
        blocked = reports.list_deliveries(
            db, now=now, where=is_told_alone(), states=FOR_A_PERSON, limit=_SHOWN
        )
        together = gathered(db)
        theirs = reports.subjects(db, blocked)
        undecided = reports.list_completions(db, now=now, undecided=True, limit=_SHOWN)
        targets = backlog.standing(db, session.bridge.settings.forward, now=now)
    looked.note(session, "list", list="attention")
    if as_json:
        refusing = [one for one in targets if one.blocked]
        output.print_json(
            {
                "statements": seen,
                "deliveries": blocked,
                "completions": undecided,
                "uploads": [one.reason for one in together],
                "forward": refusing,
            }
        )
        return
    attention_table(session, seen, blocked, theirs, undecided, targets, together)


def attention_table(
    session: Session,
    seen: Sequence[AttentionLine],
    blocked: Sequence[DeliveryLine],
    theirs: Mapping[int, Subject],
    undecided: Sequence[CompletionLine] = (),
    targets: Sequence[Standing] = (),
    together: Sequence[Gathered] = (),
    title: str = "",
) -> None:
    """Print what cannot go on without a person.

    Statements and steps, what HR is to decide, files for registries without an API, and other
    LRSs that do not take statements.
    """
    say = session.say
    made = output.table(title, say(mark("who, what")), say(mark("why, and what to do")))
    made.columns[0].ratio, made.columns[-1].ratio = 1, 2
    made.expand = True
    for line in seen:
        several = say(mark("%(count)s statements"), count=line.count) if line.count > 1 else ""
        made.add_row(
            output.stacked(mask_nip(line.person) or "–", line.course, several),
            session.reason(line.reason),
        )
    for one in blocked:
        whose = theirs[one.id]
        made.add_row(
            output.stacked(
                whose.employee or mask_nip(whose.nip),
                whose.title,
                f"#{one.id} {session.word(one.step)} → {one.remote}",
            ),
            session.reason(one.reason),
        )
    for each in undecided:
        made.add_row(
            output.stacked(each.employee or mask_nip(each.nip), each.course, f"#{each.id}"),
            taken_back(session, each),
        )
    for each_file in together:
        made.add_row(each_file.remote, session.reason(each_file.reason))
    for target in targets:
        if concern := target.concern:
            made.add_row(target.remote, session.reason(concern))
    output.rows_or_nothing(session.console, made, say(mark("Nothing waits for a person.")))
