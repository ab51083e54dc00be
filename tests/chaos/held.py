"""What is there after an act, in words that are the same for every run that lost nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from lms_bridge.store import schema

OURS = ("LITDIG-2026/", "PKA-2026/")
"""how the numbers of our certificates begin"""


def number_of(row: dict[str, Any]) -> str:
    return str(row.get("noSertipikat") or row.get("nomor"))


def in_words(row: dict[str, Any]) -> str:
    """A row of a history, without what is random in it; who got which of our numbers is."""
    names = ("nipBaru", "namaKursus", "latihanStrukturalId", "jumlahJam", "tanggalKursus")
    number = number_of(row).rpartition("/")[0] or number_of(row)
    return " | ".join([*(str(row.get(name)) for name in names), number, str(bool(row.get("path")))])


def _held() -> dict[str, Any]:
    s = schema
    people = s.completions.join(s.employees).join(s.courses)
    who = (s.employees.c.nip, s.courses.c.key)
    return {
        "statements": select(s.statements.c.id).where(s.statements.c.sender == "lms"),
        "said": select(s.deliveries.c.step, s.deliveries.c.state, s.statements.c.sender).join_from(
            s.deliveries, s.statements, s.deliveries.c.statement_id == s.statements.c.id
        ),
        "statements by sender": select(s.statements.c.sender, s.statements.c.version),
        "completions": select(*who, s.completions.c.hours).select_from(people),
        "deliveries": select(
            *who, s.deliveries.c.remote, s.deliveries.c.step, s.deliveries.c.state
        ).select_from(
            people.join(s.deliveries, s.deliveries.c.completion_id == s.completions.c.id)
        ),
        "awards": select(s.employees.c.nip, s.awards.c.revoked_at.is_(None)).join_from(
            s.awards, s.employees
        ),
        "of awards": select(s.deliveries.c.step, s.deliveries.c.state).where(
            s.deliveries.c.award_id.is_not(None)
        ),
        "withdrawals": select(s.withdrawals.c.completion_id, s.withdrawals.c.decision),
        "corrections": select(s.corrections.c.completion_id),
        "hours": select(s.employees.c.nip, s.yearly_hours.c.year, s.yearly_hours.c.ours).join_from(
            s.yearly_hours, s.employees, s.yearly_hours.c.employee_id == s.employees.c.id
        ),
        "uploads": select(s.uploads.c.number, s.uploads.c.state),
        "rows of uploads": select(s.upload_rows.c.position, s.upload_rows.c.state),
        "backfilled": select(s.backfill_entries.c.kind, s.backfill_entries.c.state),
        "history": select(s.employees.c.nip, s.history_rows.c.name).join_from(
            s.history_rows, s.employees
        ),
        # A comparison that was killed is made again, and finds the same once more.
        "findings": select(s.findings.c.kind).where(s.findings.c.state == "open"),
        # How many there are is a matter of time: what comes soon after a notice is in the next.
        "not sent": select(s.messages.c.id).where(s.messages.c.state != "sent"),
        "events": select(s.events.c.type),
        "attachments": select(s.attachments.c.sha2, s.attachments.c.length),
        "of attachments": select(s.attachment_chunks.c.number),
        "unforwarded": select(s.unforwarded.c.state),
    }


HELD = _held()
"""what is looked for in the database, by a name"""
