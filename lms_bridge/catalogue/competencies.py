"""The government's standard competencies: eight managerial ones and a socio-cultural one.

They stand in ``competencies.toml`` beside this file, with their source. Technical competencies
are defined for each post, and are not among them.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

from lms_bridge.typed import convert

HIGHEST = 5
"""Levels go from 1 to this."""

FRAMEWORK = "ASN"
"""the ID number of the framework that is imported into an LMS; it begins those of its parts"""

Family = Literal["manajerial", "sosial kultural"]


class Standard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the standard competencies.

    >>> standard()["Integritas"].id_number(3)
    'ASN-INTEGRITAS-3'
    """

    name: str
    code: str
    """a short word of ours for it, in capitals"""
    family: Family
    definition: str
    levels: Annotated[tuple[str, ...], msgspec.Meta(min_length=HIGHEST, max_length=HIGHEST)]
    """what whoever has reached level 1, 2, … 5 does, in Indonesian"""

    def id_number(self, level: int | None = None) -> str:
        """The ID number by which an LMS that imported the framework knows it, or a level of it.

        Raises :exc:`ValueError` for a level that there is none of.
        """
        if level is None:
            return f"{FRAMEWORK}-{self.code}"
        if not 1 <= level <= HIGHEST:
            raise ValueError(f"{self.name} has levels 1 to {HIGHEST}, not {level}")
        return f"{FRAMEWORK}-{self.code}-{level}"


@functools.cache
def standard() -> Mapping[str, Standard]:
    """The standard competencies by their names, in the regulation's order."""
    text = resources.files(__package__).joinpath("competencies.toml").read_text("utf-8")
    found = convert(tomllib.loads(text)["competency"], list[Standard])
    return MappingProxyType({each.name: each for each in found})


def find(name: str) -> Standard | None:
    """The standard competency that `name` means, however it is spaced and capitalised.

    >>> find("kerjasama").name
    'Kerja Sama'
    """
    return _by_letters().get(_letters(name))


def by_id_number(number: str) -> tuple[Standard, int] | None:
    """The standard competency and the level of it that an LMS has under that ID number.

    >>> by_id_number("ASN-INTEGRITAS-3")
    (Standard(name='Integritas', ...), 3)
    """
    return _by_id_number().get(number)


@functools.cache
def _by_id_number() -> Mapping[str, tuple[Standard, int]]:
    levels = range(1, HIGHEST + 1)
    return {each.id_number(at): (each, at) for each in standard().values() for at in levels}


@functools.cache
def _by_letters() -> Mapping[str, Standard]:
    return {_letters(name): each for name, each in standard().items()}


def _letters(name: str) -> str:
    return "".join(name.split()).casefold()
