"""What is wrong with what somebody has given, a file or a form, told in their language.

An :class:`Objection` is a sentence, marked where it is written, with what fills it and the place
that it is about. Files are refused with all that is wrong with them (:class:`Unfit`), a single
value with one thing (:class:`Objected`).

>>> print(objection("“%(value)s” is no e-mail address.", line=3, field="email", value="siti"))
Line 3, email: “siti” is no e-mail address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from lms_bridge.i18n import gettext, mark
from lms_bridge.text import storable

_LINE = mark("Line %(line)s")
_SHOWN = "%(value)s"
_LONGEST = 100
"""characters of a value that are shown"""


class Objection(msgspec.Struct, frozen=True):
    """One thing that is wrong: a marked sentence, what fills it, and where that is."""

    says: str
    details: Mapping[str, object] = {}
    line: int = 0
    """of the file; 0: of none"""
    field: str = ""
    """the column, the setting, or the field of a form"""
    value: str = ""
    """what stands there; told after the sentence, if that has no place for it"""

    def sentence(self, language: str = "en") -> str:
        """What is wrong, without where."""
        value = _on_a_line(self.value)
        if len(value) > _LONGEST:
            value = f"{value[: _LONGEST - 1]}…"
        details = {name: _on_a_line(str(one)) for name, one in self.details.items()}
        said = gettext(self.says, language) % {"value": value, **details}
        return f"{said} ({value})" if value and _SHOWN not in self.says else said

    def in_language(self, language: str = "en") -> str:
        """Where it is, and what is wrong."""
        line = gettext(_LINE, language) % {"line": self.line} if self.line else ""
        where = ", ".join(filter(None, (line, self.field)))
        return f"{where}: {self.sentence(language)}" if where else self.sentence(language)

    def in_line(self, line: int) -> Objection:
        """The same of that line of a file."""
        return msgspec.structs.replace(self, line=line)

    def __str__(self) -> str:
        return self.in_language()


def objection(
    says: str, /, *, line: int = 0, field: str = "", value: str = "", **details: object
) -> Objection:
    """An :class:`Objection`, what fills its sentence given by name."""
    return Objection(says, details, line, field, value)


class Objected(ValueError):
    """A value, or several together, cannot be taken: :attr:`objection` says why."""

    def __init__(self, says: str, /, *, field: str = "", value: str = "", **details: object):
        self.objection = Objection(says, details, 0, field, value)
        super().__init__(str(self.objection))


class Unfit(Exception):
    """What was given cannot be taken, and nothing of it was; `problems` say all that is wrong.

    `source` is the name of the file that it stands in, if it stands in one.
    """

    def __init__(self, problems: Sequence[Objection], source: str = "") -> None:
        self.problems = list(problems)
        self._source = source
        super().__init__(self.in_language())

    def in_language(self, language: str = "en") -> str:
        """A line for each problem."""
        said = (one.in_language(language) for one in self.problems)
        return "\n".join(f"{self._source}: {one}" if self._source else one for one in said)


def _on_a_line(text: str) -> str:
    """What stands in a file is shown on one line, without what a terminal would obey."""
    return " ".join(storable(text).split())
