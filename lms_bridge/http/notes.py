"""What may be kept of a call: enough to see what happened, no secrets, NIPs masked."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import msgspec

from lms_bridge.http import hiding
from lms_bridge.redaction import redact, redact_fields
from lms_bridge.text import storable

_LARGEST = 16_000


class ExchangeNote(msgspec.Struct, frozen=True):
    """What one call was and what it brought, fit to be stored with the attempt."""

    method: str
    url: str
    """without its query"""
    status: int | None
    """None when no whole answer came; `failure` then says why"""
    seconds: float
    request: Any = None
    answer: Any = None
    failure: str = ""
    aside: bool = False
    """whether it went to another system than the one that the attempt is about"""


_notes: ContextVar[list[ExchangeNote] | None] = ContextVar("exchange_notes", default=None)
_aside: ContextVar[bool] = ContextVar("exchanges_aside", default=False)


@contextlib.contextmanager
def recorded() -> Iterator[list[ExchangeNote]]:
    """Collects a note of every call made inside the ``with`` block, by this thread or task."""
    notes: list[ExchangeNote] = []
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Calls inside the ``with`` block go to another system than the attempt is about."""
    token = _aside.set(True)
    try:
        yield
    finally:
        _aside.reset(token)


def add(
    method: str,
    url: str,
    seconds: float,
    *,
    request: Any = None,
    status: int | None = None,
    answer: str | None = None,
    failure: str = "",
    hidden: Sequence[str] = (),
) -> None:
    """Note one call, if anybody collects notes; what is `hidden` is made unseen in it."""
    notes = _notes.get()
    if notes is None:
        return
    parts = urlsplit(hiding.without(url, hidden))
    notes.append(
        ExchangeNote(
            method=method,
            url=redact(f"{parts.scheme}://{parts.netloc}{parts.path}"),
            status=status,
            seconds=round(seconds, 3),
            request=_shown(hiding.without(request, hidden)),
            answer=None if answer is None else shown(hiding.without(answer, hidden)),
            failure=failure,
            aside=_aside.get(),
        )
    )


def shown(text: str) -> Any:
    """What of an answer's text may be seen: its JSON redacted, or the start of the text."""
    try:
        # A NIP that comes as a number is kept as text, so that it is masked like any other.
        value = json.loads(text, parse_int=lambda run: run if len(run) > 15 else int(run))
    except (ValueError, RecursionError):
        value = text[:4000]
    return _shown(value)


def _shown(value: Any) -> Any:
    """`value` redacted, storable, and of a size that can be kept with every attempt."""
    try:
        shown = _storable(redact_fields(value))
        size = len(msgspec.json.encode(shown))
    except RecursionError:
        return "(nested too deeply to be kept)"
    return shown if size <= _LARGEST else f"({size} bytes, not kept)"


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(name): _storable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value
