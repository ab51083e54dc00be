"""What was done (Data 2.4.3)."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from xapi.identifiers import is_iri
from xapi.part import LanguageMap, Part, check_language_map, not_an_iri


class Verb(Part, frozen=True):
    """What was done: the `id` alone carries the meaning, `display` is for people to read."""

    id: str
    display: LanguageMap | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not is_iri(self.id):
            raise not_an_iri("$.id", self.id, "Data 2.4.3")
        if self.display:
            check_language_map("$.display", self.display)
