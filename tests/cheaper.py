"""What would cost most tests much and shows none of them anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from argon2 import PasswordHasher
from werkzeug.routing import Rule

from lms_bridge.accounts import passwords
from lms_bridge.store import engine

as_in_earnest = engine._prepare_sqlite
"""How a connection to a file is prepared outside of tests."""


@contextmanager
def nothing_flushed() -> Iterator[None]:
    """Files are written without waiting for the disk, as the tests' PostgreSQL does: no power cut
    comes while a test runs. Processes that a test starts wait for it, as they would outside.
    """

    def prepare(connection: sqlite3.Connection, record: object) -> None:
        as_in_earnest(connection, record)
        connection.execute("PRAGMA synchronous = OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_prepare_sqlite", prepare)
        yield


def nothing_cached() -> None:
    """A logger is made anew for each line: one that was used while a command ran in the process of
    the tests would go on writing where that command did, and no later test would see it.
    """
    configure = structlog.configure

    def uncached(*args: Any, **options: Any) -> None:
        configure(*args, **options | {"cache_logger_on_first_use": False})

    structlog.configure = uncached


@contextmanager
def quick_hashes() -> Iterator[None]:
    """Passwords that cost nothing: outside of tests each takes 64 MB and a tenth of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
        yield


def plain_tracebacks() -> None:
    """Where a test sets up no logging, structlog would draw each traceback with the source around
    every line and all its variables: some seconds for one out of SQLAlchemy.
    """
    renderer = structlog.dev.ConsoleRenderer.get_active()
    renderer.exception_formatter = structlog.dev.plain_traceback


@contextmanager
def routes_built_when_needed() -> Iterator[None]:
    """What makes the addresses of a route is compiled when the first is made: an application has
    more than a hundred routes, for which it takes longer than most tests that ask for one page.
    """
    compiled: Any = Rule._compile_builder

    def later(rule: Rule, append_unknown: bool = True) -> Any:
        made: Any = None

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            nonlocal made
            made = made or compiled(rule, append_unknown)
            address: tuple[str, str] = made(rule, **values)
            return address

        return build

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", later)
        yield
