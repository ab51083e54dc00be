"""What the bridge's account in a Moodle needs: the one place that says it.

``lms-bridge lms plan`` prints it, ``lms-bridge check`` holds the site against it, and
``examples/moodle-role.xml`` is made of it. Each part was tried on Moodle 4.5.6 with a role that has
nothing else, and with that role minus one capability (Moodle facts, section 4); the certificates
were read in their source. Everybody's own role "Authenticated user" has besides, as Moodle is
installed, ``moodle/badges:viewotherbadges``, ``moodle/competency:competencyview`` and
``moodle/competency:coursecompetencyview``.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lms_bridge.i18n import mark
from lms_bridge.lms.base import Permission, Use
from lms_bridge.lms.moodle import badges, certificates, courses, people, ratings
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.lms.moodle.webservice import SITE_INFO

SEES_ADDRESSES = "moodle/site:viewuseridentity"
SEES_ENROLMENTS = "moodle/course:enrolreview"
SEES_ALL_GROUPS = "moodle/site:accessallgroups"

EXTRAS = (
    Permission(
        SEES_ADDRESSES, mark("only where statements, or senders, name people by their e-mail")
    ),
    Permission(
        SEES_ALL_GROUPS,
        mark("only where a course keeps its groups separate: else nobody is seen in it"),
    ),
    Permission(
        "moodle/course:viewhiddencourses",
        mark("only where a course of the catalogue is hidden from learners"),
    ),
)


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What one thing that the bridge does needs."""

    why: str
    without: str
    """what is not possible without %(function)s"""
    functions: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    is_vital: bool = True
    """whether something that is configured does not work at all without it"""
    since: int = 0
    """the version of Moodle from which on there are those functions"""


def needs(settings: MoodleSettings, use: Use) -> Iterator[Need]:
    """What is needed for `use`; a function or capability may be named by several."""
    yield Need(
        why=mark("everything"),
        without=mark("Without %(function)s nothing works."),
        functions=(SITE_INFO,),
        capabilities=("webservice/rest:use",),
    )
    yield Need(
        why=mark("finding the account of a person, and the NIP of an account"),
        without=mark("Without %(function)s nobody can be looked up."),
        functions=(people.FIND_USERS,),
        capabilities=("moodle/user:viewdetails", "moodle/user:viewalldetails"),
    )
    yield from _people(settings)
    if use.pulls:
        yield Need(
            why=mark("asking each night who has completed what"),
            without=mark("Without %(function)s no completion can be pulled."),
            functions=(courses.FIND_COURSES, courses.PARTICIPANTS, courses.COMPLETION),
            # Who may review enrolments may see the participants as well, and ask for those only
            # whose enrolment is active; moodle/course:viewparticipants would do for the former.
            capabilities=("moodle/course:view", SEES_ENROLMENTS, "report/completion:view"),
        )
    if use.reads_catalogue:
        yield _catalogue(settings)
    yield from _badges(use)
    if use.fetches_certificates:
        yield Need(
            why=mark("fetching the certificates that Moodle issues"),
            without=mark("Without %(function)s no certificate of Moodle can be fetched."),
            functions=(certificates.FIND_ACTIVITY, certificates.LIST_ISSUES),
            capabilities=(
                "moodle/course:view",
                "mod/customcert:viewallcertificates",
                "mod/customcert:view",
                "moodle/course:ignoreavailabilityrestrictions",
            ),
        )


def _people(settings: MoodleSettings) -> Iterator[Need]:
    if not settings.lists_people:
        return
    yield Need(
        why=mark("finding the account of a NIP that stands in another field than the ID number"),
        without=mark("Without %(function)s no account can be found by its NIP."),
        functions=(courses.PARTICIPANTS,),
        capabilities=(SEES_ENROLMENTS,),
    )
    if settings.nip_field == "email":
        yield Need(
            why=mark("seeing the e-mail address in which the NIP stands"),
            without="",
            capabilities=(SEES_ADDRESSES,),
        )


def _catalogue(settings: MoodleSettings) -> Need:
    linked = settings.linked_competencies
    return Need(
        why=mark("taking the catalogue from the fields of the courses"),
        without=mark("Without %(function)s the catalogue cannot be taken from the courses."),
        functions=(courses.FIND_COURSES, *((courses.LINKED_COMPETENCIES,) if linked else ())),
        capabilities=("moodle/course:view",),
    )


def _badges(use: Use) -> Iterator[Need]:
    if not use.awards:
        return
    ways = {award.rate_in if award.route == "competency" else award.route for award in use.awards}
    yield Need(
        why=mark("seeing whether a badge was issued"),
        without=mark("Without %(function)s no badge can be seen."),
        functions=(badges.USER_BADGES,),
    )
    if ways & {"profile", "course", "plan"}:
        yield Need(
            why=mark("badges by competency"),
            without=mark("Without %(function)s no badge can be issued by competency."),
            functions=(ratings.LIST_COMPETENCIES, ratings.GRADE),
            capabilities=(
                "moodle/competency:competencygrade",
                # Who may see somebody's plans may see their competencies as well.
                "moodle/competency:planview"
                if "plan" in ways
                else "moodle/competency:usercompetencyview",
            ),
        )
    if "course" in ways:
        yield Need(
            why=mark("rating a competency in a course"),
            without=mark("Without %(function)s no competency can be rated in a course."),
            functions=(courses.FIND_COURSES, ratings.GRADE_IN_COURSE),
            capabilities=("moodle/course:view",),
        )
    if "plan" in ways:
        yield Need(
            why=mark("rating a competency in a learning plan"),
            without=mark("Without %(function)s no competency can be rated in a learning plan."),
            functions=(ratings.LIST_PLANS, ratings.PLAN_COMPETENCIES, ratings.GRADE_IN_PLAN),
            capabilities=("moodle/competency:planview",),
        )
    if "cohort" in ways:
        yield Need(
            why=mark("badges by cohort"),
            without=mark("Without %(function)s no badge can be issued by cohort."),
            functions=(badges.ADD_TO_COHORT,),
            capabilities=("moodle/cohort:assign",),
        )
        yield Need(
            why=mark("leaving the cohort again, when a completion is taken back"),
            without=mark("Without %(function)s no badge by cohort can be taken back."),
            functions=(badges.FIND_COHORTS, badges.LEAVE_COHORT),
            capabilities=("moodle/cohort:view", "moodle/cohort:assign"),
            is_vital=False,
        )
    yield Need(
        why=mark("seeing that a badge was revoked, also one that the learner hides"),
        without=mark("Without %(function)s it is seen only on the badge's public page."),
        functions=(badges.BADGE_BY_HASH,),
        is_vital=False,
        since=badges.BADGE_BY_HASH_SINCE,
    )
