"""Deliveries over real HTTP: a worker between the two sandboxes, and a clock of its own.

>>> street = Street(yard, city, moodle_url, registry_url)
>>> street.record(SITI)
1
>>> street.deliver()
Counter({'done': 1})
>>> street.our_rows(SITI)
[{'namaKursus': 'Literasi Digital ASN', ...}]

The clock stands still while the worker works, and moves when a test says so; the time-outs
are real, and short.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from lms_bridge import completions
from lms_bridge.config.secrets import Secret
from lms_bridge.deliveries.badge_step import BadgeStep
from lms_bridge.deliveries.correct_step import CorrectStep
from lms_bridge.deliveries.document_step import DocumentStep, Papers
from lms_bridge.deliveries.record_step import RecordStep
from lms_bridge.deliveries.revoke_step import RevokeStep
from lms_bridge.deliveries.standing import UNDONE_BY
from lms_bridge.deliveries.step import Step
from lms_bridge.deliveries.unrecord_step import UnrecordStep
from lms_bridge.deliveries.worker import Worker
from lms_bridge.lms.moodle.client import Moodle
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.registries.siasn.client import Siasn
from lms_bridge.registries.siasn.settings import SiasnSettings
from lms_bridge.sandbox.city import City, demo_city
from lms_bridge.sandbox.faults import Faults
from lms_bridge.sandbox.server import Server
from lms_bridge.sandbox.siasn import app as siasn
from tests.deliveries.yard import COURSE, LMS, REGISTRY, Yard
from tests.hanging import given_up_at_once

SECRETS = {
    "MOODLE_TOKEN": "sandbox-moodle-token",
    "CONSUMER_KEY": "sandbox-key",
    "CONSUMER_SECRET": "sandbox-secret",
    "SSO_USERNAME": "197001011995031001",
    "SSO_PASSWORD": "sandbox-password",
    "SSO_TOKEN": "sandbox-operator-token",
}
TIMEOUT = 10.0
"""which nobody waits for (:mod:`tests.hanging`)"""
SETTLE = 120.0
PATIENCE_HOURS = 48.0
LITDIG = {
    **COURSE,
    "badge": {"route": "competency", "name": "Badge Literasi Digital", "competency": "KMP-LITDIG"},
}
LATSAR = {
    **COURSE,
    "key": "LATSAR-2026",
    "name": "Latihan Dasar CPNS",
    "badge": {"route": "cohort", "name": "Badge Kohort Latsar", "cohort": "BADGE-LATSAR-2026"},
}
PIM = {
    **COURSE,
    "key": "PKA-2026",
    "name": "Pelatihan Kepemimpinan Administrator",
    "kind": 1,
    "structural_training": "3",
    "hours": 40,
}


class Street:
    """A worker, what it works for, and both of its neighbours."""

    def __init__(self, yard: Yard, city: City, moodle: Server, registry: Server) -> None:
        self.yard = yard
        self.city = city
        self.faults = city.registry.faults
        self.servers = {LMS: moodle, REGISTRY: registry}
        self.operator_token = False
        self.papers: Papers | None = None
        """where certificates come from; without, none are uploaded"""

    # --- what there is to do

    def record(self, nip: str, content: Mapping[str, Any] = COURSE, **more: Any) -> int:
        """A completion that is to be recorded; the number of its delivery."""
        return self.yard.plan(nip=nip, content=content, **more)

    def badge(self, nip: str, content: Mapping[str, Any] = LITDIG, **more: Any) -> int:
        """A completion whose badge is to be issued; the number of its delivery."""
        return self.yard.plan(nip=nip, content=content, remote=LMS, step="badge", **more)

    # --- taking back

    def take_back(self, delivery: int) -> None:
        """The completion of the delivery is voided."""
        self.yard.take_back(self.yard.row(delivery).completion_id)

    def undo(self, delivery: int) -> None:
        """The completion of the delivery is voided, and HR has it undone."""
        self.take_back(delivery)
        self.yard.decide(self.yard.row(delivery).completion_id, "undo")

    def tell_again(self, delivery: int) -> None:
        """Another statement tells of it."""
        with self.yard.store.writing() as db:
            completions.resume(db, self.yard.row(delivery).completion_id, self.yard.clock())

    def back(self, delivery: int) -> Any:
        """The delivery that undoes that one."""
        row = self.yard.row(delivery)
        (back,) = [
            one
            for one in self.rows()
            if one.completion_id == row.completion_id and one.step == UNDONE_BY[row.step]
        ]
        return back

    def document(self, delivery: int) -> Any:
        """The delivery of the certificate that follows that one."""
        row = self.yard.row(delivery)
        (document,) = [
            one
            for one in self.rows()
            if one.completion_id == row.completion_id and one.step == "document"
        ]
        return self.yard.row(document.id)

    # --- the worker

    def worker(self, owner: str = "elsewhere/x/1:1:worker", **concurrency: int) -> Worker:
        """A worker that has just been started."""
        clock = self.yard.clock
        steps: dict[tuple[str, str], Step] = {
            (REGISTRY, "record"): RecordStep(
                self.siasn(),
                self.yard.store,
                clock=clock,
                settle_seconds=SETTLE,
                documented=self.papers is not None,
            ),
            (REGISTRY, "unrecord"): UnrecordStep(
                self.siasn(), self.yard.store, clock=clock, settle_seconds=SETTLE
            ),
            (LMS, "badge"): BadgeStep(self.moodle(), clock=clock, patience_hours=PATIENCE_HOURS),
            (LMS, "revoke"): RevokeStep(
                self.moodle(), self.yard.store, clock=clock, look_after_minutes=60
            ),
        }
        steps[REGISTRY, "correct"] = CorrectStep(
            self.siasn(),
            self.yard.store,
            clock=clock,
            settle_seconds=SETTLE,
            documented=self.papers is not None,
        )
        if self.papers:
            keeper = self.siasn()
            steps[REGISTRY, "document"] = DocumentStep(
                keeper, keeper, self.papers, self.yard.store, clock=clock, settle_seconds=SETTLE
            )
        return Worker(
            self.yard.store,
            steps,
            concurrency={REGISTRY: 2, LMS: 2} | concurrency,
            settings=self.yard.settings,
            owner=owner,
            clock=clock,
            chance=lambda: 0.5,
        )

    def siasn(self) -> Siasn:
        url = self.servers[REGISTRY].url
        settings = SiasnSettings(
            api_url=url + siasn.API,
            apim_token_url=url + siasn.APIM_TOKEN,
            sso_token_url=url + siasn.SSO_TOKEN,
            consumer_key=Secret("env:CONSUMER_KEY"),
            consumer_secret=Secret("env:CONSUMER_SECRET"),
            sso_client_id="siantarservice",
            sso_username=Secret("env:SSO_USERNAME"),
            sso_password=Secret("env:SSO_PASSWORD"),
            sso_token=Secret("env:SSO_TOKEN") if self.operator_token else None,
            connect_timeout_seconds=2,
            read_timeout_seconds=TIMEOUT,
        )
        return Siasn("siasn", settings)

    def moodle(self) -> Moodle:
        settings = MoodleSettings(
            url=self.servers[LMS].url,
            home_page="https://moodle.example",
            token=Secret("env:MOODLE_TOKEN"),
            known_user="learner1",
            connect_timeout_seconds=2,
            read_timeout_seconds=TIMEOUT,
        )
        return Moodle("moodle", settings)

    def deliver(self, worker: Worker | None = None) -> Counter[str]:
        """Let a worker do what is due now; how many came to which end."""
        counts = (worker or self.worker()).drain()
        return Counter({event: count for event, count in counts.items() if count})

    def settle(self, worker: Worker | None = None, *, most_hours: float = 24) -> Counter[str]:
        """Let time pass, and a worker do what becomes due, until nothing moves any more."""
        worker, counts, end = worker or self.worker(), Counter[str](), most_hours * 3600
        passed = 0.0
        while passed < end:
            counts += worker.drain()
            open_ = [row for row in self.rows() if row.state in ("waiting", "retrying")]
            if not open_:
                return counts
            step = max(1.0, min(self.yard.due_in(row.id) for row in open_))
            passed += step
            self.yard.clock.forward(seconds=step)
        raise AssertionError(f"not settled: {[(row.id, row.reason_code) for row in open_]}")

    def rows(self) -> list[Any]:
        with self.yard.store.reading() as db:
            return list(db.exec_driver_sql("SELECT * FROM deliveries ORDER BY id"))

    # --- for looking at

    def our_rows(self, nip: str, name: str = COURSE["name"]) -> list[dict[str, Any]]:
        """The rows that the registry holds of a course for a person."""
        rows = self.city.registry.rows(nip)
        return [row for row in rows if row.get("namaKursus") == name]

    def structural_rows(self, nip: str) -> list[dict[str, Any]]:
        """The rows of structural trainings that the registry holds for a person."""
        rows = self.city.registry.rows(nip)
        return [row for row in rows if row.get("latihanStrukturalId") == "3"]

    def calls(self, name: str) -> int:
        """How often it was called."""
        return sum(sandbox.calls[name] for sandbox in self.city)


def until(what: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something that happens by itself, such as a row that lands late."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@contextmanager
def a_street(yard: Yard, **faults: Any) -> Iterator[Street]:
    """A street on which nothing goes wrong but what is ordered, or is likely by `faults`."""
    options: dict[str, Any] = {
        "rates": {},
        "hang_seconds": 3 * TIMEOUT,
        "late_seconds": 0.1,
        "slow_seconds": 0.02,
        "badge_seconds": 60.0,
    }
    city = demo_city(faults=Faults(**options | faults), clock=lambda: yard.clock().timestamp())
    with given_up_at_once(), Server(city.moodle) as moodle, Server(city.registry) as registry:
        yield Street(yard, city, moodle, registry)


def with_settings(yard: Yard, **changes: Any) -> None:
    """Go on with these settings of deliveries changed."""
    yard.settings = msgspec.structs.replace(yard.settings, **changes)
