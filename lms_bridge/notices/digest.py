"""The message of each day: what was recorded since the day before, what waits, what is wrong."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, and_, func, select

from lms_bridge.config.settings import Settings
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.i18n import gettext, mark
from lms_bridge.notices import facts, watching
from lms_bridge.notices.facts import Fact
from lms_bridge.notices.settings import Notices
from lms_bridge.reporting import showing
from lms_bridge.store.engine import Store, alone
from lms_bridge.store.schema import completions, deliveries, messages

_DAY = dt.timedelta(days=1)
_SUBJECT = mark("Daily summary: recorded %(recorded)s, waiting for a person %(waiting)s")
_SINCE = mark("From %(since)s to %(until)s:")
_COMPLETED = mark("New completions: %(count)s")
_RECORDED = mark("Recorded in a registry: %(count)s")
_BADGES = mark("Badges issued: %(count)s")
_WAITS = mark("What needs a person now:")
_NOTHING_WAITS = mark("Nothing needs a person.")
_AMISS = mark("What is wrong now:")
_ALL_WELL = mark("All outside systems can be used, and no job fails.")
_LINK = mark("All of it: %(link)s")


class Figures(msgspec.Struct, frozen=True):
    """What there is in a summary."""

    since: dt.datetime
    until: dt.datetime
    completed: int
    recorded: int
    badges: int
    waiting: list[Fact]
    amiss: list[Fact]


def is_any_due(db: Connection, settings: Settings, now: dt.datetime) -> bool:
    """Whether somebody is to have one."""
    return any(_is_due(db, one, settings.time_zone, now) for one in settings.notices)


def put_due(store: Store, settings: Settings, now: dt.datetime) -> Counter[str]:
    """Make the summaries that are due, each once; how many messages."""
    counts: Counter[str] = Counter()
    with store.writing() as db:
        alone(db, "notices")
        due = [one for one in settings.notices if _is_due(db, one, settings.time_zone, now)]
        if not due:
            return counts
        found = figures(db, settings, now)
        for one in due:
            day = now.astimezone(ZoneInfo(settings.time_zone)).date()
            subject, text = worded(found, settings, one.language)
            data = _data(found)
            which = day.isoformat()
            counts["messages"] += watching.put_for(
                db, one, "digest", which, subject, text, data, now
            )
    return counts


def figures(db: Connection, settings: Settings, now: dt.datetime) -> Figures:
    """The figures of the day that ends `now`."""
    since = now - _DAY
    # One that was found later counts on the day on which it was.
    made = select(func.count()).select_from(completions).where(completions.c.created_at > since)
    done = (
        select(deliveries.c.step, func.count().label("many"))
        .where(and_(deliveries.c.state == State.DONE, deliveries.c.changed_at > since))
        .group_by(deliveries.c.step)
    )
    steps = {row.step: row.many for row in db.execute(done)}
    return Figures(
        since,
        now,
        db.execute(made).scalar_one(),
        steps.get("record", 0),
        steps.get("badge", 0),
        list(facts.waiting(db)),
        list(facts.amiss(db, settings, now)),
    )


def worded(found: Figures, settings: Settings, language: str) -> tuple[str, str]:
    """Subject and text."""
    zone = ZoneInfo(settings.time_zone)

    def say(message: str, **details: object) -> str:
        return gettext(message, language) % details if details else gettext(message, language)

    def number(value: int) -> str:
        return showing.number(value, language)

    waiting = sum(fact.count for fact in found.waiting)
    subject = say(_SUBJECT, recorded=number(found.recorded), waiting=number(waiting))
    since, until = (showing.moment(each, zone, language) for each in (found.since, found.until))
    lines = [
        say(_SINCE, since=since, until=until),
        "- " + say(_COMPLETED, count=number(found.completed)),
        "- " + say(_RECORDED, count=number(found.recorded)),
        "- " + say(_BADGES, count=number(found.badges)),
        "",
        *_listed(say(_WAITS), say(_NOTHING_WAITS), found.waiting, language),
        "",
        *_listed(say(_AMISS), say(_ALL_WELL), found.amiss, language),
        "",
        say(_LINK, link=f"{settings.web.home_page}/console/"),
    ]
    return subject, "\n".join(lines) + "\n"


def _listed(heading: str, nothing: str, some: list[Fact], language: str) -> list[str]:
    return [heading, *(f"- {fact.line(language)}" for fact in some)] if some else [nothing]


def _data(found: Figures) -> Mapping[str, Any]:
    return {
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "completed": found.completed,
        "recorded": found.recorded,
        "badges": found.badges,
        "waiting": {fact.key: fact.count for fact in found.waiting},
        "amiss": [fact.key for fact in found.amiss],
    }


def _is_due(db: Connection, to: Notices, zone: str, now: dt.datetime) -> bool:
    if not to.digest:
        return False
    there = now.astimezone(ZoneInfo(zone))
    if there.strftime("%H:%M") < to.digest:
        return False
    address = to.email[0] if to.email else ""
    key = f"digest:{to.name}:{there.date().isoformat()}:{address}"
    return db.execute(select(messages.c.id).where(messages.c.key == key)).first() is None
