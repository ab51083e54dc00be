"""Where a delivery stands, in the words of a learner."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from lms_bridge.deliveries.lifecycle import State
from lms_bridge.learner import wording
from lms_bridge.learner.wording import told
from lms_bridge.reasons import SENTENCES, Reason
from lms_bridge.reports import DeliveryLine
from tests.conftest import NOW

STEPS = ("record", "badge", "document", "correct", "undouble", "unrecord", "revoke")
SECRETS = {"nip": "198703152010012001", "by": "Rudi Hartono", "error": "HTTP 500", "actor": "Budi"}


def day(moment: dt.datetime) -> str:
    return f"{moment:%d.%m.}"


def line(step: str, state: State, code: str, **details: str) -> DeliveryLine:
    return DeliveryLine(
        id=1,
        completion_id=1,
        award_id=None,
        step=step,
        remote="lms.moodle" if step in ("badge", "revoke") else "registry.siasn",
        state=state,
        reason=Reason(code, **details),
        due_at=NOW,
        attempts=1,
        result_id="",
        link="javascript:alert(1)",
        changed_at=NOW,
    )


@pytest.mark.parametrize("language", ["id", "en"])
def test_whatever_it_is_it_is_said_without_a_detail(language: str) -> None:
    for step, state, code in itertools.product(STEPS, State, SENTENCES):
        said = told(line(step, state, code, **SECRETS), office="BKPSDM")
        if said is None:
            assert step in ("document", "undouble", "correct") or state == State.CANCELLED
            continue
        words = said.words(language, day)
        assert "%" not in words
        assert not any(secret in words for secret in SECRETS.values())
        assert said.link == ""


@pytest.mark.parametrize(
    ("step", "state", "code", "words"),
    [
        ("record", State.DONE, "done", "Sudah tercatat di SIASN pada 24.11.."),
        (
            "record",
            State.WAITING,
            "remote_unavailable",
            "Menunggu SIASN, yang sedang tidak dapat dihubungi.",
        ),
        (
            "record",
            State.BLOCKED,
            "employee_not_in_registry",
            "Diteruskan ke BKPSDM karena NIP Anda belum dikenal di SIASN.",
        ),
        ("record", State.BLOCKED, "internal_error", "Diteruskan ke BKPSDM untuk diperiksa."),
        ("unrecord", State.DONE, "done", "Sudah dihapus dari SIASN pada 24.11.."),
        ("badge", State.DONE, "badge_unconfirmed", "Lencana sudah disampaikan ke LMS pada 24.11.."),
        ("revoke", State.DELEGATED, "badge_to_revoke", "Lencana di LMS akan dicabut."),
    ],
)
def test_it_is_said_in_plain_words(step: str, state: State, code: str, words: str) -> None:
    said = told(line(step, state, code), office="BKPSDM")
    assert said
    assert said.words("id", day) == words


def test_it_follows_another_registry_by_name() -> None:
    waits = line("record", State.WAITING, "waits_for_registry", remote="registry.simpeg-kota")
    said = told(waits, office="BKPSDM")
    assert said
    assert said.words("id", day) == "Menyusul segera setelah tercatat di SIMPEG KOTA."


def test_each_reason_that_is_put_into_words_is_one() -> None:
    assert (wording.WAITS.keys() | wording.STOPS.keys()) - SENTENCES.keys() == set()
