"""``lms-bridge check`` of a registry in TOML: what it proves, and what it writes (nothing)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from lms_bridge.config.secrets import Secret
from lms_bridge.registries.simpeg.client import Simpeg
from tests.simpeg.conftest import Hall
from tests.simpeg.office import SITI


def found(hall: Hall, **changes: Any) -> list[tuple[str, str, str]]:
    settings = msgspec.structs.replace(hall.settings, **changes)
    return [
        (one.subject.partition(": ")[2], one.verdict, one.finding)
        for one in Simpeg("simpeg", settings).check()
    ]


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECK_NIP", SITI)


KNOWN = {"check_nip": Secret("env:CHECK_NIP")}


def test_every_dialect_is_proven_without_writing(hall: Hall) -> None:
    hall.record()
    hall.deliver()
    writes = len(hall.office.kept)
    lines = found(hall, **KNOWN)
    assert {verdict for _, verdict, _ in lines} == {"ok"}
    assert [subject for subject, _, _ in lines][:3] == [
        "address",
        "credentials",
        "employee look-up",
    ]
    assert any("1 rows, 1 of them with a date" in finding for _, _, finding in lines)
    assert len(hall.office.kept) == writes


def test_without_a_known_employee_it_says_so(open_hall: Callable[[str], Hall]) -> None:
    *_, last = found(open_hall("bearer-json"))
    assert last[:2] == ("employee look-up", "warning")


def test_dead_credentials_are_told_with_their_setting(open_hall: Callable[[str], Hall]) -> None:
    hall = open_hall("basic-php")
    hall.office.secret = "yang-lain"
    *_, last = found(hall, **KNOWN)
    assert last[:2] == ("credentials", "failed")
    assert "registry.simpeg does not accept auth.password" in last[2]


def test_paths_that_lead_nowhere_are_noticed(open_hall: Callable[[str], Hall]) -> None:
    hall = open_hall("camat")
    hall.office.add(SITI, nama_lain="Diklat", mulai="2026-01-02")
    *_, last = found(hall, **KNOWN)
    assert last == (
        "training history",
        "failed",
        "None of the 1 rows of diklat has a name or a number.",
    )


def test_dates_that_cannot_be_read_are_noticed(open_hall: Callable[[str], Hall]) -> None:
    hall = open_hall("camat")
    hall.record()
    hall.deliver()
    *_, last = found(hall, **KNOWN, dates=("%d %B %Y",))
    assert last == (
        "training history",
        "warning",
        "None of the 1 rows of diklat has a date that can be read.",
    )


def test_an_address_that_does_not_answer_ends_it(open_hall: Callable[[str], Hall]) -> None:
    lines = found(open_hall("camat"), url="http://127.0.0.1:9")
    assert [(subject, verdict) for subject, verdict, _ in lines] == [("address", "failed")]
