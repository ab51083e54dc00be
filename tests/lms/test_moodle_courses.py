"""Courses of Moodle, and who has completed them."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import LmsCourse
from lms_bridge.lms.moodle.courses import completed_at

COURSES = "core_course_get_courses_by_field"
PARTICIPANTS = "core_enrol_get_enrolled_users"
COMPLETION = "core_completion_get_course_completion_status"
COURSE = LmsCourse(id="2", name="Pelatihan Kepemimpinan Administrator")


def enrolled(*ids: int) -> list[dict[str, object]]:
    return [{"id": number, "username": f"u{number}", "fullname": f"U {number}"} for number in ids]


def options(form: dict[str, str]) -> dict[str, str]:
    return {
        form[name]: form[name.replace("[name]", "[value]")]
        for name in form
        if name.startswith("options[") and name.endswith("[name]")
    }


@pytest.fixture
def participants(site):
    """Makes the site answer with these pages, and then with empty ones."""

    def answer(*pages):
        site.answers(PARTICIPANTS, *pages, "[]")

    return answer


def test_a_course_found_by_its_number_carries_it_though_moodle_does_not_show_it(
    moodle, site, captured
):
    site.answers(COURSES, captured["course_by_idnumber"])
    course = moodle.find_course(number="DIKLAT-PKA-2026")
    assert course == LmsCourse(
        id="2",
        name="Pelatihan Kepemimpinan Administrator",
        short_name="PKA-2026",
        number="DIKLAT-PKA-2026",
    )


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"course_id": "2"}, "id"),
        ({"number": "DIKLAT-PKA-2026"}, "idnumber"),
        ({"short_name": "PKA-2026"}, "shortname"),
    ],
)
def test_a_course_is_found_by_what_is_asked_for(moodle, site, captured, question, field):
    site.answers(COURSES, captured["course_by_idnumber"])
    moodle.find_course(**question)
    assert [form["field"] for form in site.asked(COURSES)] == [field]


def test_a_course_that_is_not_found_one_way_is_asked_for_the_other(moodle, site, captured):
    site.answers(COURSES, captured["no_course"], captured["course_by_idnumber"])
    course = moodle.find_course(number="NOPE", short_name="PKA-2026")
    assert course.number == ""
    assert course.short_name == "PKA-2026"


def test_a_course_that_moodle_does_not_show_is_none(moodle, site, captured):
    site.answers(COURSES, captured["no_course"])
    assert moodle.find_course(number="NOPE") is None


def test_the_front_page_is_no_course(moodle, site):
    site.answers(COURSES, {"courses": [{"id": 1, "fullname": "Site"}], "warnings": []})
    assert moodle.find_course(course_id="1") is None


@pytest.mark.parametrize(
    ("activity", "course_id"),
    [
        ("https://moodle.example/course/view.php?id=2", "2"),
        ("https://moodle.example/course/view.php?id=2&section=1", ""),
        ("https://moodle.example/mod/page/view.php?id=2", ""),
        ("https://other.example/course/view.php?id=2", ""),
        ("", ""),
    ],
)
def test_the_activity_of_a_course_is_its_page(moodle, activity, course_id):
    assert moodle.course_id_of(activity) == course_id


def test_a_course_and_its_activity_name_each_other(moodle):
    assert moodle.activity_of(COURSE) == "https://moodle.example/course/view.php?id=2"
    assert moodle.course_id_of(moodle.activity_of(COURSE)) == "2"


def custom(kind: str, value: object, raw: object) -> dict[str, object]:
    name = f"a_{kind}"
    return {"type": kind, "shortname": name, "name": name, "value": value, "valueraw": raw}


def test_every_course_is_listed_with_its_custom_fields(moodle, site, captured):
    answer = json.loads(captured["course_by_idnumber"])
    answer["courses"][0]["customfields"] = [
        custom("text", "Data &amp; Statistik", "Data & Statistik"),
        custom("textarea", "<p>BKPSDM Kota</p>", "<p>BKPSDM Kota</p>"),
        custom("number", "20 JP", "20.0000"),
        custom("checkbox", "Ya", "1"),
        custom("select", "Workshop", 4),
        custom("date", None, 0),
        custom("date", "Monday, 23 November 2026, 12:00 AM", 1_795_366_800) | {"shortname": "day"},
    ]
    site.answers(COURSES, answer)
    (course,) = moodle.courses()
    assert course.short_name == "PKA-2026"
    assert course.fields == {
        "a_text": "Data & Statistik",
        "a_textarea": "BKPSDM Kota",
        "a_number": "20",
        "a_checkbox": "1",
        "a_select": "Workshop",
        "a_date": "",
        "day": "2026-11-23",  # midnight in Jakarta, which is still the 22nd in UTC
    }
    assert "field" not in site.asked(COURSES)[0]


def completions_of(moodle):
    """As the bridge asks: everybody who takes part, one by one."""
    for user in moodle.participants_of(COURSE):
        if completion := moodle.completion_of(COURSE, user):
            yield completion


def test_who_has_completed_a_course_is_told_with_the_time(moodle, site, captured, participants):
    participants(captured["participants"])
    site.answers(COMPLETION, captured["completed"])
    (completion,) = completions_of(moodle)
    assert completion.user.number == "198703152010012001"
    assert completion.completed_at == dt.datetime(2026, 11, 24, 6, 8, 46, tzinfo=dt.UTC)


def test_who_has_not_completed_it_is_not_told(moodle, site, captured, participants):
    participants(captured["participants"])
    site.answers(COMPLETION, captured["completion_before"])
    assert list(completions_of(moodle)) == []


def test_a_criterion_that_is_met_does_not_complete_the_course_before_cron_says_so(
    moodle, site, captured, participants
):
    participants(captured["participants"])
    site.answers(COMPLETION, captured["completion_waits_for_cron"])
    assert list(completions_of(moodle)) == []


def test_who_is_enrolled_without_being_tracked_is_passed_over(moodle, site, captured, participants):
    participants(enrolled(2, 4))
    site.answers(COMPLETION, captured["not_enrolled"], captured["completed"])
    assert [completion.user.id for completion in completions_of(moodle)] == ["4"]


@pytest.mark.parametrize("errorcode", ["nocriteriaset", "err_nocriteria"])
def test_a_course_without_criteria_is_completed_by_nobody(
    moodle, site, refusal, participants, errorcode
):
    participants(enrolled(4, 5, 6))
    site.answers(COMPLETION, refusal(errorcode))
    assert list(completions_of(moodle)) == []


def test_a_report_that_may_not_be_read_is_an_error(moodle, site, refusal, participants):
    participants(enrolled(4))
    site.answers(COMPLETION, refusal("cannotviewreport"))
    with pytest.raises(DeliveryError) as caught:
        list(completions_of(moodle))
    assert caught.value.reason.code == "lms_permission_missing"


def test_a_course_that_is_gone_is_an_error(moodle, site, captured, participants):
    site.answers(PARTICIPANTS, captured["unknown_course"])
    with pytest.raises(DeliveryError) as caught:
        list(completions_of(moodle))
    assert caught.value.reason.code == "lms_refused"


def test_participants_are_asked_for_page_by_page_until_a_page_is_empty(
    moodle, site, captured, participants
):
    """A short page is not the last: Moodle drops whom the bridge may not see after counting."""
    participants(enrolled(4), enrolled(5))
    site.answers(COMPLETION, captured["completed"])
    found = [completion.user.id for completion in completions_of(moodle)]
    assert found == ["4", "5"]
    starts = [options(form)["limitfrom"] for form in site.asked(PARTICIPANTS)]
    assert starts == ["0", "200", "400"]


def test_an_lms_that_gives_the_same_page_for_ever_is_not_asked_for_ever(moodle, site, captured):
    site.answers(PARTICIPANTS, enrolled(4))
    site.answers(COMPLETION, captured["completed"])
    assert len(list(completions_of(moodle))) == 1
    assert len(site.asked(PARTICIPANTS)) == 2


def test_only_active_enrolments_and_the_needed_fields_are_asked_for(moodle, site, participants):
    participants()
    list(completions_of(moodle))
    asked = options(site.asked(PARTICIPANTS)[0])
    assert asked["onlyactive"] == "1"
    assert asked["userfields"] == "id,username,fullname,idnumber,email"


def test_a_role_that_may_not_tell_active_enrolments_apart_is_given_all(
    moodle, site, captured, refusal
):
    """`onlyactive` needs moodle/course:enrolreview, which the bridge can do without."""
    site.answers(PARTICIPANTS, refusal("nopermissions"), enrolled(4), "[]")
    site.answers(COMPLETION, captured["completed"])
    assert len(list(completions_of(moodle))) == 1
    assert "onlyactive" not in options(site.asked(PARTICIPANTS)[1])


def test_a_role_that_may_see_no_participants_is_told_the_capability(moodle, site, refusal):
    site.answers(PARTICIPANTS, refusal("nopermissions"))
    with pytest.raises(DeliveryError) as caught:
        list(completions_of(moodle))
    assert "moodle/course:viewparticipants" in caught.value.reason.remedy()


def status(aggregation: int, *criteria: tuple[bool, int | None]) -> dict[str, object]:
    return {
        "completed": True,
        "aggregation": aggregation,
        "completions": [
            {"complete": complete, "timecompleted": time} for complete, time in criteria
        ],
    }


def test_where_all_criteria_are_needed_the_last_one_tells_the_time():
    moment = completed_at(status(1, (True, 1_795_500_000), (True, 1_795_500_526)))
    assert moment == dt.datetime.fromtimestamp(1_795_500_526, dt.UTC)


def test_where_any_criterion_is_enough_the_first_one_tells_the_time():
    moment = completed_at(status(2, (True, 1_795_500_526), (True, 1_795_500_000), (False, None)))
    assert moment == dt.datetime.fromtimestamp(1_795_500_000, dt.UTC)


def test_a_completion_without_times_has_no_time():
    assert completed_at(status(1, (True, None))) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["completions", "aggregation", "complete", "timecompleted"]), inner
            )
        ),
    )
)
def test_no_status_however_odd_brings_anything_but_a_time_or_none(value):
    moment = completed_at(value if isinstance(value, dict) else {"completions": value})
    assert moment is None or moment.tzinfo is dt.UTC


def test_names_are_shown_as_people_write_them(moodle, site, captured):
    answer = json.loads(captured["course_by_idnumber"])
    answer["courses"][0]["fullname"] = "Data &amp; Statistik"
    site.answers(COURSES, answer)
    assert moodle.find_course(course_id="2").name == "Data & Statistik"
