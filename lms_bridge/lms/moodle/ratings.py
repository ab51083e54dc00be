"""Rating a competency, on the learner's profile, in a course or in a learning plan.

The profile's rating is what a badge of the site goes by. A rating in a course counts for the course
and for its badges, and is passed on to the profile unless the course is set not to; it is possible
only for a participant, and for a competency that is linked to the course. A rating in a plan counts
for the profile as well, and the evidence of it names the plan (tried on Moodle 4.5.6).
"""

from __future__ import annotations

from typing import Any

from lms_bridge.lms.base import BadgeAward
from lms_bridge.lms.moodle import values as v
from lms_bridge.lms.moodle.courses import Courses
from lms_bridge.lms.moodle.refusals import MoodleError, account_gone
from lms_bridge.lms.moodle.webservice import WebService
from lms_bridge.reasons import Reason

LIST_COMPETENCIES = "core_competency_list_competencies"
GRADE = "core_competency_grade_competency"
GRADE_IN_COURSE = "core_competency_grade_competency_in_course"
LIST_PLANS = "core_competency_list_user_plans"
PLAN_COMPETENCIES = "core_competency_list_plan_competencies"
GRADE_IN_PLAN = "core_competency_grade_competency_in_plan"

LOWEST = 1
"""the first place of a scale: not competent"""
_ACTIVE = 1
"""of the states of a plan: neither a draft, nor completed"""


class Ratings:
    """The ratings of the learners of one site."""

    def __init__(self, service: WebService, courses: Courses) -> None:
        self._service = service
        self._courses = courses
        self._competencies: dict[str, str] = {}

    def rate(self, user_id: str, award: BadgeAward, rating: int, note: str) -> None:
        """Rate the competency of `award` as `rating`, where it says."""
        # A note with what looks like a tag is refused, and the rating with it.
        given = {"grade": rating, "note": note.replace("<", "‹").replace(">", "›")}
        if award.rate_in == "plan" and (planned := self._planned(user_id, award.competency)):
            self._service.call(GRADE_IN_PLAN, **planned, **given)
        elif award.rate_in == "course":
            course_id = self._course(award.course)
            self._rate(user_id, award.competency, GRADE_IN_COURSE, {"courseid": course_id, **given})
        else:
            self._rate(user_id, award.competency, GRADE, given)

    def find_competency(self, number: str) -> str:
        """The id of the competency with that ID number."""
        rows = self._service.rows(
            LIST_COMPETENCIES, filters=[{"column": "idnumber", "value": number}]
        )
        found = [v.text(row.get("id")) for row in rows if v.text(row.get("idnumber")) == number]
        if len(found) == 1 and found[0]:
            return found[0]
        # Frameworks number their competencies independently of each other.
        code = "competency_ambiguous" if found else "competency_unknown"
        details = {"count": len(found)} if found else {}
        raise MoodleError(
            Reason(code, remote=self._service.remote, competency=number, **details),
            retryable=False,
        )

    def _rate(self, user_id: str, number: str, function: str, given: dict[str, Any]) -> None:
        remembered = self._competencies.get(number)
        competency_id = remembered or self.find_competency(number)
        try:
            self._service.call(function, userid=user_id, competencyid=competency_id, **given)
        except MoodleError as error:
            if error.errorcode == "codingerror" and function == GRADE_IN_COURSE:
                raise self._not_in_course(number, error) from None
            if error.errorcode != "invalidpersistenterror":
                raise
            # It says that the user, the competency or the rating does not exist, in words that
            # depend on the account's language; the remembered id may be what is outdated.
            self._competencies.pop(number, None)
            if "user" in error.reason.details.get("message", "").casefold():
                raise account_gone(self._service.remote, user_id) from None
            if not remembered:
                raise
            self._rate(user_id, number, function, given)
        else:
            self._competencies[number] = competency_id

    def _not_in_course(self, number: str, error: MoodleError) -> MoodleError:
        """The competency is not linked to the course, or the learner takes no part in it."""
        reason = Reason(
            "competency_not_in_course",
            remote=self._service.remote,
            competency=number,
            message=error.reason.details.get("message", ""),
        )
        return MoodleError(reason, retryable=False)

    def _course(self, number: str) -> str:
        if course := self._courses.find(course_id="", number=number, short_name=""):
            return course.id
        reason = Reason("rated_course_unknown", remote=self._service.remote, course=number)
        raise MoodleError(reason, retryable=False)

    def _planned(self, user_id: str, number: str) -> dict[str, str] | None:
        """The learner's active plan that has the competency, and the competency in it."""
        for plan in self._service.rows(LIST_PLANS, userid=user_id):
            if plan.get("status") != _ACTIVE:
                continue
            for row in self._service.rows(PLAN_COMPETENCIES, id=plan.get("id")):
                competency = row.get("competency")
                if isinstance(competency, dict) and v.text(competency.get("idnumber")) == number:
                    return {
                        "planid": v.text(plan.get("id")),
                        "competencyid": v.text(competency.get("id")),
                    }
        return None
