"""The errors by which a request is refused, and how they are worded.

Every refusal names the place, the value that stands there, the rule that it breaks and the
clause of the standard that makes the rule; its :attr:`~Refusal.status` is the HTTP status
that the standard gives it (Communication 3.2):

>>> print(InvalidStatement(3, "$.actor.mbox", "foo@x", "is not a mailto IRI", "Data 2.4.2.3"))
statement 3, $.actor.mbox: "foo@x" is not a mailto IRI (xAPI 1.0.3 Data 2.4.2.3)

- :exc:`Refusal`
    - :exc:`InvalidStatement`, 400: a statement, or the body that carries it
        - :exc:`RequestTooLarge`, 413
    - :exc:`InvalidRequest`, 400: a parameter, a header, a part, a document
        - :exc:`UnsupportedVersion`
    - :exc:`Conflict`, 409
    - :exc:`PreconditionFailed`, 412
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import msgspec

from xapi.versions import Version

_LONGEST = 80
"""how many characters of a value an error shows"""


class Refusal(ValueError):
    """Something that the standard, or a limit of this LRS, forbids.

    `path`
        where: in a JSON text, e.g. ``$.actor.mbox``, or in the request around it, e.g.
        ``query.agent.mbox``, ``header.If-Match``, ``form.content`` or ``part[2]``.
    `value`
        what stands there; of something that is missing, what lacks it.
    `rule`
        what is wrong with the value, as the end of a sentence that begins with it.
    `clause`
        the clause that says so, as 1.0.3 numbers it, e.g. ``Data 2.4.2.3``.
    `version`
        the edition that the request speaks; :meth:`cited` tells the clause in its numbers.
    """

    status: ClassVar[int] = 400
    """the HTTP status of the answer"""

    def __init__(
        self, path: str, value: Any, rule: str, clause: str, version: Version = Version.V1_0
    ) -> None:
        super().__init__(path, value, rule, clause, version)
        self.path = path
        self.value = value
        self.rule = rule
        self.clause = clause
        self.version = version

    @property
    def cited(self) -> str:
        """The clause in the numbers of the edition that the request speaks."""
        return self.version.cited(self.clause)

    @property
    def _place(self) -> str:
        return self.path

    def __str__(self) -> str:
        return f"{self._place}: {shown(self.value)} {self.rule} ({self.cited})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"  # not the value, which may be a whole body

    def of_version(self, version: Version) -> Self:
        """The same error, told of a request that speaks `version`."""
        return type(self)(self.path, self.value, self.rule, self.clause, version)


class InvalidStatement(Refusal):
    """A statement, or the body that carries it, breaks a rule of the standard.

    `index`
        the statement's place in the request, counted from 0; None when the request is a
        single statement, or when the request as a whole is at fault.

    The parts of a statement raise it as well when they are built in Python, with a `path`
    that begins at that part.
    """

    def __init__(
        self,
        index: int | None,
        path: str,
        value: Any,
        rule: str,
        clause: str,
        version: Version = Version.V1_0,
    ) -> None:
        super().__init__(path, value, rule, clause, version)
        self.args = (index, *self.args)
        self.index = index

    @property
    def _place(self) -> str:
        return self.path if self.index is None else f"statement {self.index}, {self.path}"

    def inside(self, path: str) -> Self:
        """The same error, told from the whole of which `path` leads to this part."""
        return self._copied(self.index, path + self.path[1:], self.version)

    def of_statement(self, index: int | None) -> Self:
        """The same error, told of the statement at `index` of a request."""
        return self._copied(index, self.path, self.version)

    def of_version(self, version: Version) -> Self:
        """The same error, told of a request that speaks `version`."""
        return self._copied(self.index, self.path, version)

    def _copied(self, index: int | None, path: str, version: Version) -> Self:
        return type(self)(index, path, self.value, self.rule, self.clause, version)


class RequestTooLarge(InvalidStatement):
    """The request is beyond a limit of this LRS, not of the standard.

    Communication 3.2 has such a request answered with 413 instead of 400.
    """

    status = 413


class InvalidRequest(Refusal):
    """What is around or instead of statements breaks a rule: a parameter, a header, a part."""


class UnsupportedVersion(InvalidRequest):
    """The request speaks no edition that is spoken here (Communication 3.3)."""


class Conflict(Refusal):
    """The request is at odds with what is stored, and does not say that it knows it."""

    status = 409


class PreconditionFailed(Refusal):
    """What the request says that it expects to be stored is not what is stored."""

    status = 412


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
