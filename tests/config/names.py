"""Every setting that there is, found by walking the structs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec


def structs_in(hint: Any) -> Iterator[type[msgspec.Struct]]:
    """The structs that a type is made of."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for inner in get_args(hint):
        yield from structs_in(inner)


def settings_of(
    struct: type[msgspec.Struct], path: str = "", within: tuple[type, ...] = ()
) -> Iterator[tuple[str, Any]]:
    """(path, field) of every setting below `struct` that is not a table itself.

    A table that may stand in one of its own kind, as a rule may, is told once.
    """
    if struct in within:
        return
    hints = get_type_hints(struct)
    for field in msgspec.structs.fields(struct):
        place = f"{path}.{field.name}".lstrip(".")
        inner = list(structs_in(hints[field.name]))
        if inner:
            for one in inner:
                yield from settings_of(one, place, (*within, struct))
        else:
            yield place, field


def all_names(*structs: type[msgspec.Struct]) -> set[str]:
    """Every word that can be a name of a setting or of a table."""
    return {
        part for struct in structs for path, _ in settings_of(struct) for part in path.split(".")
    } | {"type"}
