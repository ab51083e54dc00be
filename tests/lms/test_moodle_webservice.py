"""How a web-service function of Moodle is called, and what each of its errors means."""

from __future__ import annotations

import json

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.errors import DeliveryError
from lms_bridge.http.client import Answer
from lms_bridge.http.notes import recorded
from lms_bridge.lms.moodle.refusals import refusal as refused
from lms_bridge.lms.moodle.webservice import WebService, php_fields, read_answer

SITE_INFO = "core_webservice_get_site_info"
USERS = "core_user_get_users_by_field"
GRADE = "core_competency_grade_competency"
TOKEN = "b1946ac92492d2347c6235b4d2611184"


@pytest.fixture
def service(settings):
    return WebService("moodle", settings)


def test_nested_parameters_become_php_brackets():
    fields = dict(
        php_fields({"members": [{"cohorttype": {"type": "idnumber", "value": "PKA"}}], "grade": 2})
    )
    assert fields == {
        "members[0][cohorttype][type]": "idnumber",
        "members[0][cohorttype][value]": "PKA",
        "grade": "2",
    }


def test_true_and_false_are_sent_as_1_and_0_and_none_is_left_out():
    assert dict(php_fields({"a": True, "b": False, "c": None})) == {"a": "1", "b": "0"}


def test_the_token_is_sent_in_the_body_and_never_in_the_address(service, site):
    service.call(SITE_INFO)
    assert site.calls[0]["wstoken"] == TOKEN
    assert site.calls[0]["moodlewsrestformat"] == "json"
    assert site.requests[0].url == "https://moodle.example/webservice/rest/server.php"


def test_a_token_that_was_replaced_is_used_from_the_next_call_on(service, site, monkeypatch):
    service.call(SITE_INFO)
    monkeypatch.setenv("MOODLE_TOKEN", "another")
    service.call(SITE_INFO)
    assert site.calls[1]["wstoken"] == "another"


def test_a_token_that_is_not_there_stops_the_whole_lms_and_says_where_it_should_be(
    service, site, monkeypatch
):
    monkeypatch.delenv("MOODLE_TOKEN")
    with pytest.raises(DeliveryError) as caught:
        service.call(SITE_INFO)
    assert caught.value.reason.code == "secret_missing"
    assert caught.value.remote_wide
    assert "lms.moodle.token" in caught.value.reason.sentence()


def test_null_is_an_answer(service, site):
    site.answers("core_cohort_delete_cohort_members", "null")
    assert service.call("core_cohort_delete_cohort_members") is None


def test_the_note_of_a_call_shows_neither_token_nor_nip(service, site, captured):
    site.answers(USERS, captured["user_by_idnumber"])
    with recorded() as notes:
        service.call(USERS, field="idnumber", values=["198703152010012001"])
    (note,) = notes
    assert note.request == {
        "wsfunction": USERS,
        "field": "idnumber",
        "values": ["1987************01"],
    }
    assert note.answer[0]["idnumber"] == "1987************01"
    assert note.answer[0]["email"] == "***"
    assert TOKEN not in str(note)


def test_a_rejected_token_stops_the_whole_lms_at_once(service, site, captured):
    site.answers(USERS, captured["invalid_token"])
    with pytest.raises(DeliveryError) as caught:
        service.call(USERS, field="id", values=["4"])
    assert caught.value.reason.code == "lms_token_rejected"
    assert (caught.value.remote_wide, caught.value.retryable) == (True, False)
    assert "lms.moodle.token" in caught.value.reason.remedy()


def test_a_suspended_service_account_is_told_like_a_rejected_token(service, site, captured):
    site.answers(USERS, captured["account_suspended"])
    with pytest.raises(DeliveryError) as caught:
        service.call(USERS, field="id", values=["4"])
    assert caught.value.reason.code == "lms_token_rejected"
    assert "lmsbridge" in caught.value.reason.what()


def test_accessexception_is_the_functions_fault_when_the_token_is_good(service, site, captured):
    site.answers(GRADE, captured["function_not_in_service"])
    with pytest.raises(DeliveryError) as caught:
        service.call(GRADE, userid=4, competencyid=1, grade=2)
    assert caught.value.reason.code == "lms_access_refused"
    assert caught.value.reason.details["function"] == GRADE
    assert not caught.value.remote_wide


def test_accessexception_of_a_token_that_expired_just_now_is_the_tokens_fault(
    service, site, captured
):
    """The first call says accessexception, Moodle deletes the token, the second invalidtoken."""
    site.answers(GRADE, captured["function_not_in_service"])
    site.answers(SITE_INFO, captured["invalid_token"])
    with pytest.raises(DeliveryError) as caught:
        service.call(GRADE, userid=4, competencyid=1, grade=2)
    assert caught.value.reason.code == "lms_token_rejected"
    assert caught.value.remote_wide


def test_accessexception_of_the_site_info_itself_is_the_tokens_fault(service, site, captured):
    site.answers(SITE_INFO, captured["function_not_in_service"])
    with pytest.raises(DeliveryError) as caught:
        service.call(SITE_INFO)
    assert caught.value.reason.code == "lms_token_rejected"
    assert "another address" in caught.value.reason.what()


def test_a_missing_permission_names_the_capability_to_add(service, site, captured):
    site.answers(GRADE, captured["permission_missing"])
    with pytest.raises(DeliveryError) as caught:
        service.call(GRADE, userid=4, competencyid=1, grade=2)
    assert caught.value.reason.code == "lms_permission_missing"
    assert "moodle/competency:competencygrade" in caught.value.reason.remedy()


@pytest.mark.parametrize(
    ("function", "errorcode", "capability"),
    [
        ("core_cohort_add_cohort_members", "nopermissions", "moodle/cohort:assign"),
        (
            "core_completion_get_course_completion_status",
            "cannotviewreport",
            "report/completion:view",
        ),
        ("core_completion_get_course_completion_status", "requireloginerror", "moodle/course:view"),
        ("core_enrol_get_enrolled_users", "errorcoursecontextnotvalid", "moodle/course:view"),
        ("core_enrol_get_enrolled_users", "nopermissions", "moodle/course:viewparticipants"),
    ],
)
def test_each_measured_refusal_names_the_capability_that_was_missing(
    function, errorcode, capability
):
    error = refused("lms.moodle", function, errorcode, "…")
    assert capability in error.reason.details["capability"]
    assert not error.retryable


def test_the_errorcode_decides_whatever_the_exception_is_called():
    old = '{"exception":"moodle_exception","errorcode":"invalidtoken","message":"x"}'
    new = '{"exception":"core\\\\exception\\\\x","errorcode":"invalidtoken","message":"x"}'
    for body in (old, new):
        with pytest.raises(DeliveryError) as caught:
            read_answer("lms.moodle", USERS, Answer(200, {}, body.encode()))
        assert caught.value.reason.code == "lms_token_rejected"


def test_a_collision_of_two_identical_calls_is_tried_again_soon(service, site, refusal):
    site.answers(GRADE, refusal("dmlwriteexception", "Error writing to database"))
    with pytest.raises(DeliveryError) as caught:
        service.call(GRADE, userid=4, competencyid=1, grade=2)
    assert caught.value.reason.code == "collision"
    assert caught.value.retryable
    assert caught.value.retry_after is not None
    assert caught.value.retry_after < 30


@pytest.mark.parametrize("errorcode", ["competenciesarenotenabled", "badgesdisabled"])
def test_a_part_that_is_switched_off_waits_for_a_person(service, site, refusal, errorcode):
    site.answers(GRADE, refusal(errorcode))
    with pytest.raises(DeliveryError) as caught:
        service.call(GRADE, userid=4, competencyid=1, grade=2)
    assert caught.value.reason.code == "lms_feature_off"
    assert (caught.value.retryable, caught.value.remote_wide) == (False, False)


def test_403_without_a_word_means_that_rest_is_switched_off(service, site):
    site.answers(SITE_INFO, (403, {"Content-Type": "text/html"}, ""))
    with pytest.raises(DeliveryError) as caught:
        service.call(SITE_INFO)
    assert caught.value.reason.code == "lms_feature_off"
    assert caught.value.remote_wide


def test_maintenance_is_waited_for_as_long_as_it_asks(service, site, captured):
    site.answers(GRADE, (503, {"Retry-After": "300"}, captured["maintenance_page"]))
    with pytest.raises(DeliveryError) as caught:
        service.call(GRADE, userid=4, competencyid=1, grade=2)
    error = caught.value
    assert (error.retryable, error.remote_wide, error.outcome_unknown) == (True, True, False)
    assert error.retry_after == 300
    assert "Moodle Bridge Lab under maintenance" in error.reason.what()


def test_an_answer_in_xml_says_that_the_request_lost_its_fields(service, site, captured):
    site.answers(SITE_INFO, captured["xml_answer"])
    with pytest.raises(DeliveryError) as caught:
        service.call(SITE_INFO)
    assert caught.value.reason.code == "unreadable_answer"
    assert "fields of the request" in caught.value.reason.what()


def test_a_page_instead_of_an_answer_is_told_by_its_title(service, site):
    site.answers(SITE_INFO, "<html><head><title>Login to Wi-Fi</title></head></html>")
    with pytest.raises(DeliveryError) as caught:
        service.call(SITE_INFO)
    assert caught.value.reason.code == "unreadable_answer"
    assert caught.value.retryable
    assert "Login to Wi-Fi" in caught.value.reason.what()


def test_a_redirect_is_not_followed_and_names_the_address_to_configure(service, site):
    site.answers(SITE_INFO, (303, {"Location": "https://lms.example/webservice"}, ""))
    with pytest.raises(DeliveryError) as caught:
        service.call(SITE_INFO)
    assert caught.value.reason.code == "remote_moved"
    assert "lms.moodle.url" in caught.value.reason.remedy()


def test_an_unknown_errorcode_waits_for_a_person_and_is_shown(service, site, captured):
    site.answers(USERS, captured["unknown_function"])
    with pytest.raises(DeliveryError) as caught:
        service.call(USERS, field="id", values=["4"])
    assert caught.value.reason.code == "lms_refused"
    assert caught.value.reason.details["errorcode"] == "invalidrecord"
    assert not caught.value.retryable


def test_a_failure_of_php_without_errorcode_may_pass(service, site):
    site.answers(USERS, '{"exception":"TypeError","message":"Argument #1"}')
    with pytest.raises(DeliveryError) as caught:
        service.call(USERS, field="id", values=["4"])
    assert caught.value.retryable


@pytest.mark.parametrize(
    "failure",
    [
        requests.ReadTimeout("…"),
        ConnectionResetError("…"),
        (502, {}, "<h1>Bad Gateway</h1>"),
        (200, {}, "<b>Fatal error</b>"),
    ],
    ids=["no answer", "reset", "gateway", "page"],
)
def test_a_rating_whose_answer_did_not_come_may_have_taken_effect(service, site, failure):
    site.answers(GRADE, failure)
    with pytest.raises(DeliveryError) as caught:
        service.call(GRADE, userid=4, competencyid=1, grade=2)
    assert caught.value.outcome_unknown
    assert caught.value.retryable


def test_a_question_whose_answer_did_not_come_changed_nothing(service, site):
    site.answers(USERS, requests.ReadTimeout("…"))
    with pytest.raises(DeliveryError) as caught:
        service.call(USERS, field="id", values=["4"])
    assert not caught.value.outcome_unknown
    assert caught.value.reason.code == "remote_unavailable"


def test_what_moodle_says_is_redacted_before_it_enters_a_reason(service, site, refusal):
    site.answers(USERS, refusal("other", "no such user 198703152010012001\nwstoken=abcdef"))
    with pytest.raises(DeliveryError) as caught:
        service.call(USERS, field="id", values=["4"])
    assert caught.value.reason.details["message"] == "no such user 1987************01 wstoken=***"


def told(status: int, body: bytes, function: str = GRADE) -> str:
    """What an answer comes to: "a value", or the sentence of the error."""
    try:
        read_answer("lms.moodle", function, Answer(status, {}, body))
    except DeliveryError as error:
        return error.reason.sentence()
    return "a value"


@given(st.integers(100, 599), st.one_of(st.binary(), st.text().map(str.encode)))
def test_no_bytes_bring_anything_but_a_value_or_a_delivery_error(status, body):
    assert told(status, body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("errorcode"), inner),
    )
)
def test_no_json_brings_anything_but_a_value_or_a_delivery_error(value):
    assert told(200, json.dumps(value).encode())


def test_json_that_is_nested_too_deeply_to_be_read_is_unreadable():
    assert "not its API's form" in told(200, b"[" * 100_000, USERS)


def test_a_proxy_that_counts_requests_is_waited_for_and_nothing_was_done(service, site):
    """Moodle itself sets no limit (Moodle facts, section 3)."""
    site.answers(GRADE, (429, {"Retry-After": "7"}, "<h1>Too Many Requests</h1>"))
    with pytest.raises(DeliveryError) as caught:
        service.call(GRADE, userid=4, competencyid=1, grade=2)
    error = caught.value
    assert (error.retryable, error.outcome_unknown, error.retry_after) == (True, False, 7)
