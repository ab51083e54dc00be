"""What SQLAlchemy has compiled for the database of one test serves the next.

Every test opens databases of its own, and for each of them SQLAlchemy would compile every query
anew: a fifth of all that most tests do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.sql.compiler import Compiled

from lms_bridge.store import engine


class _Known:
    """A ``compiled_cache`` in which a query is known by the kind of database, not by the one."""

    def __init__(self) -> None:
        self._known: dict[Any, Compiled] = {}

    def get(self, key: Any) -> Compiled | None:
        dialect, *query = key
        return self._known.get((dialect.name, *query))

    def __setitem__(self, key: Any, compiled: Compiled) -> None:
        dialect, *query = key
        self._known[dialect.name, *query] = compiled


@contextmanager
def compiled_once() -> Iterator[None]:
    """All stores that are opened in the block share what is compiled."""
    shared = partial(create_engine, execution_options={"compiled_cache": _Known()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "create_engine", shared)
        yield
