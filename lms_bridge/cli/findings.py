"""How findings are shown, and chosen, by the commands of ``reconcile``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from lms_bridge.cli import output
from lms_bridge.cli.session import Session
from lms_bridge.i18n import mark
from lms_bridge.reconciling import keeping, looking
from lms_bridge.reconciling.findings import FindingState
from lms_bridge.reconciling.looking import Line, Run
from lms_bridge.reconciling.repairing import Result


def find(session: Session, number: int | None) -> Run:
    with session.bridge.store.writing() as db:
        keeping.settle(db)
    with session.bridge.store.reading() as db:
        found = looking.run(db, number)
    if found is None and number is None:
        session.fail(mark("nothing was compared yet: lms-bridge reconcile"))
    if found is None:
        session.fail(mark("there is no run %(number)s"), number=number)
    return found


def chosen(session: Session, run: int, ids: Sequence[int], kind: str | None) -> list[Line]:
    if bool(ids) == bool(kind):
        session.fail(mark("name findings by their numbers, or give --kind"), code=2)
    find(session, run)
    states = () if ids else (FindingState.OPEN,)
    with session.bridge.store.reading() as db:
        lines = list(looking.lines(db, run, kind=kind or "", ids=ids, states=states))
    if missing := sorted(set(ids) - {line.id for line in lines}):
        session.fail(mark("run %(run)s has no finding %(number)s"), run=run, number=missing[0])
    return lines


def show(
    session: Session,
    number: int | None,
    *,
    as_json: bool,
    limit: int,
    kind: str = "",
    unit: str = "",
    everything: bool = False,
) -> None:
    found = find(session, number)
    states = () if everything else (FindingState.OPEN, FindingState.APPROVED)
    with session.bridge.store.reading() as db:
        lines = list(looking.lines(db, found.number, kind=kind, unit=unit, states=states))
    if as_json:
        output.print_json({"run": found, "findings": lines}, people=True)
        return
    say = session.say
    made = output.table(
        "", "#", say(mark("who, what")), say(mark("what is amiss")), say(mark("what can be done"))
    )
    made.columns[1].ratio, made.columns[2].ratio, made.columns[3].ratio = 1, 2, 1
    made.expand = True
    for one in lines[:limit]:
        made.add_row(
            str(one.id),
            output.stacked(one.employee or one.nip or "–", one.nip, one.course),
            Text(f"{session.word(one.kind)}: ").append_text(
                session.reason(one.reason, people=True)
            ),
            _what_can_be_done(session, one),
        )
    output.rows_or_nothing(
        session.console, made, say(mark("Nothing is amiss that is not decided."))
    )
    _print_about(session, found)
    if len(lines) > limit:
        session.tell(mark("Findings: %(count)s; shown: %(shown)s."), count=len(lines), shown=limit)


def _print_about(session: Session, found: Run) -> None:
    session.tell(
        mark("Run %(number)s, begun %(time)s by %(by)s, %(scope)s: %(outcome)s."),
        number=found.number,
        time=session.when(found.started_at),
        by=found.by,
        scope=scope_of(session, found),
        outcome=session.word(found.outcome),
    )
    if found.oldest_reading:
        session.tell(
            mark("The oldest history that it went by was read %(time)s."),
            time=session.when(found.oldest_reading),
        )
    if counts := counted(session, found.counts):
        session.tell(mark("Counted: %(counts)s."), counts=counts)
    if found.states.get(FindingState.OPEN):
        told = mark(
            "→ What would be done: lms-bridge reconcile repair %(number)s --kind KIND --dry-run"
        )
        session.tell(told, number=found.number)


def _what_can_be_done(session: Session, one: Line) -> Text:
    if one.state == FindingState.OPEN:
        lines = [session.word(each) for each in one.repairs] or [session.say(mark("by hand"))]
        return Text("\n".join(lines))
    text = session.state(one.state)
    if one.repair:
        text.append(f": {session.word(one.repair)}", style="default")
    if one.delivery_id and one.state == FindingState.APPROVED:
        text.append(f"\n#{one.delivery_id} ", style="dim")
        text.append_text(session.state(one.delivery_state))
    if one.decided_by:
        text.append(f"\n{one.decided_by}: {one.decided_why}", style="dim")
    return text


def print_results(session: Session, results: Sequence[Result]) -> None:
    say = session.say
    made = output.table("", "#", say(mark("who, what")), say(mark("what is done")))
    for one in results:
        line = one.finding
        done = Text(session.word(one.repair)) if one.repair else Text(say(mark("nothing")))
        if one.why:
            done.append("\n").append_text(session.reason(one.why, people=True))
        made.add_row(
            str(line.id),
            output.stacked(line.employee or line.nip or "–", line.reason.what(session.language)),
            done,
        )
    output.rows_or_nothing(session.console, made, say(mark("There are no such findings.")))
    by_repair = Counter(one.repair for one in results if one.repair)
    for each, count in sorted(by_repair.items()):
        session.tell(mark("%(repair)s: %(count)s"), repair=session.word(each), count=count)


def scope_of(session: Session, one: Run) -> str:
    about = [name if value is True else f"{name} {value}" for name, value in one.scope.items()]
    return ", ".join(about) or session.say(mark("the whole city"))


def counted(session: Session, counts: Any) -> str:
    return ", ".join(f"{session.word(what)}: {count}" for what, count in counts.items() if count)
