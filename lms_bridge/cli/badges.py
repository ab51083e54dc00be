"""``badges``: what badges are earned by, who has earned them, and what is missing."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from contextlib import suppress
from zoneinfo import ZoneInfo

import click
from rich.text import Text

from lms_bridge.badges import earned, explaining, in_force, reviews
from lms_bridge.badges.badge import Badge
from lms_bridge.badges.earned import AwardLine, BadgeLine
from lms_bridge.badges.explaining import Explanation, Names
from lms_bridge.badges.in_force import CannotApply, Difference
from lms_bridge.badges.previewing import Preview, preview
from lms_bridge.bridge import utc_now
from lms_bridge.cli import looked, output
from lms_bridge.cli.person import employee_with
from lms_bridge.cli.progress import progress_bar
from lms_bridge.cli.session import InOrder, Session, pass_session, whoami
from lms_bridge.i18n import mark
from lms_bridge.jobs import runs, under_way
from lms_bridge.jobs.base import Busy
from lms_bridge.openbadges.earned import Addresses
from lms_bridge.redaction import mask_nip

_LOOK_SECONDS = 0.5
_STYLES = {"valid": "green", "expired": "yellow", "revoked": "dim strike"}


@click.group(cls=InOrder)
def badges() -> None:
    """See who has earned which badge, and put rules in force.

    The rules stand in the configuration, as [[badges]]. What is changed there takes effect when it
    is put in force with apply; plan shows beforehand who would get which badge.
    """


@badges.command("list")
@output.json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the badges in force, and how many have each."""
    with session.bridge.store.reading() as db:
        lines = earned.list_badges(db, today=_today(session))
        difference = in_force.compare(db, session.bridge.settings.badges)
        names = Names.read(db)
    if as_json:
        output.print_json({"badges": lines, "not_in_force": _named(difference)})
        return
    say = session.say
    made = output.table(
        "",
        say(mark("badge")),
        say(mark("competency")),
        say(mark("earned by")),
        say(mark("held by")),
    )
    made.columns[3].justify = "right"
    for line in lines:
        made.add_row(*_badge_row(session, line, names))
    output.rows_or_nothing(session.console, made, say(mark("No badges are in force.")))
    _tell_difference(session, difference)


@badges.command()
@click.option(
    "--names",
    "how_many",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="How many people are named for each badge.",
)
@output.json_option
@pass_session
def plan(session: Session, how_many: int, as_json: bool) -> None:
    """Show who would get which badge by the configuration.

    Changes nothing. Who has a badge keeps it, whatever becomes of its rule.
    """
    difference, previews = _preview(session, how_many, hidden=as_json)
    if as_json:
        found = [output.plain(one) for one in previews]
        output.print_json({"badges": found, "ended": list(difference.ended)}, people=True)
        return
    if not difference:
        session.tell(mark("The badges of the configuration are in force; nothing would change."))
        return
    _show_previews(session, difference, previews)
    session.console.print()
    session.tell(mark("To put them in force: lms-bridge badges apply"))


@badges.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@output.json_option
@pass_session
def apply(session: Session, yes: bool, as_json: bool) -> None:
    """Put the badges of the configuration in force.

    Whoever meets their rules gets them. It may be stopped at any time; the worker goes on with what
    is left.
    """
    difference, previews = _preview(session, 0, hidden=as_json)
    if not difference:
        if as_json:
            output.print_json({"applied": False})
        else:
            session.tell(mark("The badges of the configuration are in force; nothing changes."))
        return
    if not as_json:
        _show_previews(session, difference, previews)
    if not (yes or as_json):
        click.confirm(session.say(mark("Put them in force?")), abort=True)
    bridge, begun = session.bridge, utc_now()
    try:
        with bridge.store.writing() as db:
            in_force.put(db, bridge.settings.badges, by=whoami(), now=begun)
            total = bridge.reviewing.ask_for_everybody(db)
    except CannotApply as error:
        session.fail(str(error))
    counts = _review(session, total, since=begun, hidden=as_json)
    if as_json:
        output.print_json({"applied": True, **counts})
    else:
        _tell_counts(session, counts)


@badges.command()
@click.argument("nip")
@click.argument("badge", required=False)
@output.json_option
@pass_session
def explain(session: Session, nip: str, badge: str | None, as_json: bool) -> None:
    """Show what somebody has met of each badge, and what not.

    The employee with that NIP, and each badge or the one with the key BADGE.
    """
    employee_id = employee_with(session, nip)
    with session.bridge.store.reading() as db:
        found = explaining.explain(
            db, employee_id, today=_today(session), keys=[badge] if badge else []
        )
        names = Names.read(db)
    if badge and not found:
        session.fail(mark("no badge %(badge)s is in force"), badge=badge)
    looked.note(session, "page", employee_id)
    if as_json:
        output.print_json(
            [
                {
                    "badge": one.badge.key,
                    "earned_on": one.earned_on,
                    "last_day": one.last_day,
                    "has_expired": one.has_expired,
                    "is_in_question": one.is_in_question,
                    "conditions": one.lines(names, session.language),
                }
                for one in found
            ]
        )
        return
    for number, one in enumerate(found):
        if number:
            session.console.print()
        _show_explanation(session, one, names)
    if not found:
        session.tell(mark("No badges are in force."))


@badges.command("earned")
@click.option("--badge", default="", help="Only this one, by its key.")
@click.option("--nip", default="", help="Only of the employee with that NIP.")
@click.option("--all", "everything", is_flag=True, help="Also what has expired or was revoked.")
@output.limit_option(100, "How many, the newest first.")
@output.json_option
@pass_session
def earned_(
    session: Session, badge: str, nip: str, everything: bool, limit: int, as_json: bool
) -> None:
    """List who has earned which badge, and by what."""
    employee_id = employee_with(session, nip) if nip else None
    with session.bridge.store.reading() as db:
        lines = earned.list_awards(
            db,
            now=utc_now(),
            today=_today(session),
            badge=badge,
            employee_id=employee_id,
            everything=everything,
            limit=limit,
        )
    looked.note(session, "list", employee_id, list="badges")
    if as_json:
        output.print_json(lines, people=bool(nip))
        return
    say = session.say
    made = output.table(
        "", "#", say(mark("employee")), say(mark("badge")), say(mark("earned")), say(mark("by"))
    )
    for line in lines:
        made.add_row(*_award_row(session, line))
    output.rows_or_nothing(session.console, made, say(mark("No badges were earned.")))


@badges.command()
@output.json_option
@pass_session
def review(session: Session, as_json: bool) -> None:
    """Look at everybody's badges anew.

    That is done by itself whenever something changes; this is for whoever wants to be sure.
    """
    begun = utc_now()
    with session.bridge.store.writing() as db:
        total = session.bridge.reviewing.ask_for_everybody(db)
    counts = _review(session, total, since=begun, hidden=as_json)
    if as_json:
        output.print_json(counts)
    else:
        _tell_counts(session, counts)


def _preview(session: Session, how_many: int, *, hidden: bool) -> tuple[Difference, list[Preview]]:
    bridge = session.bridge
    wanted = bridge.settings.badges
    with bridge.store.reading() as db:
        difference = in_force.compare(db, wanted)
    if not difference:
        return difference, []
    try:
        with progress_bar(session, session.say(mark("looking who would")), hidden=hidden) as report:
            return difference, preview(
                bridge.store, wanted, today=_today(session), most_people=how_many, progress=report
            )
    except CannotApply as error:
        session.fail(str(error))


def _review(session: Session, total: int, *, since: dt.datetime, hidden: bool) -> dict[str, int]:
    """Review whoever waits, with how far it has come; what was changed `since` then.

    A worker may be at it as well, or have done it before us.
    """
    bridge = session.bridge
    with progress_bar(session, session.say(mark("awarding")), hidden=hidden) as report:
        while True:
            with bridge.store.reading() as db:
                left = reviews.how_many(db)
                others_are_at_it = under_way.is_any(db, "award", utc_now())
            if not (left or others_are_at_it):
                break
            report(total - left, total)
            if others_are_at_it:
                time.sleep(_LOOK_SECONDS)
            else:
                with suppress(Busy):
                    runs.run(bridge, "award", lambda done, _: report(done, total))
    with bridge.store.reading() as db:
        counts = runs.counted_since(db, "award", since)
    return {name: counts[name] for name in ("earned", "renewed", "corrected", "revoked")}


def _show_previews(session: Session, difference: Difference, previews: Sequence[Preview]) -> None:
    say = session.say
    made = output.table(
        "", say(mark("badge")), say(mark("change")), say(mark("have it")), say(mark("would get it"))
    )
    made.columns[2].justify = "right"
    for one in previews:
        people = [f"{each.earned_on}  {each.name or mask_nip(each.nip)}" for each in one.people]
        if people and len(people) < one.would_get_it:
            people.append("…")
        made.add_row(
            output.stacked(one.badge.name, one.badge.key),
            session.word(one.change),
            str(one.have_it),
            output.stacked(str(one.would_get_it), *people),
        )
    for key in difference.ended:
        made.add_row(key, say(mark("taken out")), "", "–")
    session.console.print(made)


def _show_explanation(session: Session, one: Explanation, names: Names) -> None:
    say = session.say
    title = Text(one.badge.name, style="bold").append(f"  {one.badge.key}", "dim")
    if one.earned_on:
        day = one.earned_on.isoformat()
        title.append("  " + say(mark("earned on %(day)s"), day=day), "green")
    if one.last_day:
        day = one.last_day.isoformat()
        if one.has_expired:
            title.append(", " + say(mark("was valid until %(day)s"), day=day), "yellow")
        else:
            title.append(", " + say(mark("valid until %(day)s"), day=day), "green")
    session.console.print(title)
    if one.is_in_question:
        doubt = say(mark("A training that it rests on was taken back; HR decides."))
        session.console.print(Text("  " + doubt, style="yellow"))
    if one.earned_on and not one.last_day:
        return
    if one.earned_on:
        to_do = mark("To hold it again:") if one.has_expired else mark("To hold it longer:")
        session.console.print(Text("  " + say(to_do), style="dim"))
    for line in one.lines(names, session.language):
        met = line.met_on is not None
        text = Text("  " * (line.depth + 1))
        text.append("✓ " if met else "○ ", "green" if met else "cyan").append(line.text)
        if line.met_on:
            text.append(f"  {line.met_on}", "dim")
        elif line.missing:
            text.append(f"  {line.missing}", "yellow")
        session.console.print(text)


def _badge_row(session: Session, line: BadgeLine, names: Names) -> tuple[Text | str, ...]:
    badge = line.badge
    more = [
        session.say(text, count=count)
        for text, count in (
            (mark("expired: %(count)s"), line.expired),
            (mark("revoked: %(count)s"), line.revoked),
        )
        if count
    ]
    means = badge.competency
    return (
        output.stacked(badge.name, badge.key),
        f"{means.name} {means.level}" if means else "–",
        "\n".join(explaining.criteria(badge, names, session.language)),
        output.stacked(str(line.valid), *more),
    )


def _award_row(session: Session, line: AwardLine) -> tuple[Text | str, ...]:
    validity = session.word(line.state)
    if line.state == "valid" and line.expires_on:
        last = line.expires_on - dt.timedelta(days=1)
        validity = session.say(mark("valid until %(day)s"), day=last.isoformat())
    steps = [
        Text.assemble(session.state(one.state), f" {session.word(one.step)} → {one.remote}")
        for one in line.deliveries
    ]
    why = line.reason.what(session.language) if line.reason else ""
    settings = session.bridge.settings
    page = Addresses(settings.web.home_page).page(line.public_id) if settings.openbadges else ""
    return (
        str(line.id),
        output.stacked(line.employee or mask_nip(line.nip), line.unit),
        output.stacked(line.badge.name, line.badge.key, page, *steps),
        output.stacked(line.earned_on.isoformat(), Text(validity, _STYLES[line.state]), why),
        "\n".join(f"{one.on} {one.course}" for one in line.evidence) or "–",
    )


def _tell_difference(session: Session, difference: Difference) -> None:
    if difference:
        session.console.print()
        session.tell(
            mark(
                "The configuration says something else of these, which is not in force:"
                " %(badges)s. See lms-bridge badges plan."
            ),
            badges=", ".join(key for keys in _named(difference).values() for key in keys),
        )


def _tell_counts(session: Session, counts: dict[str, int]) -> None:
    session.tell(
        mark(
            "Badges earned: %(earned)s, renewed: %(renewed)s, corrected: %(corrected)s, revoked:"
            " %(revoked)s."
        ),
        **counts,
    )


def _named(difference: Difference) -> dict[str, list[str]]:
    def keys(several: Sequence[Badge]) -> list[str]:
        return [badge.key for badge in several]

    return {
        "new": keys(difference.new),
        "changed": keys(difference.changed),
        "ended": list(difference.ended),
    }


def _today(session: Session) -> dt.date:
    return utc_now().astimezone(ZoneInfo(session.bridge.settings.time_zone)).date()
