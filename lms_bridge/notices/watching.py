"""Deciding what is told to whom, and when: enough not to be missed, little enough to be read.

- One message holds all that is new. After it nothing is sent for ``gather_minutes``.
- The same thing is told again when there is twice as much of it, or when a day has passed.
- That an outside system can be used again, or a job works again, is told to whom the trouble was
  told. A job that fails is told once until then.
- There are no more than ``most_per_hour`` messages. Since what is told is what is so at that time,
  nothing is lost by that: the next message has it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, and_, delete, select

from lms_bridge.accounts.sight import EVERYBODY
from lms_bridge.attention import overview
from lms_bridge.config.settings import Settings
from lms_bridge.notices import facts, outbox, wording
from lms_bridge.notices.facts import Fact
from lms_bridge.notices.settings import Notices
from lms_bridge.store.engine import Store, alone, insert
from lms_bridge.store.schema import notices_told
from lms_bridge.store.types import AnyRow

_AGAIN = dt.timedelta(days=1)
_GROWN = 2
_HOUR = dt.timedelta(hours=1)
_NAMED = 3
"""of each kind, as many of the largest groups are named to who may have names"""


class News(msgspec.Struct, frozen=True):
    """What is to be told to one recipient."""

    to: Notices
    facts: Sequence[Fact]
    over: Sequence[str]
    """keys of what was told and is so no more"""


def is_any(db: Connection, settings: Settings, now: dt.datetime) -> bool:
    """Whether :func:`tell` would change something."""
    if not settings.notices:
        return False
    known = facts.current(db, settings, now)
    return any(
        _gone(db, one, known) or _news(db, one, known, now) is not None for one in settings.notices
    )


def tell(store: Store, settings: Settings, now: dt.datetime) -> Counter[str]:
    """Put what is new into messages; how many."""
    counts: Counter[str] = Counter()
    with store.writing() as db:
        alone(db, "notices")
        known = facts.current(db, settings, now)
        names = _names(db) if any(one.names for one in settings.notices) else ()
        for one in settings.notices:
            if news := _news(db, one, known, now):
                home = settings.web.home_page
                counts["messages"] += _put(db, news, home, names if one.names else (), now)
                _note(db, news, now)
            elif gone := _gone(db, one, known):
                _forget(db, one, gone)
    return counts


def _news(db: Connection, to: Notices, known: Sequence[Fact], now: dt.datetime) -> News | None:
    told = _told(db, to)
    mine = [fact for fact in known if fact.about in to.tells]
    new = [fact for fact in mine if _is_new(fact, told.get(fact.key), now)]
    over = [key for key in _gone(db, to, known) if facts.over(key, to.language)]
    if not (new or over) or _is_held_back(db, to, now):
        return None
    return News(to, new, over)


def _is_new(fact: Fact, row: AnyRow | None, now: dt.datetime) -> bool:
    if row is None:
        return True
    if fact.is_told_once:
        return False
    return bool(fact.count >= _GROWN * row.many or row.told_at <= now - _AGAIN)


def _is_held_back(db: Connection, to: Notices, now: dt.datetime) -> bool:
    last = outbox.last_made(db, to.name, "notice")
    if last is not None and last > now - dt.timedelta(minutes=to.gather_minutes):
        return True
    return outbox.made_since(db, to.name, now - _HOUR) >= to.most_per_hour


def _told(db: Connection, to: Notices) -> Mapping[str, AnyRow]:
    query = select(notices_told).where(notices_told.c.recipient == to.name)
    return {row.key: row for row in db.execute(query)}


def _gone(db: Connection, to: Notices, known: Sequence[Fact]) -> list[str]:
    """What was told and is so no more."""
    keys = {fact.key for fact in known}
    return sorted(key for key in _told(db, to) if key not in keys)


def _put(
    db: Connection, news: News, home: str, names: Sequence[tuple[str, int]], now: dt.datetime
) -> int:
    to = news.to
    subject, text = wording.notice(news.facts, news.over, home, names, to.language)
    data = wording.notice_data(news.facts, news.over, home)
    return put_for(db, to, "notice", f"{now.isoformat()}", subject, text, data, now)


def put_for(
    db: Connection,
    to: Notices,
    kind: outbox.Kind,
    which: str,
    subject: str,
    text: str,
    data: Mapping[str, object],
    now: dt.datetime,
) -> int:
    """Have that sent to each address of the recipient, or by webhook; how many messages."""
    put = 0
    for address in to.email or ("",):
        content = {"text": text} if address else {"type": f"bridge.{kind}", "data": data}
        put += outbox.put(
            db,
            key=f"{kind}:{to.name}:{which}:{address}",
            kind=kind,
            subject=subject,
            content=content,
            recipient=to.name,
            address=address,
            now=now,
        )
    return put


def _note(db: Connection, news: News, now: dt.datetime) -> None:
    for fact in news.facts:
        values = {"many": fact.count, "told_at": now}
        new = insert(db, notices_told).values(recipient=news.to.name, key=fact.key, **values)
        db.execute(new.on_conflict_do_update(index_elements=["recipient", "key"], set_=values))
    _forget(db, news.to, news.over)


def _forget(db: Connection, to: Notices, keys: Sequence[str]) -> None:
    mine = and_(notices_told.c.recipient == to.name, notices_told.c.key.in_(keys))
    db.execute(delete(notices_told).where(mine))


def _names(db: Connection) -> list[tuple[str, int]]:
    return list(_named(db))


def _named(db: Connection) -> Iterator[tuple[str, int]]:
    for section in overview.look(db, EVERYBODY, most=_NAMED):
        for group in section.groups:
            if group.title:
                yield group.title, group.count
