"""What an Activity that asks something can hold (Data 2.4.4.1, Interaction Activities)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import UNSET, UnsetType

from xapi.errors import broken
from xapi.part import LanguageMap, Part, check_language_map

InteractionType: TypeAlias = Literal[
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
]

COMPONENT_LISTS: Final[dict[str, tuple[str, ...]]] = {
    "choice": ("choices",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "matching": ("source", "target"),
    "performance": ("steps",),
}
"""the lists that an interaction type has; the others have none"""


class InteractionComponent(Part, frozen=True):
    """One choice, step, source, target or point of a scale."""

    id: str
    description: LanguageMap | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.description:
            check_language_map("$.description", self.description)


ComponentList: TypeAlias = tuple[InteractionComponent, ...]


def check_component_list(path: str, components: ComponentList) -> None:
    """Refuse a list in which two components have the same id."""
    if len({component.id for component in components}) == len(components):
        return
    seen: set[str] = set()
    for place, component in enumerate(components):
        if component.id in seen:
            raise broken(
                f"{path}[{place}].id",
                component.id,
                "is the id of an earlier component of the list",
                "Data 2.4.4.1",
            )
        seen.add(component.id)
