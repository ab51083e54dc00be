"""core_cohort_*: the other way to a badge; its troubles are warnings (Moodle facts, section 3)."""

from __future__ import annotations

from typing import Any

import msgspec

from lms_bridge.sandbox.moodle.functions import Params, function, require
from lms_bridge.sandbox.moodle.records import Cohort, User
from lms_bridge.sandbox.moodle.site import Site

VIEW = ("moodle/cohort:view", "View site-wide cohorts")
ASSIGN = ("moodle/cohort:assign", "Add and remove cohort members")


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    value: str


class NewMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cohorttype: Key
    usertype: Key


class NewMembers(Params, frozen=True):
    members: list[NewMember]


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cohortid: int
    userid: int


class Members(Params, frozen=True):
    members: list[Member]


class CohortIds(Params, frozen=True):
    cohortids: list[int] = msgspec.field(default_factory=list)


class Context(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    contextid: int = 0
    contextlevel: str = ""
    instanceid: int = 0


class CohortSearch(Params, frozen=True):
    query: str
    context: Context
    includes: str = "parents"
    limitfrom: int = 0
    limitnum: int = 25


@function("core_cohort_get_cohorts", CohortIds)
def get_cohorts(site: Site, params: CohortIds) -> object:
    require(site, *VIEW)
    wanted = params.cohortids or list(site.cohorts)
    return [_shown(site.cohorts[cohort_id]) for cohort_id in wanted if cohort_id in site.cohorts]


@function("core_cohort_search_cohorts", CohortSearch)
def search_cohorts(site: Site, params: CohortSearch) -> object:
    """Finds the text anywhere in name or ID number, so a find is not yet an equal."""
    require(site, *VIEW)
    text = params.query.lower()
    found = [
        _shown(cohort)
        for cohort in site.cohorts.values()
        if text in cohort.idnumber.lower() or text in cohort.name.lower()
    ]
    if params.limitnum:  # what is called `limitfrom` is the number of a page
        found = found[params.limitfrom * params.limitnum :][: params.limitnum]
    return {"cohorts": found}


@function("core_cohort_add_cohort_members", NewMembers, writes=True)
def add_members(site: Site, params: NewMembers) -> object:
    """No exception whatever happens: 1 a bad key, 2 nobody or nothing there, 3 already a member."""
    require(site, *ASSIGN)
    warnings = []
    for member in params.members:
        cohort_key, user_key = member.cohorttype, member.usertype
        if cohort_key.type not in ("id", "idnumber"):
            warnings.append(_warning(1, f"invalid parameter: cohorttype={cohort_key.type}"))
        elif user_key.type not in ("id", "username"):
            warnings.append(_warning(1, f"invalid parameter: usertype={user_key.type}"))
        elif (cohort := _find_cohort(site, cohort_key)) is None:
            warnings.append(_warning(2, f"cohort {cohort_key.type}={cohort_key.value} not exists"))
        elif (user := _find_user(site, user_key)) is None:
            warnings.append(_warning(2, f"user {user_key.type}={user_key.value} not exists"))
        elif user.id in cohort.members:
            what = f"cohort({cohort_key.type}={cohort_key.value} {user_key.type}={user_key.value})"
            warnings.append(_warning(3, f"record already exists: {what}"))
        else:
            cohort.members.add(user.id)
            site.observe(user.id)
    return {"warnings": warnings}


@function("core_cohort_delete_cohort_members", Members, writes=True)
def delete_members(site: Site, params: Members) -> object:
    """Leaving a cohort takes no badge away (Moodle facts, section 1)."""
    require(site, *ASSIGN)
    for member in params.members:
        if member.cohortid in site.cohorts:
            site.cohorts[member.cohortid].members.discard(member.userid)
    return None


def _find_cohort(site: Site, key: Key) -> Cohort | None:
    return next((c for c in site.cohorts.values() if str(getattr(c, key.type)) == key.value), None)


def _find_user(site: Site, key: Key) -> User | None:
    return next((u for u in site.users.values() if str(getattr(u, key.type)) == key.value), None)


def _warning(code: int, message: str) -> dict[str, str]:
    return {"warningcode": str(code), "message": message}


def _shown(cohort: Cohort) -> dict[str, Any]:
    return {
        "id": cohort.id,
        "name": cohort.name,
        "idnumber": cohort.idnumber,
        "description": "",
        "descriptionformat": 1,
        "visible": True,
        "theme": "",
        "customfields": [],
    }
