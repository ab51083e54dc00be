"""Asking a home-made LMS, and having it do something, as docs/lms.md describes it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest

from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import BadgeAward, Grounds, Lms, LmsCourse, LmsUser
from lms_bridge.lms.rest.client import Rest
from lms_bridge.sandbox.city import BUDI, SITI, TIUR
from tests.rest.platform import Elearning

LITDIG = BadgeAward(route="direct", name="Badge Literasi Digital", key="LITDIG")
COURSE = LmsCourse(id="7", name="Literasi Digital ASN", number="ELEARN-LITDIG-2026")
GROUNDS = Grounds(
    id="a-1", nip=SITI, certificate_number="LITDIG/1", completed_on=dt.date(2026, 11, 24)
)


def test_it_is_an_lms(lms: Rest) -> None:
    as_such: Lms = lms
    assert as_such.home_page == "https://elearning.example.go.id"


# --- people


def test_an_account_is_found_by_nip_however_it_is_typed_there(lms: Rest) -> None:
    (siti,) = lms.find_users("number", [SITI, "19870315 201001 2 001"])
    assert (siti.id, siti.username, siti.number) == ("4", "siti", "19870315 201001 2 001")


def test_a_nip_stands_in_no_address(lms: Rest, elearning: Elearning) -> None:
    lms.find_users("number", [SITI])
    (asked,) = elearning.told
    assert SITI not in asked[1]


def test_a_closed_account_is_known_for_one(lms: Rest) -> None:
    (tiur,) = lms.find_users("number", [TIUR])
    assert tiur.suspended


def test_nobody_is_found_by_a_parameter_that_the_lms_overlooks(
    adapter: Callable[..., Rest],
) -> None:
    wrong = {"method": "POST", "path": "/users/search", "body": {"pegawai_nip": "{value}"}}
    users = {"found": "data", "fields": {"id": "id", "number": "nip"}, "by_number": wrong}
    (budi,) = adapter(users=users).find_users("number", [BUDI])
    assert budi.id == "5", "of everybody the one who was asked for"
    assert adapter(users=users).find_users("number", ["9" * 18]) == []


def test_by_what_it_cannot_be_asked_nobody_is_found(lms: Rest) -> None:
    assert lms.find_users("email", ["siti@example.go.id"]) == []
    assert lms.abilities.finds_users_by == {"number", "id"}


def test_an_unknown_id_is_nobody(lms: Rest) -> None:
    assert [user.id for user in lms.find_users("id", ["4", "99"])] == ["4"]


def test_without_a_look_up_accounts_are_nips(adapter: Callable[..., Rest]) -> None:
    blind = adapter(users=None)
    assert blind.find_users("number", [SITI, "siti"]) == [
        LmsUser(id=SITI, username=SITI, full_name="", number=SITI)
    ]


def test_a_token_that_is_refused_is_no_unknown_person(lms: Rest, elearning: Elearning) -> None:
    elearning.secret = "another"
    with pytest.raises(DeliveryError) as refused:
        lms.find_users("number", [SITI])
    assert refused.value.reason.code == "credentials_rejected"
    assert refused.value.remote_wide
    assert "rahasia" not in str(refused.value)


# --- courses and completions


def test_a_course_is_found_on_any_page_of_the_list(lms: Rest, elearning: Elearning) -> None:
    assert lms.find_course(number="ELEARN-LITDIG-2026") == COURSE
    assert [course.id for course in lms.courses()] == ["7", "8", "9"]
    calls = elearning.calls["GET"]
    assert lms.find_course(number="NICHT-DA") is None
    assert elearning.calls["GET"] == calls, "the list is at hand"


def test_without_courses_the_numbers_of_the_catalogue_are_taken_for_theirs(
    adapter: Callable[..., Rest],
) -> None:
    course = adapter(courses=None).find_course(number="ELEARN-LITDIG-2026")
    assert course == LmsCourse(id="ELEARN-LITDIG-2026", name="", number="ELEARN-LITDIG-2026")


def test_the_activity_of_a_course_leads_back_to_it(lms: Rest) -> None:
    activity = lms.activity_of(COURSE)
    assert activity == "https://elearning.example.go.id/courses/7"
    assert lms.course_id_of(activity) == "7"
    assert lms.course_id_of(f"{activity}/quiz") == ""
    assert lms.course_id_of("https://elsewhere.example/courses/7") == ""


def test_completions_are_read_from_all_pages_and_only_those_that_count(
    lms: Rest, elearning: Elearning
) -> None:
    elearning.complete("4", "2026-11-20 10:15:00")
    elearning.complete("5", "2026-11-21 09:00:00", status="gagal")
    elearning.complete("5", "2026-11-22 09:00:00")
    elearning.complete("5", "2026-11-23 09:00:00")
    first, second = sorted(lms.completions_of(COURSE, None), key=lambda one: one.user.id)
    assert (first.user.id, second.user.number) == ("4", BUDI)
    assert str(first.completed_at) == "2026-11-20 10:15:00+07:00", "in the LMS's own time zone"
    assert str(second.completed_at) == "2026-11-22 09:00:00+07:00", "the first time"


def test_only_those_since_a_time_are_asked_for(lms: Rest, elearning: Elearning) -> None:
    elearning.complete("4", "2026-11-20 10:15:00")
    elearning.complete("5", "2026-11-22 09:00:00")
    since = dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC)
    assert [one.user.id for one in lms.completions_of(COURSE, since)] == ["5"]
    assert "sejak=2026-11-22+09%3A00%3A00" in elearning.told[0][1]


def test_a_list_that_is_missing_is_no_empty_list(adapter: Callable[..., Rest]) -> None:
    wrong = {
        "path": "/courses/{course_id}/completions",
        "query": {"sejak": "{since}"},
        "rows": "items",
        "fields": {"user_id": "user.id"},
    }
    with pytest.raises(DeliveryError) as error:
        list(adapter(completions=wrong).completions_of(COURSE, None))
    assert error.value.reason.code == "unreadable_answer"


# --- badges


def test_a_badge_is_awarded_shown_and_taken_back(lms: Rest, elearning: Elearning) -> None:
    assert lms.find_badge("4", LITDIG) is None
    said = lms.award_badge("4", LITDIG, "lms-bridge: LITDIG/1", GROUNDS)
    assert said is not None
    shown = lms.find_badge("4", LITDIG)
    assert shown is not None
    assert (shown.hash, shown.link) == (said.hash, said.link) == ("4711", shown.link)
    body = json.loads(elearning.told[1][3])
    assert body == {
        "user_id": "4",
        "kode": "LITDIG",
        "acuan": "a-1",
        "nomor": "LITDIG/1",
        "tanggal": "2026-11-24",
    }
    for _ in range(2):  # taking it back twice does no harm
        lms.unaward_badge("4", LITDIG, "", Grounds(id="r-1", badge_id=shown.hash))
    assert lms.find_badge("4", LITDIG) is None


def test_a_refusal_is_told_in_the_lms_s_own_words(lms: Rest, elearning: Elearning) -> None:
    unknown = BadgeAward(route="direct", name="Badge", key="NICHT-DA")
    with pytest.raises(DeliveryError) as refused:
        lms.award_badge("4", unknown, "", GROUNDS)
    assert "The selected kode is invalid." in refused.value.reason.what()
    elearning.order("refusal")
    with pytest.raises(DeliveryError) as refused:
        lms.award_badge("4", LITDIG, "", GROUNDS)
    assert (refused.value.retryable, refused.value.outcome_unknown) == (False, False)
    assert "Lencana tidak aktif" in refused.value.reason.what()


@pytest.mark.parametrize("fate", ["page", "page-200", "empty", "zero"])
def test_an_answer_that_proves_nothing_leaves_the_award_in_doubt(
    lms: Rest, elearning: Elearning, fate: str
) -> None:
    elearning.order(fate)
    with pytest.raises(DeliveryError) as error:
        lms.award_badge("4", LITDIG, "", GROUNDS)
    assert error.value.outcome_unknown


def test_an_lms_that_takes_no_badges_says_so(adapter: Callable[..., Rest]) -> None:
    lms = adapter(badges=None)
    with pytest.raises(DeliveryError) as error:
        lms.award_badge("4", LITDIG, "", GROUNDS)
    assert error.value.reason.code == "badges_not_taken"
    assert (lms.abilities.shows_badges, lms.abilities.takes_badges_back) == (False, False)


# --- proving it


def test_the_check_proves_each_part_and_changes_nothing(lms: Rest, elearning: Elearning) -> None:
    elearning.complete("4", "2026-11-20 10:15:00")
    lines = list(lms.check())
    assert {(line.verdict, line.remedy) for line in lines} == {("ok", "")}
    said = "\n".join(line.finding for line in lines)
    assert "1987************01 was found: account 4, Siti Rahmawati." in said
    assert "It lists 3 courses, 2 of them with a number or a short name." in said
    assert "1 completions of Literasi Digital ASN, 1 of them with a date" in said
    assert "The badges of account 4 can be seen." in said
    assert elearning.badges == []


def test_the_check_warns_of_dates_that_cannot_be_read(
    adapter: Callable[..., Rest], elearning: Elearning
) -> None:
    elearning.complete("4", "2026-11-20 10:15:00")
    lines = {line.subject: line for line in adapter(dates=["%d/%m/%Y"]).check()}
    warned = lines["lms.elearning: completions"]
    assert warned.verdict == "warning"
    assert "lms.elearning.completions.fields.completed_at" in warned.remedy


def test_the_check_says_what_the_bridge_does_without(adapter: Callable[..., Rest]) -> None:
    award = {"path": "/badges", "body": {"user_id": "{user_id}", "kode": "{badge}", "n": "{id}"}}
    lms = adapter(badges={"award": award}, completions=None)
    said = [line.finding for line in lms.check()][-3:]
    assert [sentence.partition(",")[0] for sentence in said] == [
        "Without lms.elearning.completions",
        "Without lms.elearning.badges.find",
        "Without lms.elearning.badges.revoke",
    ]


def test_a_check_with_a_wrong_token_ends_there(lms: Rest, elearning: Elearning) -> None:
    elearning.secret = "another"
    lines = list(lms.check())
    assert [line.verdict for line in lines] == ["ok", "failed"]
    assert "does not accept auth.token" in lines[1].finding
