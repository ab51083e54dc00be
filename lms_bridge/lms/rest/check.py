"""Proving the way to an LMS in TOML step by step, without changing anything in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lms_bridge.checks import Check
from lms_bridge.errors import DeliveryError
from lms_bridge.http.trouble import read_secret
from lms_bridge.i18n import mark
from lms_bridge.lms.base import BadgeAward, LmsUser
from lms_bridge.lms.rest.settings import RestSettings
from lms_bridge.mapped import checking
from lms_bridge.mapped.api import Api
from lms_bridge.redaction import mask_nip

if TYPE_CHECKING:
    from lms_bridge.lms.rest.client import Rest

NOBODY = "0" * 18
"""an NIP that nobody has"""
_NO_BADGE = BadgeAward(route="direct", name="lms-bridge check", key="lms-bridge-check")


def checks(lms: Rest, api: Api, settings: RestSettings) -> Iterator[Check]:
    """The lines of ``lms-bridge check``; without an answer to the first, nothing else is tried."""
    reached = list(checking.address(api))
    yield from reached
    if any(line.verdict == "failed" for line in reached):
        return
    for subject, lines in (
        ("people", _people(lms, api, settings)),
        ("courses", _courses(lms, api, settings)),
        ("badges", _badges(lms, api, settings)),
    ):
        try:
            yield from lines
        except DeliveryError as error:
            yield Check.that_failed(f"{api.remote}: {subject}", error.reason)
            if error.remote_wide:
                return
    yield from _lacking(api, settings)


def _people(lms: Rest, api: Api, settings: RestSettings) -> Iterator[Check]:
    if settings.users is None:
        return
    subject = f"{api.remote}: people"
    if settings.users.by_number is None:
        yield Check(subject, "warning", mark("It cannot be asked for the account of a NIP."))
        return
    if lms.find_users("number", [NOBODY]):
        yield Check(
            subject,
            "failed",
            mark("It finds an account for a NIP that nobody has."),
            mark("Correct %(setting)s."),
            {"setting": f"{api.remote}.users.by_number"},
        )
        return
    nip = _known_nip(api, settings)
    if not nip:
        yield Check(
            subject,
            "warning",
            mark("No known employee is configured, so nobody was looked up."),
            mark("Set %(setting)s to where the NIP of somebody who agrees to it is kept."),
            {"setting": f"{api.remote}.check_nip"},
        )
        return
    known = _known(lms, nip)
    if known is None:
        yield Check(
            subject,
            "failed",
            mark("No account was found for the NIP %(nip)s."),
            mark("Correct %(setting)s; if it is right, see the paths in %(fields)s."),
            {
                "nip": mask_nip(nip),
                "setting": f"{api.remote}.check_nip",
                "fields": f"{api.remote}.users.fields",
            },
        )
        return
    yield Check(
        subject,
        "ok",
        mark("%(nip)s was found: account %(id)s, %(name)s."),
        details={"nip": mask_nip(nip), "id": mask_nip(known.id), "name": known.full_name or "–"},
    )


def _courses(lms: Rest, api: Api, settings: RestSettings) -> Iterator[Check]:
    if settings.courses is None or settings.courses.list is None:
        return
    courses = list(lms.courses())
    subject = f"{api.remote}: courses"
    if not courses:
        yield Check(
            subject,
            "warning",
            mark("It lists no course."),
            mark("If there are some, correct the paths in %(setting)s."),
            {"setting": f"{api.remote}.courses"},
        )
        return
    named = sum(bool(course.number or course.short_name) for course in courses)
    yield Check(
        subject,
        "ok" if named else "warning",
        mark("It lists %(count)s courses, %(named)s of them with a number or a short name."),
        "" if named else mark("If they have some, correct the paths in %(setting)s."),
        {"count": len(courses), "named": named, "setting": f"{api.remote}.courses.fields"},
    )
    if settings.completions is None:
        return
    rows = list(lms.completions_of(courses[0], None))
    dated = sum(row.completed_at is not None for row in rows)
    is_well = bool(dated) or not rows
    yield Check(
        f"{api.remote}: completions",
        "ok" if is_well else "warning",
        mark("It lists %(count)s completions of %(course)s, %(dated)s of them with a date."),
        "" if is_well else mark("See that %(setting)s leads to it, and %(dates)s has its form."),
        {
            "count": len(rows),
            "course": courses[0].name or courses[0].id,
            "dated": dated,
            "setting": f"{api.remote}.completions.fields.completed_at",
            "dates": f"{api.remote}.dates",
        },
    )


def _badges(lms: Rest, api: Api, settings: RestSettings) -> Iterator[Check]:
    nip = _known_nip(api, settings)
    known = _known(lms, nip) if nip else None
    if settings.badges.find is None or known is None:
        return
    lms.find_badge(known.id, _NO_BADGE)
    yield Check(
        f"{api.remote}: badges",
        "ok",
        mark("The badges of account %(id)s can be seen."),
        details={"id": mask_nip(known.id)},
    )


def _lacking(api: Api, settings: RestSettings) -> Iterator[Check]:
    """What the bridge does without, each with what comes of it."""
    badges = settings.badges
    for setting, described, says in (
        (
            "completions",
            settings.completions,
            mark("Without %(setting)s, completions are known from statements only."),
        ),
        ("badges.award", badges.award, mark("Without %(setting)s, no badge is awarded.")),
        (
            "badges.find",
            badges.find or not badges.award,
            mark("Without %(setting)s, nobody can see that a badge was issued."),
        ),
        (
            "badges.revoke",
            badges.revoke or not badges.award,
            mark("Without %(setting)s, badges are taken back by hand."),
        ),
    ):
        if not described:
            details = {"setting": f"{api.remote}.{setting}"}
            yield Check(f"{api.remote}: {setting}", "ok", says, details=details)


def _known_nip(api: Api, settings: RestSettings) -> str:
    if settings.check_nip is None:
        return ""
    secret = read_secret(settings.check_nip, api.remote, f"{api.remote}.check_nip")
    return "".join(secret.split())


def _known(lms: Rest, nip: str) -> LmsUser | None:
    return next(iter(lms.find_users("number", [nip])), None)
