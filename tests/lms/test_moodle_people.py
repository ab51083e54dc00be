"""Finding accounts in Moodle, and telling an unknown person from a missing permission."""

from __future__ import annotations

import json

import msgspec
import pytest

from lms_bridge.errors import DeliveryError
from lms_bridge.lms.moodle.client import Moodle

SITE_INFO = "core_webservice_get_site_info"
USERS = "core_user_get_users_by_field"
COURSES = "core_course_get_courses_by_field"
PARTICIPANTS = "core_enrol_get_enrolled_users"
NIP = "198703152010012001"


def known_as(moodle: Moodle, settings, username: str) -> Moodle:
    return Moodle("moodle", msgspec.structs.replace(settings, known_user=username))


def test_a_person_is_found_by_the_number_that_moodle_calls_idnumber(moodle, site, captured):
    site.answers(USERS, captured["user_by_idnumber"])
    (user,) = moodle.find_users("number", [NIP])
    assert site.asked(USERS)[0]["field"] == "idnumber"
    assert (user.id, user.username, user.full_name) == ("4", "learner1", "Siti Rahmawati")
    assert (user.number, user.email, user.suspended) == (NIP, "learner1@example.go.id", False)


def test_two_accounts_may_carry_one_number_and_both_are_given(moodle, site, captured):
    (one,) = json.loads(captured["user_by_idnumber"])
    site.answers(USERS, [one, one | {"id": 9, "username": "siti2", "suspended": True}])
    users = moodle.find_users("number", [NIP])
    assert [(user.id, user.suspended) for user in users] == [("4", False), ("9", True)]


def test_a_person_who_is_unknown_is_no_error(moodle, site, captured):
    site.answers(USERS, captured["no_users"])
    assert moodle.find_users("number", ["000000000000000000"]) == []


def test_nobody_is_asked_for_when_there_is_nobody_to_ask_for(moodle, site):
    assert moodle.find_users("number", []) == []
    assert moodle.find_users("number", [""]) == []
    assert site.calls == []


def test_more_than_900_values_are_asked_for_in_several_calls(moodle, site):
    """PHP cuts more than max_input_vars silently: 7000 values brought []."""
    site.answers(USERS, lambda form: [{"id": 1, "fullname": "x", "idnumber": form["values[0]"]}])
    users = moodle.find_users("number", [str(number) for number in range(2000)])
    sizes = [sum(name.startswith("values[") for name in form) for form in site.asked(USERS)]
    assert sizes == [900, 900, 200]
    assert [user.number for user in users] == ["0", "900", "1800"]


def test_a_value_is_asked_for_once(moodle, site):
    site.answers(USERS, "[]")
    moodle.find_users("number", [NIP, NIP])
    assert "values[1]" not in site.asked(USERS)[0]


def test_an_id_that_is_no_number_belongs_to_nobody(moodle, site, captured):
    site.answers(USERS, captured["user_by_idnumber"])
    moodle.find_users("id", ["4", "learner1"])
    (form,) = site.asked(USERS)
    assert [value for name, value in form.items() if name.startswith("values[")] == ["4"]


def test_one_value_that_moodle_does_not_take_does_not_hide_the_others(moodle, site, refusal):
    def answer(form):
        values = [value for name, value in form.items() if name.startswith("values[")]
        if "no-address" in values:
            return refusal("invalidparameter", "Invalid parameter value detected")
        return [{"id": number, "fullname": value} for number, value in enumerate(values)]

    site.answers(USERS, answer)
    users = moodle.find_users("email", ["a@example.org", "no-address", "b@example.org", "c@d.org"])
    assert [user.full_name for user in users] == ["a@example.org", "b@example.org", "c@d.org"]


def test_the_known_user_is_seen_so_an_empty_answer_means_unknown(moodle, site, settings, captured):
    site.answers(USERS, captured["user_by_idnumber"])
    assert known_as(moodle, settings, "Learner1").sees_users() is True
    assert site.asked(USERS)[0]["values[0]"] == "learner1"


def test_the_known_user_is_not_seen_so_the_account_is_blind(moodle, site, settings, captured):
    site.answers(USERS, captured["no_users"])
    assert known_as(moodle, settings, "learner1").sees_users() is False


def test_the_bridges_own_account_proves_nothing(moodle, site, settings):
    """Moodle shows everybody their own account, whatever their permissions."""
    site.answers(USERS, [{"id": 3, "username": "lmsbridge", "fullname": "LMS Bridge"}])
    assert known_as(moodle, settings, "lmsbridge").sees_users() is None


def test_without_a_known_user_a_participant_of_a_course_is_looked_up(moodle, site, captured):
    site.answers(COURSES, captured["course_by_idnumber"])
    site.answers(PARTICIPANTS, captured["participants"], "[]")
    site.answers(USERS, captured["user_by_idnumber"])
    assert moodle.sees_users() is True
    assert site.asked(USERS)[0]["values[0]"] == "4"


def test_a_participant_who_cannot_be_looked_up_shows_that_the_account_is_blind(
    moodle, site, captured
):
    site.answers(COURSES, captured["course_by_idnumber"])
    site.answers(PARTICIPANTS, captured["participants"], "[]")
    site.answers(USERS, captured["no_users"])
    assert moodle.sees_users() is False


def test_a_course_whose_only_participant_is_the_bridge_proves_nothing(moodle, site, captured):
    site.answers(COURSES, captured["course_by_idnumber"])
    site.answers(PARTICIPANTS, [{"id": 3, "fullname": "LMS Bridge"}], "[]")
    assert moodle.sees_users() is None


def test_a_site_that_shows_no_course_proves_nothing(moodle, site, captured):
    site.answers(COURSES, captured["no_course"])
    assert moodle.sees_users() is None


def test_courses_that_may_not_be_read_prove_nothing(moodle, site, captured):
    site.answers(COURSES, captured["function_not_in_service"])
    assert moodle.sees_users() is None


def test_a_dead_token_is_not_mistaken_for_a_missing_permission(moodle, site, captured):
    site.answers(SITE_INFO, captured["invalid_token"])
    with pytest.raises(DeliveryError) as caught:
        moodle.sees_users()
    assert caught.value.reason.code == "lms_token_rejected"


def test_an_answer_that_is_no_list_of_accounts_is_unreadable(moodle, site):
    site.answers(USERS, '{"users":[]}')
    with pytest.raises(DeliveryError) as caught:
        moodle.find_users("number", [NIP])
    assert caught.value.reason.code == "unreadable_answer"
