"""Deliveries without a remote: planned, taken, ended and looked at, step by step.

>>> yard.plan()
1
>>> work = yard.claim()
>>> yard.succeed(work)
>>> yard.state(1)
'done'
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select, text, update

from lms_bridge import completions as completion
from lms_bridge import withdrawals
from lms_bridge.config.settings import Breaker, Delivery, Retry
from lms_bridge.deliveries import health, leases, planning, queue
from lms_bridge.deliveries.lifecycle import TRANSITIONS
from lms_bridge.deliveries.planning import Planned
from lms_bridge.deliveries.queue import Trace
from lms_bridge.deliveries.step import Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.http.notes import ExchangeNote
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import attempts, completions, courses, deliveries, employees
from lms_bridge.store.types import AnyRow
from lms_bridge.withdrawals import Decision
from tests.conftest import NOW, Clock

REGISTRY, LMS = "registry.siasn", "lms.moodle"
SETTINGS = Delivery(
    lease_seconds=120,
    retry=Retry(first_seconds=30, factor=2, most_seconds=3600, jitter=0, give_up_after_days=30),
    breaker=Breaker(failures=3, first_probe_seconds=15, most_probe_seconds=300),
)
COURSE = {
    "key": "LITDIG-2026",
    "name": "Literasi Digital ASN",
    "organiser": "BKPSDM Kota Pematangsiantar",
    "kind": 16,
    "hours": 20,
    "external_ids": ["ELEARN-LITDIG-2026"],
}
VOIDED = Reason("taken_back", by="admin", sender="moodle", statement="?")
ANSWERED = ExchangeNote("GET", "https://registry.example/", 200, 0.1)
UNANSWERED = ExchangeNote("GET", "https://registry.example/", None, 0.1, failure="no answer")


def refused() -> DeliveryError:
    """A person has to act."""
    return DeliveryError(Reason("registry_refused", remote=REGISTRY, message="no"), retryable=False)


def passing(retry_after: float | None = None) -> DeliveryError:
    """A trouble of this one delivery, which may pass."""
    reason = Reason("collision", remote=REGISTRY, error="busy")
    return DeliveryError(reason, retryable=True, retry_after=retry_after)


def unavailable(retry_after: float | None = None) -> DeliveryError:
    """The remote cannot be used."""
    reason = Reason("remote_unavailable", remote=REGISTRY, error="HTTP 503")
    return DeliveryError(reason, retryable=True, remote_wide=True, retry_after=retry_after)


def dead_token() -> DeliveryError:
    """The remote does not let us in any more."""
    reason = Reason("sso_token_expired", remote=REGISTRY, name="siasn", message="expired")
    return DeliveryError(reason, retryable=False, remote_wide=True)


def unknown() -> DeliveryError:
    """No answer came to what was written."""
    reason = Reason("outcome_unknown", remote=REGISTRY, error="no answer within 60 s")
    return DeliveryError(reason, retryable=True, remote_wide=True, outcome_unknown=True)


class Yard:
    """A database with deliveries, and a clock."""

    def __init__(self, store: Store, clock: Clock, settings: Delivery = SETTINGS) -> None:
        self.store = store
        self.clock = clock
        self.settings = settings
        self._completions = 0

    # --- what there is

    def plan(
        self,
        *,
        person: int = 1,
        remote: str = REGISTRY,
        step: str = "record",
        due_in: float = 0.0,
        content: Mapping[str, Any] = COURSE,
        lms_user_id: str = "",
        nip: str = "",
        number: str | None = None,
        run: str | None = None,
        badge_too: bool = False,
    ) -> int:
        """A completion of its own with its delivery; the delivery's number."""
        with self.store.writing() as db:
            course_id = self._course(db, content)
            employee_id = self._employee(db, nip or f"1987031520100120{person:02d}")
            self._completions += 1
            completion_id = db.execute(
                completions.insert()
                .values(
                    employee_id=employee_id,
                    course_id=course_id,
                    run=run if run is not None else str(self._completions),
                    role="learner",
                    completed_at=self.clock(),
                    time_source="learner",
                    hours=int(content.get("hours", 20)),
                    certificate_number=number
                    if number is not None
                    else f"{content['key']}/2026/{self._completions:05d}",
                    starts=NOW.date(),
                    ends=NOW.date(),
                    lms="moodle",
                    lms_user_id=lms_user_id,
                    created_at=self.clock(),
                )
                .returning(completions.c.id)
            ).scalar_one()
            due_at = self.clock() + dt.timedelta(seconds=due_in)
            steps = [Planned(step, remote)] + [Planned("badge", LMS)] * badge_too
            planning.plan(db, completion_id, employee_id, steps, due_at)
            mine = select(deliveries.c.id).where(
                deliveries.c.completion_id == completion_id, deliveries.c.remote == remote
            )
            return int(db.execute(mine).scalar_one())

    def _course(self, db: Connection, content: Mapping[str, Any]) -> int:
        known = select(courses.c.id).where(courses.c.key == content["key"])
        found = db.execute(known).scalar()
        if found is None:
            new = courses.insert().values(
                key=content["key"],
                source="csv",
                content=msgspec.to_builtins(content),
                active=True,
                revision=1,
                changed_at=self.clock(),
            )
            found = db.execute(new.returning(courses.c.id)).scalar_one()
        return int(found)

    def _employee(self, db: Connection, nip: str) -> int:
        found = db.execute(select(employees.c.id).where(employees.c.nip == nip)).scalar()
        if found is None:
            new = employees.insert().values(nip=nip, registry_refs={}, created_at=self.clock())
            found = db.execute(new.returning(employees.c.id)).scalar_one()
        return int(found)

    def change_course(self, key: str, **changes: Any) -> None:
        """The catalogue says something else of the course from now on."""
        with self.store.writing() as db:
            content = db.execute(select(courses.c.content).where(courses.c.key == key)).scalar_one()
            changed = update(courses).where(courses.c.key == key)
            db.execute(changed.values(content={**content, **changes}))

    # --- what happens to completions

    def take_back(self, completion_id: int) -> None:
        """Its statement is voided."""
        with self.store.writing() as db:
            assert completion.withdraw(db, completion_id, VOIDED, self.clock())

    def decide(self, completion_id: int, what: Decision = "undo") -> None:
        """HR decides about it."""
        with self.store.writing() as db:
            withdrawals.decide(db, [completion_id], what, by="ani", why="?", now=self.clock())

    # --- what workers do

    def claim(self, remote: str = REGISTRY, owner: str = "elsewhere/x/1:1:a") -> Work | None:
        """A worker takes the next."""
        with self.store.writing() as db:
            return queue.claim(db, remote, owner=owner, now=self.clock(), settings=self.settings)

    def taken(self, remote: str = REGISTRY, owner: str = "elsewhere/x/1:1:a") -> Work:
        """A worker takes the next, which must be there."""
        work = self.claim(remote, owner)
        assert work is not None, "nothing is due"
        return work

    def note(self, work: Work, **pages: Any) -> None:
        """Its step writes something down, durably."""
        with self.store.writing() as db:
            queue.save_progress(
                db,
                work,
                {**work.progress, **pages},
                now=self.clock(),
                lease_seconds=self.settings.lease_seconds,
            )

    def succeed(self, work: Work, result: str = "row-1") -> None:
        """The remote confirms it."""
        with self.store.writing() as db:
            trace = Trace(work.progress, [ANSWERED])
            queue.succeed(db, work, Outcome(result), trace, now=self.clock())

    def fail(
        self,
        work: Work,
        error: DeliveryError,
        *,
        exchanges: Sequence[ExchangeNote] = (ANSWERED,),
        not_before: dt.datetime | None = None,
        pages: Mapping[str, Any] | None = None,
    ) -> queue.Failed:
        """The attempt fails."""
        with self.store.writing() as db:
            return queue.fail(
                db,
                work,
                error,
                Trace(work.progress if pages is None else pages, exchanges),
                now=self.clock(),
                chance=0.5,
                not_before=not_before,
                settings=self.settings,
            )

    def take_over(self) -> int:
        """A worker looks for what others have dropped."""
        with self.store.writing() as db:
            return leases.release_abandoned(db, now=self.clock())

    def bring_down(self, remote: str = REGISTRY, error: DeliveryError | None = None) -> None:
        """The remote goes down."""
        error = error or dead_token()
        with self.store.writing() as db:
            health.note_failure(
                db,
                remote,
                error.reason,
                now=self.clock(),
                policy=self.settings.breaker,
                certain=True,
            )

    # --- for looking at

    def row(self, delivery_id: int) -> AnyRow:
        with self.store.reading() as db:
            return db.execute(select(deliveries).where(deliveries.c.id == delivery_id)).one()

    def state(self, delivery_id: int) -> str:
        return str(self.row(delivery_id).state)

    def due_in(self, delivery_id: int) -> float:
        """Seconds until it is due."""
        return float((self.row(delivery_id).due_at - self.clock()).total_seconds())

    def reason(self, delivery_id: int) -> Reason:
        row = self.row(delivery_id)
        return Reason.stored(row.reason_code, row.reason_details)

    def attempts(self, delivery_id: int) -> list[str]:
        """What came of each attempt."""
        query = select(attempts.c.outcome).where(attempts.c.delivery_id == delivery_id)
        with self.store.reading() as db:
            return list(db.execute(query.order_by(attempts.c.id)).scalars())

    def health(self, remote: str = REGISTRY) -> health.Health:
        with self.store.reading() as db:
            return health.read(db, remote, now=self.clock())

    def set(self, delivery_id: int, **columns: Any) -> None:
        """Put a delivery into some state, as if it had come to it."""
        if isinstance(columns.get("reason"), Reason):
            columns |= reason_columns(columns.pop("reason"))
        with self.store.writing() as db:
            db.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(**columns))


def refuse_illegal_transitions(store: Store) -> None:
    """From now on the database itself refuses any change of state that no event explains."""
    allowed = {(str(a), str(target)) for froms, target in TRANSITIONS.values() for a in froms}
    pairs = ", ".join(f"'{a}>{b}'" for a, b in sorted(allowed))
    with store.writing() as db:
        if db.dialect.name == "sqlite":
            db.execute(
                text(
                    "CREATE TRIGGER lifecycle BEFORE UPDATE OF state ON deliveries"
                    " WHEN OLD.state <> NEW.state"
                    f" AND OLD.state || '>' || NEW.state NOT IN ({pairs})"
                    " BEGIN SELECT RAISE(ABORT, 'illegal transition'); END"
                )
            )
            return
        db.execute(
            text(
                "CREATE FUNCTION lifecycle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN ({pairs})"
                " THEN RAISE EXCEPTION 'illegal transition % to %', OLD.state, NEW.state; END IF;"
                " RETURN NEW; END $$"
            )
        )
        db.execute(
            text(
                "CREATE TRIGGER lifecycle BEFORE UPDATE OF state ON deliveries"
                " FOR EACH ROW EXECUTE FUNCTION lifecycle()"
            )
        )
