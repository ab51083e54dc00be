"""What the lists of the console are asked for: a unit, a page, and where the next one begins."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from sqlalchemy import Connection

from lms_bridge.accounts.sight import Sight, Unit
from lms_bridge.insight import people


class UnitChoice:
    """The unit that was chosen in a filter, and those that can be."""

    def __init__(self, db: Connection, sight: Sight) -> None:
        self.text = request.values.get("unit", "")[:120]
        self.unit: Unit | None = people.unit_named(db, sight, self.text) if self.text else None
        if self.unit is None:
            self.text = ""
        self.options = [
            (f"{line.registry}/{line.id}", "\u2007\u2007" * line.depth + line.name)
            for line in people.tree(db, sight)
        ]


def number(name: str) -> int:
    """The number of that name in the address, 0 without one."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def same_but(endpoint: str, asked: dict[str, str], **other: Any) -> str:
    """The address of the same list with something else; what is empty is left out."""
    values = {name: value for name, value in (asked | other).items() if value}
    return url_for(f"console.{endpoint}", **values)
