"""Dates as other systems write them, by patterns such as ``%d-%m-%Y`` or ``%-d %B %Y``."""

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
_OF_MOMENTS = ("H", "M", "S", "s")
# What frameworks make of a date that is kept as midnight somewhere: Laravel and Java write it in
# UTC, where that is the day before, and the older ASP.NET as milliseconds since 1970.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)? ?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_TIME = re.compile(r"[T ](\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)
_SECONDS = re.compile(r"\d{9,10}|\d{12,13}", re.ASCII)
"""since 1970, or thousandths of them"""
_NONE = (0, 0, 0)
_MILLISECONDS = re.compile(r"/Date\((-?\d{1,14})([+-]\d{4})?\)/", re.ASCII)


class TemplateError(ValueError):
    """A template, or a pattern in it, that can never be filled."""


def check_pattern(pattern: str, *, whole: bool = False, of_moment: bool = False) -> None:
    """Raise :exc:`TemplateError` if `pattern` is none; a `whole` one has day, month and year.

    One `of_moment` may have hours, minutes and seconds, and ``%s``, seconds since 1970.
    """
    marks = _MARK.findall(pattern)
    for mark in marks:
        if mark not in (*_WIDTHS, "%", *(_OF_MOMENTS if of_moment else ())):
            known = f"{_KNOWN}, %H, %M, %S, and %s" if of_moment else _KNOWN
            raise TemplateError(
                f"bad date pattern {pattern!r}: %{mark} is not known; there are {known}"
            )
    if of_moment and marks:
        return
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
    if isinstance(day, dt.datetime):
        written |= {"H": f"{day:%H}", "M": f"{day:%M}", "S": f"{day:%S}"}
        written["s"] = str(int(day.timestamp()))
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


def moment_reader(patterns: Sequence[str], zone: dt.tzinfo) -> Callable[[Any], dt.datetime | None]:
    """What reads a moment: with its offset, as seconds since 1970, or as a date with a time.

    The last is one in the `zone`; a date without a time is the beginning of that day.

    >>> moment_reader(["%Y-%m-%d"], dt.UTC)("2026-03-02 08:15:00")
    datetime.datetime(2026, 3, 2, 8, 15, tzinfo=datetime.timezone.utc)
    """
    read_day = reader(patterns, zone)

    def read(value: Any) -> dt.datetime | None:
        text = str(value).strip() if isinstance(value, str | int) else ""
        if when := moment(text):
            return when if when.year > 1 else None
        try:
            if _SECONDS.fullmatch(text):
                return dt.datetime.fromtimestamp(int(text[:10]), dt.UTC)
            if day := read_day(text):
                time = _TIME.search(text)
                hour, minute, second = (int(part or 0) for part in time.groups()) if time else _NONE
                return dt.datetime.combine(day, dt.time(hour, minute, second), zone)
        except (ValueError, OverflowError, OSError):
            pass
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
