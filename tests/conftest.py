"""What every test may use: a clean database of each kind, and a clock that stands still."""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from lms_bridge.deliveries import settling
from lms_bridge.store import migrations
from lms_bridge.store.engine import Store, open_store
from tests import cheaper, order
from tests.compiled import compiled_once
from tests.databases import Databases
from tests.logged import logging_as_it_was
from tests.postgres import running_postgres
from tests.trials import QUICK

# CPython 3.11 counts the depth of a syntax tree in one place for all threads: a thread of ours that
# writes a traceback, for which a line of code is parsed to underline a part of it, makes another
# that parses anything fail with "AST constructor recursion depth mismatch".
if hasattr(traceback, "_extract_caret_anchors_from_line_segment"):
    traceback._extract_caret_anchors_from_line_segment = lambda _segment: None

if TYPE_CHECKING:
    from playwright.sync_api import Browser

settings.load_profile(QUICK)

DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))
"""Each with the schema in it. A quick run tries the one that needs no server."""
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""for what has nothing to do with the database"""
NOW = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = order.beside_each_other(items, workers)


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: dt.datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **how_much: float) -> dt.datetime:
        """Let time pass; takes the arguments of ``timedelta``."""
        self.now += dt.timedelta(**how_much)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session", autouse=True)
def _cheaper() -> Iterator[None]:
    cheaper.plain_tracebacks()
    cheaper.nothing_cached()
    with (
        compiled_once(),
        cheaper.nothing_flushed(),
        cheaper.routes_built_when_needed(),
        cheaper.quick_hashes(),
    ):
        yield


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A command sets up logging for its process; the next test has its own."""
    with logging_as_it_was():
        yield


@pytest.fixture(scope="session", autouse=True)
def _by_the_clock_alone() -> Iterator[None]:
    """What has to settle does so by the clock of the test, and not by how long the machine runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settling, "since_boot", lambda: None)
        yield


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL, started for the tests."""
    with running_postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="session")
def databases(postgres: str) -> Iterator[Databases]:
    """Databases of that server with the schema in them."""
    databases = Databases(postgres, _migrate)
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as an SQLite file."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database with the schema in it, once of each kind."""
    yield from _fresh(request, tmp_path)


@pytest.fixture(scope="module", params=DATABASES)
def database_of_module(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The same, of which a module has one for all its tests."""
    yield from _fresh(request, tmp_path_factory.mktemp("database"))


def _fresh(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        path = folder / "bridge.db"
        path.write_bytes(request.getfixturevalue("migrated_file").read_bytes())
        yield f"sqlite:///{path}"
        return
    with request.getfixturevalue("databases").one() as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One for all tests, for to start it takes more than most of them."""
    from tests.webhook.browsing import a_browser

    with a_browser() as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """A real browser, which afterwards has forgotten all that a test has done with it."""
    yield chromium
    for context in chromium.contexts:
        context.close()


def _migrate(url: str) -> None:
    store = open_store(url)
    migrations.upgrade(store)
    store.close()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A fresh database, opened."""
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def write(store: Store) -> Callable[..., object]:
    """Calls a function with a connection, in a transaction, and returns what it returns."""

    def call(function: Callable[..., object], *args: object, **kwargs: object) -> object:
        with store.writing() as db:
            return function(db, *args, **kwargs)

    return call
