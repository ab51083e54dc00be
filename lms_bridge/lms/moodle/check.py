"""Proving a Moodle site step by step, without changing anything in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lms_bridge.checks import Check
from lms_bridge.errors import DeliveryError
from lms_bridge.i18n import mark
from lms_bridge.lms.base import Use
from lms_bridge.lms.moodle import values as v
from lms_bridge.lms.moodle.badges import Badges
from lms_bridge.lms.moodle.courses import Courses, is_answer
from lms_bridge.lms.moodle.needs import SEES_ALL_GROUPS, Need
from lms_bridge.lms.moodle.people import People
from lms_bridge.lms.moodle.refusals import MoodleError
from lms_bridge.lms.moodle.webservice import SITE_INFO, WebService

_SEPARATE = 1
"""of the ways in which a course keeps its groups"""


class Site(NamedTuple):
    """The site, by its subjects."""

    service: WebService
    people: People
    courses: Courses
    badges: Badges


def checks(site: Site, use: Use, needs: Sequence[Need], *, home_page: str) -> Iterator[Check]:
    """The lines of ``lms-bridge check``; without an answer to the first, nothing else is tried."""
    service = site.service
    try:
        info = service.call(SITE_INFO)
    except DeliveryError as error:
        yield Check.that_failed(f"{service.remote}: site", error.reason)
        return
    if not isinstance(info, dict) or "userid" not in info:
        yield Check(
            f"{service.remote}: site",
            "failed",
            mark("%(url)s answers, but not as Moodle's web services do."),
            mark("Correct %(setting)s."),
            {"url": service.url, "setting": f"{service.remote}.url"},
        )
        return
    steps = {
        "site": _site(service, info, home_page),
        "functions": _functions(service, info, needs),
        "people": _people(service, site.people),
        "features": _features(service, info, use),
        "badges": _badges(site, use),
        "completion report": _completion_report(service, site.courses, v.text(info["userid"])),
    }
    if not use.pulls:
        del steps["completion report"]
    for subject, lines in steps.items():
        try:
            yield from lines
        except DeliveryError as error:
            yield Check.that_failed(f"{service.remote}: {subject}", error.reason)


def _site(service: WebService, info: dict[str, Any], home_page: str) -> Iterator[Check]:
    yield Check(
        f"{service.remote}: site",
        "ok",
        mark("%(url)s is a Moodle %(release)s."),
        details={"url": service.url, "release": v.text(info.get("release")) or "?"},
    )
    account = f"{v.text(info.get('fullname'))} ({v.text(info.get('username'))})"
    yield Check(
        f"{service.remote}: token",
        "ok",
        mark("The token is valid and belongs to %(account)s."),
        details={"account": account},
    )
    # The statements of logstore_xapi name the site by its wwwroot, whatever the bridge calls it.
    site = v.text(info.get("siteurl")).rstrip("/")
    if site and site != home_page.rstrip("/"):
        yield Check(
            f"{service.remote}: home page",
            "warning",
            mark("The site calls itself %(site)s; the bridge expects statements of %(expected)s."),
            mark('Unless its statements say otherwise, set %(setting)s = "%(site)s".'),
            {
                "site": site,
                "expected": home_page,
                "setting": f"{service.remote}.home_page",
            },
        )


def _functions(service: WebService, info: dict[str, Any], needs: Sequence[Need]) -> Iterator[Check]:
    functions = info.get("functions")
    there = {
        v.text(function.get("name"))
        for function in (functions if isinstance(functions, list) else [])
        if isinstance(function, dict)
    }
    version = v.text(info.get("version")).partition(".")[0]
    missing: dict[str, Need] = {}
    for need in needs:
        if version.isdigit() and int(version) < need.since:
            continue
        for function in set(need.functions) - there:
            known = missing.setdefault(function, need)
            if need.is_vital and not known.is_vital:
                missing[function] = need
    for function, need in sorted(missing.items()):
        yield Check(
            f"{service.remote}: {function}",
            "failed" if need.is_vital else "warning",
            need.without,
            mark("Add %(function)s to the external service."),
            {"function": function},
        )
    if not missing:
        yield Check(
            f"{service.remote}: functions",
            "ok",
            mark("The service lists every function that is needed."),
        )


def _badges(site: Site, use: Use) -> Iterator[Check]:
    """That what makes the badges come about is there; whether they are enabled cannot be seen."""
    found = 0
    for award in use.awards:
        try:
            site.badges.prove(award)
        except DeliveryError as error:
            if error.remote_wide:
                raise
            yield Check.that_failed(f"{site.service.remote}: {award.name}", error.reason)
        else:
            found += 1
    if found:
        yield Check(
            f"{site.service.remote}: badges",
            "ok",
            mark("Competencies and cohorts that were found, by which badges are issued: %(count)s"),
            details={"count": found},
        )


def _people(service: WebService, people: People) -> Iterator[Check]:
    subject = f"{service.remote}: people"
    match people.are_seen():
        case True:
            yield Check(subject, "ok", mark("Other people's accounts are shown to the bridge."))
        case False:
            yield Check(
                subject,
                "failed",
                mark("An account that exists is not shown: everybody would look unknown."),
                mark(
                    "Give the service account's role moodle/user:viewdetails and"
                    " moodle/user:viewalldetails."
                ),
            )
        case None:
            yield Check(
                subject,
                "warning",
                mark("Whether other people's accounts are shown could not be proven."),
                mark("Set %(setting)s to the username of somebody's account."),
                {"setting": f"{service.remote}.known_user"},
            )


def _features(service: WebService, info: dict[str, Any], use: Use) -> Iterator[Check]:
    features = info.get("advancedfeatures")
    values = {
        v.text(feature.get("name")): feature.get("value")
        for feature in (features if isinstance(features, list) else [])
        if isinstance(feature, dict)
    }
    for name, what, needed in (
        ("enablebadges", "Badges", bool(use.awards)),
        ("enablecompletion", "Completion tracking", use.pulls),
        (
            "enablecompetencies",
            "Competencies",
            any(award.route == "competency" for award in use.awards),
        ),
    ):
        details = {"feature": what}
        if values.get(name) == 1:
            yield Check(
                f"{service.remote}: {name}",
                "ok",
                mark("%(feature)s: switched on."),
                details=details,
            )
        elif name in values:
            yield Check(
                f"{service.remote}: {name}",
                "failed" if needed else "warning",
                mark("%(feature)s: switched off in the site."),
                mark(
                    "Have the LMS administrator switch it on (Site administration, Advanced"
                    " features)."
                )
                if needed
                else mark("It is not needed for what is configured now."),
                details,
            )


def _completion_report(service: WebService, courses: Courses, own_id: str) -> Iterator[Check]:
    subject = f"{service.remote}: completion report"
    tracked = [one for one in courses.listed() if one.get("enablecompletion") in (1, True)]
    yield from _groups(service, courses, tracked)
    for course in tracked:
        course_id, name = v.text(course["id"]), v.text(course.get("fullname"))
        for user in courses.participants(course_id):
            if user.id == own_id:
                continue
            try:
                courses.status(course_id, user.id)
            except MoodleError as error:
                if not is_answer(error):
                    raise
            yield Check(
                subject, "ok", mark("It can be read in “%(course)s”."), details={"course": name}
            )
            return
    yield Check(
        subject,
        "warning",
        mark("No course with completion tracking and participants is shown to try it on."),
        mark(
            "If there is one, give the service account's role moodle/course:view,"
            " moodle/course:enrolreview and report/completion:view there."
        ),
    )


def _groups(
    service: WebService, courses: Courses, tracked: Sequence[dict[str, Any]]
) -> Iterator[Check]:
    """Of a course with separate groups Moodle shows nobody to who is in none, and says nothing."""
    for course in tracked:
        if course.get("groupmode") != _SEPARATE:
            continue
        if next(courses.participants(v.text(course["id"])), None) is None:
            yield Check(
                f"{service.remote}: groups",
                "warning",
                mark("“%(course)s” keeps its groups separate, and nobody is seen in it."),
                mark("Give the service account's role %(capability)s, unless nobody is in it."),
                {"course": v.text(course.get("fullname")), "capability": SEES_ALL_GROUPS},
            )
        return
