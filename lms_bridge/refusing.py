"""Why what a person asks for is not done: one sentence, in the language of who asks."""

from __future__ import annotations

from enum import StrEnum

from lms_bridge.i18n import gettext
from lms_bridge.wording import word


class Refused(Exception):
    """What was asked for is not done; a marked sentence says why, with what fills it.

    A state among the `details` is shown by its name, and several in a row.

    >>> str(Refused("there is no completion %(number)s", number=7))
    'there is no completion 7'
    """

    def __init__(self, says: str, /, **details: object) -> None:
        super().__init__(says % {name: _plain(one) for name, one in details.items()})
        self._says = says
        self._details = details

    def in_language(self, language: str) -> str:
        """The sentence in `language`."""
        filled = {name: _named(one, language) for name, one in self._details.items()}
        return gettext(self._says, language) % filled


def _plain(one: object) -> object:
    return ", ".join(map(str, one)) if isinstance(one, list) else one


def _named(one: object, language: str) -> object:
    if isinstance(one, list):
        return ", ".join(str(_named(each, language)) for each in one)
    return word(one, language) if isinstance(one, StrEnum) else one
