"""The state of the site, and its two rules: when a course is complete, when a badge is issued.

A badge is issued by an observer within the request that meets its criterion, once per learner,
and nothing takes it away again but a revocation by hand (Moodle facts, section 1). Whatever
keeps the observer from it (badge inactive, badges off, an error that Moodle swallows) is made
good by the next run of cron, and by nothing else.

Everything here is to be called with :attr:`Site.lock` held.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

from lms_bridge.sandbox.moodle.records import (
    ACTIVITY,
    SELF,
    STUDENT,
    Award,
    Badge,
    Certificate,
    Cohort,
    Competency,
    Completion,
    Course,
    Criterion,
    Plan,
    Rating,
    User,
)

CAPABILITIES = frozenset(
    {
        "webservice/rest:use",
        "moodle/user:viewdetails",
        "moodle/user:viewalldetails",
        "moodle/site:viewuseridentity",
        "moodle/course:view",
        "moodle/course:enrolreview",
        "report/completion:view",
        "moodle/competency:competencygrade",
        "moodle/competency:usercompetencyview",
        "moodle/competency:competencyview",
        "moodle/competency:coursecompetencyview",
        "moodle/competency:planview",
        "moodle/badges:viewotherbadges",
        "moodle/cohort:view",
        "moodle/cohort:assign",
        "mod/customcert:view",
        "mod/customcert:viewallcertificates",
        "moodle/course:ignoreavailabilityrestrictions",
    }
)
"""what the bridge's role holds unless a test takes something away (Moodle facts, section 4);
not among them: moodle/course:update, which shows a course's ID number, and
moodle/badges:configurecriteria"""

SCALE = {1: "Not yet competent", 2: "Competent"}
PROFICIENT = 2


class Site:
    """A Moodle site. Tests change its attributes at will: switches, capabilities, records."""

    def __init__(
        self, home_page: str, token: str, clock: Callable[[], float], lock: threading.RLock
    ) -> None:
        self.home_page = home_page
        self.clock = clock
        self.lock = lock
        self.name = "Moodle Bridge Lab"
        # --- switches
        self.token = token
        self.token_expired = False
        self.capabilities: set[str] = set(CAPABILITIES)
        self.functions: set[str] = set()
        """what the external service lists; the sandbox fills it with all that it knows"""
        self.without: set[str] = set()
        """functions of plugins that are not installed"""
        self.rest_enabled = True
        self.maintenance = False
        self.address_allowed = True
        self.authorised = True
        self.badges_enabled = True
        self.competencies_enabled = True
        self.developer_debug = False
        self.badges_at_cron = False
        """observers do nothing; badges appear with :meth:`cron` only"""
        self.badge_delay = 0.0
        """seconds until a badge appears by itself"""
        self.collision_seconds = 0.02
        """how long the first rating of a learner takes, in which a second one collides"""
        # --- records
        self.service_user = 3
        self.users: dict[int, User] = {}
        self.courses: dict[int, Course] = {}
        self.completions: dict[tuple[int, int], Completion] = {}
        self.competencies: dict[int, Competency] = {}
        self.plans: dict[int, Plan] = {}
        self.ratings: dict[tuple[int, int], Rating] = {}
        self.evidence: list[tuple[int, int, int]] = []
        """user, competency and grade of every rating ever given: repeating one adds to it"""
        self.being_rated: set[tuple[int, int]] = set()
        self.cohorts: dict[int, Cohort] = {}
        self.badges: dict[int, Badge] = {}
        self.certificates: dict[int, Certificate] = {}
        self.awards: dict[str, Award] = {}
        self.revoked: set[str] = set()
        self._awards_of: dict[int, list[Award]] = {}
        self._held: dict[int, float] = {}

    # --- who and what there is

    def add_user(
        self,
        user_id: int,
        username: str,
        firstname: str,
        lastname: str,
        *,
        idnumber: str = "",
        email: str = "",
        suspended: bool = False,
    ) -> User:
        email = email or f"{username}@example.go.id"
        user = User(user_id, username, firstname, lastname, email, idnumber, suspended)
        self.users[user_id] = user
        return user

    def add_course(
        self,
        course_id: int,
        fullname: str,
        shortname: str,
        idnumber: str = "",
        *,
        criterion: Criterion = ACTIVITY,
        activity: str = "Materi",
        competencies: tuple[int, ...] = (),
    ) -> Course:
        course = Course(
            course_id, fullname, shortname, idnumber, criterion, activity, list(competencies)
        )
        self.courses[course_id] = course
        return course

    def enrol(self, course_id: int, *user_ids: int, role: str = STUDENT) -> None:
        for user_id in user_ids:
            self.courses[course_id].participants[user_id] = role

    def add_competency(self, competency_id: int, shortname: str, idnumber: str) -> Competency:
        competency = Competency(competency_id, shortname, idnumber)
        self.competencies[competency_id] = competency
        return competency

    def add_plan(self, plan_id: int, user_id: int, *competency_ids: int, status: int = 1) -> Plan:
        name = f"Rencana {plan_id}"
        self.plans[plan_id] = Plan(plan_id, user_id, name, list(competency_ids), status)
        return self.plans[plan_id]

    def add_cohort(self, cohort_id: int, name: str, idnumber: str) -> Cohort:
        self.cohorts[cohort_id] = Cohort(cohort_id, name, idnumber)
        return self.cohorts[cohort_id]

    def add_badge(
        self,
        badge_id: int,
        name: str,
        *,
        competency: int | None = None,
        cohort: int | None = None,
        active: bool = True,
    ) -> Badge:
        badge = Badge(badge_id, name, competency, cohort, active)
        self.badges[badge_id] = badge
        return badge

    def add_certificate(self, activity: int, instance: int, course_id: int) -> Certificate:
        """An activity "Custom certificate"."""
        self.certificates[activity] = Certificate(activity, instance, course_id)
        return self.certificates[activity]

    # --- when a course is complete (Moodle facts, section 2)

    def complete(self, user_id: int, course_id: int, at: float | None = None) -> Completion:
        """The learner does what the course asks for; a second time changes nothing."""
        if user_id not in self.courses[course_id].participants:
            raise ValueError(f"user {user_id} is not enrolled in course {course_id}")
        completion = Completion(
            criterion_met_at=int(self.clock() if at is None else at),
            completed=self.courses[course_id].criterion != SELF,
        )
        return self.completions.setdefault((user_id, course_id), completion)

    # --- when a badge is issued (Moodle facts, section 1)

    def observe(self, user_id: int) -> None:
        """What Moodle's observers do within a request that rated or grouped `user_id`."""
        if self.badges_at_cron or not self.badges_enabled:
            return
        if self.badge_delay:
            self.hold_badges(user_id, self.badge_delay)
        if user_id not in self._held:
            self._issue_to(user_id)

    def hold_badges(self, user_id: int, seconds: float) -> None:
        """Badges of this learner appear only `seconds` from now, however often they are earned."""
        self._held.setdefault(user_id, self.clock() + seconds)

    def settle(self) -> None:
        """Issue what was held and is due."""
        for user_id in [user for user, due in self._held.items() if due <= self.clock()]:
            del self._held[user_id]
            self._issue_to(user_id)

    def cron(self) -> None:
        """What the scheduled tasks do: believe self completions, issue badges that were missed."""
        for completion in self.completions.values():
            completion.completed = True
        self._held.clear()
        if self.badges_enabled:
            for badge in self.badges.values():
                self.review(badge)

    def review(self, badge: Badge) -> int:
        """Issue `badge` to all who earned it; how many got it."""
        return sum(self._issue(badge, user_id) for user_id in list(self.users))

    def award_by_hand(self, badge_id: int, user_id: int) -> Award:
        """What no web service can: a teacher awards a badge in the browser."""
        return self._award(self.badges[badge_id], user_id)

    def revoke(self, uniquehash: str) -> None:
        """A badge given by hand is taken back in the browser; its assertion is gone for good."""
        award = self.awards.pop(uniquehash)
        self._awards_of[award.user].remove(award)
        self.revoked.add(uniquehash)

    def _issue_to(self, user_id: int) -> None:
        for badge in self.badges.values():
            self._issue(badge, user_id)

    def _issue(self, badge: Badge, user_id: int) -> bool:
        if not badge.active or not self._earned(badge, user_id):
            return False
        if any(award.badge == badge.id for award in self.awards_of(user_id)):
            return False
        self._award(badge, user_id)
        return True

    def _earned(self, badge: Badge, user_id: int) -> bool:
        if badge.competency is not None:
            rating = self.ratings.get((user_id, badge.competency))
            return rating is not None and rating.grade >= PROFICIENT
        return badge.cohort is not None and user_id in self.cohorts[badge.cohort].members

    def _award(self, badge: Badge, user_id: int) -> Award:
        number = len(self.awards) + len(self.revoked) + 1
        seed = f"{self.home_page}/{badge.id}/{user_id}/{number}".encode()
        uniquehash = hashlib.sha1(seed, usedforsecurity=False).hexdigest()
        award = Award(badge.id, user_id, uniquehash, int(self.clock()))
        self.awards[uniquehash] = award
        self._awards_of.setdefault(user_id, []).append(award)
        return award

    def awards_of(self, user_id: int) -> list[Award]:
        """All badges of a learner, hidden ones too, the newest first."""
        return self._awards_of.get(user_id, [])[::-1]
