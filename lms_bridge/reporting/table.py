"""A report when it is made: a title, what it is about, columns and rows.

The rows are an iterator, so that ten thousand of them are never all in memory; a table is read
once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec

Kind = Literal["text", "nip", "number", "date"]
Cell: TypeAlias = str | int | dt.date | None
"""None: not known, or not to be told; the cell stays empty"""
Row: TypeAlias = Sequence[Cell]


class Column(msgspec.Struct, frozen=True):
    """One column, its heading in the language of the table."""

    heading: str
    kind: Kind = "text"
    width: float = 1.0
    """in letters of a page of print; the widths of a table are made to fit a page"""
    summed: bool = False
    """whether its sum is that of the rows, so that it follows a filter"""
    name: str = ""
    """what it is called for machines: in CSV of the command line"""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A report that has been made, in one language."""

    title: str
    about: Sequence[tuple[str, str]]
    """what it is about, e.g. ("Unit", "Dinas Kesehatan")"""
    columns: Sequence[Column]
    rows: Iterable[Row]
    notes: Sequence[str] = ()
    """what has to be known to read it rightly, a sentence each"""
    sums: Row | None = None
    """a cell for each column, of all rows; None: nothing adds up"""
    count: int
    """of all rows, of which `rows` may have the first only"""
    language: str
    name: str
    """of a file with it, without a dot and what follows"""
