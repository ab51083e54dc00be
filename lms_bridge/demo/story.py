"""What happens in the made-up LMS: the captured statements, and a few made after them.

The captured ones all go through. The others show what is not so simple: a course that is
not in the catalogue yet, people of whom the LMS cannot say who they are, somebody whom the
registry does not know, both sides of a mentoring, and a completion whose statement was lost.
"""

from __future__ import annotations

import copy
import json
from importlib import resources
from typing import Any

from lms_bridge.sandbox.city import AGUS, LATSAR, MENTORING
from xapi import vocabulary

HOME_PAGE = "https://moodle.example"
BATCH = 30
"""as many as logstore_xapi sends at once"""

LOST = (AGUS, 6, LATSAR)
"""NIP, user and course of the completion that no statement tells of"""

EXPECTED_DONE = 7
"""completions that must be in the registry, with their badges, in the end"""
EXPECTED_EARNED = 5
"""people who come to meet the rule of the badge"""
EXPECTED_HELD = frozenset(
    {
        "unknown_course",
        "account_without_nip",
        "shared_nip",
        "suspended_account",
        "employee_not_in_registry",
    }
)
"""reasons for which something must be held up for a person in the end"""


def captured() -> list[dict[str, Any]]:
    """The statements of the real Moodle, as they were captured."""
    text = resources.files("lms_bridge.demo").joinpath("statements.json").read_text("utf-8")
    statements: list[dict[str, Any]] = json.loads(text)
    return statements


def made_after_them() -> list[dict[str, Any]]:
    """Statements in the form of the captured ones, about other people and courses."""
    real = next(
        one
        for one in captured()
        if one["verb"]["id"] == vocabulary.COMPLETED
        and one["object"]["definition"]["type"] == vocabulary.COURSE
    )
    again = copy.deepcopy(real)  # the plugin sends it again: another registration, nothing else
    again["context"]["registration"] = "4e1f3b52-7d0c-5f6a-9d3e-0b7a1c2d3e4f"
    mentoring = _completed(
        real, 12, "Sahat Sinaga", MENTORING, "Mentoring ASN Muda", "MENTORING-2026"
    )
    mentoring["context"]["instructor"] = _actor(7, "Dewi Pengajar")
    return [
        again,
        mentoring,
        _completed(real, 14, "Bambang Lubis", LATSAR, "Latihan Dasar CPNS", "DIKLAT-LATSAR-2026"),
        _completed(real, 6, "Agus Wijaya", 9, "Manajemen Arsip Digital", "ARSIP-2026"),
        _completed(real, 8, "Rina Sihombing", LATSAR, "Latihan Dasar CPNS", "DIKLAT-LATSAR-2026"),
        _completed(real, 9, "Hotman Purba", LATSAR, "Latihan Dasar CPNS", "DIKLAT-LATSAR-2026"),
        _completed(real, 11, "Tiur Saragih", LATSAR, "Latihan Dasar CPNS", "DIKLAT-LATSAR-2026"),
        _completed(real, 13, "Yuni Damanik", LATSAR, "Latihan Dasar CPNS", "DIKLAT-LATSAR-2026"),
    ]


def _completed(
    real: dict[str, Any], user_id: int, name: str, course_id: int, course: str, number: str
) -> dict[str, Any]:
    statement = copy.deepcopy(real)
    statement["actor"] = _actor(user_id, name)
    statement["object"]["id"] = f"{HOME_PAGE}/course/view.php?id={course_id}"
    definition = statement["object"]["definition"]
    definition["name"] = {"en": course}
    definition["extensions"] = {vocabulary.EXTERNAL_ID: number}
    return statement


def _actor(user_id: int, name: str) -> dict[str, Any]:
    return {"name": name, "account": {"homePage": HOME_PAGE, "name": str(user_id)}}
