"""The format ``canonical``: definitions as the LRS holds them, in one language (Comm. 2.1.3).

Agents and Groups stay as they were sent, and so does all else that is not an Activity or a
verb, byte for byte:

>>> sent = (b'{"actor":{"name":"Siti","mbox":"mailto:a@b.id"},"result":{"score":{"raw":1.50}},'
...     b'"verb":{"id":"x:y","display":{"en":"read","id":"membaca"}},"object":{"id":"x:z"}}')
>>> canonical = Canonical(Languages.of("id"), lambda activity: b'{"name":{"en":"Book"}}')
>>> print(canonical(sent).decode())
{"actor":{"name":"Siti","mbox":"mailto:a@b.id"},"result":{"score":{"raw":1.50}},\
"verb":{"id":"x:y","display":{"id":"membaca"}},"object":{"id":"x:z",\
"definition":{"name":{"en":"Book"}}}}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from xapi.languages import Languages
from xapi.raw import Change, changed, each, framed, members, text

LookUp: TypeAlias = Callable[[str], bytes | None]
"""what an LRS holds canonical for an IRI, as JSON: a definition or a display; None if nothing"""


def _nothing(iri: str) -> None:
    """Of this IRI nothing is canonical."""


class Canonical:
    """The format ``canonical``, for one request; call it with each statement.

    Activities get the definition that `definition_of` finds for their id, verbs the display
    that `display_of` finds, and both keep their own where it finds none. Of each of their
    language maps one language is left, the one that the reader wants most. Each IRI is looked
    up once, so that a page of statements about the same course is quickly told.
    """

    def __init__(
        self,
        languages: Languages,
        definition_of: LookUp = _nothing,
        display_of: LookUp = _nothing,
    ) -> None:
        self._languages = languages
        self._definition_of = _remembering(definition_of, self._definition)
        self._display_of = _remembering(display_of, self._one_language)
        components = each(lambda component: changed(component, {"description": self._one_language}))
        self._in_definition: dict[str, Change] = {
            "name": self._one_language,
            "description": self._one_language,
            **dict.fromkeys(("choices", "scale", "source", "target", "steps"), components),
        }
        activities = _context_activities(self._activity)
        self._in_statement: dict[str, Change] = {
            "verb": self._verb,
            "object": self._object,
            "context": lambda context: changed(context, {"contextActivities": activities}),
        }

    def __call__(self, raw: bytes) -> bytes:
        """The statement `raw` in this format."""
        return changed(raw, self._in_statement)

    def _one_language(self, raw: bytes) -> bytes:
        texts = members(raw)
        tag = self._languages.choice(texts)
        return raw if tag is None else framed({tag: texts[tag]})

    def _definition(self, raw: bytes) -> bytes:
        return changed(raw, self._in_definition)

    def _verb(self, raw: bytes) -> bytes:
        return _with(raw, "display", self._display_of, self._one_language)

    def _activity(self, raw: bytes) -> bytes:
        return _with(raw, "definition", self._definition_of, self._definition)

    def _object(self, raw: bytes) -> bytes:
        kind = _kind(raw)
        if kind == "Activity":
            return self._activity(raw)
        return self(raw) if kind == "SubStatement" else raw


def _context_activities(change: Change) -> Change:
    """The change of all context Activities; each kind has an array of them, or a single one."""
    several = each(change)

    def change_all(raw: bytes) -> bytes:
        around = {kind: bytes(activities) for kind, activities in members(raw).items()}
        return framed(
            {
                kind: msgspec.Raw((several if activities[:1] == b"[" else change)(activities))
                for kind, activities in around.items()
            }
        )

    return change_all


def _kind(raw: bytes) -> str:
    values = members(raw)
    return text(bytes(values["objectType"])) if "objectType" in values else "Activity"


def _remembering(look_up: LookUp, change: Change) -> LookUp:
    """`look_up`, which looks once and then knows what it found, changed."""
    known: dict[str, bytes | None] = {}

    def found(iri: str) -> bytes | None:
        if iri not in known:
            raw = look_up(iri)
            known[iri] = None if raw is None else change(raw)
        return known[iri]

    return found


def _with(raw: bytes, name: str, look_up: LookUp, change: Change) -> bytes:
    """The verb or Activity `raw` with the property `name` that is canonical, or its own."""
    values = members(raw)
    canonical = look_up(text(bytes(values["id"])))
    if canonical is not None:
        values[name] = msgspec.Raw(canonical)
    elif name in values:
        values[name] = msgspec.Raw(change(bytes(values[name])))
    else:
        return raw
    return framed(values)
