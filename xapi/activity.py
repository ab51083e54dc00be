"""What was acted on, mostly: an Activity and its definition (Data 2.4.4.1)."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from xapi.errors import broken
from xapi.identifiers import is_iri
from xapi.interaction import COMPONENT_LISTS, ComponentList, InteractionType, check_component_list
from xapi.part import (
    ByObjectType,
    Extensions,
    LanguageMap,
    Part,
    check_extensions,
    check_language_map,
    not_an_iri,
)


class Definition(Part, frozen=True):
    """What a sender says about an Activity, and, of an interaction, what it asks.

    It describes the Activity and is not itself a part of the statement (Data 2.3.1).
    """

    name: LanguageMap | UnsetType = UNSET
    description: LanguageMap | UnsetType = UNSET
    type: str | UnsetType = UNSET
    """an IRI; see :mod:`xapi.vocabulary`"""
    more_info: str | UnsetType = UNSET
    """where people can read about the Activity"""
    extensions: Extensions | UnsetType = UNSET
    interaction_type: InteractionType | UnsetType = UNSET
    correct_responses_pattern: tuple[str, ...] | UnsetType = UNSET
    choices: ComponentList | UnsetType = UNSET
    scale: ComponentList | UnsetType = UNSET
    source: ComponentList | UnsetType = UNSET
    target: ComponentList | UnsetType = UNSET
    steps: ComponentList | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.name:
            check_language_map("$.name", self.name)
        if self.description:
            check_language_map("$.description", self.description)
        if self.type is not UNSET and not is_iri(self.type):
            raise not_an_iri("$.type", self.type, "Data 2.4.4.1")
        if self.more_info is not UNSET and not is_iri(self.more_info):
            raise not_an_iri("$.moreInfo", self.more_info, "Data 2.4.4.1")
        if self.extensions:
            check_extensions("$.extensions", self.extensions)
        if (
            self.interaction_type
            is self.correct_responses_pattern
            is self.choices
            is self.scale
            is self.source
            is self.target
            is self.steps
            is UNSET
        ):
            return
        self._check_interaction()

    def _check_interaction(self) -> None:
        kind = self.interaction_type
        if kind is UNSET and self.correct_responses_pattern is not UNSET:
            raise broken(
                "$.correctResponsesPattern",
                self.correct_responses_pattern,
                'needs an "interactionType" beside it',
                "Data 2.4.4.1",
            )
        lists = (
            ("choices", self.choices),
            ("scale", self.scale),
            ("source", self.source),
            ("target", self.target),
            ("steps", self.steps),
        )
        for name, components in lists:
            if components is UNSET:
                continue
            if kind is UNSET:
                rule = 'needs an "interactionType" beside it'
                raise broken(f"$.{name}", components, rule, "Data 2.4.4.1")
            if name not in COMPONENT_LISTS.get(kind, ()):
                rule = f'is not among the lists of an interaction of type "{kind}"'
                raise broken(f"$.{name}", components, rule, "Data 2.4.4.1")
            check_component_list(f"$.{name}", components)


class Activity(Part, ByObjectType, frozen=True):
    """Something to be done or learned, known by its `id` (Data 2.4.4.1)."""

    id: str
    object_type: Literal["Activity"] | UnsetType = UNSET
    definition: Definition | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not is_iri(self.id):
            raise not_an_iri("$.id", self.id, "Data 2.4.4.1")

    @property
    def type(self) -> str | None:
        """The IRI of its type, if the sender gave it."""
        return (self.definition and self.definition.type) or None

    @property
    def extensions(self) -> Extensions:
        """The extensions of its definition; empty if there are none."""
        return (self.definition and self.definition.extensions) or {}
