"""lms-bridge check on SIASN: each step of the way has its own line and remedy."""

from __future__ import annotations

import base64
import json
import time

import msgspec
import pytest
import requests

from lms_bridge.config.secrets import Secret
from lms_bridge.registries.siasn.client import Siasn

APIM = "https://siasn.example/oauth2/token"
SSO = "https://sso.example/realms/public-siasn/protocol/openid-connect/token"
NIP = "198703152010012001"
NOBODY = "/pns/data-utama/000000000000000000"
NOT_FOUND = (404, {"code": 0, "data": "Data tidak ditemukan"})
UNITS = "/referensi/ref-unor?limit=500&offset=0"
BAD_JWT = (401, {"message": "invalid or expired jwt"})


@pytest.fixture
def whole(service):
    """A registry where everything is as it should be."""
    service.answers("", (401, {"code": 900902, "message": "Missing Credentials"}))
    service.answers(NOBODY, NOT_FOUND)
    service.answers(f"/pns/rw-kursus/{NIP}", {"code": 1, "data": [{"id": "a"}, {"id": "b"}]})
    service.answers(f"/pns/rw-diklat/{NIP}", NOT_FOUND)
    service.answers(f"/pns/nilaiipasn/{NIP}", {"code": 1, "data": {"subtotal": "67.5"}})
    service.answers(UNITS, {"code": 1, "data": [{"Id": "a", "NamaUnor": "A"}], "count": 1})
    return service


@pytest.fixture
def known(settings, monkeypatch):
    monkeypatch.setenv("CHECK_NIP", NIP)
    return msgspec.structs.replace(settings, check_nip=Secret("env:CHECK_NIP"))


def lines(settings) -> dict[str, object]:
    found = Siasn("siasn", settings).check()
    return {line.subject.removeprefix("registry.siasn: "): line for line in found}


def token_until(seconds: float) -> str:
    claims = json.dumps({"exp": int(time.time() + seconds)}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln"


def test_a_registry_in_order_has_no_other_lines_than_ok(known, whole):
    found = lines(known)
    assert {line.verdict for line in found.values()} == {"ok"}
    assert list(found) == [
        "address",
        "consumer key",
        "SSO token",
        "employee look-up",
        "training history",
        "IP-ASN",
        "work units",
    ]
    assert "2 rows of kursus, 0 of diklat" in found["training history"].finding


def test_nothing_is_written_and_nobodys_number_is_shown(known, whole):
    found = lines(known)
    assert {request.method for request in whole.requests} == {"GET"}
    assert NIP not in str(found)
    assert "1987************01" in found["employee look-up"].finding


def test_an_address_without_credentials_need_only_answer(settings, whole):
    assert "HTTP 401" in lines(settings)["address"].finding


@pytest.mark.parametrize(
    ("failure", "remedy"),
    [
        (requests.ConnectionError("…"), "port is open outbound"),
        (requests.ConnectTimeout("…"), "BKN has put this server's address on its list"),
    ],
)
def test_an_address_that_does_not_answer_is_the_only_line(settings, whole, failure, remedy):
    whole.answers("", failure)
    (line,) = lines(settings).values()
    assert line.verdict == "failed"
    assert remedy in line.remedy


def test_a_consumer_key_that_is_not_accepted_is_told(settings, whole):
    whole.issues(APIM, (401, {"error": "invalid_client"}))
    line = lines(settings)["consumer key"]
    assert line.verdict == "failed"
    assert "registry.siasn.consumer_key" in line.remedy


def test_an_sso_account_that_is_not_accepted_is_told(settings, whole):
    whole.issues(SSO, (401, {"error": "invalid_grant"}))
    line = lines(settings)["SSO token"]
    assert line.verdict == "failed"
    assert "registry.siasn.sso_password" in line.remedy


def test_an_operators_token_that_has_expired_is_told(settings, whole, tmp_path):
    (tmp_path / "token").write_text("old")
    whole.answers(NOBODY, BAD_JWT)
    supplied = msgspec.structs.replace(settings, sso_token=Secret("file:token", tmp_path))
    line = lines(supplied)["SSO token"]
    assert line.verdict == "failed"
    assert "registry.siasn.sso_token" in line.remedy


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(30 * 86_400, "ok"), (3600, "warning")], ids=["long", "soon"]
)
def test_an_operators_token_that_expires_soon_is_a_warning(
    settings, whole, tmp_path, seconds, verdict
):
    (tmp_path / "token").write_text(token_until(seconds))
    supplied = msgspec.structs.replace(settings, sso_token=Secret("file:token", tmp_path))
    assert lines(supplied)["SSO token"].verdict == verdict


def test_a_refusal_of_the_number_that_nobody_has_accepts_the_tokens(settings, whole):
    whole.answers(NOBODY, {"code": 0, "data": None, "message": "NIP tidak valid"})
    assert lines(settings)["SSO token"].verdict == "ok"


def test_without_a_known_employee_the_look_up_is_a_warning(settings, whole):
    line = lines(settings)["employee look-up"]
    assert line.verdict == "warning"
    assert "registry.siasn.check_nip" in line.remedy


def test_a_known_employee_whom_the_registry_does_not_know_is_a_failure(known, whole):
    whole.answers(f"/pns/data-utama/{NIP}", NOT_FOUND)
    assert lines(known)["employee look-up"].verdict == "failed"


def test_a_history_that_cannot_be_read_is_a_failure(known, whole):
    whole.answers(f"/pns/rw-kursus/{NIP}", (500, "<h1>oops</h1>"))
    assert lines(known)["training history"].verdict == "failed"


@pytest.mark.parametrize("answer", ["", "[]", "<html>", b"\xff", (302, "", {"Location": "/x"})])
def test_no_answer_however_odd_makes_the_check_fail_itself(known, whole, answer):
    for path in ("", NOBODY, f"/pns/data-utama/{NIP}"):
        whole.answers(path, answer)
    assert list(Siasn("siasn", known).check())[-1].verdict == "failed"


def test_what_can_be_done_without_is_a_warning(known, whole):
    whole.answers(f"/pns/nilaiipasn/{NIP}", (404, "<html>404</html>"))
    whole.answers(UNITS, {"code": 0, "message": "Anda tidak memiliki akses"})
    found = lines(known)
    assert (found["IP-ASN"].verdict, found["work units"].verdict) == ("warning", "warning")
    assert "all else works without it" in found["IP-ASN"].remedy
    assert "tidak memiliki akses" in found["work units"].finding


def test_an_employee_without_ip_asn_is_in_order(known, whole):
    whole.answers(f"/pns/nilaiipasn/{NIP}", NOT_FOUND)
    assert "None was computed" in lines(known)["IP-ASN"].finding
