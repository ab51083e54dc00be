"""How the Moodle sandbox says no (Moodle facts, sections 3 and 4)."""

import pytest

SITE_INFO = "core_webservice_get_site_info"
ACCESS = {
    "exception": "webservice_access_exception",
    "errorcode": "accessexception",
    "message": "Access control exception",
}
INVALID_TOKEN = {
    "exception": "core\\exception\\moodle_exception",
    "errorcode": "invalidtoken",
    "message": "Invalid token - token not found",
}
NOT_PERMITTED = "Sorry, but you do not currently have permissions to do that ({})."


def without(moodle, capability):
    moodle.site.capabilities.discard(capability)


# --- who is let in


@pytest.mark.parametrize("token", ["wrong", ""])
def test_a_wrong_token_is_refused_with_http_200(moodle, token):
    form = {"wstoken": token, "wsfunction": SITE_INFO, "moodlewsrestformat": "json"}
    answer = moodle.post(form)
    assert (answer.status_code, answer.json()) == (200, INVALID_TOKEN)


def test_without_the_format_the_error_is_xml(moodle):
    answer = moodle.post({"wstoken": "wrong", "wsfunction": SITE_INFO})
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert answer.text == (
        '<?xml version="1.0" encoding="UTF-8" ?>\n'
        '<EXCEPTION class="core\\exception\\moodle_exception">\n'
        "<ERRORCODE>invalidtoken</ERRORCODE>\n"
        "<MESSAGE>Invalid token - token not found</MESSAGE>\n"
        "</EXCEPTION>"
    )


def test_without_the_format_an_answer_is_xml_too(moodle):
    answer = moodle.post(
        {
            "wstoken": moodle.site.token,
            "wsfunction": "core_competency_get_scale_values",
            "scaleid": 2,
        }
    )
    assert "<RESPONSE>" in answer.text
    assert "Competent" in answer.text


def test_a_json_body_is_not_understood(moodle):
    body = {"wstoken": moodle.site.token, "wsfunction": SITE_INFO, "moodlewsrestformat": "json"}
    answer = moodle.post(None, json=body)
    assert "<ERRORCODE>invalidtoken</ERRORCODE>" in answer.text


def test_a_token_in_the_authorization_header_is_not_seen(moodle):
    form = {"wsfunction": SITE_INFO, "moodlewsrestformat": "json"}
    headers = {"Authorization": f"Bearer {moodle.site.token}"}
    assert moodle.post(form, headers=headers).json() == INVALID_TOKEN


def test_an_expired_token_is_refused_once_and_unknown_for_ever_after(moodle):
    expired = moodle.site.token
    moodle.sandbox.expire_token()
    form = {"wstoken": expired, "wsfunction": SITE_INFO, "moodlewsrestformat": "json"}
    answers = [moodle.post(form).json() for _ in range(3)]
    assert answers == [ACCESS, INVALID_TOKEN, INVALID_TOKEN]
    moodle.site.token = "new-token"
    assert moodle(SITE_INFO)["userid"] == 3


def forbid_address(site):
    site.address_allowed = False


def take_off_the_list(site):
    site.authorised = False


def forbid_rest(site):
    site.capabilities.discard("webservice/rest:use")


def take_out_of_the_service(site):
    site.functions.discard(SITE_INFO)


@pytest.mark.parametrize(
    "change", [forbid_address, take_off_the_list, forbid_rest, take_out_of_the_service]
)
def test_four_causes_cannot_be_told_apart(moodle, change):
    change(moodle.site)
    assert moodle(SITE_INFO) == ACCESS


def test_a_suspended_service_account_is_refused_by_name(moodle):
    moodle.site.users[3].suspended = True
    assert moodle(SITE_INFO) == {
        "exception": "core\\exception\\moodle_exception",
        "errorcode": "wsaccessusersuspended",
        "message": "Refused web service access for suspended username: lmsbridge",
    }


def test_rest_switched_off_is_an_empty_403(moodle):
    moodle.site.rest_enabled = False
    answer = moodle.post({"wstoken": moodle.site.token, "moodlewsrestformat": "json"})
    assert (answer.status_code, answer.content) == (403, b"")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_maintenance_is_a_503_page_that_says_when_to_come_back(moodle):
    moodle.site.maintenance = True
    answer = moodle.post({"wstoken": moodle.site.token, "moodlewsrestformat": "json"})
    assert (answer.status_code, answer.reason) == (503, "Moodle under maintenance")
    assert answer.headers["Retry-After"] == "300"
    assert answer.headers["Content-Type"].startswith("text/html")


# --- what can be called


def test_a_call_without_a_function_is_an_invalid_parameter(moodle):
    assert moodle("")["errorcode"] == "invalidparameter"


def test_an_unknown_function_is_a_missing_record(moodle):
    assert moodle("core_badges_award_badge") == {
        "exception": "dml_missing_record_exception",
        "errorcode": "invalidrecord",
        "message": "Can't find data record in database table external_functions.",
    }


def test_a_function_of_moodle_that_the_service_does_not_list_is_refused(moodle):
    assert moodle("core_user_create_users") == ACCESS


def test_developer_debugging_adds_what_was_wrong(moodle):
    assert "debuginfo" not in moodle("core_competency_grade_competency", userid=4)
    moodle.site.developer_debug = True
    assert "competencyid" in moodle("core_competency_grade_competency", userid=4)["debuginfo"]


def test_competencies_and_badges_can_be_switched_off(moodle):
    moodle.site.competencies_enabled = moodle.site.badges_enabled = False
    assert moodle.grade(4)["errorcode"] == "competenciesarenotenabled"
    answer = moodle("core_badges_get_user_badges", userid=4)
    assert answer["errorcode"] == "badgesdisabled"


# --- what the role may do


@pytest.mark.parametrize(
    ("capability", "function", "params", "what"),
    [
        (
            "moodle/competency:competencygrade",
            "core_competency_grade_competency",
            {"userid": 4, "competencyid": 1, "grade": 2},
            "Set competency rating",
        ),
        (
            "moodle/competency:competencygrade",
            "core_competency_grade_competency_in_course",
            {"courseid": 2, "userid": 4, "competencyid": 2, "grade": 2},
            "Set competency rating",
        ),
        (
            "moodle/cohort:view",
            "core_cohort_get_cohorts",
            {"cohortids[0]": 1},
            "View site-wide cohorts",
        ),
        (
            "moodle/cohort:view",
            "core_cohort_search_cohorts",
            {"query": "x", "context[contextid]": 1},
            "View site-wide cohorts",
        ),
        (
            "moodle/cohort:assign",
            "core_cohort_add_cohort_members",
            {
                "members[0][cohorttype][type]": "id",
                "members[0][cohorttype][value]": 1,
                "members[0][usertype][type]": "id",
                "members[0][usertype][value]": 4,
            },
            "Add and remove cohort members",
        ),
        (
            "moodle/course:enrolreview",
            "core_enrol_get_enrolled_users",
            {"courseid": 2},
            "View participants",
        ),
    ],
)
def test_a_missing_permission_is_named(moodle, capability, function, params, what):
    without(moodle, capability)
    assert moodle(function, **params) == {
        "exception": "core\\exception\\required_capability_exception",
        "errorcode": "nopermissions",
        "message": NOT_PERMITTED.format(what),
    }


@pytest.mark.parametrize(
    ("capability", "function", "params", "errorcode", "message"),
    [
        (
            "moodle/course:view",
            "core_completion_get_course_completion_status",
            {"courseid": 2, "userid": 4},
            "requireloginerror",
            "Course or activity not accessible.",
        ),
        (
            "report/completion:view",
            "core_completion_get_course_completion_status",
            {"courseid": 2, "userid": 4},
            "cannotviewreport",
            "You cannot view this report",
        ),
        (
            "moodle/course:view",
            "core_course_get_courses",
            {"options[ids][0]": 2},
            "errorcoursecontextnotvalid",
            "You cannot execute functions in the course context (course id:2). The context error"
            " message was: Course or activity not accessible.",
        ),
        (
            "moodle/course:view",
            "core_enrol_get_enrolled_users",
            {"courseid": 2},
            "errorcoursecontextnotvalid",
            "You cannot execute functions in the course context (course id:2). The context error"
            " message was: Course or activity not accessible.",
        ),
        (
            "moodle/course:view",
            "core_competency_grade_competency_in_course",
            {"courseid": 2, "userid": 4, "competencyid": 2, "grade": 2},
            "requireloginerror",
            "Course or activity not accessible.",
        ),
    ],
)
def test_a_course_out_of_reach_has_its_own_words(
    moodle, capability, function, params, errorcode, message
):
    without(moodle, capability)
    answer = moodle(function, **params)
    assert (answer["errorcode"], answer["message"]) == (errorcode, message)
