"""The two editions of the standard that are spoken here, and how each numbers its clauses.

xAPI 1.0.3 was published by ADL, xAPI 2.0 is IEEE 9274.1.1. Clauses are told as 1.0.3 numbers
them ("Data" is its part two, "Communication" its part three), and an error cites the edition
that the request speaks:

>>> Version.V1_0.cited("Data 2.4.2.3"), Version.V2_0.cited("Data 2.4.2.3")
('xAPI 1.0.3 Data 2.4.2.3', 'xAPI 2.0 4.2.2.1')
"""

from __future__ import annotations

import enum
import functools
import re
from typing import Final


class Version(enum.Enum):
    """An edition, by the version that its answers carry: the latest patch (Communication 3.3)."""

    V1_0 = "1.0.3"
    V2_0 = "2.0.0"

    @property
    def of_statements(self) -> str:
        """What the ``version`` of a statement becomes that came without one (Data 2.4.10).

        In 1.0.3 it is 1.0.0, because all editions 1.0.x share one model of data.
        """
        return "1.0.0" if self is Version.V1_0 else "2.0.0"

    def cited(self, clause: str) -> str:
        """`clause`, a number of 1.0.3, as this edition numbers it."""
        if self is Version.V1_0:
            return f"xAPI 1.0.3 {clause}"
        known = clause
        while known not in _IN_2_0:
            known = known.rpartition(".")[0] or known.rpartition(" ")[0]
        return f"xAPI 2.0 {_IN_2_0[known]}"


_IN_2_0: Final = {
    "": "4",
    "Data": "4.2",
    "Data 2.2": "4.2.1",
    "Data 2.3.2": "4.2.5",
    "Data 2.4": "4.2.2",
    "Data 2.4.1": "4.2.4.2",
    "Data 2.4.2": "4.2.2.1",
    "Data 2.4.3": "4.2.2.2",
    "Data 2.4.4": "4.2.2.3",
    "Data 2.4.5": "4.2.2.4",
    "Data 2.4.6": "4.2.2.5",
    "Data 2.4.7": "4.2.4.2",
    "Data 2.4.8": "4.2.4.2",
    "Data 2.4.9": "4.2.4.2",
    "Data 2.4.10": "4.2.4",
    "Data 2.5": "4.1.6.1",
    "Data 2.6": "4.2.6",
    "Data 4": "4.2.7",
    "Communication": "4.1",
    "Communication 1.2": "4.1.1",
    "Communication 1.3": "4.1.1",
    "Communication 1.4": "4.1.2",
    "Communication 1.5": "4.1.3",
    "Communication 2": "4.1.6",
    "Communication 2.1": "4.1.6.1",
    "Communication 2.3": "4.1.6.2",
    "Communication 2.4": "4.1.6.3",
    "Communication 2.5": "4.1.6.4",
    "Communication 2.6": "4.1.6.5",
    "Communication 2.7": "4.1.6.6",
    "Communication 2.8": "4.1.6.7",
    "Communication 3.1": "4.1.4",
    "Communication 3.2": "4.1.5",
}
"""where IEEE 9274.1.1 has what a clause of 1.0.3 says, by the longest beginning of the clause"""

_SPOKEN = re.compile(r"(?P<edition>1\.0|2\.0)(?:\.[0-9]+(?:-[0-9A-Za-z\-]+)?)?")
"""1.0.x and 2.0.x as Semantic Versioning 1.0.0 writes them; the patch may be left out"""


@functools.lru_cache
def edition(text: str) -> Version | None:
    """The edition that `text`, the version of a request or of a statement, belongs to, if any.

    >>> edition("1.0.9"), edition("1.1.0")
    (<Version.V1_0: '1.0.3'>, None)
    """
    found = _SPOKEN.fullmatch(text)
    if found is None:
        return None
    return Version.V1_0 if found["edition"] == "1.0" else Version.V2_0
