"""Whether a row of the registry is the one that a completion would become.

Pure. A person's history holds rows of ours, rows that somebody typed in by hand for the
very same course, and rows of quite other courses with the same certificate number
(registry facts, section 5); so neither the number nor the name decides alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import msgspec

from lms_bridge.registries.base import RecordedTraining, Training


class Ours(msgspec.Struct, frozen=True):
    """What the person's *other* completions have there: row ids and certificate numbers."""

    ids: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()


def match(
    training: Training, rows: Iterable[RecordedTraining], others: Ours
) -> RecordedTraining | None:
    """The row that already is `training`, or None.

    Rows of the person's `others` are never it. Of the rest it is one with the same
    certificate number and the same name or last day; else one with the same name and the
    same days, by the same organiser or by one that was left empty.
    """
    number = _key(training.certificate_number)
    taken = {_key(other) for other in others.numbers} - {number}
    free = [
        row
        for row in rows
        if row.id not in others.ids and _key(row.certificate_number) not in taken - {""}
    ]
    name, organiser = _key(training.name), _key(training.organiser)
    for row in free:
        same_number = bool(number) and _key(row.certificate_number) == number
        if same_number and (_key(row.name) == name or row.ends == training.ends):
            return row
    for row in free:
        same_days = row.starts == training.starts and row.ends == training.ends
        if _key(row.name) == name and same_days and _key(row.organiser) in ("", organiser):
            return row
    return None


def _key(text: str) -> str:
    """Letters and digits only, without case: people type numbers and names in many ways."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", folded)
