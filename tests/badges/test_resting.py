"""What the LMS is told that an award rests on: also what was learned elsewhere."""

from __future__ import annotations

import datetime as dt

import pytest

from lms_bridge.deliveries.badge_step import note_of
from lms_bridge.people.identities import employee_of
from lms_bridge.store.schema import history_rows
from tests.badges.hall import Hall, badge

SITI = "198703152010012001"
ISSUED = {"issue": {"route": "competency", "name": "Lencana", "competency": "ASN-INTEGRITAS-3"}}


def typed_in(hall: Hall, name: str, on: str, *, hours: int = 40, kind: int = 3) -> None:
    """A training that only the registry tells of."""
    with hall.store.writing() as db:
        db.execute(
            history_rows.insert().values(
                employee_id=employee_of(db, SITI, name="", now=hall.clock()),
                registry="siasn",
                history="kursus",
                row_id=name,
                name=name,
                organiser="LAN",
                certificate_number="",
                hours=hours,
                ends=dt.date.fromisoformat(on),
                year=int(on[:4]),
                kind=kind,
                structural_training="",
            )
        )


def test_the_note_names_the_completions_and_what_was_learned_elsewhere(hall: Hall) -> None:
    typed_in(hall, "Diklat PIM IV", "2019-05-17")
    hall.apply(badge("a", [{"course": "A"}, {"hours": 20, "elsewhere": True}], **ISSUED))
    hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    note = note_of(hall.taken())
    assert note.startswith("lms-bridge: a 2026-03-01: ")
    assert "(A/2026/" in note
    assert note.endswith("; Diklat PIM IV, LAN, 2019-05-17")


@pytest.mark.parametrize(
    "rule",
    [
        {"hours": 20},
        {"hours": 20, "elsewhere": True, "kinds": [16]},
        {"hours": 45, "elsewhere": True, "within": "year"},
        {"hours": 400, "elsewhere": True},
    ],
    ids=["not from elsewhere", "of another kind", "of another year", "too little"],
)
def test_what_does_not_count_is_not_named(hall: Hall, rule: dict[str, object]) -> None:
    typed_in(hall, "Diklat PIM IV", "2019-05-17")
    hall.apply(badge("a", {"any": ["A", rule]}, **ISSUED))
    hall.complete(SITI, "A", "2026-03-01")
    hall.review()
    assert "PIM" not in note_of(hall.taken())
