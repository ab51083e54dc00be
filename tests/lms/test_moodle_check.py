"""lms-bridge check on a Moodle: each thing that can be missing has its own line and remedy."""

from __future__ import annotations

import json

import msgspec
import pytest
import requests

from lms_bridge import lms
from lms_bridge.config.remote import RemoteSettings
from lms_bridge.lms.base import Use
from lms_bridge.lms.moodle.client import Moodle

SITE_INFO = "core_webservice_get_site_info"
USERS = "core_user_get_users_by_field"
COURSES = "core_course_get_courses_by_field"
PARTICIPANTS = "core_enrol_get_enrolled_users"
COMPLETION = "core_completion_get_course_completion_status"
COMPETENCIES = "core_competency_list_competencies"
COHORTS = "core_cohort_search_cohorts"
WRITING = {"core_competency_grade_competency", "core_cohort_add_cohort_members"}
REVOKING = (
    "core_badges_get_user_badge_by_hash",
    "core_cohort_search_cohorts",
    "core_cohort_delete_cohort_members",
)
"""added to the service after its answer was captured"""


@pytest.fixture
def info(site, captured):
    """The answer to get_site_info, with the site's own address as it is configured."""
    answer = json.loads(captured["site_info"]) | {"siteurl": "https://moodle.example"}
    answer["functions"] += [{"name": name, "version": "2024100706"} for name in REVOKING]
    return answer


@pytest.fixture
def moodle(settings, by_competency, by_cohort):
    """As it is used for both ways to badges."""
    return Moodle("moodle", settings, use=lambda: Use(awards=(by_competency, by_cohort)))


@pytest.fixture
def whole(site, info, captured):
    """A site where everything is as it should be."""
    site.answers(SITE_INFO, info)
    site.answers(COURSES, captured["course_by_idnumber"])
    site.answers(PARTICIPANTS, lambda form: captured["participants"])
    site.answers(USERS, captured["user_by_idnumber"])
    site.answers(COMPLETION, captured["completed"])
    site.answers(COMPETENCIES, [{"id": 1, "idnumber": "KMP-PKA"}])
    site.answers(COHORTS, {"cohorts": [{"id": 1, "idnumber": "BADGE-PKA-2026"}]})
    return site


def lines(moodle: Moodle) -> dict[str, object]:
    return {line.subject.removeprefix("lms.moodle: "): line for line in moodle.check()}


def test_a_site_in_order_has_no_other_lines_than_ok(moodle, whole):
    found = lines(moodle)
    assert {line.verdict for line in found.values()} == {"ok"}
    assert "4.5.6" in found["site"].finding
    assert "LMS Bridge (lmsbridge)" in found["token"].finding


def test_nothing_is_changed_by_the_check(moodle, whole):
    lines(moodle)
    assert not WRITING & {call["wsfunction"] for call in whole.calls}


def test_a_site_that_cannot_be_reached_is_one_failed_line(moodle, site):
    site.answers(SITE_INFO, requests.ConnectionError("…"))
    (line,) = moodle.check()
    assert line.verdict == "failed"
    assert "cannot be used now" in line.finding


def test_a_token_that_is_not_accepted_says_where_to_put_a_new_one(moodle, site, captured):
    site.answers(SITE_INFO, captured["invalid_token"])
    (line,) = moodle.check()
    assert (line.verdict, "lms.moodle.token" in line.remedy) == ("failed", True)


def test_an_address_that_is_no_moodle_is_told(moodle, site):
    site.answers(SITE_INFO, '{"hello":"world"}')
    (line,) = moodle.check()
    assert line.verdict == "failed"
    assert "lms.moodle.url" in line.remedy


def test_a_function_that_the_service_lacks_is_named(moodle, whole, info):
    info["functions"] = [f for f in info["functions"] if f["name"] != USERS]
    whole.answers(SITE_INFO, info)
    line = lines(moodle)[USERS]
    assert line.verdict == "failed"
    assert line.remedy == f"Add {USERS} to the external service."


@pytest.mark.parametrize("missing", sorted(WRITING))
def test_a_function_of_a_way_to_badges_that_is_not_gone_is_not_missed(
    whole, info, settings, by_competency, by_cohort, missing
):
    lacks = [f for f in info["functions"] if f["name"] != missing]
    whole.answers(SITE_INFO, info | {"functions": lacks})
    for award in (by_competency, by_cohort):
        one = Moodle("moodle", settings, use=lambda award=award: Use(awards=(award,)))
        is_needed = (award.route == "cohort") == ("cohort" in missing)
        assert (missing in lines(one)) == is_needed


def test_an_older_moodle_is_not_asked_for_a_function_that_it_does_not_have(moodle, whole, info):
    missing = "core_badges_get_user_badge_by_hash"
    lacks = [f for f in info["functions"] if f["name"] != missing]
    whole.answers(SITE_INFO, info | {"functions": lacks, "version": "2022112819"})
    assert missing not in lines(moodle)


def test_a_competency_or_cohort_that_is_not_there_is_named_before_the_first_badge(moodle, whole):
    whole.answers(COMPETENCIES, [])
    whole.answers(COHORTS, {"cohorts": []})
    found = lines(moodle)
    assert "KMP-PKA" in found["Badge Kompetensi PKA"].finding
    assert "BADGE-PKA-2026" in found["Badge Kohort PKA"].finding


def test_what_is_not_used_is_neither_asked_for_nor_needed(whole, info, settings):
    whole.answers(SITE_INFO, info | {"functions": [], "advancedfeatures": []})
    found = lines(Moodle("moodle", settings, use=lambda: Use(pulls=False)))
    assert set(found) == {"site", "token", SITE_INFO, USERS, "people"}


@pytest.mark.parametrize("missing", REVOKING)
def test_without_the_way_back_everything_else_works(moodle, whole, info, missing):
    info["functions"] = [f for f in info["functions"] if f["name"] != missing]
    whole.answers(SITE_INFO, info)
    assert lines(moodle)[missing].verdict == "warning"


def test_an_account_that_sees_nobody_is_told_the_two_capabilities(moodle, whole, captured):
    whole.answers(USERS, captured["no_users"])
    line = lines(moodle)["people"]
    assert line.verdict == "failed"
    assert "moodle/user:viewdetails and moodle/user:viewalldetails" in line.remedy


def test_sight_that_cannot_be_proven_asks_for_a_known_user(moodle, whole, captured):
    whole.answers(COURSES, captured["no_course"])
    line = lines(moodle)["people"]
    assert line.verdict == "warning"
    assert "lms.moodle.known_user" in line.remedy


@pytest.mark.parametrize(
    ("feature", "verdict"),
    [("enablebadges", "failed"), ("enablecompletion", "failed"), ("enablecompetencies", "failed")],
)
def test_a_feature_that_is_switched_off_is_told(moodle, whole, info, feature, verdict):
    for one in info["advancedfeatures"]:
        if one["name"] == feature:
            one["value"] = 0
    whole.answers(SITE_INFO, info)
    assert lines(moodle)[feature].verdict == verdict


def test_a_report_that_may_not_be_read_names_the_capability(moodle, whole, refusal):
    whole.answers(COMPLETION, refusal("cannotviewreport"))
    line = lines(moodle)["completion report"]
    assert line.verdict == "failed"
    assert "report/completion:view" in line.remedy


def test_a_report_on_somebody_who_is_not_tracked_can_be_read_all_the_same(moodle, whole, captured):
    whole.answers(COMPLETION, captured["not_enrolled"])
    assert lines(moodle)["completion report"].verdict == "ok"


def test_without_a_course_to_try_it_on_the_report_is_a_warning(moodle, whole, captured):
    whole.answers(COURSES, captured["no_course"])
    assert lines(moodle)["completion report"].verdict == "warning"


def test_a_failure_in_the_middle_does_not_keep_the_rest_from_being_told(moodle, whole):
    whole.answers(USERS, (502, {}, "<h1>Bad Gateway</h1>"))
    found = lines(moodle)
    assert found["people"].verdict == "failed"
    assert found["completion report"].verdict == "ok"


def test_a_site_that_calls_itself_otherwise_warns_of_its_statements(moodle, whole, info):
    whole.answers(SITE_INFO, info | {"siteurl": "http://moodle.example"})
    line = lines(moodle)["home page"]
    assert line.verdict == "warning"
    assert 'lms.moodle.home_page = "http://moodle.example"' in line.remedy


@pytest.mark.parametrize(
    "odd", [{"functions": None}, {"functions": [None]}, {"advancedfeatures": 7}, {"siteurl": None}]
)
def test_an_odd_answer_never_makes_the_check_fail_itself(moodle, whole, info, odd):
    whole.answers(SITE_INFO, info | odd)
    assert lines(moodle)


def test_a_kind_of_lms_is_made_by_the_type_of_its_settings(settings):
    made = lms.make("moodle", settings)
    assert isinstance(made, Moodle)
    assert (made.name, made.home_page) == ("moodle", "https://moodle.example")


def test_the_home_page_of_the_statements_may_be_another_than_the_address(settings):
    other = msgspec.structs.replace(settings, home_page="http://moodle.example")
    assert lms.make("moodle", other).home_page == "http://moodle.example"


def test_settings_of_no_kind_make_nothing():
    with pytest.raises(TypeError):
        lms.make("moodle", RemoteSettings())
