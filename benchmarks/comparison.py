"""One line of what is told in the end: a rate, what it is held against, and their ratio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Comparison:
    """What was measured in several rounds, and the same of what it is held against."""

    database: str
    what: str
    unit: str
    rates: Sequence[float]
    against: str
    yardstick: Sequence[float]
    """empty where there was nothing to hold it against"""
    asked: float | None = None
    """the ratio that is wanted"""
    at_most: bool = False
    """it is times that are compared, and the ratio is to be no higher"""

    @property
    def rate(self) -> float:
        """The middle one of ours."""
        return median(self.rates)

    @property
    def held_against(self) -> float | None:
        """The middle one of theirs."""
        return median(self.yardstick) if self.yardstick else None

    @property
    def ratio(self) -> float | None:
        """How many times as fast."""
        return self.rate / self.held_against if self.held_against else None

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return asdict(self) | {"ratio": self.ratio}


def table(title: str, comparisons: Iterable[Comparison]) -> Table:
    """The lines, for people."""
    made = Table(title=title)
    for column in ("database", "what", "rate", "held against", "its rate", "ratio", "asked"):
        numbers = column in ("rate", "its rate", "ratio", "asked")
        made.add_column(column, justify="right" if numbers else "left")
    for one in comparisons:
        theirs = one.held_against
        made.add_row(
            one.database,
            one.what,
            _told(one.rate, one.unit),
            one.against,
            "–" if theirs is None else _told(theirs, one.unit),
            "–" if one.ratio is None else f"{one.ratio:.3g}",
            "" if one.asked is None else f"{'≤' if one.at_most else '≥'} {one.asked:g}",
        )
    return made


def _told(rate: float, unit: str) -> str:
    places = 0 if rate >= 100 else 1 if rate >= 10 else 2
    return f"{rate:,.{places}f} {unit}"
