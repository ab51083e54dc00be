"""Each row of the table of refusals (registry facts, section 1), told apart from the others.

An expired token is renewed, or left to the operator; an SSO account of another instansi and a
suspended backend are neither, and no token is asked for because of them.
"""

from __future__ import annotations

import json

import msgspec
import pytest
import requests

from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError
from lms_bridge.registries.siasn.client import Siasn

APIM = "https://siasn.example/oauth2/token"
SSO = "https://sso.example/realms/public-siasn/protocol/openid-connect/token"
NIP = "198703152010012001"
LOOK_UP = f"/pns/data-utama/{NIP}"
FOUND = {"code": 1, "data": {"id": "8AE4", "nipBaru": NIP}}
SUSPENDED = "Currently , Address endpoint : [ Name : apisiasn ] [ State : SUSPENDED ]"


def xml(code: int, message: str, description: str) -> str:
    """As the gateway says it to whoever asks for a file."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ams:fault xmlns:ams="http://wso2.org/apimanager">'
        f"<ams:code>{code}</ams:code><ams:type>Status report</ams:type>"
        f"<ams:message>{message}</ams:message><ams:description>{description}</ams:description>"
        "</ams:fault>"
    )


def as_json(**body: object) -> str:
    return json.dumps(body)


BAD_SSO = [
    as_json(message="invalid or expired jwt"),
    as_json(message="Invalid or expired JWT"),
    as_json(message="missing or malformed jwt"),
    as_json(message="invalid or expired jwt").encode(),
    "invalid or expired jwt",
    '"invalid or expired jwt"\n',
]
BAD_APIM = [
    as_json(code=900901, type="Status report", message="Invalid Credentials", description="…"),
    as_json(code="900902", message="Missing Credentials"),
    as_json(fault={"code": 900901, "message": "Invalid Credentials"}),
    xml(900901, "Invalid Credentials", "Access failure for API: /apisiasn/1.0"),
    "Invalid Credentials",
]
MISMATCH = [
    as_json(code=0, data="Token SSO mismatch"),
    as_json(message="Token SSO mismatch"),
    '"Token SSO mismatch"',
    "Token SSO mismatch",
]
OUT_OF_USE = [
    as_json(code=303001, message="Runtime Error", description=SUSPENDED),
    as_json(fault={"code": 303001, "message": "Runtime Error", "description": SUSPENDED}),
    xml(303001, "Runtime Error", SUSPENDED),
]
RUNTIME_ERROR = [
    as_json(code=101503, message="Runtime Error", description="authentication failure"),
    xml(101503, "Runtime Error", "authentication failure"),
    "Runtime Error",
]
OTHER_401 = ["", "<html><h1>401 Unauthorized</h1></html>", as_json(message="Unauthorized"), b"\xff"]


def asked_for(service, url: str) -> int:
    """How many tokens were."""
    return sum(request.url == url for request in service.token_requests)


@pytest.fixture
def pasted(settings, tmp_path):
    (tmp_path / "sso").write_text("operators-token")
    return msgspec.structs.replace(settings, sso_token=Secret("file:sso", tmp_path))


def failure(settings) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        Siasn("siasn", settings).find_employee(NIP)
    return caught.value


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("body", BAD_SSO)
def test_a_bad_sso_token_that_was_issued_is_renewed(settings, service, body, status):
    service.answers(LOOK_UP, (status, body), FOUND)
    assert Siasn("siasn", settings).find_employee(NIP)
    assert (asked_for(service, APIM), asked_for(service, SSO)) == (1, 2)


@pytest.mark.parametrize("body", BAD_SSO)
def test_a_bad_sso_token_that_was_pasted_is_left_to_the_operator_at_once(pasted, service, body):
    service.answers(LOOK_UP, (401, body))
    error = failure(pasted)
    assert error.reason.code == "sso_token_expired"
    assert "lms-bridge registry token siasn" in error.reason.remedy()
    assert (len(service.asked(LOOK_UP)), asked_for(service, APIM)) == (1, 1)


@pytest.mark.parametrize("status", [200, 401, 403])
@pytest.mark.parametrize("body", BAD_APIM)
def test_a_bad_apim_token_is_renewed_whoever_supplied_the_other(pasted, service, body, status):
    service.answers(LOOK_UP, (status, body), FOUND)
    assert Siasn("siasn", pasted).find_employee(NIP)
    assert (asked_for(service, APIM), asked_for(service, SSO)) == (2, 0)


@pytest.mark.parametrize("status", [200, 401, 403])
@pytest.mark.parametrize("body", MISMATCH)
def test_an_account_of_another_instansi_is_no_expiry(settings, service, body, status):
    service.answers(LOOK_UP, (status, body))
    error = failure(settings)
    assert error.reason.code == "sso_mismatch"
    assert (error.remote_wide, error.retryable) == (True, False)
    assert len(service.asked(LOOK_UP)) == 1
    assert (asked_for(service, APIM), asked_for(service, SSO)) == (1, 1)


@pytest.mark.parametrize("status", [200, 500, 503])
@pytest.mark.parametrize("body", OUT_OF_USE)
def test_a_suspended_backend_is_an_outage_and_no_expiry(pasted, service, body, status):
    service.answers(LOOK_UP, (status, body))
    error = failure(pasted)
    assert error.reason.code == "backend_suspended"
    assert (error.remote_wide, error.retryable) == (True, True)
    assert "no token is at fault" in error.reason.remedy()
    assert (len(service.asked(LOOK_UP)), asked_for(service, APIM)) == (1, 1)


def test_what_a_suspended_backend_was_to_write_was_not_written(
    settings, service, employee, training
):
    service.answers("/kursus/save", (503, OUT_OF_USE[0]))
    with pytest.raises(DeliveryError) as caught:
        Siasn("siasn", settings).record(employee, training)
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("body", RUNTIME_ERROR)
def test_any_other_runtime_error_renews_the_apim_token(pasted, service, body):
    service.answers(LOOK_UP, (500, body), FOUND)
    assert Siasn("siasn", pasted).find_employee(NIP)
    assert asked_for(service, APIM) == 2


@pytest.mark.parametrize("body", OTHER_401)
def test_a_401_that_does_not_say_which_token_is_tried_with_both(settings, service, body):
    service.answers(LOOK_UP, (401, body), (401, body), FOUND)
    assert Siasn("siasn", settings).find_employee(NIP)
    assert (asked_for(service, APIM), asked_for(service, SSO)) == (2, 2)


@pytest.mark.parametrize("body", OTHER_401)
def test_a_401_that_a_fresh_apim_token_does_not_help_is_the_pasted_tokens(pasted, service, body):
    service.answers(LOOK_UP, (401, body))
    assert failure(pasted).reason.code == "sso_token_expired"
    assert (len(service.asked(LOOK_UP)), asked_for(service, APIM)) == (2, 2)


def test_a_connection_that_is_reset_says_nothing_about_tokens(settings, service):
    """One client throws its tokens away then; here it is an outage, which a token does not end."""
    service.answers(LOOK_UP, requests.ConnectionError(ConnectionResetError("reset")), FOUND)
    siasn = Siasn("siasn", settings)
    with pytest.raises(DeliveryError) as caught:
        siasn.find_employee(NIP)
    assert caught.value.reason.code == "remote_unavailable"
    assert siasn.find_employee(NIP)
    assert (asked_for(service, APIM), asked_for(service, SSO)) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        "<html><title>invalid or expired jwt and other stories</title></html>",
        "<fault><message>Invalid Credentials</message></fault>",
        "x" * 100 + "invalid or expired jwt",
        '["invalid or expired jwt"]',
    ],
)
def test_words_that_only_occur_somewhere_are_no_token_error(settings, service, body):
    service.answers(LOOK_UP, (200, body))
    assert failure(settings).reason.code == "unreadable_answer"


# --- logging in by password


@pytest.mark.parametrize(
    ("status", "error", "description"),
    [
        (400, "invalid_grant", "Account is not fully set up"),
        (401, "invalid_grant", "Invalid user credentials"),
        (400, "invalid_grant", "Invalid OTP"),
        (400, "unauthorized_client", "Client not allowed for direct access grants"),
    ],
)
def test_a_password_that_does_not_log_in_is_told_with_the_way_by_a_token(
    settings, service, status, error, description
):
    service.issues(SSO, (status, {"error": error, "error_description": description}))
    siasn = Siasn("siasn", settings)
    for _ in range(5):
        with pytest.raises(DeliveryError) as caught:
            siasn.find_employee(NIP)
    assert caught.value.reason.code == "password_login_refused"
    assert description in caught.value.reason.what()
    assert "lms-bridge registry token siasn" in caught.value.reason.remedy()
    assert (caught.value.remote_wide, caught.value.retryable) == (True, False)
    assert asked_for(service, SSO) == 1, "more would lock the account"
    assert service.asked(LOOK_UP) == []


def test_a_client_id_that_is_not_known_is_not_the_passwords_fault(settings, service):
    service.issues(SSO, (401, {"error": "invalid_client", "error_description": "unknown"}))
    error = failure(settings)
    assert error.reason.code == "credentials_rejected"
    assert "registry.siasn.sso_client_id" in error.reason.remedy()


# --- refusals of the API itself

PASSING = ["Gagal terhubung ke database", "Gagal mengambil data", "Terjadi kesalahan"]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("message", PASSING)
def test_a_question_that_is_refused_is_asked_again(settings, service, message, status):
    """It breaks no rule; so it is the registry that is in trouble."""
    for body in (
        {"Error": True, "Message": message},
        {"success": False, "mapData": None, "message": message},
        {"code": 0, "data": None, "message": message},
    ):
        service.answers(LOOK_UP, (status, as_json(**body)))
        error = failure(settings)
        assert (error.retryable, error.reason.code) == (True, "remote_unavailable")
        assert message in error.reason.what()


def test_a_question_about_somebody_who_must_not_be_asked_about_waits_for_a_person(
    settings, service
):
    service.answers(LOOK_UP, {"Error": "true", "Message": "PNS bukan dari instansi Anda"})
    error = failure(settings)
    assert (error.retryable, error.doubtful) == (False, False)


@pytest.mark.parametrize(
    ("message", "doubtful"),
    [
        ("Gagal menyimpan data", True),
        ("Unexpected error", True),
        ("", True),
        ("Jenis Jabatan tidak ditemukan pada data referensi", False),
        ("2 errors occurred:\n\t* PnsOrangId is required\n\t* NamaKursus is required\n", False),
        ("Data sudah ada", False),
        ("Periode terkunci", False),
    ],
)
def test_a_refusal_is_doubtful_unless_it_names_a_rule(
    settings, service, employee, training, message, doubtful
):
    service.answers("/kursus/save", {"success": False, "mapData": None, "message": message})
    with pytest.raises(DeliveryError) as caught:
        Siasn("siasn", settings).record(employee, training)
    assert (caught.value.doubtful, caught.value.retryable) == (doubtful, False)
    assert not caught.value.outcome_unknown


# --- another NIP


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        ("198703152026212901", True),  # of the same birthday and sex
        ("198703152010011001", False),
        ("198703162010012001", False),
        ("1987031520", False),
        ("", False),
    ],
)
def test_who_is_shown_with_another_number_may_be_the_same_person(settings, service, told, fits):
    service.answers(LOOK_UP, {"code": 1, "data": {"id": "8AE4", "nipBaru": told}})
    if fits:
        found = Siasn("siasn", settings).find_employee(NIP)
        assert found
        assert (found.nip, found.person_id) == (NIP, "8AE4")
    else:
        assert failure(settings).reason.code == "unreadable_answer"
