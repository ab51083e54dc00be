"""What of an LMS is used: by the catalogue, the jobs and the certificates that are configured."""

from __future__ import annotations

from collections.abc import Iterable

from lms_bridge.badges.badge import Badge
from lms_bridge.catalogue.course import Course
from lms_bridge.config.settings import Settings
from lms_bridge.lms.base import Use


def use_of(
    name: str, settings: Settings, courses: Iterable[Course], badges: Iterable[Badge]
) -> Use:
    """What of ``[lms.NAME]`` is used for `courses`, and for the `badges` that have rules."""
    here = [course for course in courses if course.lms in ("", name)]
    awards = [
        *(course.badge for course in here if course.badge),
        *(badge.issue for badge in badges if badge.issue and badge.lms in ("", name)),
    ]
    jobs = settings.jobs
    return Use(
        awards=tuple(dict.fromkeys(awards)),
        pulls=jobs.pull_completions.enabled or jobs.reconcile.enabled,
        reads_catalogue=any(course.lms == name for course in here),
        fetches_certificates=settings.certificates is not None
        and any(course.lms_certificate for course in here),
    )
