"""Badges of a Moodle site: found on a profile, brought about, and what can be undone of that.

No web service awards a badge. Rating the competency or adding to the cohort that is the
badge's criterion makes Moodle issue it within the same request, or with its cron, or, when
something is not as it should be, never; the call itself succeeds either way. What was
issued is seen on the learner's profile only (Moodle facts, section 1).

Nor does one revoke a badge. A lower rating and leaving the cohort take no badge away, but
keep Moodle's cron from issuing it again after a person has revoked it.
"""

from __future__ import annotations

import html
from typing import Any

import msgspec

from lms_bridge.http.trouble import unreadable
from lms_bridge.lms.base import BadgeAward, IssuedBadge
from lms_bridge.lms.moodle import values as v
from lms_bridge.lms.moodle.courses import Courses
from lms_bridge.lms.moodle.ratings import LOWEST, Ratings
from lms_bridge.lms.moodle.refusals import MoodleError, account_gone, refusal
from lms_bridge.lms.moodle.webservice import WebService
from lms_bridge.reasons import Reason

USER_BADGES = "core_badges_get_user_badges"
ADD_TO_COHORT = "core_cohort_add_cohort_members"
BADGE_BY_HASH = "core_badges_get_user_badge_by_hash"
BADGE_BY_HASH_SINCE = 2023100900
"""Moodle 4.3"""
FIND_COHORTS = "core_cohort_search_cohorts"
LEAVE_COHORT = "core_cohort_delete_cohort_members"

_SYSTEM = 1
"""context id of the system, in which the cohorts are"""
_NO_LONGER_IN_COURSE = ("competency_not_in_course", "rated_course_unknown")
_UNKNOWN_FUNCTION = ("invalidrecord", "accessexception")


class Badges:
    """The badges of one site."""

    def __init__(self, service: WebService, courses: Courses) -> None:
        self._service = service
        self._ratings = Ratings(service, courses)

    def find(self, user_id: str, award: BadgeAward) -> IssuedBadge | None:
        """The latest badge of that name that the learner shows."""
        try:
            answer = self._service.call(USER_BADGES, userid=user_id)
        except MoodleError as error:
            if error.errorcode == "invaliduser":
                raise account_gone(self._service.remote, user_id) from None
            raise
        badges = answer.get("badges") if isinstance(answer, dict) else None
        found = [
            self._issued(row)
            for row in self._service.listed(badges, USER_BADGES)
            if _same_name(row.get("name"), award.name) and v.text(row.get("uniquehash"))
        ]
        return max(found, key=lambda badge: str(badge.issued_at or ""), default=None)

    def award(self, user_id: str, award: BadgeAward, note: str) -> None:
        """Do what makes Moodle issue the badge."""
        if award.route == "competency":
            self._ratings.rate(user_id, award, award.rating, note)
        elif award.route == "cohort":
            self._add_to_cohort(user_id, award.cohort)
        else:
            raise self._impossible(award)

    def find_issued(self, badge_hash: str) -> IssuedBadge | None:
        """The award with that hash, also if the learner hides it."""
        try:
            answer = self._service.call(BADGE_BY_HASH, hash=badge_hash)
        except MoodleError as error:
            if error.errorcode not in _UNKNOWN_FUNCTION or error.remote_wide:
                raise
            return self._on_its_page(badge_hash)
        rows = answer.get("badge") if isinstance(answer, dict) else None
        if isinstance(rows, dict):
            rows = [rows]
        for row in self._service.listed(rows, BADGE_BY_HASH):
            if v.text(row.get("uniquehash")) == badge_hash:
                return self._issued(row)
        return None

    def _on_its_page(self, badge_hash: str) -> IssuedBadge | None:
        """The same, as anybody can see it: Moodle before 4.3 has no function for it."""
        assertion = self._service.assertion(badge_hash)
        if assertion is None:
            return None
        badge = assertion.get("badge")
        badge = badge if isinstance(badge, dict) else {}
        row = {"id": v.text(badge.get("id")).rpartition("=")[2], "name": badge.get("name")}
        return self._issued(row | {"uniquehash": badge_hash})

    def unaward(self, user_id: str, award: BadgeAward, note: str) -> None:
        """Undo what made Moodle issue the badge; the badge itself stays."""
        if award.route == "competency":
            self._lower(user_id, award, note)
        elif award.route == "cohort":
            self._leave_cohort(user_id, award.cohort)

    def _lower(self, user_id: str, award: BadgeAward, note: str) -> None:
        try:
            self._ratings.rate(user_id, award, LOWEST, note)
        except MoodleError as error:
            if error.reason.code not in _NO_LONGER_IN_COURSE:
                raise
            # What was passed on to the profile is there all the same, and the badge goes by it.
            on_profile = msgspec.structs.replace(award, rate_in="profile")
            self._ratings.rate(user_id, on_profile, LOWEST, note)

    def prove(self, award: BadgeAward) -> None:
        """That what `award` names is there. Raises :exc:`DeliveryError` if it is not."""
        if award.route == "competency":
            self._ratings.find_competency(award.competency)
        elif award.route == "cohort":
            self._cohorts(award.cohort)
        else:
            raise self._impossible(award)

    def _impossible(self, award: BadgeAward) -> MoodleError:
        reason = Reason("badge_route_unknown", remote=self._service.remote, route=award.route)
        return MoodleError(reason, retryable=False)

    def _issued(self, row: dict[str, Any]) -> IssuedBadge:
        unique_hash = v.text(row["uniquehash"])
        return IssuedBadge(
            id=v.text(row.get("id")),
            name=html.unescape(v.text(row.get("name"))),
            hash=unique_hash,
            link=f"{self._service.url}/badges/badge.php?hash={unique_hash}",
            issued_at=v.moment(row.get("dateissued")),
            revoke_page=f"{self._service.url}/badges/award.php?id={v.text(row.get('id'))}",
        )

    def _add_to_cohort(self, user_id: str, cohort: str) -> None:
        """Add the learner; errors come as warnings, and being in it already is one of them."""
        answer = self._service.call(
            ADD_TO_COHORT,
            members=[
                {
                    "cohorttype": {"type": "idnumber", "value": cohort},
                    # "id" or "username"; "idnumber" is not accepted for users (section 3).
                    "usertype": {"type": "id", "value": user_id},
                }
            ],
        )
        warnings = answer.get("warnings") if isinstance(answer, dict) else None
        if warnings is None:
            raise unreadable(self._service.remote, f"{ADD_TO_COHORT} brought no warnings")
        for warning in self._service.listed(warnings, ADD_TO_COHORT):
            code, message = v.text(warning.get("warningcode")), v.text(warning.get("message"))
            if code == "3":  # already a member
                continue
            if code == "2" and message.startswith("user "):
                raise account_gone(self._service.remote, user_id)
            if code == "2":
                raise _cohort_unknown(self._service.remote, cohort, message)
            raise refusal(self._service.remote, ADD_TO_COHORT, f"warning {code}", message)

    def _leave_cohort(self, user_id: str, cohort: str) -> None:
        members = [{"cohortid": one, "userid": user_id} for one in self._cohorts(cohort)]
        self._service.call(LEAVE_COHORT, members=members)

    def _cohorts(self, cohort: str) -> list[str]:
        """The ids of the cohorts with that ID number, of which there is at least one."""
        answer = self._service.call(
            FIND_COHORTS,
            query=cohort,
            context={"contextid": _SYSTEM},
            includes="all",
            # All of them. By default it is 25, of which the one that is meant may not be one, and
            # what it calls `limitfrom` is the number of a page.
            limitnum=0,
        )
        rows = answer.get("cohorts") if isinstance(answer, dict) else None
        # It finds the text anywhere in name and ID number.
        found = [
            v.text(row.get("id"))
            for row in self._service.listed(rows, FIND_COHORTS)
            if v.text(row.get("idnumber")) == cohort
        ]
        if not found:
            raise _cohort_unknown(self._service.remote, cohort, "not found")
        return found


def _cohort_unknown(remote: str, cohort: str, message: str) -> MoodleError:
    reason = Reason("cohort_unknown", remote=remote, cohort=cohort, message=message)
    return MoodleError(reason, retryable=False)


def _same_name(theirs: Any, ours: str) -> bool:
    return _plain(v.text(theirs)) == _plain(ours)


def _plain(name: str) -> str:
    return " ".join(html.unescape(name).split()).casefold()
