"""The personnel number: 18 digits for a PNS (NIP) as for a PPPK (NI PPPK).

Only the count of digits is a rule. Birth date, month of appointment and the digit of the
sex are hints: real records contradict them (registry facts, section 8), so
:func:`doubts` warns and refuses nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

from lms_bridge.i18n import mark
from lms_bridge.objections import Objection, objection

_SEPARATORS = re.compile(r"[\s.\-']")
_DIGITS = re.compile(r"[0-9]{18}")


def normalise(text: str) -> str | None:
    """The NIP in `text` as 18 digits, or None if it is not one.

    >>> normalise("19860926 201505 1 001")
    '198609262015051001'
    """
    digits = _SEPARATORS.sub("", text)
    return digits if _DIGITS.fullmatch(digits) else None


def printed(nip: str) -> str:
    """`nip` as BKN prints it, and as people therefore type it.

    >>> printed("198609262015051001")
    '19860926 201505 1 001'
    """
    return f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"


def status(nip: str) -> Literal["PNS", "PPPK", ""]:
    """What the 13th and 14th digit say: a month of appointment, or the number of an agreement."""
    pair = int(nip[12:14])
    if 1 <= pair <= 12:
        return "PNS"
    return "PPPK" if pair >= 21 else ""


def doubts(nip: str) -> list[Objection]:
    """What makes an 18-digit `nip` look mistyped; empty when nothing does."""
    found = []
    try:
        born = dt.date(int(nip[:4]), int(nip[4:6]), int(nip[6:8]))
    except ValueError:
        found.append(objection(mark("Digits 1 to 8 are no date of birth."), value=nip[:8]))
    else:
        if not 1930 <= born.year <= 2015:
            found.append(objection(mark("Nobody in service was born in %(year)s."), year=born.year))
        elif not 15 <= int(nip[8:12]) - born.year <= 60:
            found.append(
                objection(
                    mark("Appointed in %(appointed)s, born in %(born)s."),
                    appointed=nip[8:12],
                    born=born.year,
                )
            )
    if not status(nip):
        says = mark("Digits 13 and 14 are neither a month nor an agreement.")
        found.append(objection(says, value=nip[12:14]))
    if nip[14] not in "12":
        found.append(objection(mark("Digit 15 is neither 1 nor 2."), value=nip[14]))
    if nip.endswith("000"):
        found.append(
            objection(mark("It ends in 000: a spreadsheet that took it for a number rounds it so."))
        )
    return found
