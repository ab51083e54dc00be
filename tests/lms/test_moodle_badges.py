"""Bringing Moodle to issue a badge, and finding it on the learner's profile."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from lms_bridge.errors import DeliveryError

BADGES = "core_badges_get_user_badges"
COMPETENCIES = "core_competency_list_competencies"
GRADE = "core_competency_grade_competency"
COHORT = "core_cohort_add_cohort_members"
BY_HASH = "core_badges_get_user_badge_by_hash"
SEARCH = "core_cohort_search_cohorts"
LEAVE = "core_cohort_delete_cohort_members"


def test_a_badge_is_found_by_its_name_with_its_hash_and_link(moodle, site, captured, by_competency):
    site.answers(BADGES, captured["badges_after_grading"])
    badge = moodle.find_badge("4", by_competency)
    assert badge.hash == "c6438a6f9b986501d6ee29d2f96a827bceb8c0b8"
    assert badge.link == f"https://moodle.example/badges/badge.php?hash={badge.hash}"
    assert badge.issued_at == dt.datetime(2026, 11, 24, 5, 26, 17, tzinfo=dt.UTC)


def test_among_several_badges_the_one_of_that_name_is_found(moodle, site, captured, by_competency):
    site.answers(BADGES, captured["several_badges"])
    assert moodle.find_badge("5", by_competency).id == "1"


def test_a_learner_who_shows_no_badge_has_none(moodle, site, captured, by_competency):
    site.answers(BADGES, captured["no_badges"])
    assert moodle.find_badge("4", by_competency) is None


def test_a_name_is_the_same_whatever_its_blanks_case_and_entities(moodle, site, by_competency):
    row = {"id": 1, "name": "badge  kompetensi&nbsp;PKA ", "uniquehash": "abc", "dateissued": 0}
    site.answers(BADGES, {"badges": [row], "warnings": []})
    assert moodle.find_badge("4", by_competency).issued_at is None


def test_of_two_badges_with_one_name_the_latest_counts(moodle, site, by_competency):
    rows = [
        {"id": 1, "name": by_competency.name, "uniquehash": "old", "dateissued": 1_600_000_000},
        {"id": 2, "name": by_competency.name, "uniquehash": "new", "dateissued": 1_700_000_000},
    ]
    site.answers(BADGES, {"badges": rows[::-1]})
    assert moodle.find_badge("4", by_competency).hash == "new"


def test_the_badges_of_an_account_that_is_gone_are_no_empty_list(
    moodle, site, captured, by_competency
):
    site.answers(BADGES, captured["unknown_user"])
    with pytest.raises(DeliveryError) as caught:
        moodle.find_badge("99999", by_competency)
    assert caught.value.reason.code == "lms_account_gone"


def test_the_competency_is_rated_for_the_learner_with_the_note(
    moodle, site, captured, by_competency
):
    site.answers(COMPETENCIES, captured["competency_by_idnumber"])
    site.answers(GRADE, captured["graded"])
    moodle.award_badge("4", by_competency, note="lms-bridge: PKA-2026/00007")
    (asked,) = site.asked(COMPETENCIES)
    assert asked["filters[0][column]"] == "idnumber"
    assert asked["filters[0][value]"] == "KMP-PKA"
    (form,) = site.asked(GRADE)
    assert (form["userid"], form["competencyid"], form["grade"]) == ("4", "1", "2")
    assert form["note"] == "lms-bridge: PKA-2026/00007"


def test_a_competency_is_looked_up_once(moodle, site, captured, by_competency):
    site.answers(COMPETENCIES, captured["competency_by_idnumber"])
    site.answers(GRADE, captured["graded"])
    moodle.award_badge("4", by_competency, note="")
    moodle.award_badge("5", by_competency, note="")
    assert len(site.asked(COMPETENCIES)) == 1


def test_a_competency_that_was_made_anew_is_looked_up_anew(moodle, site, captured, by_competency):
    (row,) = json.loads(captured["competency_by_idnumber"])
    site.answers(COMPETENCIES, [row], [row | {"id": 8}])
    site.answers(
        GRADE, captured["graded"], captured["grading_unknown_competency"], captured["graded"]
    )
    moodle.award_badge("4", by_competency, note="")
    moodle.award_badge("5", by_competency, note="")
    assert [form["competencyid"] for form in site.asked(GRADE)] == ["1", "1", "8"]


def test_a_competency_that_moodle_does_not_have_is_named(moodle, site, by_competency):
    site.answers(COMPETENCIES, "[]")
    with pytest.raises(DeliveryError) as caught:
        moodle.award_badge("4", by_competency, note="")
    assert caught.value.reason.code == "competency_unknown"
    assert "KMP-PKA" in caught.value.reason.what()
    assert not caught.value.retryable


def test_an_id_number_that_two_frameworks_use_is_not_guessed_at(
    moodle, site, captured, by_competency
):
    (row,) = json.loads(captured["competency_by_idnumber"])
    site.answers(COMPETENCIES, [row, row | {"id": 7, "competencyframeworkid": 2}])
    with pytest.raises(DeliveryError) as caught:
        moodle.award_badge("4", by_competency, note="")
    assert caught.value.reason.code == "competency_ambiguous"
    assert site.asked(GRADE) == []


def test_a_rating_outside_the_scale_is_told_in_moodles_words(moodle, site, captured, by_competency):
    site.answers(COMPETENCIES, captured["competency_by_idnumber"])
    site.answers(GRADE, captured["rating_out_of_range"])
    with pytest.raises(DeliveryError) as caught:
        moodle.award_badge("4", by_competency, note="")
    assert "Invalid rating" in caught.value.reason.what()
    assert not caught.value.retryable


def test_rating_an_account_that_is_gone_says_so(moodle, site, captured, by_competency):
    site.answers(COMPETENCIES, captured["competency_by_idnumber"])
    site.answers(GRADE, captured["grading_unknown_user"])
    with pytest.raises(DeliveryError) as caught:
        moodle.award_badge("99999", by_competency, note="")
    assert caught.value.reason.code == "lms_account_gone"


def test_the_learner_is_added_to_the_cohort_by_its_id_number(moodle, site, captured, by_cohort):
    site.answers(COHORT, captured["added_to_cohort"])
    moodle.award_badge("6", by_cohort, note="")
    (form,) = site.asked(COHORT)
    assert form["members[0][cohorttype][type]"] == "idnumber"
    assert form["members[0][cohorttype][value]"] == "BADGE-PKA-2026"
    assert form["members[0][usertype][type]"] == "id"
    assert form["members[0][usertype][value]"] == "6"


def test_being_in_the_cohort_already_is_success(moodle, site, captured, by_cohort):
    site.answers(COHORT, captured["already_in_cohort"])
    moodle.award_badge("6", by_cohort, note="")
    assert len(site.asked(COHORT)) == 1


def test_a_cohort_that_moodle_does_not_have_is_named(moodle, site, captured, by_cohort):
    site.answers(COHORT, captured["cohort_unknown"])
    with pytest.raises(DeliveryError) as caught:
        moodle.award_badge("6", by_cohort, note="")
    assert caught.value.reason.code == "cohort_unknown"
    assert "BADGE-PKA-2026" in caught.value.reason.what()


def test_a_cohort_does_not_take_an_account_that_is_gone(moodle, site, by_cohort):
    warning = {"warningcode": "2", "message": "user id=99999 not exists"}
    site.answers(COHORT, {"warnings": [warning]})
    with pytest.raises(DeliveryError) as caught:
        moodle.award_badge("99999", by_cohort, note="")
    assert caught.value.reason.code == "lms_account_gone"


def test_any_other_warning_of_the_cohort_is_a_refusal(moodle, site, captured, by_cohort):
    site.answers(COHORT, captured["cohort_usertype_refused"])
    with pytest.raises(DeliveryError) as caught:
        moodle.award_badge("6", by_cohort, note="")
    assert caught.value.reason.code == "lms_refused"
    assert "usertype" in caught.value.reason.what()


def test_a_cohort_answer_without_warnings_proves_nothing(moodle, site, by_cohort):
    site.answers(COHORT, "null")
    with pytest.raises(DeliveryError) as caught:
        moodle.award_badge("6", by_cohort, note="")
    assert caught.value.reason.code == "unreadable_answer"


# --- taking back


def test_an_award_is_found_by_its_hash_with_the_page_to_revoke_it(moodle, site):
    row = {"id": 7, "name": "Badge", "uniquehash": "abc", "dateissued": 1_700_000_000}
    site.answers(BY_HASH, {"badge": [row], "warnings": []})
    badge = moodle.find_issued("abc")
    assert badge.revoke_page == "https://moodle.example/badges/award.php?id=7"
    assert site.asked(BY_HASH)[0]["hash"] == "abc"


def test_an_award_that_was_revoked_is_none(moodle, site):
    warning = {"item": "abc", "warningcode": "badgeawardnotfound", "message": "revoked"}
    site.answers(BY_HASH, {"badge": [], "warnings": [warning]})
    assert moodle.find_issued("abc") is None


def test_an_answer_without_badges_is_not_taken_for_a_revocation(moodle, site):
    site.answers(BY_HASH, {"warnings": []})
    with pytest.raises(DeliveryError):
        moodle.find_issued("abc")


def test_the_rating_is_lowered_to_the_first_place_of_the_scale(
    moodle, site, captured, by_competency
):
    site.answers(COMPETENCIES, captured["competency_by_idnumber"])
    site.answers(GRADE, captured["graded"])
    moodle.unaward_badge("4", by_competency, note="lms-bridge: X")
    (call,) = site.asked(GRADE)
    assert (call["userid"], call["grade"], call["note"]) == ("4", "1", "lms-bridge: X")


def test_the_cohort_with_that_very_number_is_left(moodle, site, by_cohort):
    cohorts = [
        {"id": 1, "name": "x", "idnumber": f"{by_cohort.cohort}-LAMA"},
        {"id": 2, "name": by_cohort.cohort, "idnumber": by_cohort.cohort},
    ]
    site.answers(SEARCH, {"cohorts": cohorts})
    site.answers(LEAVE, None)
    moodle.unaward_badge("4", by_cohort, note="")
    (call,) = site.asked(LEAVE)
    assert call["members[0][cohortid]"] == "2"
    assert call["members[0][userid]"] == "4"
    assert "members[1][cohortid]" not in call


def test_a_cohort_that_is_gone_is_told(moodle, site, by_cohort):
    site.answers(SEARCH, {"cohorts": []})
    with pytest.raises(DeliveryError) as caught:
        moodle.unaward_badge("4", by_cohort, note="")
    assert caught.value.reason.code == "cohort_unknown"
