"""Taking values out of answers, by the paths that the configuration gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from lms_bridge.mapped.settings import Path


def at(value: Any, path: str) -> Any:
    """What stands in `value` at `path`; None if there is nothing of the kind.

    >>> at({"data": [{"nip": "1"}]}, "data.0.nip")
    '1'
    """
    while path:
        if isinstance(value, Mapping) and path in value:
            return value[path]  # a name with dots in it, such as @odata.nextLink
        name, _, path = path.partition(".")
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def first(value: Any, path: Path) -> Any:
    """What stands at the first of several paths at which something stands."""
    for one in (path,) if isinstance(path, str) else path:
        if one and is_filled(found := at(value, one)):
            return found
    return None


def is_filled(value: Any) -> bool:
    """Whether there is a value at all, and not an empty one; 0 and false are values."""
    return not (value is None or (isinstance(value, str | list | dict) and not value))


def listed(value: Any) -> list[Mapping[str, Any]] | None:
    """`value` as a list of rows; None if it is none.

    PHP makes an object of a list whose numbers have gaps: {"0": {…}, "2": {…}}.
    """
    if isinstance(value, dict) and value and all(name.isdecimal() for name in value):
        value = list(value.values())
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return value
    return None


def parameters_of(value: Any, name: str) -> dict[str, str]:
    """The parameters that ask for the next page, as an answer has it: an address with them in it,
    or the value of the parameter `name`; none if there is no further page.

    Of an address only they count: behind a proxy, frameworks name another host, and it gets no
    token of ours.

    >>> parameters_of("http://10.0.0.7/api/diklat?halaman=2", "")
    {'halaman': '2'}
    """
    if value is False or not is_filled(value):
        return {}
    asked = str(value)
    return dict(parse_qsl(asked.partition("?")[2])) if "?" in asked else {name: asked}
