"""Lists in pages: each says where the next one begins.

A cursor names the last row that was told, by its number, so that a page costs the same however far
down it is, and none is told twice because others came in meanwhile.

>>> number_of(cursor_of(4711))
4711
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import msgspec

MOST = 200
"""rows on a page"""
LARGEST = 2**63 - 1
"""what the databases can number"""

Item = TypeVar("Item")
Row = TypeVar("Row")

Text = Annotated[
    str,
    msgspec.Meta(
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="At most 200 characters, no control characters.",
    ),
]
Number = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]


class Paged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of every list."""

    limit: Annotated[
        int, msgspec.Meta(ge=1, le=MOST, description="How many there are to be on a page.")
    ] = 50
    next: Annotated[
        str, msgspec.Meta(max_length=100, description="`next` of the page before; empty: the first")
    ] = ""


class Page(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """A part of a list."""

    items: list[Item]
    next: Annotated[
        str | None, msgspec.Meta(description="To ask for the page after this; null on the last.")
    ]


class BadCursor(ValueError):
    """A cursor that no page had."""


def cursor_of(number: int) -> str:
    """The cursor that names a row."""
    return base64.urlsafe_b64encode(b"i%d" % number).rstrip(b"=").decode()


def number_of(cursor: str) -> int | None:
    """The number of the row that a cursor names; None for none. Raises :exc:`BadCursor`."""
    if not cursor:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (UnicodeError, binascii.Error):
        raise BadCursor from None
    digits = text.removeprefix("i")
    if digits == text or not digits.isdigit() or int(digits) > LARGEST:
        raise BadCursor
    return int(digits)


def page(
    rows: Sequence[Row], limit: int, number: Callable[[Row], int], told: Callable[[Row], Item]
) -> Page[Item]:
    """The page of `rows`, of which one more was read than it may have."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(
        items=[told(row) for row in shown], next=cursor_of(number(shown[-1])) if more else None
    )
