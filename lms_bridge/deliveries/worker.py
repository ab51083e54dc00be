"""Carrying out everything that is due, for each remote with its own crew of threads."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection

from lms_bridge.config.settings import Delivery
from lms_bridge.deliveries import health, queue
from lms_bridge.deliveries.crew import Crew, Finish, Write, each_in_savepoint
from lms_bridge.deliveries.queue import LeaseLost
from lms_bridge.deliveries.step import Clock, Notebook, Outcome, Step
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.http import recorded
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import Store
from lms_bridge.store.group_commit import GroupCommit

log = structlog.get_logger(__name__)


class Worker:
    """Carries out the deliveries of some remotes, as the process `owner`."""

    def __init__(
        self,
        store: Store,
        steps: Mapping[tuple[str, str], Step],
        *,
        concurrency: Mapping[str, int],
        settings: Delivery,
        owner: str,
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._steps = steps
        self._concurrency = concurrency
        self._settings = settings
        self._owner = owner
        self._clock = clock
        self._chance = chance
        self._stopping = threading.Event()
        self._held: set[int] = set()

    def stop(self) -> None:
        """Take nothing new; what is under way is finished."""
        self._stopping.set()

    def drain(self) -> Counter[str]:
        """Carry out everything that is due; how many deliveries came to which end."""
        with self._store.writing() as db:
            queue.release_abandoned(db, now=self._clock())
        counts: Counter[str] = Counter()
        commits = GroupCommit[Write, Any](self._store, each_in_savepoint, name="deliveries")
        crews = [
            Crew(self, remote, size, commits, counts) for remote, size in self._concurrency.items()
        ]
        try:
            with _Heartbeat(self._renew, self._settings.lease_seconds / 3):
                for crew in crews:
                    crew.start()
                for crew in crews:
                    crew.join()
        finally:
            commits.close()
            self._held.clear()
        return counts

    def claim(self, db: Connection, remote: str) -> Work | None:
        """The next delivery of `remote`, taken; None if there is nothing to do now."""
        if self._stopping.is_set():
            return None
        work = queue.claim(
            db, remote, owner=self._owner, now=self._clock(), settings=self._settings
        )
        if work is not None:
            self._held.add(work.delivery_id)
        return work

    def perform(self, work: Work, write: Callable[[Write], Any]) -> Finish:
        """Perform the step of `work`; returns how to write down what came of it."""

        def note(pages: Mapping[str, Any]) -> None:
            def save(db: Connection) -> None:
                queue.save_progress(
                    db,
                    work,
                    pages,
                    now=self._clock(),
                    lease_seconds=self._settings.lease_seconds,
                )
                _write_besides(db, notebook)

            write(save)
            notebook.besides.clear()

        notebook = Notebook(work.progress, note)
        step = self._steps[work.remote, work.step]
        with recorded() as exchanges:
            try:
                outcome = step.perform(work, notebook)
            except DeliveryError as error:
                failure = error
            except LeaseLost:
                self._held.discard(work.delivery_id)
                raise
            except Exception:
                # A defect of ours must neither lose the delivery nor spin on it.
                log.exception("a step failed unexpectedly", **_about(work))
                failure = DeliveryError(
                    Reason("internal_error"), retryable=True, outcome_unknown=True
                )
            else:
                return lambda db: self._succeeded(db, work, outcome, notebook, exchanges)
        return lambda db: self._failed(db, work, failure, step, notebook, exchanges)

    def _succeeded(
        self,
        db: Connection,
        work: Work,
        outcome: Outcome,
        notebook: Notebook,
        exchanges: Sequence[Any],
    ) -> str:
        self._held.discard(work.delivery_id)
        queue.succeed(
            db,
            work,
            outcome,
            progress=notebook.pages(),
            exchanges=msgspec.to_builtins(exchanges),
            now=self._clock(),
        )
        _write_besides(db, notebook)
        log.info("delivered", **_about(work), result=outcome.result_id)
        return "done"

    def _failed(
        self,
        db: Connection,
        work: Work,
        error: DeliveryError,
        step: Step,
        notebook: Notebook,
        exchanges: Sequence[Any],
    ) -> str:
        self._held.discard(work.delivery_id)
        was_up = health.read(db, work.remote, now=self._clock()).state == "up"
        decision = queue.fail(
            db,
            work,
            error,
            progress=notebook.pages(),
            exchanges=msgspec.to_builtins(exchanges),
            now=self._clock(),
            chance=self._chance(),
            not_before=step.not_before(notebook),
            settings=self._settings,
        )
        _write_besides(db, notebook)
        if decision.event != "hold":
            log.warning(
                "delivery blocked" if decision.event == "block" else "delivery postponed",
                **_about(work),
                reason=decision.reason.sentence(),
                due_at=decision.due_at.isoformat(),
            )
        elif was_up:
            log.warning("remote is down", remote=work.remote, reason=error.reason.sentence())
        return decision.event

    def _renew(self) -> None:
        """Keep what is held, and take over what others have dropped."""
        now = self._clock()
        seconds = self._settings.lease_seconds
        with self._store.writing() as db:
            queue.renew(db, self._owner, list(self._held), now=now, lease_seconds=seconds)
        with self._store.writing() as db:
            queue.release_abandoned(db, now=now)


class _Heartbeat:
    """Calls `beat` every `seconds` while it is entered."""

    def __init__(self, beat: Callable[[], object], seconds: float) -> None:
        self._beat = beat
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self._beat()
            except Exception:
                log.exception("could not renew leases; others may take the work over")


def _write_besides(db: Connection, notebook: Notebook) -> None:
    for write in notebook.besides:
        write(db)


def _about(work: Work) -> dict[str, Any]:
    return {
        "delivery": work.delivery_id,
        "completion": work.completion_id,
        "step": work.step,
        "remote": work.remote,
        "attempt": work.attempt,
    }
