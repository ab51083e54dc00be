"""Whether a row of the registry is the one that a completion would become.

Pure. A person's history holds rows of ours, rows that somebody typed in by hand for the
very same course, and rows of quite other courses with the same certificate number
(registry facts, section 5); so neither the number nor the name decides alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple

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
    certificate number that is the same training or ended on the same day; else one that is
    the same training on the same days, by the same organiser or by one that was left empty.
    """
    number, organiser = key(training.certificate_number), key(training.organiser)
    taken = {key(other) for other in others.numbers} - {number, ""}
    free = [
        row for row in rows if row.id not in others.ids and key(row.certificate_number) not in taken
    ]
    for row in free:
        same_number = bool(number) and key(row.certificate_number) == number
        if same_number and (_same_training(row, training) or row.ends == training.ends):
            return row
    for row in free:
        same_days = row.starts == training.starts and row.ends == training.ends
        same_organiser = key(row.organiser) in ("", organiser)
        if same_days and same_organiser and _same_training(row, training):
            return row
    return None


class Difference(NamedTuple):
    """Where a row says something else than a training."""

    field: str
    theirs: Any
    ours: Any


def differences(training: Training, row: RecordedTraining) -> list[Difference]:
    """In what the row differs from `training`; what it leaves empty is no difference."""
    # The row of a structural training keeps another name (registry facts, section 2).
    pairs: list[tuple[str, Any, Any]] = [
        ("name", "" if training.structural_training else row.name, training.name),
        ("organiser", row.organiser, training.organiser),
        ("certificate_number", row.certificate_number, training.certificate_number),
        ("hours", row.hours, training.hours),
        ("starts", row.starts, training.starts),
        ("ends", row.ends, training.ends),
        ("kind", row.kind, training.kind),
        ("structural_training", row.structural_training, training.structural_training),
    ]
    return [
        Difference(field, theirs, ours)
        for field, theirs, ours in pairs
        if theirs not in (None, "") and str(theirs).strip() != str(ours).strip()
    ]


def _same_training(row: RecordedTraining, training: Training) -> bool:
    """By its name; a structural training by which one it is, since its row keeps no other name."""
    if row.structural_training and training.structural_training:
        return row.structural_training == training.structural_training
    return key(row.name) == key(training.name)


def key(text: str) -> str:
    """`text` as it is compared: people type numbers and names in many ways.

    Case, punctuation and leading zeros do not count, save that two numbers stay two.

    >>> key("800.1.4 / 007/BKPSDM/2026") == key("800-1-4/7/bkpsdm 2026")
    True
    >>> key("PKA/2026/17") == key("PKA/20261/7")
    False
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    apart = re.sub(r"(?<=\d)[\W_]+(?=\d)", " ", folded)
    joined = re.sub(r"(?<!\d)[\W_]+|[\W_]+(?!\d)", "", apart)
    return re.sub(r"\d+", lambda run: run[0].lstrip("0") or "0", joined)
