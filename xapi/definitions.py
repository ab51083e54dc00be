"""What an LRS knows of an Activity: its canonical definition (Data 2.4.4.1, Comm. 2.5).

Each statement tells of its Activities what its sender happens to know. The canonical
definition has all of it: languages and extensions are added to those that are known, and in
everything else the latest word counts:

>>> known = b'{"name":{"en":"Meeting","id":"Rapat"},"type":"act:meeting"}'
>>> print(merged_definition(known, b'{"name":{"en":"Our meeting"},"moreInfo":"act:m"}').decode())
{"name":{"en":"Our meeting","id":"Rapat"},"type":"act:meeting","moreInfo":"act:m"}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, Raw

from xapi.outline import Outline, Thing
from xapi.raw import framed, members

_MAPS: Final = ("name", "description", "extensions")
_OF_AN_INTERACTION: Final = (
    "interactionType",
    "correctResponsesPattern",
    "choices",
    "scale",
    "source",
    "target",
    "steps",
)
"""what makes sense together only, and so is taken from one sender"""


def merged_definition(known: bytes | None, told: bytes) -> bytes:
    """The canonical definition `known`, if there is one, now that `told` has come in."""
    if known is None:
        return told
    merged, added = members(known), members(told)
    if "interactionType" in added:
        for name in _OF_AN_INTERACTION:
            merged.pop(name, None)
    for name in _MAPS:
        if name in merged and name in added:
            together = {**members(bytes(merged[name])), **members(bytes(added[name]))}
            added[name] = Raw(framed(together))
    return framed({**merged, **added})


def definitions_in(statement: Outline) -> dict[str, bytes]:
    """What `statement` tells of Activities: their definitions, by their ids.

    That is of its object and of those in its context, and the same of a SubStatement.

    >>> from xapi.outline import outline
    >>> definitions_in(outline(b'''{"actor": {"openid": "act:a"}, "verb": {"id": "act:v"},
    ...     "object": {"id": "act:o", "definition": {"name": {"id": "Rapat"}}},
    ...     "context": {"contextActivities": {"parent": [{"id": "act:p"}]}}}'''))
    {'act:o': b'{"name": {"id": "Rapat"}}'}
    """
    found: dict[str, bytes] = {}
    for activity in activities_in(statement):
        if activity.definition is not UNSET and activity.id:
            told = bytes(activity.definition)
            known = found.get(activity.id)
            found[activity.id] = told if known is None else merged_definition(known, told)
    return found


def activities_in(statement: Outline | Thing) -> Iterator[Thing]:
    """The object of `statement` and its context Activities, and the same of a SubStatement."""
    if statement.object:
        yield statement.object
        yield from activities_in(statement.object)
    if statement.context and (around := statement.context.context_activities):
        for activities in (around.parent, around.grouping, around.category, around.other):
            if type(activities) is Thing:
                yield activities
            elif type(activities) is list:
                yield from activities
