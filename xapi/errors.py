"""The one error by which a statement is refused, and how it is worded.

Every refusal names the place (a JSON path), the value that stands there, the rule that it
breaks and the clause of the standard that makes the rule:

>>> print(InvalidStatement(3, "$.actor.mbox", "foo@x", "is not a mailto IRI", "Data 2.4.2.3"))
statement 3, $.actor.mbox: "foo@x" is not a mailto IRI (xAPI 1.0.3 Data 2.4.2.3)
"""

from __future__ import annotations

from typing import Any

import msgspec

SPECIFICATION = "xAPI 1.0.3"
"""the edition whose clauses the errors cite ("Data" is its part two, "Communication" part three)"""

_LONGEST = 80
"""how many characters of a value an error shows"""


class InvalidStatement(ValueError):
    """A statement, or the request that carries it, breaks a rule of the standard.

    `index`
        the statement's place in the request, counted from 0; None when the request is a
        single statement, or when the request as a whole is at fault.
    `path`
        where in the statement, e.g. ``$.actor.mbox``.
    `value`
        what stands there; of a property that is missing, the object that lacks it.
    `rule`
        what is wrong with the value, as the end of a sentence that begins with it.
    `clause`
        the clause that says so, e.g. ``Data 2.4.2.3``.

    The parts of a statement raise it as well when they are built in Python, with a `path`
    that begins at that part.
    """

    def __init__(self, index: int | None, path: str, value: Any, rule: str, clause: str) -> None:
        super().__init__(index, path, value, rule, clause)
        self.index = index
        self.path = path
        self.value = value
        self.rule = rule
        self.clause = clause

    def __str__(self) -> str:
        place = self.path if self.index is None else f"statement {self.index}, {self.path}"
        return f"{place}: {shown(self.value)} {self.rule} ({SPECIFICATION} {self.clause})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"  # not the value, which may be a whole body

    def inside(self, path: str) -> InvalidStatement:
        """The same error, told from the whole of which `path` leads to this part."""
        return type(self)(self.index, path + self.path[1:], self.value, self.rule, self.clause)

    def of_statement(self, index: int | None) -> InvalidStatement:
        """The same error, told of the statement at `index` of a request."""
        return type(self)(index, self.path, self.value, self.rule, self.clause)


class RequestTooLarge(InvalidStatement):
    """The request is beyond a limit of this LRS, not of the standard.

    Communication 3.2 has such a request answered with 413 instead of 400.
    """


def broken(path: str, value: Any, rule: str, clause: str) -> InvalidStatement:
    """The error that a part of a statement raises about itself: `path` begins at the part."""
    if isinstance(value, msgspec.Struct | tuple):
        value = msgspec.to_builtins(value)
    return InvalidStatement(None, path, value, rule, clause)


def shown(value: Any) -> str:
    """`value` as JSON on one line, cut to a length that a person reads.

    What a terminal would obey instead of showing it is shown as a replacement character.
    """
    if isinstance(value, bytes):
        text = " ".join(value[: 8 * _LONGEST].decode("utf-8", "replace").split())
        if not text:
            return "an empty body"
    else:
        text = msgspec.json.encode(value).decode()
    if len(text) > _LONGEST:
        text = text[: _LONGEST - 1] + "…"
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def member(path: str, name: str) -> str:
    """The path of the property `name` of the object at `path`.

    >>> member("$.verb", "id"), member("$.verb.display", "en-US")
    ('$.verb.id', '$.verb.display["en-US"]')
    """
    if len(name) <= _LONGEST and name.isascii() and name.isidentifier():
        return f"{path}.{name}"
    return f"{path}[{shown(name)}]"
