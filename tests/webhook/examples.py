"""Statements to send."""

from __future__ import annotations

from typing import Any

ID = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"
OTHER_ID = "7c2b1d9e-3f60-4b5c-8a8d-2f1e0c9b8a70"


def statement(**changes: Any) -> dict[str, Any]:
    """A statement that follows every rule; a change to None takes the property out."""
    made = {
        "actor": {"name": "Siti Rahmawati", "mbox": "mailto:siti@example.go.id"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://lms.example.go.id/course/view.php?id=7"},
        "timestamp": "2026-11-24T09:00:00+07:00",
    } | changes
    return {name: value for name, value in made.items() if value is not None}
