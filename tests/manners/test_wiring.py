"""What a bridge calls is called in the manner that is configured: over real HTTP, and together."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lms_bridge.bridge import Bridge
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Settings
from lms_bridge.errors import NotNow
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.manners import tokens
from lms_bridge.registries.base import Training
from lms_bridge.sandbox.city import SITI, demo_city
from lms_bridge.sandbox.faults import Faults
from lms_bridge.sandbox.server import Server
from lms_bridge.store.engine import Store, open_store
from tests.conftest import NOW
from tests.jobs.conftest import SECRETS, siasn_at

TRAINING = Training(
    name="Literasi Digital ASN",
    organiser="BKPSDM",
    kind=16,
    hours=20,
    certificate_number="",
    starts=NOW.date(),
    ends=NOW.date(),
)


class Counter:
    """A registry, and the bridges of several processes that call it."""

    def __init__(self, store: Store, url: str, registry: Any) -> None:
        self._store = store
        self._url = url
        self.begun: list[float] = []
        recognise = registry.recognise

        def noting(request: Any) -> Any:
            self.begun.append(time.monotonic())
            return recognise(request)

        registry.recognise = noting

    def siasn(self, store: Store | None = None, **manners: Any) -> Any:
        """The registry as a bridge with these `manners` has it."""
        settings = Settings(registry={"siasn": siasn_at(self._url, **manners)})
        return Bridge(settings, store or self._store).registries["siasn"]

    def gaps(self) -> list[float]:
        return [later - sooner for sooner, later in itertools.pairwise(sorted(self.begun))]


@pytest.fixture
def counter(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    registry = demo_city(faults=Faults(rates={})).registry
    with Server(registry) as server:
        yield Counter(store, server.url, registry)


def test_two_bridges_keep_one_pace_with_tokens_and_all(counter: Counter, database_url: str) -> None:
    other = open_store(database_url)
    both = [counter.siasn(store, requests_per_second=20) for store in (None, other)]
    begun = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: both[number % 2].find_employee(SITI), range(8)))
    assert len(counter.begun) == 12, "two tokens for each, and the eight questions"
    assert counter.begun[-1] - begun >= 11 / 20
    other.close()


def test_writes_pause_and_reads_do_not(counter: Counter) -> None:
    siasn = counter.siasn(pause_between_writes_seconds=0.7)
    employee = siasn.find_employee(SITI)
    for number in range(2):
        siasn.record(employee, TRAINING)
        if not number:
            begun = time.monotonic()
            siasn.find_employee(SITI)
            assert time.monotonic() - begun < 0.6
    assert max(counter.gaps()) >= 0.5


def test_outside_its_hours_not_even_a_token_is_asked_for(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms_bridge.bridge.utc_now", lambda: NOW)
    siasn = counter.siasn(working_hours="Sat 08:00-12:00")
    with pytest.raises(NotNow):
        siasn.find_employee(SITI)
    assert counter.begun == []


def test_what_was_issued_is_known_to_all(counter: Counter, store: Store) -> None:
    counter.siasn().find_employee(SITI)
    settings = Settings(registry={"siasn": siasn_at("http://elsewhere")})
    with store.reading() as db:
        found = tokens.standing(db, settings, NOW)
    assert [(line.name, line.issued) for line in found] == [("apim", True), ("sso", True)]
    lifetimes = [line.good_until - line.got_at for line in found if line.good_until and line.got_at]
    assert [round(one.total_seconds()) for one in lifetimes] == [3600, 43_200]


def test_an_lms_is_called_at_its_pace_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMS", "sandbox-moodle-token")
    city = demo_city(faults=Faults(rates={}))
    with Server(city.moodle) as server:
        settings = MoodleSettings(url=server.url, token=Secret("env:LMS"), requests_per_second=20)
        bridges = [Bridge(Settings(lms={"moodle": settings}), store) for _ in range(2)]
        begun = time.monotonic()
        for number in range(6):
            bridges[number % 2].lms["moodle"].find_users("number", [SITI])
        assert time.monotonic() - begun >= 5 / 20
