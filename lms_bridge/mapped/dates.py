"""Dates as registries write them, by patterns such as ``%d-%m-%Y`` or ``%-d %B %Y``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any

_MARK = re.compile(r"%(-?.?)")
_MONTHS = (
    ("Januari", "Jan", "january"),
    ("Februari", "Feb", "february", "pebruari", "peb"),
    ("Maret", "Mar", "march"),
    ("April", "Apr"),
    ("Mei", "Mei", "may"),
    ("Juni", "Jun", "june"),
    ("Juli", "Jul", "july"),
    ("Agustus", "Agu", "august", "agt", "agust", "ags", "aug"),
    ("September", "Sep", "sept"),
    ("Oktober", "Okt", "october", "oct"),
    ("November", "Nov", "nopember", "nop"),
    ("Desember", "Des", "december", "dec"),
)
"""the months as they are written: in full, and in short; then how else they are met with"""
_MONTH = {name.casefold(): n for n, names in enumerate(_MONTHS, start=1) for name in names}
_NAME = r"[a-z]{3,9}"
_WIDTHS = {
    "d": r"\d{1,2}",
    "-d": r"\d{1,2}",
    "m": r"\d{1,2}",
    "-m": r"\d{1,2}",
    "B": _NAME,
    "b": _NAME,
    "Y": r"\d{4}",
    "y": r"\d{2}",
}
_KNOWN = "%d, %m, %Y and %y, %-d and %-m without a zero, %B and %b for the month's name"
# What frameworks make of a date that is kept as midnight somewhere: Laravel and Java write it in
# UTC, where that is the day before, and the older ASP.NET as milliseconds since 1970.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)? ?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_MILLISECONDS = re.compile(r"/Date\((-?\d{1,14})([+-]\d{4})?\)/", re.ASCII)


class TemplateError(ValueError):
    """A template, or a pattern in it, that can never be filled."""


def check_pattern(pattern: str, *, whole: bool = False) -> None:
    """Raise :exc:`TemplateError` if `pattern` is none; a `whole` one has day, month and year."""
    marks = _MARK.findall(pattern)
    for mark in marks:
        if mark not in (*_WIDTHS, "%"):
            raise TemplateError(
                f"bad date pattern {pattern!r}: %{mark} is not known; there are {_KNOWN}"
            )
    named = {mark.removeprefix("-").lower() for mark in marks}
    if not marks or (whole and not ("d" in named and named & {"m", "b"} and "y" in named)):
        raise TemplateError(f"bad date pattern {pattern!r}: it needs %d, %m and %Y, as in %d-%m-%Y")


def dated(day: dt.date, pattern: str) -> str:
    """`day` by `pattern`; years have four digits wherever it runs, and months Indonesian names.

    >>> dated(dt.date(2026, 3, 2), "%d-%m-%Y")
    '02-03-2026'
    >>> dated(dt.date(2026, 3, 2), "%-d %B %Y")
    '2 Maret 2026'
    """
    full, short = _MONTHS[day.month - 1][:2]
    written = {
        "d": f"{day.day:02d}",
        "-d": f"{day.day}",
        "m": f"{day.month:02d}",
        "-m": f"{day.month}",
        "B": full,
        "b": short,
        "Y": f"{day.year:04d}",
        "y": f"{day.year % 100:02d}",
        "%": "%",
    }
    return _MARK.sub(lambda mark: written[mark[1]], pattern)


def reader(patterns: Sequence[str], zone: dt.tzinfo) -> Callable[[Any], dt.date | None]:
    """What reads a date by the first of `patterns` that fits; None for no date, or a zero one.

    A moment that says its offset is the day that it is in the `zone`, whatever the patterns.

    >>> reader(["%d-%m-%Y"], dt.UTC)("02-03-2026 00:00:00")
    datetime.date(2026, 3, 2)
    """
    forms = [re.compile(_form(pattern), re.ASCII | re.IGNORECASE) for pattern in patterns]

    def read(value: Any) -> dt.date | None:
        text = str(value).strip() if isinstance(value, str | int) else ""
        if when := moment(text):
            try:
                return when.astimezone(zone).date() if when.year > 1 else None
            except OverflowError:  # 9999-12-31T23:59:59Z, which some write for "never"
                return when.date()
        for form in forms:
            if found := form.match(text):
                parts = found.groupdict()
                year = int(parts.get("Y") or f"20{parts.get('y')}")
                month = int(parts.get("m") or _MONTH.get((parts.get("b") or "").casefold(), 0))
                try:
                    return dt.date(year, month, int(parts["d"])) if year > 1 else None
                except ValueError:
                    continue
        return None

    return read


def moment(text: str) -> dt.datetime | None:
    """A moment that is written with its offset, or in milliseconds; None for anything else.

    >>> moment("2026-03-01T17:00:00.000000Z")
    datetime.datetime(2026, 3, 1, 17, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        if _MOMENT.fullmatch(text):
            return dt.datetime.fromisoformat(text)
        if found := _MILLISECONDS.fullmatch(text):
            return dt.datetime.fromtimestamp(int(found[1]) / 1000, dt.UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _form(pattern: str) -> str:
    form, end = "", 0
    for mark in _MARK.finditer(pattern):
        form += re.escape(pattern[end : mark.start()])
        name = mark[1].removeprefix("-").replace("B", "b")
        form += "%" if mark[1] == "%" else f"(?P<{name}>{_WIDTHS[mark[1]]})"
        end = mark.end()
    return form + re.escape(pattern[end:]) + r"(?!\d)"
