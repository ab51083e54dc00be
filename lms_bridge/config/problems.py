"""What is wrong with a configuration, and how it is worded."""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import inspect

from lms_bridge.config.secrets import Secret
from lms_bridge.redaction import redact

_LONGEST = 60


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong: the path of the setting, and what is wrong with it.

    >>> print(Problem("web.port", 'expected a whole number from 1 to 65535, got "eighty"'))
    web.port: expected a whole number from 1 to 65535, got "eighty"
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ConfigError(Exception):
    """The configuration cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = list(problems)
        super().__init__(f"{source}:" + "".join(f"\n  {problem}" for problem in self.problems))


def expected(kind: inspect.Type) -> str:
    """What a setting of this type may be, in words."""
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            return str((extra or {}).get("description") or expected(inner))
        case inspect.UnionType(types=types):
            return " or ".join(expected(one) for one in types if one != inspect.NoneType())
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(json.dumps(value) for value in values)
        case inspect.IntType():
            return "a whole number" + _bounds(kind)
        case inspect.FloatType():
            return "a number" + _bounds(kind)
        case inspect.StrType(min_length=least, max_length=most, pattern=pattern):
            form = f" of the form {pattern}" if pattern else ""
            length = f" of {least or 0} to {most} characters" if most else ""
            return "text" + form + (length or (" that is not empty" if least else ""))
        case inspect.BoolType():
            return "true or false"
        case inspect.DateType():
            return "a day, such as 2026-03-02 without quotes"
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return f"a list, each of it {expected(item)}"
        case inspect.CustomType(cls=cls) if cls is Secret:
            return "env:NAME or file:PATH"
        case _:
            return "a table"


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    least = kind.ge if kind.ge is not None else kind.gt
    most = kind.le if kind.le is not None else kind.lt
    if kind.ge is not None and kind.le is not None:
        return f" from {least:g} to {most:g}"
    words = []
    if least is not None:
        words.append(f"at least {least:g}" if kind.ge is not None else f"above {least:g}")
    if most is not None:
        words.append(f"at most {most:g}" if kind.le is not None else f"below {most:g}")
    return ", " + " and ".join(words) if words else ""


def shown(value: Any) -> str:
    """`value` as TOML has it, if it is a single one; never at length, and never a secret."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            text = redact(value)
            return json.dumps(
                text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…", ensure_ascii=False
            )
        case dict():
            return "a table"
        case list():
            return "a list"
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return redact(str(value))[:_LONGEST]


def nearest(name: str, known: Iterable[str], *, quoted: bool = False) -> str:
    """The end of a sentence about a `name` that does not exist: the nearest one that does."""
    names = sorted(known)
    close = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {json.dumps(close[0]) if quoted else close[0]}?"
    return f"; there are {', '.join(names)}" if names and not quoted else ""
