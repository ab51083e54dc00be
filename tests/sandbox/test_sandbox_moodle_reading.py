"""What can be read from the Moodle sandbox, and what looks empty without being so (section 2)."""

import pytest

from lms_bridge.sandbox.city import HOTMAN, LATSAR, LITDIG, PKA, SITI, TIUR

BY_FIELD = "core_user_get_users_by_field"


def by_number(moodle, *numbers):
    values = {f"values[{place}]": number for place, number in enumerate(numbers)}
    return moodle(BY_FIELD, field="idnumber", **values)


# --- people


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "4"),
        ("username", "learner1"),
        ("idnumber", SITI),
        ("email", "learner1@example.go.id"),
    ],
)
def test_a_user_is_found_by_four_fields(moodle, field, value):
    found = moodle(BY_FIELD, field=field, **{"values[0]": value})
    assert [user["id"] for user in found] == [4]


@pytest.mark.parametrize("capability", ["moodle/user:viewdetails", "moodle/user:viewalldetails"])
def test_a_blind_role_is_answered_as_if_the_person_were_unknown(moodle, capability):
    unknown = by_number(moodle, "000000000000000000")
    moodle.site.capabilities.discard(capability)
    assert by_number(moodle, SITI) == unknown == []
    criteria = {"criteria[0][key]": "idnumber", "criteria[0][value]": SITI}
    assert moodle("core_user_get_users", **criteria) == {"users": [], "warnings": []}


def test_without_identity_the_email_is_left_out(moodle):
    moodle.site.capabilities.discard("moodle/site:viewuseridentity")
    [user] = by_number(moodle, SITI)
    assert "email" not in user
    assert user["idnumber"] == SITI


def test_two_accounts_may_carry_one_nip(moodle):
    assert [user["id"] for user in by_number(moodle, HOTMAN)] == [9, 10]


def test_a_nip_written_with_blanks_is_another_nip(moodle):
    assert by_number(moodle, "198709222010011006") == []
    assert [user["id"] for user in by_number(moodle, "19870922 201001 1 006")] == [14]


def test_a_suspended_account_is_shown_as_one(moodle):
    assert [user["suspended"] for user in by_number(moodle, TIUR)] == [True]


def test_beyond_max_input_vars_the_request_is_cut_without_a_word(moodle):
    unknown = [f"{number:018}" for number in range(1200)]
    assert [user["id"] for user in by_number(moodle, *unknown[:900], SITI)] == [4]
    assert by_number(moodle, *unknown, SITI) == []


# --- courses


def test_a_course_found_by_its_number_does_not_say_its_number(moodle):
    ask = {"field": "idnumber", "value": "DIKLAT-PKA-2026"}
    [course] = moodle("core_course_get_courses_by_field", **ask)["courses"]
    assert (course["id"], "idnumber" in course) == (PKA, False)
    moodle.site.capabilities.add("moodle/course:update")
    [course] = moodle("core_course_get_courses_by_field", **ask)["courses"]
    assert course["idnumber"] == "DIKLAT-PKA-2026"


def test_a_role_that_may_not_enter_courses_sees_their_public_half(moodle):
    moodle.site.capabilities.discard("moodle/course:view")
    ask = {"field": "shortname", "value": "PKA-2026"}
    [course] = moodle("core_course_get_courses_by_field", **ask)["courses"]
    assert list(course)[-1] == "enrollmentmethods"


def test_all_courses_include_the_front_page(moodle):
    courses = moodle("core_course_get_courses")
    assert [course["id"] for course in courses] == [1, 2, 3, 4, 5]
    assert all("idnumber" not in course for course in courses)


def test_the_courses_of_a_learner_say_their_numbers(moodle):
    moodle.sandbox.complete(4, LATSAR)
    courses = moodle("core_enrol_get_users_courses", userid=4)
    said = {course["idnumber"]: (course["completed"], course["progress"]) for course in courses}
    assert said["DIKLAT-LATSAR-2026"] == (True, 100)
    assert said["DIKLAT-PKA-2026"] == (False, 0)


@pytest.mark.parametrize("capability", ["moodle/course:view", "moodle/course:enrolreview"])
def test_the_courses_of_a_learner_are_silently_none_for_a_blind_role(moodle, capability):
    moodle.site.capabilities.discard(capability)
    assert moodle("core_enrol_get_users_courses", userid=4) == []


def test_the_courses_of_a_learner_keep_quiet_about_completion_without_the_report(moodle):
    moodle.sandbox.complete(4, LATSAR)
    moodle.site.capabilities.discard("report/completion:view")
    for course in moodle("core_enrol_get_users_courses", userid=4):
        assert (course["completed"], course["progress"]) == (None, None)


def test_participants_are_listed_in_portions(moodle):
    everybody = moodle("core_enrol_get_enrolled_users", courseid=PKA)
    portion = moodle(
        "core_enrol_get_enrolled_users",
        courseid=PKA,
        **{
            "options[0][name]": "limitfrom",
            "options[0][value]": 2,
            "options[1][name]": "limitnumber",
            "options[1][value]": 3,
        },
    )
    assert portion == everybody[2:5]
    assert {"idnumber", "roles", "enrolledcourses"} <= set(everybody[0])
    assert "suspended" not in everybody[0]


def test_participants_thin_out_with_the_permissions(moodle):
    moodle.site.capabilities.discard("moodle/user:viewalldetails")
    everybody = moodle("core_enrol_get_enrolled_users", courseid=PKA)
    assert not any({"idnumber", "username"} & set(user) for user in everybody)
    moodle.site.capabilities.discard("moodle/user:viewdetails")
    [teacher] = moodle("core_enrol_get_enrolled_users", courseid=PKA)
    assert teacher["roles"][0]["shortname"] == "editingteacher"


# --- completion


def status(moodle, user, course):
    answer = moodle("core_completion_get_course_completion_status", userid=user, courseid=course)
    whole = answer["completionstatus"]
    return whole["completed"], whole["completions"][0]["timecompleted"]


def test_an_activity_completes_its_course_at_once(moodle):
    moodle.sandbox.complete(5, LATSAR, at=1795498051)
    assert status(moodle, 5, LATSAR) == (True, 1795498051)


def test_self_completion_counts_only_when_cron_has_run(moodle):
    moodle.sandbox.complete(4, PKA, at=1795500526)
    assert status(moodle, 4, PKA) == (False, 1795500526)
    moodle.sandbox.cron()
    assert status(moodle, 4, PKA) == (True, 1795500526)


def test_completing_again_keeps_the_first_time(moodle):
    moodle.sandbox.complete(4, LITDIG, at=1795498051)
    moodle.sandbox.complete(4, LITDIG, at=1795500000)
    assert status(moodle, 4, LITDIG) == (True, 1795498051)
