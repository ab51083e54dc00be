"""In which words an event is told: numbers, courses, JP; a NIP only to whom it is to be told.

It says what is so when it is told, which may be later than when it happened.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from lms_bridge.events.journal import Event
from lms_bridge.reasons import Reason
from lms_bridge.redaction import redact
from lms_bridge.store.schema import (
    awards,
    badge_rules,
    completions,
    courses,
    deliveries,
    employees,
    sightings,
)
from lms_bridge.store.types import AnyRow


def data_of(db: Connection, event: Event, *, include_nip: bool) -> dict[str, Any]:
    """The ``data`` of the webhook that tells of `event`."""
    details = event.details
    if "remote" in details:
        return _of_remote(details)
    if "sighting" in details:
        return _of_sighting(db, details)
    if "completion" in details:
        row = _completion(db, completions.c.id == details["completion"])
        return _of_completion(row, include_nip) if row else {"completion": _gone(details)}
    return _of_delivery(db, details, include_nip)


def _of_remote(details: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"remote": details["remote"]}
    if known := details.get("reason"):
        told["reason"] = _reason(Reason.stored(known["code"], known["details"]))
    return told


def _of_sighting(db: Connection, details: dict[str, Any]) -> dict[str, Any]:
    number = details["sighting"]
    query = select(sightings.c.course_name, sightings.c.reason_code, sightings.c.reason_details)
    row = db.execute(query.where(sightings.c.id == number)).one_or_none()
    told: dict[str, Any] = {
        "about": "statement",
        "id": number,
        "reason": {"code": details["reason"]},
    }
    if row is not None:
        told["course"] = {"name": row.course_name or ""}
        if row.reason_code == details["reason"]:
            told["reason"] = _reason(Reason.stored(row.reason_code, row.reason_details))
    return told


def _of_delivery(db: Connection, details: dict[str, Any], include_nip: bool) -> dict[str, Any]:
    number = details["delivery"]
    row = db.execute(select(deliveries).where(deliveries.c.id == number)).one_or_none()
    if row is None:
        return {"delivery": {"id": number}}
    told: dict[str, Any] = {"delivery": {"id": number, "remote": row.remote, "step": row.step}}
    if row.completion_id is not None:
        found = _completion(db, completions.c.id == row.completion_id)
        told |= _of_completion(found, include_nip) if found else {}
    else:
        told |= _of_award(db, row.award_id, include_nip)
    if "reason" in details:
        told["about"] = "delivery"
        told["reason"] = {"code": details["reason"]}
        if row.reason_code == details["reason"]:
            told["reason"] = _reason(Reason.stored(row.reason_code, row.reason_details))
    elif row.step in ("badge", "revoke"):
        told["lms"] = row.remote.partition(".")[2]
    else:
        told["registry"] = row.remote.partition(".")[2]
        told["row"] = row.result_id or ""
    return told


def _completion(db: Connection, which: ColumnElement[bool]) -> AnyRow | None:
    query = (
        select(completions, employees.c.nip, courses.c.key, courses.c.content)
        .join(employees, completions.c.employee_id == employees.c.id)
        .join(courses, completions.c.course_id == courses.c.id)
        .where(which)
    )
    return db.execute(query).one_or_none()


def _of_completion(row: AnyRow, include_nip: bool) -> dict[str, Any]:
    told = {
        "completion": {
            "id": row.id,
            "role": row.role,
            "run": row.run,
            "jp": row.hours,
            "starts": row.starts.isoformat(),
            "ends": row.ends.isoformat(),
        },
        "course": {"key": row.key, "name": row.content.get("name", "")},
        "employee": _employee(row.employee_id, row.nip, include_nip),
    }
    if badge := row.content.get("badge"):
        told["badge"] = {"name": badge.get("name", "")}
    return told


def _of_award(db: Connection, award_id: int, include_nip: bool) -> dict[str, Any]:
    query = (
        select(awards.c.employee_id, awards.c.badge_key, employees.c.nip, badge_rules.c.content)
        .join(employees, awards.c.employee_id == employees.c.id)
        .join(badge_rules, awards.c.rule_id == badge_rules.c.id)
        .where(awards.c.id == award_id)
    )
    row = db.execute(query).one_or_none()
    if row is None:
        return {"award": {"id": award_id}}
    return {
        "award": {"id": award_id},
        "badge": {"key": row.badge_key, "name": row.content.get("name", "")},
        "employee": _employee(row.employee_id, row.nip, include_nip),
    }


def _employee(number: int, nip: str, include_nip: bool) -> dict[str, Any]:
    return {"id": number} | ({"nip": nip} if include_nip else {})


def _reason(reason: Reason) -> dict[str, str]:
    return {
        "code": reason.code,
        "what": redact(reason.what()),
        "remedy": redact(reason.remedy()),
    }


def _gone(details: dict[str, Any]) -> dict[str, Any]:
    """Of a completion that is another's by now."""
    return {"id": details["completion"]}
