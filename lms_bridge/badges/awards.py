"""Awards: that somebody has earned a badge, for how long, and by what.

:func:`review` looks at what a person has learned and brings their awards in line with it:

- a badge whose rule is met, and that they do not have, is awarded;
- one that expires is awarded again, as another *term*, when its renewal is met by what was
  learned after the day on which it was earned;
- an award that rests on something that was taken back, and that does not hold without it, is
  revoked. It is never given back: whoever comes to meet the rule again gets another.

An award is held to the rule by which it was earned, whatever has become of the badge since.
What was taken back after it had been delivered counts until HR has decided, so that no badge is
lost before a person had a look.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, func, select, update

from lms_bridge.badges import in_force
from lms_bridge.badges.badge import Badge
from lms_bridge.badges.facts import Reader
from lms_bridge.badges.in_force import Version
from lms_bridge.badges.meeting import Facts, Met, look
from lms_bridge.certificates.certificate import new_public_id
from lms_bridge.deliveries import planning, standing
from lms_bridge.deliveries.planning import Planned
from lms_bridge.deliveries.whose import Whose
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.many import among
from lms_bridge.store.schema import awards, employees
from lms_bridge.store.types import AnyRow

log = structlog.get_logger(__name__)


class Platforms(msgspec.Struct, frozen=True):
    """The LMSs that can issue a badge."""

    names: tuple[str, ...]

    def of(self, badge: Badge) -> str:
        """The one that issues `badge`; empty if none does."""
        if badge.issue is None:
            return ""
        if badge.lms:
            return badge.lms if badge.lms in self.names else ""
        return self.names[0] if len(self.names) == 1 else ""


class Reviewer:
    """Reviews people by the badges that are in force, in the transaction of `db`."""

    def __init__(
        self, db: Connection, platforms: Platforms, *, today: dt.date, now: dt.datetime
    ) -> None:
        self._db = db
        self._platforms = platforms
        self._today = today
        self._now = now
        self._current = in_force.current(db)
        self._versions = in_force.all_versions(db)
        self._reader = Reader(db, self._versions.values())

    def review(self, people: Collection[int]) -> Counter[str]:
        """Bring the awards of `people` in line with what they have learned; what was changed."""
        counts: Counter[str] = Counter()
        there = select(employees.c.id).where(among(employees.c.id, people))
        people = list(self._db.execute(there).scalars())
        known: dict[int, list[AnyRow]] = defaultdict(list)
        mine = select(awards).where(among(awards.c.employee_id, people)).order_by(awards.c.id)
        for row in self._db.execute(mine):
            known[row.employee_id].append(row)
        for employee_id, facts in self._reader.read(people).items():
            self._review_one(employee_id, facts, known[employee_id], counts)
        return counts

    def _review_one(
        self, employee_id: int, facts: Facts, rows: Sequence[AnyRow], counts: Counter[str]
    ) -> None:
        terms: dict[str, int] = defaultdict(int)
        live: dict[str, list[AnyRow]] = defaultdict(list)
        for row in rows:
            terms[row.badge_key] = max(terms[row.badge_key], row.term)
            if row.revoked_at is None:
                live[row.badge_key].append(row)
        # First all that no longer holds, so that nothing new rests on it.
        while self._revoked_some(live, facts, counts):
            pass
        for version in self._current:
            key = version.badge.key
            while met := self._earns(version.badge, live[key], facts, self._held(live)):
                terms[key] += 1
                counts["renewed" if live[key] else "earned"] += 1
                made = self._award(employee_id, version, met, live[key], terms[key])
                live[key].append(made)
            for one in live[key]:
                self._plan(version.badge, employee_id, one)

    def _revoked_some(
        self, live: dict[str, list[AnyRow]], facts: Facts, counts: Counter[str]
    ) -> bool:
        """Revoke what no longer holds; whether anything did, on which others may have rested."""
        held = self._held(live)
        before = counts["revoked"]
        for key, rows in live.items():
            live[key] = list(self._holding(rows, facts, held, counts))
        return counts["revoked"] > before

    def _held(self, live: Mapping[str, Sequence[AnyRow]]) -> dict[str, dt.date]:
        """The badges that are valid today, each with the day since when."""
        return {
            key: min(row.earned_on for row in valid)
            for key, rows in live.items()
            if (valid := [row for row in rows if not _has_expired(row, self._today)])
        }

    def _holding(
        self,
        live: Sequence[AnyRow],
        facts: Facts,
        held: Mapping[str, dt.date],
        counts: Counter[str],
    ) -> Iterator[AnyRow]:
        """Those of the awards `live` that still hold; the others are revoked."""
        first: dict[dt.date | None, AnyRow] = {}
        for row in live:
            badge = self._versions.get(row.rule_id)
            if badge is None:  # not readable by this version, so not for it to judge
                yield row
                continue
            rule = badge.rule_of(renewal=row.counts_after is not None)
            met = look(rule, facts.after(row.counts_after), held, self._today).met
            if met is None:
                self._revoke(row, Reason("award_unmet"), counts)
            elif row.counts_after in first:  # two people were found to be one
                self._revoke(row, Reason("award_twice"), counts)
            else:
                first[row.counts_after] = row
                yield self._kept(row, badge, met, counts)

    def _earns(
        self, badge: Badge, live: Sequence[AnyRow], facts: Facts, held: Mapping[str, dt.date]
    ) -> Met | None:
        """By what another award of the badge is due, beside those that are `live`."""
        if not live:
            return look(badge.rule_of(), facts, held, self._today).met
        if not badge.valid_months:
            return None
        last = max(row.earned_on for row in live)
        met = look(badge.rule_of(renewal=True), facts.after(last), held, self._today).met
        return met if met and met.on > last else None

    def _award(
        self, employee_id: int, version: Version, met: Met, live: Sequence[AnyRow], term: int
    ) -> AnyRow:
        made = awards.insert().values(
            employee_id=employee_id,
            badge_key=version.badge.key,
            term=term,
            rule_id=version.id,
            counts_after=max((row.earned_on for row in live), default=None),
            public_id=new_public_id(),
            created_at=self._now,
            **_earned(version.badge, met),
        )
        row = self._db.execute(made.returning(*awards.c)).one()
        log.info("badge earned", award=row.id, badge=row.badge_key)
        return row

    def _kept(self, row: AnyRow, badge: Badge, met: Met, counts: Counter[str]) -> AnyRow:
        """The award, with the evidence and the day as they are known now."""
        earned = _earned(badge, met)
        if all(getattr(row, name) == value for name, value in earned.items()):
            return row
        counts["corrected"] += 1
        changed = update(awards).where(awards.c.id == row.id).values(**earned)
        return self._db.execute(changed.returning(*awards.c)).one()

    def _revoke(self, row: AnyRow, why: Reason, counts: Counter[str]) -> None:
        self._db.execute(
            update(awards)
            .where(awards.c.id == row.id)
            .values(revoked_at=self._now, **reason_columns(why))
        )
        standing.align(self._db, Whose(award_id=row.id), self._now)
        counts["revoked"] += 1
        log.info("badge revoked", award=row.id, badge=row.badge_key, reason=why.code)

    def _plan(self, badge: Badge, employee_id: int, row: AnyRow) -> None:
        lms = self._platforms.of(badge)
        if lms:
            step = Planned("badge", f"lms.{lms}")
            planning.plan(self._db, Whose(award_id=row.id), employee_id, [step], self._now)


def hand_over(db: Connection, former: int, employee_id: int) -> None:
    """The awards of `former` become the employee's, who was found to be the same person."""
    taken = select(awards.c.badge_key, func.max(awards.c.term)).where(
        awards.c.employee_id == employee_id
    )
    terms = dict(db.execute(taken.group_by(awards.c.badge_key)).all())
    theirs = select(awards.c.id, awards.c.badge_key).where(awards.c.employee_id == former)
    for row in db.execute(theirs.order_by(awards.c.id)).all():
        terms[row.badge_key] = terms.get(row.badge_key, 0) + 1
        values = {"employee_id": employee_id, "term": terms[row.badge_key]}
        db.execute(update(awards).where(awards.c.id == row.id).values(**values))
        planning.change_lanes(db, Whose(award_id=row.id), employee_id)


def _has_expired(row: AnyRow, today: dt.date) -> bool:
    return row.expires_on is not None and row.expires_on <= today


def _earned(badge: Badge, met: Met) -> dict[str, Any]:
    """What an award says of its having been earned."""
    return {
        "earned_on": met.on,
        "expires_on": badge.expires(met.on),
        "completion_id": met.evidence[-1] if met.evidence else None,
        "evidence": list(met.evidence),
    }
