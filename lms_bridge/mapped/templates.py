"""Templates: texts with the fields of what is sent, of its person and of the system in them.

``{name}`` is a field as text, ``{starts:%d-%m-%Y}`` a date by a pattern, and
``{kind:jenis}`` a field as the enumeration ``jenis`` has it. ``{{`` is a brace. ``{document}``
is a file, alone in its place, and ``{document:base64}`` its bytes as text.

In a body, a value is a text, a number, true or false as it stands, or a table or a list of
values; or a table with ``value``, a template, and how it is to be sent:

>>> compiled({"value": "{hours}", "as": "integer"}, {}).fill({"hours": "20"})
20
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from string import Formatter
from typing import Any, NamedTuple

import msgspec

from lms_bridge.document import Document
from lms_bridge.mapped.dates import TemplateError, check_pattern, dated
from lms_bridge.mapped.settings import Scalar

Values = Mapping[str, Any]
Enumerations = Mapping[str, Mapping[str, Scalar]]

DATES = ("starts", "ends", "completed_on")
MOMENTS = ("since",)
"""fields that are days, and that are moments"""
UPLOAD = "upload"
OTHER = "*"
"""the name under which an enumeration has what it does not list"""
OMITTED: Any = object()
"""stands for a value that is left out"""


class WordMissing(ValueError):
    """An enumeration has no word for a value."""

    def __init__(self, enumeration: str, value: str) -> None:
        super().__init__(f"{enumeration}: {value}")
        self.enumeration = enumeration
        self.value = value


class Hole(NamedTuple):
    """A place in a template: which field, and how it is written."""

    field: str
    pattern: str = ""
    enumeration: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it is for the document as a file, and not for a text."""
        return self.field == "document" and not self.pattern


class Template:
    """A text with holes, or any other constant."""

    def __init__(
        self,
        parts: Sequence[str | Hole],
        enumerations: Enumerations,
        *,
        integer: bool = False,
        if_empty: str = "keep",
    ) -> None:
        self._parts = parts
        self._enumerations = enumerations
        self._integer = integer
        self._if_empty = if_empty

    def holes(self) -> Iterator[Hole]:
        """The places in it."""
        return (part for part in self._parts if isinstance(part, Hole))

    def text(self, values: Values, escape: Callable[[str], str] = str) -> str:
        """It, filled with `values`, each of which passes `escape`. Raises :exc:`WordMissing`."""
        return "".join(
            part if isinstance(part, str) else escape(str(self._filled(part, values)))
            for part in self._parts
        )

    def fill(self, values: Values) -> Any:
        """It as a value of a body; :data:`OMITTED` if it is to be left out."""
        of_document = {"document", UPLOAD} & {hole.field for hole in self.holes()}
        if any(values[field] is None for field in of_document):
            return OMITTED
        hole = self._parts[0] if len(self._parts) == 1 else ""
        if isinstance(hole, Hole) and hole.is_file:
            return values["document"]
        if isinstance(hole, Hole) and hole.enumeration:
            found: Any = self._filled(hole, values)  # a number if the enumeration has one
        else:
            found = self.text(values)
        if isinstance(found, str) and not found.strip() and self._if_empty != "keep":
            return OMITTED if self._if_empty == "omit" else None
        if self._integer and isinstance(found, str):
            try:
                return int(found)
            except ValueError:
                raise WordMissing("integer", found) from None
        return found

    def _filled(self, hole: Hole, values: Values) -> Scalar:
        value = values[hole.field]
        if isinstance(value, dt.datetime) and not hole.pattern:
            return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if isinstance(value, dt.date):
            return dated(value, hole.pattern)
        if isinstance(value, Document):
            return base64.b64encode(value.content).decode()
        if value is None:
            return ""
        if not hole.enumeration:
            return str(value)
        words = self._enumerations[hole.enumeration]
        found = words.get(str(value), words.get(OTHER))
        if found is None:
            raise WordMissing(hole.enumeration, str(value))
        return found


class Constant(msgspec.Struct, frozen=True):
    """A value that is sent as it stands."""

    value: Any

    def holes(self) -> Iterator[Hole]:
        return iter(())

    def fill(self, values: Values) -> Any:
        return self.value


class Tree(msgspec.Struct, frozen=True):
    """A table or a list of values."""

    items: Mapping[str, Any] | Sequence[Any]

    def holes(self) -> Iterator[Hole]:
        inner = self.items.values() if isinstance(self.items, Mapping) else self.items
        for item in inner:
            yield from item.holes()

    def fill(self, values: Values) -> Any:
        if isinstance(self.items, Mapping):
            filled = {name: item.fill(values) for name, item in self.items.items()}
            return {name: value for name, value in filled.items() if value is not OMITTED}
        return [value for item in self.items if (value := item.fill(values)) is not OMITTED]


Filling = Template | Constant | Tree


def parse(
    text: str, enumerations: Enumerations, fields: Sequence[str] | None = None, **how: Any
) -> Template:
    """`text` as a template that may name these `fields`. Raises :exc:`TemplateError`."""
    parts: list[str | Hole] = []
    try:
        found = list(Formatter().parse(text))
    except ValueError as error:
        raise TemplateError(f"is no template: {error}") from None
    for literal, field, spec, conversion in found:
        if literal:
            parts.append(literal)
        if field is None:
            continue
        if conversion or (spec and "{" in spec):
            raise TemplateError(f"is no template: {{{field}!{conversion}}} is not known")
        parts.append(_hole(field, spec or "", enumerations, fields))
    if len(parts) > 1 and any(isinstance(part, Hole) and part.is_file for part in parts):
        raise TemplateError("{document} is a file and stands alone; {document:base64} is text")
    return Template(parts, enumerations, **how)


def compiled(
    value: Any, enumerations: Enumerations, fields: Sequence[str] | None = None
) -> Filling:
    """A value of a body, made ready. Raises :exc:`TemplateError`."""
    match value:
        case str():
            return parse(value, enumerations, fields)
        case Mapping() if "value" in value:
            return _told_how(value, enumerations, fields)
        case Mapping():
            return Tree({str(n): compiled(v, enumerations, fields) for n, v in value.items()})
        case list() | tuple():
            return Tree([compiled(item, enumerations, fields) for item in value])
        case bool() | int() | float():
            return Constant(value)
        case _:
            raise TemplateError("expected text, a number, true, false, a table or a list")


def _told_how(
    how: Mapping[str, Any], enumerations: Enumerations, fields: Sequence[str] | None
) -> Template:
    text = how["value"]
    if not isinstance(text, str):
        raise TemplateError("its value must be text")
    for name, allowed in (("as", ("text", "integer")), ("if_empty", ("keep", "omit", "null"))):
        if (said := how.get(name, allowed[0])) not in allowed:
            choices = ", ".join(f'"{each}"' for each in allowed)
            raise TemplateError(f"{name}: expected one of {choices}, got {said!r}")
    if unknown := sorted(set(how) - {"value", "as", "if_empty"}):
        raise TemplateError(f"beside value there are as and if_empty, and no {unknown[0]}")
    return parse(
        text,
        enumerations,
        fields,
        integer=how.get("as") == "integer",
        if_empty=how.get("if_empty", "keep"),
    )


def _hole(field: str, spec: str, enumerations: Enumerations, fields: Sequence[str] | None) -> Hole:
    if fields is not None and field not in fields:
        from lms_bridge.config.problems import nearest

        raise TemplateError(f"there is no field {{{field}}}{nearest(field, fields)}")
    if field in DATES:
        if not spec:
            raise TemplateError(f"{{{field}}} needs a date pattern, such as {{{field}:%d-%m-%Y}}")
        check_pattern(spec)
        return Hole(field, pattern=spec)
    if field in MOMENTS and spec:
        check_pattern(spec, of_moment=True)
        return Hole(field, pattern=spec)
    if field == "document":
        if spec not in ("", "base64"):
            raise TemplateError(
                f"{{document:{spec}}}: there are {{document}} and {{document:base64}}"
            )
        return Hole(field, pattern=spec)
    if not spec:
        return Hole(field)
    if "%" in spec:
        dates = " and ".join(one for one in DATES if fields is None or one in fields)
        raise TemplateError(f"{{{field}:{spec}}}: only {dates or 'dates'} are dates")
    if spec not in enumerations:
        raise TemplateError(f"{{{field}:{spec}}}: there is no enumerations.{spec}")
    return Hole(field, enumeration=spec)
