"""What came of it: success, completion, a score, an answer (Data 2.4.5)."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from xapi.errors import broken
from xapi.part import Extensions, Part, check_extensions
from xapi.times import is_duration


class Score(Part, frozen=True):
    """How well (Data 2.4.5.1): `scaled` from -1 to 1, `raw` from `min` to `max`."""

    scaled: float | UnsetType = UNSET
    raw: float | UnsetType = UNSET
    min: float | UnsetType = UNSET
    max: float | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.scaled is not UNSET and not -1 <= self.scaled <= 1:
            raise broken("$.scaled", self.scaled, "is not between -1 and 1", "Data 2.4.5.1")
        if self.min is not UNSET and self.max is not UNSET and not self.min < self.max:
            raise broken("$.min", self.min, f'is not less than "max", {self.max:g}', "Data 2.4.5.1")
        if self.raw is UNSET:
            return
        if self.min is not UNSET and self.raw < self.min:
            raise broken("$.raw", self.raw, f'is less than "min", {self.min:g}', "Data 2.4.5.1")
        if self.max is not UNSET and self.raw > self.max:
            raise broken("$.raw", self.raw, f'is more than "max", {self.max:g}', "Data 2.4.5.1")


class Result(Part, frozen=True):
    """What came of it (Data 2.4.5)."""

    score: Score | UnsetType = UNSET
    success: bool | UnsetType = UNSET
    completion: bool | UnsetType = UNSET
    response: str | UnsetType = UNSET
    duration: str | UnsetType = UNSET
    """an ISO 8601 duration, as the sender wrote it"""
    extensions: Extensions | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.duration is not UNSET and not is_duration(self.duration):
            raise broken(
                "$.duration",
                self.duration,
                'is not an ISO 8601 duration such as "PT1H30M"',
                "Data 4.6",
            )
        if self.extensions:
            check_extensions("$.extensions", self.extensions)
