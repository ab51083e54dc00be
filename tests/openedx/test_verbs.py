"""Asking an Open edX, and having it award program certificates, with the traps of its source."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import BadgeAward, Grounds, Lms, LmsCourse, LmsUser
from lms_bridge.lms.openedx.client import OpenEdx
from lms_bridge.people.lookup import Ask, Found, look_up
from lms_bridge.sandbox.city import BUDI, SITI, TIUR
from lms_bridge.sandbox.faults import Fault
from lms_bridge.sandbox.openedx import OpenEdxSandbox
from tests.openedx.conftest import LITDIG, PROGRAM, SRIKANDI

BADGE = BadgeAward(route="direct", name="Literasi Digital", key=PROGRAM)
COURSE = LmsCourse(id=LITDIG, name="Literasi Digital ASN", short_name="LITDIG", number=LITDIG)
ACCOUNTS = "GET /api/user/v1/accounts"


# --- the way in


def test_it_signs_in_once_for_many_calls(lms: OpenEdx, edx: OpenEdxSandbox) -> None:
    as_such: Lms = lms
    for _ in range(3):
        as_such.find_users("username", [SITI])
    assert edx.calls["/oauth2/access_token"] == 1


def test_a_token_that_has_ended_is_replaced(lms: OpenEdx, edx: OpenEdxSandbox) -> None:
    lms.find_users("username", [SITI])
    edx.token_number += 1
    assert len(lms.find_users("username", [SITI])) == 1


def test_a_wrong_secret_brings_the_lms_down_and_is_not_tried_again(
    lms: OpenEdx, edx: OpenEdxSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDX_CLIENT_SECRET", "salah-sekali")
    for _ in range(2):
        with pytest.raises(DeliveryError) as error:
            lms.find_users("username", [SITI])
        assert error.value.reason.code == "credentials_rejected"
        assert "salah" not in str(error.value)
    assert edx.calls["/oauth2/access_token"] == 1


# --- people


def test_the_username_is_the_nip(lms: OpenEdx) -> None:
    (siti,) = lms.find_users("number", [f"{SITI[:8]} {SITI[8:14]} {SITI[14]} {SITI[15:]}"])
    assert siti == LmsUser(
        id=SITI, username=SITI, full_name="Siti Rahmawati", email="siti@example.go.id", number=SITI
    )


def test_or_a_field_of_the_profile_holds_it_by_which_nobody_is_found(
    adapter: Callable[..., OpenEdx],
) -> None:
    lms = adapter(number_field="nip")
    assert lms.abilities.finds_users_by == {"id", "username", "email"}
    ask = Ask("mailto:budi@example.go.id", "edx", "email", "budi@example.go.id")
    answer = look_up(lms, [ask])[ask]
    assert isinstance(answer, Found)
    assert (answer.nip, answer.user.id) == (BUDI, "budi")


def test_asked_for_nobody_it_is_not_asked_at_all(lms: OpenEdx, edx: OpenEdxSandbox) -> None:
    assert lms.find_users("username", ["", " ", "a,b"]) == []
    assert edx.calls[ACCOUNTS] == 0


def test_unknown_accounts_are_nobody_alone_or_among_others(lms: OpenEdx) -> None:
    assert lms.find_users("username", ["tidak-ada"]) == []
    assert [user.id for user in lms.find_users("username", ["tidak-ada", SITI])] == [SITI]
    assert lms.find_users("email", ["tidak@example.go.id"]) == []


def test_an_account_that_is_not_active_is_known_for_one(lms: OpenEdx) -> None:
    (tiur,) = lms.find_users("username", [TIUR])
    assert tiur.suspended


def test_who_is_not_staff_is_seen_to_be_blind(lms: OpenEdx, edx: OpenEdxSandbox) -> None:
    assert lms.sees_users() is True
    edx.is_staff = False
    assert lms.sees_users() is False


# --- courses and completions


def test_a_course_is_found_by_the_id_of_its_run(lms: OpenEdx) -> None:
    assert lms.find_course(number=LITDIG) == COURSE
    assert lms.find_course(number="course-v1:X+Y+Z") is None
    assert lms.find_course(short_name="LITDIG") is None


def test_all_courses_are_listed_page_by_page(lms: OpenEdx) -> None:
    assert [course.id for course in lms.courses()] == [LITDIG, SRIKANDI, "a/b+c/d"]


def test_the_activity_is_that_of_its_statements(lms: OpenEdx) -> None:
    activity = lms.activity_of(COURSE)
    assert activity == f"https://edx.example.go.id/course/{LITDIG}"
    assert lms.course_id_of(activity) == LITDIG
    assert lms.course_id_of("https://edx.example.go.id/xblock/7") == ""


def test_who_has_passed_is_told_on_every_page_and_when_by_the_certificate(
    lms: OpenEdx, edx: OpenEdxSandbox
) -> None:
    edx.take_part(LITDIG, "budi")
    edx.take_part(LITDIG, TIUR)
    edx.complete(LITDIG, SITI, "2026-11-20T03:15:28+0000")
    (siti,) = lms.participants_of(COURSE)
    assert siti.id == SITI
    completion = lms.completion_of(COURSE, siti)
    assert completion is not None
    assert str(completion.completed_at) == "2026-11-20 03:15:28+00:00"
    assert lms.completion_of(COURSE, LmsUser("budi", "budi", "")) is None


def test_without_a_certificate_it_is_not_known_when(lms: OpenEdx, edx: OpenEdxSandbox) -> None:
    edx.complete(LITDIG, SITI, None)
    completion = lms.completion_of(COURSE, LmsUser(SITI, SITI, ""))
    assert completion is not None
    assert completion.completed_at is None


def test_a_missing_permission_is_told_without_anybody_s_name(
    lms: OpenEdx, edx: OpenEdxSandbox
) -> None:
    edx.is_staff = False
    with pytest.raises(DeliveryError) as error:
        list(lms.participants_of(COURSE))
    assert error.value.reason.code == "openedx_permission_missing"
    assert "You do not have permission" in str(error.value)


# --- program certificates


def test_a_certificate_is_awarded_shown_and_revoked(lms: OpenEdx, edx: OpenEdxSandbox) -> None:
    assert lms.find_badge(SITI, BADGE) is None
    said = lms.award_badge(SITI, BADGE, "lms-bridge: LITDIG/1")
    shown = lms.find_badge(SITI, BADGE)
    assert shown is not None
    assert said is not None
    assert (shown.hash, shown.link) == (said.hash, said.link)
    assert lms.find_issued(shown.hash) is not None
    assert edx.credentials[0]["attributes"] == [
        {"name": "lms-bridge", "value": "lms-bridge: LITDIG/1"}
    ]
    for _ in range(2):
        lms.unaward_badge(SITI, BADGE, "", Grounds(badge_id=shown.hash))
    assert (edx.awarded(SITI), lms.find_badge(SITI, BADGE)) == ([], None)
    assert lms.find_issued(shown.hash) is None


def test_the_certificate_of_a_course_of_the_program_is_not_that_of_the_program(
    lms: OpenEdx, edx: OpenEdxSandbox
) -> None:
    edx.keep(SITI, type="course-run", uuid=LITDIG)
    assert lms.find_badge(SITI, BADGE) is None


def test_awarding_twice_makes_one(lms: OpenEdx, edx: OpenEdxSandbox) -> None:
    edx.faults.force(Fault.COMMIT_THEN_BAD_GATEWAY, where="award")
    with pytest.raises(DeliveryError) as error:
        lms.award_badge(SITI, BADGE, "")
    assert error.value.outcome_unknown
    lms.award_badge(SITI, BADGE, "")
    assert edx.awarded(SITI) == [PROGRAM]
    assert lms.abilities.settle_seconds is None


def test_nothing_is_awarded_to_an_account_that_there_is_not(
    lms: OpenEdx, edx: OpenEdxSandbox
) -> None:
    with pytest.raises(DeliveryError) as error:
        lms.award_badge("tidak-ada", BADGE, "")
    assert error.value.reason.code == "lms_account_gone"
    assert edx.credentials == []


@pytest.mark.parametrize(
    ("award", "said"),
    [
        (BadgeAward(route="direct", name="X", key="0f0f"), "No active ProgramCertificate exists"),
        (BadgeAward(route="cohort", name="X", cohort="C"), "cannot be made to issue a badge"),
    ],
)
def test_what_cannot_be_awarded_waits_for_a_person(
    lms: OpenEdx, award: BadgeAward, said: str
) -> None:
    with pytest.raises(DeliveryError) as error:
        lms.award_badge(SITI, award, "")
    assert said in error.value.reason.what()
    assert not error.value.retryable


def test_without_the_credentials_service_there_are_no_badges(
    adapter: Callable[..., OpenEdx],
) -> None:
    lms = adapter(credentials_url="")
    assert not lms.abilities.shows_badges
    with pytest.raises(DeliveryError) as error:
        lms.award_badge(SITI, BADGE, "")
    assert error.value.reason.code == "badges_not_taken"


# --- proving it


def test_the_check_proves_each_part_and_changes_nothing(lms: OpenEdx, edx: OpenEdxSandbox) -> None:
    edx.complete(LITDIG, SITI, None)
    lines = list(lms.check())
    assert [line.verdict for line in lines] == ["ok"] * 4, [line.finding for line in lines]
    assert f"The grades of {LITDIG} can be read; passed by: 1." in lines[2].finding
    edx.is_staff = edx.may_award = False
    assert [line.verdict for line in lms.check()] == ["ok", "failed", "failed", "failed"]
    assert edx.credentials == []
