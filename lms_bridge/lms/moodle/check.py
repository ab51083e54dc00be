"""Proving a Moodle site step by step, without changing anything in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lms_bridge.checks import Check
from lms_bridge.errors import DeliveryError
from lms_bridge.i18n import mark
from lms_bridge.lms.moodle import badges, courses, people
from lms_bridge.lms.moodle import values as v
from lms_bridge.lms.moodle.courses import Courses, is_answer
from lms_bridge.lms.moodle.people import People
from lms_bridge.lms.moodle.refusals import MoodleError
from lms_bridge.lms.moodle.webservice import SITE_INFO, WebService

_FOR_PEOPLE = (people.FIND_USERS,)
_FOR_COMPLETIONS = (courses.FIND_COURSES, courses.PARTICIPANTS, courses.COMPLETION)
_BY_COMPETENCY = (badges.LIST_COMPETENCIES, badges.GRADE)
_BY_COHORT = (badges.ADD_TO_COHORT,)
_FOR_REVOKING = (badges.BADGE_BY_HASH, badges.FIND_COHORTS, badges.LEAVE_COHORT)


def checks(
    service: WebService, people: People, courses: Courses, *, home_page: str
) -> Iterator[Check]:
    """The lines of ``lms-bridge check``; without an answer to the first, nothing else is tried."""
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
        "functions": _functions(service, info),
        "people": _people(service, people),
        "features": _features(service, info),
        "completion report": _completion_report(service, courses, v.text(info["userid"])),
    }
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


def _functions(service: WebService, info: dict[str, Any]) -> Iterator[Check]:
    functions = info.get("functions")
    there = {
        v.text(function.get("name"))
        for function in (functions if isinstance(functions, list) else [])
        if isinstance(function, dict)
    }
    missing = {
        function: without
        for without, group in (
            (mark("Without %(function)s nobody can be looked up."), _FOR_PEOPLE),
            (mark("Without %(function)s no completion can be pulled."), _FOR_COMPLETIONS),
            (mark("Without %(function)s no badge can be seen."), (badges.USER_BADGES,)),
            (mark("Without %(function)s no badge can be issued by competency."), _BY_COMPETENCY),
            (mark("Without %(function)s no badge can be issued by cohort."), _BY_COHORT),
            (mark("Without %(function)s no badge by cohort can be taken back."), _FOR_REVOKING[1:]),
            (mark("Without %(function)s no badge can be taken back."), _FOR_REVOKING[:1]),
        )
        for function in group
        if function not in there
    }
    one_route = _all(_BY_COMPETENCY, there) or _all(_BY_COHORT, there)
    for function, without in missing.items():
        unneeded = function in _FOR_REVOKING or (
            one_route and function in _BY_COMPETENCY + _BY_COHORT
        )
        yield Check(
            f"{service.remote}: {function}",
            "warning" if unneeded else "failed",
            without,
            mark("Add %(function)s to the external service."),
            {"function": function},
        )
    if not missing:
        yield Check(f"{service.remote}: functions", "ok", mark("The service lists every function."))


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


def _features(service: WebService, info: dict[str, Any]) -> Iterator[Check]:
    features = info.get("advancedfeatures")
    values = {
        v.text(feature.get("name")): feature.get("value")
        for feature in (features if isinstance(features, list) else [])
        if isinstance(feature, dict)
    }
    for name, what, needed in (
        ("enablebadges", "Badges", True),
        ("enablecompletion", "Completion tracking", True),
        ("enablecompetencies", "Competencies", False),
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
                else mark(
                    "Have the LMS administrator switch it on (Site administration, Advanced"
                    " features), unless all badges go by cohort."
                ),
                details,
            )


def _completion_report(service: WebService, courses: Courses, own_id: str) -> Iterator[Check]:
    subject = f"{service.remote}: completion report"
    for course in courses.listed():
        if course.get("enablecompletion") not in (1, True):
            continue
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
            " moodle/course:viewparticipants and report/completion:view there."
        ),
    )


def _all(wanted: tuple[str, ...], there: set[str]) -> bool:
    return all(function in there for function in wanted)
