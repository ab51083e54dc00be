"""core_competency_*_plan: learning plans, and rating in one (as tried on Moodle 4.5.6)."""

from __future__ import annotations

from typing import Any

from lms_bridge.sandbox.moodle import competencies, errors
from lms_bridge.sandbox.moodle.functions import Params, function, require
from lms_bridge.sandbox.moodle.records import Plan
from lms_bridge.sandbox.moodle.site import SCALE, Site

VIEW = (competencies.PLAN_VIEW, "View all learning plans")
NAMES = {0: "Draft", 1: "Active", 2: "Complete"}


class OfUser(Params, frozen=True):
    userid: int


class OfPlan(Params, frozen=True):
    id: int


class GradeInPlan(Params, frozen=True):
    planid: int
    competencyid: int
    grade: int
    note: str | None = None


@function("core_competency_list_user_plans", OfUser)
def list_user_plans(site: Site, params: OfUser) -> object:
    """Those of one learner, completed ones too."""
    competencies.require_enabled(site)
    require(site, *VIEW)
    return [_shown(plan) for plan in site.plans.values() if plan.user == params.userid]


@function("core_competency_list_plan_competencies", OfPlan)
def list_plan_competencies(site: Site, params: OfPlan) -> object:
    """What is in a plan, with what it was rated as."""
    competencies.require_enabled(site)
    require(site, *VIEW)
    plan = _plan(site, params.id)
    return [
        {
            "competency": competencies.shown(site.competencies[one]),
            "usercompetency": {"userid": plan.user, "competencyid": one, "grade": None},
        }
        for one in plan.competencies
    ]


@function("core_competency_grade_competency_in_plan", GradeInPlan, writes=True, locks=True)
def grade_in_plan(site: Site, params: GradeInPlan) -> object:
    """The learner's profile is rated, and the evidence names the plan."""
    with site.lock:
        site.settle()
        competencies.require_enabled(site)
        plan = _plan(site, params.planid)
        require(site, "moodle/competency:competencygrade", "Set competency rating")
        if params.competencyid not in plan.competencies:
            pair = f"{params.competencyid}, {plan.id}"
            raise errors.coding(f"The competency does not belong to this plan: {pair}")
        if params.grade not in SCALE:
            raise errors.invalid_persistent("Invalid rating")
    grade = competencies.Grade(
        userid=plan.user,
        competencyid=params.competencyid,
        grade=params.grade,
        note=params.note,
    )
    return competencies.rated(
        site,
        grade,
        contextid=plan.user + 8,
        descidentifier="evidence_manualoverrideinplan",
        description=f"The competency rating was manually set in the learning plan '{plan.name}'.",
        desca=f'"{plan.name}"',
    )


def _plan(site: Site, plan_id: int) -> Plan:
    if plan_id not in site.plans:
        raise errors.missing_record("competency_plan")
    return site.plans[plan_id]


def _shown(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "description": "",
        "descriptionformat": 1,
        "userid": plan.user,
        "templateid": None,
        "status": plan.status,
        "duedate": 0,
        "id": plan.id,
        "statusname": NAMES[plan.status],
        "isactive": plan.status == 1,
        "isdraft": plan.status == 0,
        "iscompleted": plan.status == 2,
    }
