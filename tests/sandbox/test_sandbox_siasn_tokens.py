"""The two tokens of the SIASN sandbox and the ways of being refused (registry facts, section 1)."""

import pytest

from lms_bridge.sandbox.city import SITI
from lms_bridge.sandbox.siasn.app import API

MASTER = f"/pns/data-utama/{SITI}"
OPERATOR = "sandbox-operator-token"


def headers(apim, sso, bearer="Bearer", auth="bearer"):
    return {"Authorization": f"{bearer} {apim}", "Auth": f"{auth} {sso}"}


def test_the_gateways_token_is_got_with_client_credentials_over_basic(registry):
    answer = registry.apim_login()
    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)


def test_the_operators_token_is_got_with_a_password_and_holds_for_twelve_hours(registry):
    body = registry.sso_login().json()
    assert (body["expires_in"], len(body["access_token"].split("."))) == (43200, 3)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"password": "wrong"}, 401, "invalid_grant"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"grant_type": "refresh_token"}, 400, "unsupported_grant_type"),
    ],
)
def test_keycloak_refuses_in_its_own_words(registry, changes, status, error):
    answer = registry.sso_login(**changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_the_gateway_refuses_wrong_consumers(registry):
    assert registry.apim_login(auth=("sandbox-key", "wrong")).status_code == 401
    assert registry.apim_login(auth=None).json()["error"] == "invalid_client"
    answer = registry.apim_login(grant_type="password")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("scheme", ["bearer", "Bearer", "BEARER"])
def test_how_the_schemes_are_written_does_not_matter(registry, scheme):
    registry.login()
    sent = headers(registry.apim, registry.sso, bearer=scheme, auth=scheme)
    assert registry("GET", MASTER, headers=sent).status_code == 200


def test_without_the_gateways_token_the_gateway_answers(registry):
    registry.login()
    for sent in ({}, {"Auth": f"bearer {registry.sso}"}, headers("wrong", registry.sso)):
        answer = registry("GET", MASTER, headers=sent)
        assert answer.status_code == 401
        assert answer.json()["code"] == "900901"
        assert answer.json()["message"] == "Invalid Credentials"
        assert set(answer.json()) == {"code", "type", "message", "description"}


def test_without_the_operators_token_the_backend_answers(registry):
    registry.login()
    bearer = {"Authorization": f"Bearer {registry.apim}"}
    for sent in (bearer, headers(registry.apim, "wrong")):
        answer = registry("GET", MASTER, headers=sent)
        assert (answer.status_code, answer.json()) == (401, {"message": "invalid or expired jwt"})


def test_a_token_that_an_operator_pasted_serves_as_well(registry):
    registry.login()
    assert registry("GET", MASTER, headers=headers(registry.apim, OPERATOR)).status_code == 200
    registry.sandbox.tokens.operator_token = ""
    answer = registry("GET", MASTER, headers=headers(registry.apim, OPERATOR))
    assert answer.json() == {"message": "invalid or expired jwt"}


def test_tokens_expire_by_the_clock(registry, clock):
    registry.login()
    clock.now += 3601
    assert registry("GET", MASTER).json()["message"] == "Invalid Credentials"
    registry.apim = registry.apim_login().json()["access_token"]
    assert registry("GET", MASTER).status_code == 200
    clock.now += 43_200 - 3601
    registry.apim = registry.apim_login().json()["access_token"]
    assert registry("GET", MASTER).json() == {"message": "invalid or expired jwt"}


def test_tokens_can_be_made_to_expire(registry):
    registry.login()
    registry.sandbox.tokens.expire_sso()
    assert registry("GET", MASTER).json() == {"message": "invalid or expired jwt"}
    registry.sandbox.tokens.expire_apim()
    assert registry("GET", MASTER).json()["message"] == "Invalid Credentials"


def test_an_operator_of_another_instansi_is_a_mismatch(registry):
    registry.sandbox.tokens.sso_of_another_instansi = True
    answer = registry("GET", MASTER)
    assert (answer.status_code, answer.json()["data"]) == (401, "Token SSO mismatch")


def test_a_suspended_backend_is_told_by_the_description_only(registry):
    registry.login()
    registry.sandbox.suspended = True
    fault = registry("GET", MASTER).json()
    assert fault["message"] == "Runtime Error"
    assert "SUSPENDED" in fault["description"]
    registry.sandbox.suspended = False
    assert registry("GET", MASTER).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/pns/rw-potensi/1"),
        ("PUT", "/kursus/save"),
        ("PATCH", "/kursus/id/1"),
        ("POST", MASTER),
    ],
)
def test_what_the_api_has_not_is_the_gateways_404(registry, method, path):
    answer = registry(method, path)
    assert answer.status_code == 404
    assert answer.json()["description"] == (
        f"The requested resource ({API}{path}) is not available."
    )


def test_outside_the_api_there_is_nothing(registry):
    assert registry.session.get(f"{registry.url}/", timeout=5).status_code == 404
