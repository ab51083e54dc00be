"""A bridge beside a SIASN over real HTTP, and the jobs that ask it about people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from lms_bridge.bridge import Bridge
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Settings
from lms_bridge.jobs.read_histories import ReadHistories
from lms_bridge.jobs.refresh_employees import RefreshEmployees
from lms_bridge.people.identities import employee_of
from lms_bridge.registries.siasn.settings import SiasnSettings
from lms_bridge.sandbox.city import demo_city
from lms_bridge.sandbox.faults import Faults
from lms_bridge.sandbox.server import Server
from lms_bridge.sandbox.siasn.app import API, APIM_TOKEN, SSO_TOKEN, SiasnSandbox
from lms_bridge.sandbox.siasn.people import Person
from lms_bridge.store.engine import Store
from lms_bridge.store.types import AnyRow
from tests.conftest import Clock

SECRETS = {
    "KEY": "sandbox-key",
    "SECRET": "sandbox-secret",
    "USERNAME": "197001011995031001",
    "PASSWORD": "sandbox-password",
}


def siasn_at(url: str, **more: Any) -> SiasnSettings:
    """The settings of the sandbox at `url`."""
    values: dict[str, Any] = {
        "api_url": f"{url}{API}",
        "apim_token_url": f"{url}{APIM_TOKEN}",
        "sso_token_url": f"{url}{SSO_TOKEN}",
        "consumer_key": Secret("env:KEY"),
        "consumer_secret": Secret("env:SECRET"),
        "sso_client_id": "siantarservice",
        "sso_username": Secret("env:USERNAME"),
        "sso_password": Secret("env:PASSWORD"),
        "read_timeout_seconds": 5,
        "concurrency": 2,
    }
    return SiasnSettings(**values | more)


class City:
    """A bridge that has met everybody in the registry, and what its jobs find there."""

    def __init__(self, store: Store, clock: Clock, registry: SiasnSandbox, url: str) -> None:
        self.store = store
        self.clock = clock
        self.registry = registry
        self.bridge = Bridge(Settings(registry={"siasn": siasn_at(url)}), store)

    def meet(self, *nips: str) -> dict[str, int]:
        """The bridge hears of people; their ids by NIP."""
        with self.store.writing() as db:
            return {nip: employee_of(db, nip, name="", now=self.clock()) for nip in nips}

    def refresh(self) -> Counter[str]:
        return RefreshEmployees(self.bridge).run(lambda done, total: None)

    def read(self) -> Counter[str]:
        return ReadHistories(self.bridge).run(lambda done, total: None)

    def person(self, nip: str) -> Person:
        return next(one for one in self.registry.people() if one.nip == nip)

    def rows(self, table: Any, *order: Any, **which: Any) -> list[AnyRow]:
        """The rows of `table`, narrowed by columns."""
        query = select(table)
        for name, value in which.items():
            query = query.where(table.c[name] == value)
        with self.store.reading() as db:
            return list(db.execute(query.order_by(*(order or list(table.primary_key)))))


@pytest.fixture
def city(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("lms_bridge.jobs.base.PAUSE_SECONDS", 0)
    for job in ("asking", "read_histories", "refresh_employees"):
        monkeypatch.setattr(f"lms_bridge.jobs.{job}.utc_now", clock)
    registry = demo_city(faults=Faults(rates={})).registry
    with Server(registry) as server:
        yield City(store, clock, registry, server.url)
