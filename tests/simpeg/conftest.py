"""A worker between deliveries and an office, over real HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from lms_bridge import corrections
from lms_bridge.deliveries.correct_step import CorrectStep
from lms_bridge.deliveries.document_step import DocumentStep
from lms_bridge.deliveries.papers import Papers
from lms_bridge.deliveries.record_step import RecordStep
from lms_bridge.deliveries.step import Step
from lms_bridge.deliveries.unrecord_step import UnrecordStep
from lms_bridge.deliveries.worker import Worker
from lms_bridge.registries.simpeg.client import Simpeg
from lms_bridge.sandbox.server import Server
from lms_bridge.store.engine import Store, open_store
from tests.conftest import Clock
from tests.deliveries.yard import COURSE, Yard, refuse_illegal_transitions
from tests.hanging import given_up_at_once
from tests.simpeg.dialects import DIALECTS, SECRETS, settings
from tests.simpeg.office import SITI, Office

REMOTE = "registry.simpeg"
SETTLE = 120.0
PIM = {
    **COURSE,
    "key": "PKA-2026",
    "name": "Pelatihan Kepemimpinan Administrator",
    "kind": 1,
    "structural_training": "3",
    "hours": 40,
}


class Hall:
    """An office, and the bridge's worker that delivers to it."""

    def __init__(self, yard: Yard, office: Office, url: str, dialect: str) -> None:
        self.yard = yard
        self.office = office
        self.url = url
        self.settings = settings(
            dialect, url, read_timeout_seconds=10, connect_timeout_seconds=2, concurrency=2
        )
        self.simpeg = Simpeg("simpeg", self.settings)
        self.papers: Papers | None = None
        """where certificates come from; without, none are sent"""

    @cached_property
    def worker(self) -> Worker:
        simpeg, store = self.simpeg, self.yard.store
        times: Any = {"clock": self.yard.clock, "settle_seconds": SETTLE}
        papers: Any = {
            "documented": self.papers is not None and simpeg.takes_documents,
            "papers": self.papers,
        }
        steps: dict[tuple[str, str], Step] = {
            (REMOTE, "record"): RecordStep(simpeg, store, **times, **papers),
            (REMOTE, "unrecord"): UnrecordStep(simpeg, store, **times),
            (REMOTE, "correct"): CorrectStep(simpeg, store, **times, **papers),
        }
        if self.papers:
            document = DocumentStep(simpeg, simpeg, self.papers, store, **times)
            steps[REMOTE, "document"] = document
        return Worker(
            store,
            steps,
            concurrency={REMOTE: 2},
            settings=self.yard.settings,
            owner="elsewhere/x/1:1:worker",
            clock=self.yard.clock,
            chance=lambda: 0.5,
        )

    def record(self, nip: str = SITI, content: Any = COURSE, **more: Any) -> int:
        """A completion to be recorded; the number of its delivery."""
        return self.yard.plan(nip=nip, content=content, remote=REMOTE, **more)

    def deliver(self) -> Counter[str]:
        """Let the worker do what is due now."""
        counts = self.worker.drain()
        return Counter({event: count for event, count in counts.items() if count})

    def settle(self) -> None:
        """Let time pass until nothing moves any more."""
        for _ in range(40):
            self.worker.drain()
            open_ = [row for row in self.rows() if row.state in ("waiting", "retrying")]
            if not open_:
                return
            seconds = max(1.0, min(self.yard.due_in(row.id) for row in open_))
            self.yard.clock.forward(seconds=seconds)
        raise AssertionError(f"not settled: {[(row.id, row.reason_code) for row in open_]}")

    def correct(self, delivery: int, **changes: Any) -> None:
        """HR corrects the completion of the delivery."""
        completion_id = self.yard.row(delivery).completion_id
        with self.yard.store.writing() as db:
            planned = corrections.plan(db, completion_id, changes)
            now = self.yard.clock()
            corrections.make(db, planned, [REMOTE], by="ani", why="salah ketik", now=now)

    def step(self, name: str) -> Any:
        """The one delivery of that step."""
        (found,) = [row for row in self.rows() if row.step == name]
        return self.yard.row(found.id)

    def rows(self) -> list[Any]:
        with self.yard.store.reading() as db:
            return list(db.exec_driver_sql("SELECT * FROM deliveries ORDER BY id"))

    def undo(self, delivery: int) -> None:
        """The completion is taken back, and HR has it undone."""
        completion = self.yard.row(delivery).completion_id
        self.yard.take_back(completion)
        self.yard.decide(completion, "undo")


@pytest.fixture(autouse=True)
def told() -> Iterator[list[Any]]:
    """What was written to the log."""
    with capture_logs() as logs:
        yield logs


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def _hall(store: Store, clock: Clock, dialect: str, stack: ExitStack) -> Hall:
    refuse_illegal_transitions(store)
    office = DIALECTS[dialect][0]()
    stack.enter_context(given_up_at_once())
    server = stack.enter_context(Server(office))
    return Hall(Yard(store, clock), office, server.url, dialect)


@pytest.fixture
def open_hall(tmp_path: Path, migrated_file: Path, clock: Clock) -> Iterator[Callable[[str], Hall]]:
    """Opens the hall of a dialect, on a file."""
    with ExitStack() as stack:

        def open_(dialect: str) -> Hall:
            path = tmp_path / "hall.db"
            path.write_bytes(migrated_file.read_bytes())
            store = open_store(f"sqlite:///{path}")
            stack.callback(store.close)
            return _hall(store, clock, dialect, stack)

        yield open_


QUICK = ("bearer-json", "lurah")
"""A quick run tries one that a profile describes, and one that is described from nothing."""


@pytest.fixture(
    params=[
        each if each in QUICK else pytest.param(each, marks=pytest.mark.slow)
        for each in sorted(DIALECTS)
    ]
)
def hall(request: pytest.FixtureRequest, open_hall: Callable[[str], Hall]) -> Hall:
    """The hall of each dialect."""
    return open_hall(request.param)


@pytest.fixture
def each_hall(store: Store, clock: Clock) -> Iterator[Hall]:
    """The hall of one dialect, on each database."""
    with ExitStack() as stack:
        yield _hall(store, clock, "bearer-json", stack)
