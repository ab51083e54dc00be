"""What was compiled for one test serves the next.

Every test opens databases of its own, and for each of them SQLAlchemy would compile every query
anew: a fifth of all that most tests do. The same is true of applications and their templates: to
compile those of a page takes some tenths of a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
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


class _Templates(BytecodeCache):
    """Templates are known by what they say."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key, bucket.checksum] = bucket.code


@contextmanager
def compiled_once() -> Iterator[None]:
    """All stores and applications that are opened in the block share what is compiled."""
    shared = partial(create_engine, execution_options={"compiled_cache": _Known()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "create_engine", shared)
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": _Templates()})
        yield
