"""Dates as registries write them, by patterns of ``%d``, ``%m``, ``%Y`` and ``%y``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any

_MARK = re.compile(r"%(.?)")
_WIDTHS = {"d": r"\d{1,2}", "m": r"\d{1,2}", "Y": r"\d{4}", "y": r"\d{2}"}


class TemplateError(ValueError):
    """A template, or a pattern in it, that can never be filled."""


def check_pattern(pattern: str, *, whole: bool = False) -> None:
    """Raise :exc:`TemplateError` if `pattern` is none; a `whole` one has day, month and year."""
    marks = _MARK.findall(pattern)
    for mark in marks:
        if mark not in (*_WIDTHS, "%"):
            raise TemplateError(
                f"bad date pattern {pattern!r}: %{mark} is not known; there are %d, %m, %Y and %y"
            )
    if not marks or (whole and not ({"d", "m"} <= set(marks) and {"Y", "y"} & set(marks))):
        raise TemplateError(f"bad date pattern {pattern!r}: it needs %d, %m and %Y, as in %d-%m-%Y")


def dated(day: dt.date, pattern: str) -> str:
    """`day` by `pattern`; years have four digits wherever it runs.

    >>> dated(dt.date(2026, 3, 2), "%d-%m-%Y")
    '02-03-2026'
    """
    written = {
        "d": f"{day.day:02d}",
        "m": f"{day.month:02d}",
        "Y": f"{day.year:04d}",
        "y": f"{day.year % 100:02d}",
        "%": "%",
    }
    return _MARK.sub(lambda mark: written[mark[1]], pattern)


def reader(patterns: Sequence[str]) -> Callable[[Any], dt.date | None]:
    """What reads a date by the first of `patterns` that fits; None for no date, or a zero one.

    >>> reader(["%d-%m-%Y"])("02-03-2026 00:00:00")
    datetime.date(2026, 3, 2)
    """
    forms = [re.compile(_form(pattern), re.ASCII) for pattern in patterns]

    def read(value: Any) -> dt.date | None:
        text = str(value).strip() if isinstance(value, str | int) else ""
        for form in forms:
            if found := form.match(text):
                parts = found.groupdict()
                year = int(parts.get("Y") or f"20{parts.get('y')}")
                try:
                    return dt.date(year, int(parts["m"]), int(parts["d"])) if year > 1 else None
                except ValueError:
                    continue
        return None

    return read


def _form(pattern: str) -> str:
    form, end = "", 0
    for mark in _MARK.finditer(pattern):
        form += re.escape(pattern[end : mark.start()])
        form += "%" if mark[1] == "%" else f"(?P<{mark[1]}>{_WIDTHS[mark[1]]})"
        end = mark.end()
    return form + re.escape(pattern[end:]) + r"(?!\d)"
