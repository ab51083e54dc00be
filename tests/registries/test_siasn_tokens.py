"""The two tokens of SIASN: issued, kept, renewed once, and never hammered for."""

from __future__ import annotations

import base64
import datetime as dt
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import msgspec
import pytest
import requests

from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError
from lms_bridge.http.client import HttpClient
from lms_bridge.http.tokens import DOUBTED_AFTER, PASSWORD_PAUSE, IssuedToken
from lms_bridge.http.trouble import unavailable
from lms_bridge.registries.jwt import expiry
from lms_bridge.registries.siasn.client import Siasn
from lms_bridge.registries.siasn.tokens import Tokens

APIM = "https://siasn.example/oauth2/token"
SSO = "https://sso.example/realms/public-siasn/protocol/openid-connect/token"
NIP = "198703152010012001"
LOOK_UP = f"/pns/data-utama/{NIP}"
BAD_JWT = (401, {"message": "invalid or expired jwt"})
BAD_APIM = (401, {"code": 900901, "message": "Invalid Credentials", "description": "…"})
FOUND = {"code": 1, "data": {"id": "8AE4", "nipBaru": NIP}}
INVALID_GRANT = (401, {"error": "invalid_grant", "error_description": "Invalid user credentials"})


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(settings, clock) -> Tokens:
    return Tokens("siasn", settings, HttpClient(settings), clock)


@pytest.fixture
def supplied(settings, tmp_path):
    """Settings with an operator's token in a file, and the file."""
    file = tmp_path / "sso-token"
    file.write_text("operators-token\n")
    return msgspec.structs.replace(settings, sso_token=Secret(f"file:{file}")), file


def requests_to(service, url):
    return [request for request in service.token_requests if request.url == url]


def test_the_apim_token_is_asked_for_with_the_consumer_key_over_basic(tokens, service):
    tokens.apim.get()
    (request,) = service.token_requests
    credentials = base64.b64encode(b"the-key:the-secret").decode()
    assert request.headers["Authorization"] == f"Basic {credentials}"
    assert request.body == "grant_type=client_credentials"


def test_the_sso_token_is_asked_for_with_the_operators_account(tokens, service):
    tokens.sso.get()
    (request,) = service.token_requests
    assert "Authorization" not in request.headers
    assert parse_qs(request.body) == {
        "grant_type": ["password"],
        "client_id": ["siantarservice"],
        "username": ["the-username"],
        "password": ["the-password"],
    }


@pytest.mark.parametrize(
    ("answer", "lives"),
    [
        ({"access_token": "a", "expires_in": 600}, 540),
        ({"access_token": "a", "expires_in": "600"}, 540),
        ({"access_token": "a", "expires_in": 100}, 90),
        ({"access_token": "a"}, 3540),
        ({"access_token": "a", "expires_in": None}, 3540),
        ({"access_token": "a", "expires_in": -1}, 3540),
        ({"access_token": "a", "expires_in": "soon"}, 3540),
    ],
)
def test_a_token_is_kept_until_shortly_before_it_expires(tokens, service, clock, answer, lives):
    service.issues(APIM, answer)
    tokens.apim.get()
    clock.now += lives - 1
    tokens.apim.get()
    assert len(service.token_requests) == 1
    clock.now += 2
    tokens.apim.get()
    assert len(service.token_requests) == 2


def test_an_sso_token_lives_twelve_hours_where_nothing_is_said(tokens, service, clock):
    tokens.sso.get()
    clock.now += 43_200 - 61
    tokens.sso.get()
    assert len(service.token_requests) == 1
    clock.now += 2
    tokens.sso.get()
    assert len(service.token_requests) == 2


def test_many_threads_that_need_a_token_ask_for_one():
    issued = []

    def issue() -> tuple[str, float]:
        time.sleep(0.05)
        issued.append(1)
        return "token", 3600.0

    source = IssuedToken(issue, time.monotonic)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: source.get(), range(64)))
    assert set(found) == {"token"}
    assert len(issued) == 1


def test_threads_that_waited_for_a_token_share_its_failure():
    failed = []
    waiting = threading.Barrier(8)

    def issue() -> tuple[str, float]:
        time.sleep(0.2)
        failed.append(1)
        raise unavailable("registry.siasn", "down")

    source = IssuedToken(issue, time.monotonic)

    def ask(_: int) -> str:
        waiting.wait()
        with pytest.raises(DeliveryError) as caught:
            source.get()
        return caught.value.reason.code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == ["remote_unavailable"] * 8
    assert len(failed) == 1


def test_a_token_is_asked_for_again_after_a_failure(service, tokens, clock):
    service.issues(APIM, (503, "<h1>Service Unavailable</h1>"), {"access_token": "a"})
    with pytest.raises(DeliveryError):
        tokens.apim.get()
    assert tokens.apim.get() == "a"


def test_a_token_that_another_thread_has_renewed_is_not_thrown_away(service, tokens):
    old = tokens.apim.get()
    tokens.apim.refused(old, "…")
    new = tokens.apim.get()
    tokens.apim.refused(old, "…")
    assert tokens.apim.get() == new
    assert len(service.token_requests) == 2


def test_a_token_that_is_doubted_is_renewed_now_and_then(service, tokens, clock):
    """Of a mismatch a new login is the cure with some, and none with others."""
    first = tokens.sso.get()
    tokens.sso.doubted(first)
    assert tokens.sso.get() == first
    clock.now += DOUBTED_AFTER
    tokens.sso.doubted("another")
    assert tokens.sso.get() == first
    tokens.sso.doubted(first)
    assert tokens.sso.get() != first


def test_at_a_mismatch_the_sso_token_is_doubted(settings, service, monkeypatch):
    monkeypatch.setattr("lms_bridge.http.tokens.DOUBTED_AFTER", 0.0)
    service.answers(LOOK_UP, {"code": 0, "data": "Token SSO mismatch"}, FOUND)
    siasn = Siasn("siasn", settings)
    with pytest.raises(DeliveryError):
        siasn.find_employee(NIP)
    assert siasn.find_employee(NIP)
    assert [request.url for request in service.token_requests].count(SSO) == 2


def test_an_apim_token_that_is_refused_is_renewed_alone_and_the_call_repeated(settings, service):
    service.answers(LOOK_UP, BAD_APIM, FOUND)
    assert Siasn("siasn", settings).find_employee(NIP)
    assert len(requests_to(service, APIM)) == 2
    assert len(requests_to(service, SSO)) == 1
    assert [r.headers["Authorization"] for r in service.asked(LOOK_UP)] == [
        "Bearer apim-1",
        "Bearer apim-3",
    ]


def test_an_sso_token_that_is_refused_is_renewed_alone_and_the_call_repeated(settings, service):
    service.answers(LOOK_UP, BAD_JWT, FOUND)
    assert Siasn("siasn", settings).find_employee(NIP)
    assert len(requests_to(service, APIM)) == 1
    assert len(requests_to(service, SSO)) == 2


def test_a_401_that_does_not_say_which_token_renews_one_after_the_other(settings, service):
    service.answers(LOOK_UP, (401, ""), (401, ""), FOUND)
    assert Siasn("siasn", settings).find_employee(NIP)
    assert len(service.asked(LOOK_UP)) == 3
    assert len(service.token_requests) == 4


@pytest.mark.parametrize("answer", [BAD_APIM, BAD_JWT, (401, "")])
def test_a_call_is_not_repeated_for_ever(settings, service, answer):
    service.answers(LOOK_UP, answer)
    with pytest.raises(DeliveryError) as caught:
        Siasn("siasn", settings).find_employee(NIP)
    assert caught.value.reason.code == "credentials_rejected"
    assert (caught.value.remote_wide, caught.value.retryable) == (True, True)
    assert len(service.asked(LOOK_UP)) <= 3


def test_a_write_whose_token_was_refused_before_it_was_taken_is_repeated(
    settings, service, employee, training
):
    saved = {"success": True, "mapData": {"rwKursusId": "8ae4"}}
    service.answers("/kursus/save", BAD_JWT, saved)
    assert Siasn("siasn", settings).record(employee, training) == "8ae4"


def test_a_write_is_never_repeated_after_a_runtime_error_but_the_token_is_renewed(
    settings, service, employee, training
):
    """The gateway says Runtime Error of a bad token, and of a backend that was too slow."""
    runtime_error = {"code": 101504, "message": "Runtime Error", "description": "Send timeout"}
    service.answers("/kursus/save", runtime_error)
    siasn = Siasn("siasn", settings)
    with pytest.raises(DeliveryError) as caught:
        siasn.record(employee, training)
    assert caught.value.outcome_unknown
    assert len(service.asked("/kursus/save")) == 1
    siasn.find_employee(NIP)
    assert len(requests_to(service, APIM)) == 2


def test_a_runtime_error_that_a_new_token_does_not_help_is_an_outage(settings, service):
    runtime_error = {"code": 101503, "message": "Runtime Error", "description": "No back end"}
    service.answers(LOOK_UP, runtime_error)
    with pytest.raises(DeliveryError) as caught:
        Siasn("siasn", settings).find_employee(NIP)
    assert caught.value.reason.code == "remote_unavailable"
    assert len(service.asked(LOOK_UP)) == 2


def test_a_consumer_key_that_is_not_accepted_names_its_setting(tokens, service):
    service.issues(APIM, (401, {"error": "invalid_client", "error_description": "unknown"}))
    with pytest.raises(DeliveryError) as caught:
        tokens.apim.get()
    assert caught.value.reason.code == "credentials_rejected"
    assert "registry.siasn.consumer_key" in caught.value.reason.remedy()
    assert caught.value.remote_wide


def test_a_password_that_was_refused_is_not_tried_again_and_again(tokens, service, clock):
    """It is a person's account, and it would be locked."""
    service.issues(SSO, INVALID_GRANT)
    for _ in range(5):
        with pytest.raises(DeliveryError) as caught:
            tokens.sso.get()
        assert "registry.siasn.sso_password" in caught.value.reason.remedy()
        clock.now += 60
    assert len(service.token_requests) == 1
    clock.now += PASSWORD_PAUSE
    with pytest.raises(DeliveryError):
        tokens.sso.get()
    assert len(service.token_requests) == 2


def test_a_password_that_was_corrected_is_tried_at_once(tokens, service, monkeypatch):
    service.issues(SSO, INVALID_GRANT, {"access_token": "a"})
    with pytest.raises(DeliveryError):
        tokens.sso.get()
    monkeypatch.setenv("SIASN_PASSWORD", "the-right-one")
    assert tokens.sso.get() == "a"


@pytest.mark.parametrize(
    "answer",
    [
        requests.ConnectionError("…"),
        requests.ReadTimeout("…"),
        (502, "<h1>Bad Gateway</h1>"),
        (429, "", {"Retry-After": "5"}),
    ],
)
def test_a_token_endpoint_that_is_down_stops_the_registry_and_wrote_nothing(
    settings, service, employee, training, answer
):
    service.issues(APIM, answer)
    with pytest.raises(DeliveryError) as caught:
        Siasn("siasn", settings).record(employee, training)
    error = caught.value
    assert (error.retryable, error.remote_wide, error.outcome_unknown) == (True, True, False)


@pytest.mark.parametrize("answer", [{}, "", "[]", {"access_token": ""}, {"access_token": 7}])
def test_an_answer_without_a_token_is_unreadable(tokens, service, answer):
    service.issues(APIM, answer)
    with pytest.raises(DeliveryError) as caught:
        tokens.apim.get()
    assert caught.value.reason.code == "unreadable_answer"


def test_an_operators_token_is_used_instead_of_the_password(supplied, service):
    settings, _ = supplied
    Siasn("siasn", settings).find_employee(NIP)
    assert requests_to(service, SSO) == []
    assert service.asked(LOOK_UP)[0].headers["Auth"] == "bearer operators-token"


def test_an_operators_token_that_is_refused_is_for_the_operator_to_replace(supplied, service):
    settings, _ = supplied
    service.answers(LOOK_UP, BAD_JWT)
    with pytest.raises(DeliveryError) as caught:
        Siasn("siasn", settings).find_employee(NIP)
    assert caught.value.reason.code == "sso_token_expired"
    assert (caught.value.remote_wide, caught.value.retryable) == (True, False)
    assert "registry.siasn.sso_token" in caught.value.reason.remedy()
    assert len(service.asked(LOOK_UP)) == 1


def test_an_operators_token_that_was_replaced_meanwhile_is_tried(supplied, service):
    settings, file = supplied

    def replaced_while_under_way():
        file.write_text("fresh-token")
        return BAD_JWT

    service.answers(LOOK_UP, replaced_while_under_way, FOUND)
    assert Siasn("siasn", settings).find_employee(NIP)
    tokens = [request.headers["Auth"] for request in service.asked(LOOK_UP)]
    assert tokens == ["bearer operators-token", "bearer fresh-token"]


@pytest.mark.parametrize(
    "pasted", ["BIGipServerpool=1; pdns=2", "Cookie: BIGipServerpool=1;\n  pdns=2\n"]
)
def test_cookies_for_the_load_balancer_go_with_each_call_and_with_nothing_else(
    settings, service, tmp_path, pasted
):
    (tmp_path / "cookies").write_text(pasted)
    settings = msgspec.structs.replace(settings, cookies=Secret("file:cookies", tmp_path))
    Siasn("siasn", settings).find_employee(NIP)
    (request,) = service.asked(LOOK_UP)
    assert request.headers["Cookie"] == "BIGipServerpool=1; pdns=2"
    assert all("Cookie" not in request.headers for request in service.token_requests)


def test_cookies_that_are_not_there_name_their_setting(settings, service, tmp_path):
    settings = msgspec.structs.replace(settings, cookies=Secret("file:cookies", tmp_path))
    with pytest.raises(DeliveryError) as caught:
        Siasn("siasn", settings).find_employee(NIP)
    assert "registry.siasn.cookies" in caught.value.reason.what()


def test_a_secret_that_is_not_there_names_its_setting(tokens, service, monkeypatch):
    monkeypatch.delenv("SIASN_SECRET")
    with pytest.raises(DeliveryError) as caught:
        tokens.apim.get()
    assert caught.value.reason.code == "secret_missing"
    assert "registry.siasn.consumer_secret" in caught.value.reason.what()


def test_neither_token_nor_account_is_told_as_a_missing_secret(settings, service):
    bare = msgspec.structs.replace(settings, sso_username=None)
    with pytest.raises(DeliveryError) as caught:
        Tokens("siasn", bare, HttpClient(bare)).sso.get()
    assert caught.value.reason.code == "secret_missing"


def test_a_token_with_a_stray_sign_is_for_the_registry_to_refuse(supplied, service):
    settings, file = supplied
    file.write_text("“operators-token”", encoding="utf-8")
    service.answers(LOOK_UP, BAD_JWT)
    with pytest.raises(DeliveryError) as caught:
        Siasn("siasn", settings).find_employee(NIP)
    assert caught.value.reason.code == "sso_token_expired"


def jwt(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def test_a_token_tells_when_it_expires():
    assert expiry(jwt({"exp": 1_795_500_526})) == dt.datetime.fromtimestamp(1_795_500_526, dt.UTC)


@pytest.mark.parametrize(
    "token",
    ["", "opaque", "a.b.c", "a.!!.c", jwt([]), jwt({}), jwt({"exp": "x"}), jwt({"exp": 1e99})],
)
def test_a_token_that_does_not_tell_is_no_trouble(token):
    assert expiry(token) is None
