"""From the tables of a document to settings structs, collecting everything that does not fit.

msgspec stops at the first error; a person who has just filled in a configuration wants to
hear of all of them. So the tables are walked along the structs, and each value is converted
by itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
from msgspec import inspect

from lms_bridge.config.problems import Problem, expected, nearest, shown
from lms_bridge.config.secrets import Secret
from lms_bridge.objections import Objected
from lms_bridge.typed import convert


class Converter:
    """Converts tables; what is wrong with them gathers in :attr:`problems`."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self.problems: list[Problem] = []

    def struct(self, table: Any, cls: type[msgspec.Struct], path: str) -> Any:
        """`table`, which stands at `path`, as a `cls`; None if something is wrong with it."""
        if not isinstance(table, Mapping):
            self.complain(path, f"expected {_brackets(path)}, got {shown(table)}")
            return None
        before = len(self.problems)
        info, hints = _described(cls)
        known = [field.name for field in info.fields]
        for name in table:
            if name not in known and name != info.tag_field:
                self.complain(_join(path, name), f"there is no such setting{nearest(name, known)}")
        for field in info.fields:
            if field.name in table:
                self._value(
                    table[field.name], field.type, hints[field.name], _join(path, field.name)
                )
            elif field.required:
                self.complain(_join(path, field.name), "is required")
        if len(self.problems) > before:
            return None
        try:
            return convert(dict(table), cls, dec_hook=self._secret)
        except msgspec.ValidationError as error:  # what the struct itself says of the whole
            if isinstance(why := error.__cause__, Objected):
                self.complain(_join(path, why.objection.field), why.objection.sentence())
            else:
                self.complain(path, str(error))
            return None

    def complain(self, path: str, message: str) -> None:
        """Note that something is wrong at `path`."""
        self.problems.append(Problem(path, message))

    def _value(self, value: Any, kind: inspect.Type, hint: Any, path: str) -> None:
        if isinstance(kind, inspect.DictType) and isinstance(value, Mapping):
            for name, item in value.items():
                self._value(item, kind.value_type, hint.__args__[1], _join(path, str(name)))
            return
        struct, items = _struct_in(kind), _items_of(kind)
        item_struct = _struct_in(items) if items else None
        if isinstance(value, str) and _takes_text(kind):
            return
        if struct:
            self.struct(value, struct, path)
        elif items and item_struct and isinstance(value, list):
            for number, item in enumerate(value, start=1):
                if not (isinstance(item, str) and _takes_text(items)):
                    self.struct(item, item_struct, _item(path, item, number))
        elif item_struct:
            self.complain(path, f"expected {_brackets(path, many=True)}, got {shown(value)}")
        elif items and isinstance(value, list):
            for number, item in enumerate(value, start=1):
                self._leaf(item, items, hint.__args__[0], f"{path} #{number}")
        else:
            self._leaf(value, kind, hint, path)

    def _leaf(self, value: Any, kind: inspect.Type, hint: Any, path: str) -> None:
        if _is_secret(kind) and isinstance(value, str):
            try:
                Secret(value)
            except ValueError as error:
                self.complain(path, str(error))
            return
        try:
            convert(value, hint, dec_hook=self._secret)
            finite = not isinstance(value, float) or math.isfinite(value)
        except (msgspec.ValidationError, ValueError, OverflowError):
            finite = False
        if not finite:
            # What stands where a secret belongs might be one, whatever its type.
            got = "something else" if _is_secret(kind) else shown(value)
            choices = _choices(kind)
            hint_text = nearest(value, choices, quoted=True) if isinstance(value, str) else ""
            self.complain(path, f"expected {expected(kind)}, got {got}{hint_text}")

    def _secret(self, kind: type, value: Any) -> Any:
        if kind is Secret and isinstance(value, str):
            return Secret(value, self._base)
        raise ValueError("expected env:NAME or file:PATH")


@cache
def _described(cls: type[msgspec.Struct]) -> tuple[inspect.StructType, dict[str, Any]]:
    """The fields of a struct and their types, with what those are annotated with."""
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    return info, get_type_hints(cls, include_extras=True)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


def _item(path: str, item: Any, number: int) -> str:
    """The path of one table of several: by its own name where it has one."""
    if isinstance(item, Mapping):
        for field in ("key", "name"):
            name = item.get(field)
            if isinstance(name, str) and 0 < len(name) <= 40 and name.isprintable():
                return f"{path}.{name}"
    return f"{path} #{number}"


def _brackets(path: str, *, many: bool = False) -> str:
    return f"tables [[{path}]]" if many else f"one table [{path}]"


def _struct_in(kind: inspect.Type) -> type[msgspec.Struct] | None:
    match kind:
        case inspect.StructType(cls=struct):
            return struct
        case inspect.UnionType(types=types):
            return next(filter(None, map(_struct_in, types)), None)
        case _:
            return None


def _takes_text(kind: inspect.Type) -> bool:
    """Whether a mere text may stand in place of a table, as the key of a course for a rule."""
    return isinstance(kind, inspect.UnionType) and any(
        isinstance(one, inspect.StrType) for one in kind.types
    )


def _items_of(kind: inspect.Type) -> inspect.Type | None:
    return kind.item_type if isinstance(kind, inspect.VarTupleType | inspect.ListType) else None


def _is_secret(kind: inspect.Type) -> bool:
    match kind:
        case inspect.CustomType(cls=cls):
            return cls is Secret
        case inspect.UnionType(types=types):
            return any(_is_secret(one) for one in types)
        case _:
            return False


def _choices(kind: inspect.Type) -> list[str]:
    match kind:
        case inspect.LiteralType(values=values):
            return [value for value in values if isinstance(value, str)]
        case inspect.UnionType(types=types):
            return [choice for one in types for choice in _choices(one)]
        case _:
            return []
