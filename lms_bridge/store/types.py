"""Column types that mean the same in both databases."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import JSON, DateTime, Row, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from lms_bridge.text import fitting, storable


class UtcTime(TypeDecorator[dt.datetime]):
    """A moment. Timezone-aware UTC inside the program; a naive one is refused, not guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=dt.UTC)  # type: ignore[no-any-return]
        return value.astimezone(dt.UTC)  # type: ignore[no-any-return]


class OutsideText(TypeDecorator[str]):
    """``TEXT`` for what others write: what no database can hold is left out, not refused."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return _kept(value)


class OutsideString(TypeDecorator[str]):
    """``VARCHAR`` for what others write; the same."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return _kept(value)


class OutsideKey(TypeDecorator[str]):
    """``VARCHAR`` for what others write and the bridge looks things up by.

    What is too long for the column is shortened (:func:`~lms_bridge.text.fitting`), also where
    it is compared; PostgreSQL has no room for more than some 2 700 bytes in an index.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        assert isinstance(self.impl, String)
        assert self.impl.length
        return value if value is None else fitting(storable(value), self.impl.length)


def _kept(value: str | None) -> str | None:
    return value if value is None else storable(value)


def to_json(value: Any) -> str:
    """How JSON columns are written: compact, and such that both databases take it and keep it."""
    return json.dumps(
        _acceptable(value),
        ensure_ascii=False,
        separators=(",", ":"),
        default=lambda thing: storable(str(thing)),
    )


def _acceptable(value: Any) -> Any:
    """`value` without what JSON, UTF-8 or PostgreSQL's ``jsonb`` has no room for."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {storable(str(name)): _acceptable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_acceptable(item) for item in value]
    return value


AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of a query, whatever its columns."""

Json = JSON().with_variant(JSONB(), "postgresql")
"""A JSON document; ``JSONB`` in PostgreSQL."""
