"""Logging in: when it is done, what its answer means, and what is seen of it (nothing)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import make_response, request

from lms_bridge.errors import DeliveryError
from lms_bridge.mapped.login import lifetime
from tests.simpeg.bupati import CONFIGURATION, Bupati
from tests.simpeg.conftest import Hall
from tests.simpeg.dialects import DIALECTS
from tests.simpeg.office import BUDI, PAGE, SITI

Open = Callable[[str], Hall]
LOGIN = "/masuk/token"


@pytest.fixture
def hall(open_hall: Open) -> Hall:
    return open_hall("bupati")


def office_of(hall: Hall) -> Bupati:
    assert isinstance(hall.office, Bupati)
    return hall.office


def answer(hall: Hall, body: Any, status: int = 200) -> None:
    """From now on this is what the login answers."""
    office_of(hall).app.view_functions["_log_in"] = lambda: (body, status)


def failure(hall: Hall) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        hall.simpeg.find_employee(SITI)
    return caught.value


def test_one_login_serves_until_its_token_is_refused(hall: Hall) -> None:
    hall.record()
    hall.deliver()
    assert office_of(hall).logins == 1
    office_of(hall).valid.clear()
    hall.record(nip=BUDI)
    assert hall.deliver() == {"done": 1}
    assert office_of(hall).logins == 2


def test_a_password_that_was_refused_is_not_tried_again_at_once(hall: Hall) -> None:
    hall.office.secret = "yang-lain"
    error = failure(hall)
    assert (error.reason.code, error.retryable) == ("credentials_rejected", False)
    assert "registry.simpeg.auth.password" in str(error.reason.details)
    assert "Sandi *** salah" in str(error.reason.details)  # it repeats what was sent
    failure(hall)
    assert office_of(hall).logins == 1


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (PAGE, 200, "unreadable_answer", "502 Bad Gateway"),
        (PAGE, 502, "remote_unavailable", "502 Bad Gateway"),
        (PAGE, 429, "remote_unavailable", "429"),
        ({"hasil": {"token": "x"}}, 200, "unreadable_answer", "no token at “hasil.sesi”"),
        ({"success": False, "message": "Akun terkunci"}, 200, "credentials_rejected", "terkunci"),
        ({"message": "Sibuk, coba lagi", "error": True}, 200, "remote_unavailable", "coba lagi"),
        ({"kode": "X1"}, 422, "credentials_rejected", "X1"),
        ("", 302, "remote_moved", "another address"),
    ],
)
def test_what_a_login_answers_that_brings_no_token(
    hall: Hall, body: Any, status: int, code: str, words: str
) -> None:
    answer(hall, body, status)
    error = failure(hall)
    assert error.reason.code == code
    assert words in str(error.reason.details)


def test_the_token_is_seen_nowhere(hall: Hall, told: list[Any]) -> None:
    hall.record()
    hall.deliver()
    with hall.yard.store.reading() as db:
        kept = "".join(map(str, db.exec_driver_sql("SELECT exchanges FROM attempts").scalars()))
    assert LOGIN in kept
    for secret in ("sesi-panjang", "rahasia-kantor"):
        assert secret not in kept + str(told)


class WithCookies(Bupati):
    """A session in a cookie, of which everybody gets one who comes by."""

    configuration = CONFIGURATION.replace('token = "hasil.sesi"', 'token = "cookie:sesi"').replace(
        'query = { sesi = "{token}" }', ""
    )

    def _let_in(self) -> Any:
        if request.path != "/masuk/token" and request.cookies.get("sesi") not in self.valid:
            return {"Message": "Sesi berakhir"}, 401
        return None

    def _log_in(self) -> Any:
        answered = make_response(super()._log_in())
        answered.set_cookie("tema", "gelap")
        answered.set_cookie("sesi", "siapa-saja", expires="Thu, 26 Nov 2099 10:00:00 GMT")
        if answered.status_code == 200:
            answered.set_cookie("sesi", answered.get_json()["hasil"]["sesi"].replace("|", "-"))
            self.valid = {token.replace("|", "-") for token in self.valid}
        return answered


@pytest.fixture
def cookies(open_hall: Open, monkeypatch: pytest.MonkeyPatch) -> Hall:
    monkeypatch.setitem(DIALECTS, "cookies", (WithCookies, WithCookies.configuration))
    return open_hall("cookies")


def test_a_session_may_be_a_cookie_that_the_login_sets(cookies: Hall) -> None:
    cookies.record()
    assert cookies.deliver() == {"done": 1}
    office_of(cookies).valid.clear()
    cookies.record(nip=BUDI)
    assert cookies.deliver() == {"done": 1}
    assert office_of(cookies).logins == 2


def test_a_cookie_for_everybody_who_comes_by_is_no_session(cookies: Hall) -> None:
    cookies.office.secret = "yang-lain"
    assert failure(cookies).reason.code == "credentials_rejected"
    assert office_of(cookies).logins == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (1800, 1800),
        ("1800", 1800),
        (1199.5, 1199.5),
        (0, None),
        (None, None),
        ("kapan-kapan", None),
        ("2001-01-01T00:00:00Z", None),
        (True, None),
    ],
)
def test_how_long_a_token_lives(said: Any, seconds: float | None) -> None:
    assert lifetime({"expires": said}, "expires") == seconds


def test_it_may_be_said_as_a_time() -> None:
    in_an_hour = lifetime({"until": int(time.time()) + 3600}, "until")
    assert in_an_hour is not None
    assert 3590 < in_an_hour <= 3600
    far = lifetime({"until": "2099-01-01T00:00:00.000000Z"}, "until")
    assert far is None or far > 86_400
