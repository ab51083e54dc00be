"""Single values of a registry's answers, which are typed as loosely as they come."""

from __future__ import annotations

import json
import re
from typing import Any

from lms_bridge.text import storable


def text(value: Any) -> str:
    """A text of an answer; numbers as they are written, null as nothing, no U+FFFD."""
    if isinstance(value, str):
        return storable(value).replace("\ufffd", "").strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def number(value: Any) -> int | None:
    """The first whole number of an answer: 20, "20", "20 JP", 20.0; None where there is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if 0 <= value < 1_000_000 else None
    if isinstance(value, str) and (
        found := re.search(r"(?<![\d.,-])\d{1,6}(?!\d)", value, re.ASCII)
    ):
        return int(found[0])
    return None


def decimal(value: Any) -> float | None:
    """A number of an answer, with or without decimals: 22.5, "22.5", "22,5"; None for another."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        plain = value.strip().replace(",", ".")
        value = float(plain) if re.fullmatch(r"\d{1,6}(\.\d{0,9})?", plain, re.ASCII) else None
    if isinstance(value, int | float) and 0 <= value < 1_000_000:
        return float(value)
    return None


def year(value: Any) -> int | None:
    """A year of an answer; None for "", "0" and whatever else is none."""
    found = number(value)
    return found if found is not None and 1900 <= found <= 2100 else None


def parsed(text: str) -> Any:
    """`text` as JSON; None where it is none, which an answer of the API never is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
