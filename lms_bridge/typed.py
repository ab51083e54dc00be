"""Values of our own types, made of plain ones, by several threads at once.

msgspec looks at a type when that is first used. Another thread that uses the same type at that
moment meets one that is half looked at, and the process ends with a segmentation fault (seen with
0.22.0 in a storm; ``tests/test_typed.py`` has it happen). So one thread at a time looks at types
here, and whoever comes later finds them looked at.

>>> convert({"latitude": 2.96, "longitude": 99.06}, Place)
Place(latitude=2.96, longitude=99.06)
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_looking = threading.Lock()
_looked_at: set[Any] = set()


def convert(
    value: object,
    kind: type[T],
    *,
    strict: bool = True,
    dec_hook: Callable[[type, Any], Any] | None = None,
) -> T:
    """As :func:`msgspec.convert`. Raises :exc:`msgspec.ValidationError`."""
    _look_at(kind)
    return msgspec.convert(value, kind, strict=strict, dec_hook=dec_hook)


def decode(content: bytes | str, kind: type[T]) -> T:
    """As :func:`msgspec.json.decode`. Raises :exc:`msgspec.DecodeError`."""
    _look_at(kind)
    return msgspec.json.decode(content, type=kind)


def _look_at(kind: Any) -> None:
    if kind not in _looked_at:
        with _looking:
            msgspec.json.Decoder(kind)
            _looked_at.add(kind)
