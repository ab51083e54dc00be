"""Telling a portal over HTTP, and what its answers mean."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest

from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import BadgeAward, Grounds, Lms
from lms_bridge.lms.hook.client import Hooked
from lms_bridge.sandbox.city import SITI
from tests.hook.conftest import FORMER, SECRET
from tests.hook.portal import Portal

LITDIG = BadgeAward(route="direct", name="Badge Literasi Digital", key="LITDIG")
MORNING = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
GROUNDS = Grounds(
    id="a-1",
    asked_at=MORNING,
    nip=SITI,
    course="Literasi Digital ASN",
    certificate_number="LITDIG-2026/2026/00001",
    completed_on=dt.date(2026, 11, 24),
)


def award(hooked: Hooked) -> None:
    as_an_lms: Lms = hooked
    as_an_lms.award_badge("4", LITDIG, "lms-bridge: LITDIG-2026/2026/00001", GROUNDS)


def test_what_is_sent_is_what_the_page_shows(hooked: Callable[..., Hooked], portal: Portal) -> None:
    award(hooked())
    from tests.hook.portal import PAGE

    shown = PAGE.partition("```json\n")[2].partition("```")[0]
    assert json.loads(portal.told[0][3]) == json.loads(shown)
    (badge,) = portal.badges
    assert badge["learner"] == {"nip": SITI, "account": "4"}


def test_the_same_webhook_is_taken_once(hooked: Callable[..., Hooked], portal: Portal) -> None:
    for _ in range(3):
        award(hooked())
    assert (len(portal.told), len(portal.badges)) == (3, 1)


def test_one_that_is_altered_or_old_is_refused(
    hooked: Callable[..., Hooked], portal: Portal
) -> None:
    early = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=6)
    with pytest.raises(DeliveryError) as old:
        award(hooked(clock=lambda: early))
    assert "It is too old." in old.value.reason.what()
    _, _, headers, body = portal.told[0]
    client = portal.app.test_client()
    sent = {name[5:].replace("_", "-"): headers[name] for name in headers if "WEBHOOK" in name}
    altered = body.replace(b"LITDIG", b"SEMUA!", 1)
    assert client.post("/hooks/lms-bridge", data=altered, headers=sent).status_code == 401
    assert portal.badges == []


def test_while_the_secret_is_changed_either_of_both_is_enough(
    hooked: Callable[..., Hooked], portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = hooked(former_secret=Secret("env:HOOK_FORMER_SECRET"))
    for number, known in enumerate((SECRET, FORMER), start=1):
        monkeypatch.setenv("HOOK_SECRETS", known)
        portal.__init__()  # type: ignore[misc]
        both.award_badge("4", LITDIG, "", Grounds(id=f"b-{number}", nip=SITI))
        assert len(portal.badges) == 1


def test_a_badge_is_taken_back_by_the_id_of_its_award(
    hooked: Callable[..., Hooked], portal: Portal
) -> None:
    hooked().unaward_badge("4", LITDIG, "", Grounds(id="r-1", nip=SITI, badge_id="a-1"))
    (revoked,) = portal.revoked
    assert revoked["award"] == "a-1"


@pytest.mark.parametrize(
    ("status", "code", "unknown", "everybody"),
    [
        (500, "hook_unanswered", True, True),
        (503, "hook_unanswered", True, True),
        (429, "remote_unavailable", False, True),
        (301, "remote_moved", False, True),
        (401, "credentials_rejected", False, True),
        (410, "lms_request_refused", False, True),
        (422, "lms_request_refused", False, False),
    ],
)
def test_what_an_answer_means(
    hooked: Callable[..., Hooked],
    portal: Portal,
    status: int,
    code: str,
    unknown: bool,
    everybody: bool,
) -> None:
    portal.app.view_functions["receive"] = lambda: ("NIP tidak dikenal", status)
    with pytest.raises(DeliveryError) as error:
        award(hooked())
    found = error.value
    assert (found.reason.code, found.outcome_unknown) == (code, unknown)
    assert found.remote_wide == everybody
    assert found.retryable == (status in (429, 500, 503))


def test_a_secret_that_is_none_is_told_and_nothing_is_sent(
    hooked: Callable[..., Hooked], portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "rahasia-yang-salah")
    with pytest.raises(DeliveryError) as error:
        award(hooked())
    assert "lms.portal.secret" in str(error.value)
    assert "rahasia" not in str(error.value)
    assert portal.told == []


def test_the_check_sends_what_asks_for_nothing(
    hooked: Callable[..., Hooked], portal: Portal
) -> None:
    (line,) = hooked().check()
    assert (line.verdict, portal.badges) == ("ok", [])
    portal.order("page")
    (line,) = hooked().check()
    assert line.verdict == "failed"
