"""Coming in by LTI 1.3: what is believed of a launch, and of whom."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Learner
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.lti import launch, state
from lms_bridge.lti.keys import FRESH_SECONDS, PAUSE_SECONDS, PlatformKeys, read
from lms_bridge.lti.launch import CLAIM
from lms_bridge.lti.refused import Refused
from lms_bridge.people import identities, keys
from lms_bridge.people.identities import Known
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import employees, used_once
from tests.conftest import NOW, Clock, on_sqlite
from tests.learner import platform as platforms
from tests.learner.platform import CLIENT, ISSUER, JWKS, Platform, handed, key_number, unsigned
from tests.learner.world import BUDI, KEY, SITI, World, pass_in

SECRET = "rahasia-lms-rahasia-lms-rahasia-lms"
SERVER = f"{ISSUER}/webservice/rest/server.php"


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def platform(clock: Clock, mock: responses.RequestsMock) -> Platform:
    made = Platform(clock)
    made.show_keys(mock)
    return made


@pytest.fixture
def make(
    store: Store, still: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., World]:
    """Makes the world, with a Moodle of whose users 7 is Siti and 8 is Budi."""
    monkeypatch.setattr("webhook.lti.utc_now", still)
    monkeypatch.setenv("MOODLE_TOKEN", "t")
    monkeypatch.setenv("LINKS", SECRET)

    def made(**changes: Any) -> World:
        moodle = MoodleSettings(url=ISSUER, token=Secret("env:MOODLE_TOKEN"), known_user="a")
        page = Learner(key=Secret("file:key", tmp_path), links={"moodle": Secret("env:LINKS")})
        settings = {"lms": {"moodle": moodle}, "learner": page, "lti": (platforms.settings(),)}
        world = World(store, still, tmp_path, **settings | changes)
        world.live()
        with store.writing() as db:
            for user, nip in (("7", SITI), ("8", BUDI)):
                who = Known(world.employee(nip).id, "moodle", user)
                key = keys.of_lms_account("moodle", user)
                identities.remember(db, key, who, source="lms", now=still())
        return world

    return made


@pytest.fixture
def lti(make: Callable[..., World]) -> World:
    return make()


def accounts(mock: responses.RequestsMock, *users: dict[str, Any]) -> None:
    """What Moodle says when it is asked for users, whatever it is asked."""
    mock.post(SERVER, body=json.dumps(users))


def user(number: int, **changes: Any) -> dict[str, Any]:
    said = {"id": number, "username": f"u{number}", "fullname": "X", "idnumber": "", "email": ""}
    return said | changes


def test_a_launch_opens_the_page_of_whom_the_platform_names(lti: World, platform: Platform) -> None:
    for sub, name, other in (("7", "SITI", "BUDI"), ("8", "BUDI", "SITI")):
        browser = lti.browser()
        answer = platform.open(browser, sub)
        assert answer.headers["Location"] == "/learner"
        page = browser.get().text
        assert name in page
        assert other not in page


@on_sqlite
def test_a_login_is_asked_for_as_the_specification_says(lti: World, platform: Platform) -> None:
    answer = platform.login(lti.browser())
    assert answer.headers["Location"].startswith(f"{ISSUER}/mod/lti/auth.php?")
    assert "Partitioned" in answer.headers["Set-Cookie"]
    asked = platform.question(lti.browser())
    assert len(asked.pop("nonce")) == 32
    assert asked.pop("state")
    assert asked == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": CLIENT,
        "redirect_uri": "https://bridge.example/lti/launch",
        "login_hint": "7",
        "lti_message_hint": '{"cmid":3}',
    }
    assert lti.browser().get("/lti/jwks.json").json == {"keys": []}


@on_sqlite
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"client_id": "another"},
        {"lti_deployment_id": "2"},
        {"login_hint": None},
        {"login_hint": "7" * 5000},
    ],
    ids=str,
)
def test_nobody_is_asked_for_a_login_of_another(
    lti: World, platform: Platform, changes: dict[str, Any]
) -> None:
    assert platform.login(lti.browser(), **changes).status_code == 403


@on_sqlite
def test_a_browser_that_keeps_no_cookie_in_a_frame_gets_the_page_at_once(
    lti: World, platform: Platform
) -> None:
    browser = lti.browser(cookies=False)
    page = platform.open(browser, "7")
    assert (page.status_code, "SITI" in page.text) == (200, True)
    assert "Set-Cookie" not in page.headers
    assert "Buka di jendela sendiri" in page.text
    assert "My trainings" in browser.post(**{"pass": pass_in(page), "lang": "en"}).text


@on_sqlite
def test_no_session_is_left_in_a_browser_that_did_not_begin_the_launch(
    lti: World, platform: Platform
) -> None:
    attacker, victim = lti.browser(), lti.browser()
    platform.open(victim, "7")
    question = platform.question(attacker)
    platform.question(victim)
    page = platform.launch(victim, question, platform.token(platform.claims(question, "8")))
    assert "BUDI" in page.text
    assert "SITI" in victim.get().text


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"iss": "https://other.example"}, "wrong_issuer"),
    "another client": ({"aud": "another"}, "wrong_audience"),
    "no client": ({"aud": None}, "wrong_audience"),
    "other clients": ({"aud": ["a", "b"]}, "wrong_audience"),
    "several clients, none of them meant": ({"aud": [CLIENT, "b"]}, "wrong_party"),
    "another party": ({"azp": "another"}, "wrong_party"),
    "expired": ({"exp": int(NOW.timestamp()) - 61}, "token_expired"),
    "never expiring": ({"exp": None}, "token_unreadable"),
    "expiring at no number": ({"exp": float("nan")}, "token_unreadable"),
    "old": ({"iat": int(NOW.timestamp()) - 700}, "token_too_old"),
    "made tomorrow": ({"iat": int(NOW.timestamp()) + 86_400}, "token_from_the_future"),
    "another nonce": ({"nonce": "A" * 32}, "wrong_nonce"),
    "no nonce": ({"nonce": None}, "wrong_nonce"),
    "another version": ({CLAIM + "version": "1.1"}, "wrong_version"),
    "a deep link": ({CLAIM + "message_type": "LtiDeepLinkingRequest"}, "wrong_message_type"),
    "another deployment": ({CLAIM + "deployment_id": "2"}, "wrong_deployment"),
    "nobody": ({"sub": None}, "nobody_named"),
    "nobody's name": ({"sub": " "}, "nobody_named"),
}


@on_sqlite
def test_a_launch_is_refused_that_is_not_for_us_now_from_there(
    lti: World, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.entrance._KNOCKS_PER_MINUTE", 1000)
    for what, (changes, why) in WRONG.items():
        answer = platform.open(lti.browser(), "7", **changes)
        assert answer.status_code == 403, what
        assert why in answer.text, what
        assert "SITI" not in answer.text
    with lti.store.reading() as db:
        assert db.scalar(select(func.count()).select_from(used_once)) == 0
    assert platform.open(lti.browser(), "7", aud=[CLIENT, "b"], azp=CLIENT).status_code == 303


@on_sqlite
def test_a_launch_is_refused_that_the_platform_has_not_signed(
    lti: World, platform: Platform
) -> None:
    question = platform.question(lti.browser())
    claims = platform.claims(question, "7")
    right = platform.token(claims)
    public = platform.key.public_key().public_numbers()
    header = {"alg": "RS256", "kid": "key-0"}
    another = jwt.encode(claims, key_number(1), "RS256", headers={"kid": "key-0"})
    tokens = {
        another: "wrong_signature",
        jwt.encode(claims, key_number(1), "RS256", headers={"kid": "key-1"}): "key_unknown",
        jwt.encode(claims, platform.key, "RS256"): "key_unknown",
        jwt.encode(claims, platform.key, "RS512", headers={"kid": "key-0"}): "wrong_algorithm",
        jwt.encode(claims, str(public.n) * 2, "HS256", headers=header | {"alg": "HS256"}): (
            "wrong_algorithm"
        ),
        unsigned(claims, {"alg": "none", "kid": "key-0"}): "wrong_algorithm",
        unsigned(claims, header): "wrong_signature",
        right[:-6] + "AAAAAA": "wrong_signature",
        right.replace(".", "", 1): "token_unreadable",
        "": "token_unreadable",
        "é.é.é": "token_unreadable",
        "A" * 40_000: "token_unreadable",
    }
    for token, why in tokens.items():
        answer = platform.launch(lti.browser(), question, token)
        assert (answer.status_code, why in answer.text) == (403, True), (token[:80], why)
    assert platform.launch(lti.browser(), question, right).status_code == 200


@on_sqlite
def test_a_launch_is_good_once_and_in_its_time(lti: World, platform: Platform) -> None:
    browser = lti.browser()
    question = platform.question(browser)
    token = platform.token(platform.claims(question, "7"))
    made_up = {**question, "state": question["state"][:-4] + "AAAA"}
    assert "state_unknown" in platform.launch(browser, made_up, token).text
    other = {**platform.question(browser), "nonce": question["nonce"]}
    crossed = platform.token(platform.claims(other, "7"))
    assert "wrong_nonce" in platform.launch(browser, other, crossed).text
    assert platform.launch(lti.browser(), question, token).status_code == 200
    again = platform.launch(browser, question, token)
    assert (again.status_code, "sudah pernah dibuka" in again.text) == (403, True)
    late = platform.question(browser)
    lti.clock.forward(minutes=11)
    answer = platform.launch(browser, late, platform.token(platform.claims(late, "7")))
    assert "state_expired" in answer.text
    assert platform.open(lti.browser(), "7").status_code == 303
    with lti.store.reading() as db:
        assert db.scalar(select(func.count()).select_from(used_once)) == 1  # the first is forgotten


@on_sqlite
def test_what_the_platform_refuses_is_passed_on_as_a_word(lti: World, platform: Platform) -> None:
    question = platform.question(lti.browser())
    for said, shown in (("unauthorized_client", "platform: unauthorized_client"), ("<b>", "error")):
        answer = lti.browser().post("/lti/launch", state=question["state"], error=said)
        assert shown in answer.text
        assert "<b>" not in answer.text


# --- who it is


@on_sqlite
def test_the_lms_is_asked_who_an_account_is(
    lti: World, platform: Platform, mock: responses.RequestsMock
) -> None:
    accounts(mock, user(9, idnumber="19870315 201001 2 001", fullname="Siti"))
    browser = lti.browser()
    platform.open(browser, "9")
    assert "SITI" in browser.get().text
    asked = len(mock.calls)
    platform.open(browser, "9")
    assert len(mock.calls) == asked, "it is remembered"


@on_sqlite
@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "belum terhubung dengan NIP"),
        ([user(9)], "belum memuat NIP"),
        ([user(9, idnumber="123")], "tidak terdiri atas 18 angka"),
        ([user(9, idnumber=SITI, suspended=True)], "ditangguhkan"),
        ([user(9, idnumber=SITI), user(10, idnumber=SITI, fullname="Budi")], "lebih dari satu"),
    ],
)
def test_who_is_not_known_is_told_what_to_do(
    lti: World,
    platform: Platform,
    mock: responses.RequestsMock,
    found: list[dict[str, Any]],
    said: str,
) -> None:
    accounts(mock, *found)
    answer = platform.open(lti.browser(), "9")
    assert (answer.status_code, said in answer.text) == (403, True)
    assert "Budi" not in answer.text


@on_sqlite
def test_an_lms_that_does_not_answer_is_told_of(
    lti: World, platform: Platform, mock: responses.RequestsMock
) -> None:
    mock.post(SERVER, status=503)
    answer = platform.open(lti.browser(), "9")
    assert (answer.status_code, "LMS tidak menjawab" in answer.text) == (503, True)


@on_sqlite
@pytest.mark.parametrize(
    ("person", "claims"),
    [
        ("number", {CLAIM + "lis": {"person_sourcedid": "19870315 201001 2 001"}}),
        ("username", {CLAIM + "ext": {"user_username": "u7"}}),
        ("email", {"email": "Siti@Example.go.id"}),
    ],
)
def test_who_it_is_can_be_said_in_another_claim(
    make: Callable[..., World],
    platform: Platform,
    mock: responses.RequestsMock,
    person: Any,
    claims: dict[str, Any],
) -> None:
    world = make(lti=(platforms.settings(person=person),))
    accounts(mock, user(9, username="u7", email="siti@example.go.id", idnumber=SITI))
    browser = world.browser()
    platform.open(browser, "8", **claims)
    assert "SITI" in browser.get().text
    for nothing in ({}, {name: "text" for name in claims if name != "email"}):
        answer = platform.open(world.browser(), "8", **nothing)
        assert "nobody_named" in answer.text


@on_sqlite
def test_a_new_employee_gets_an_empty_page(
    lti: World, platform: Platform, mock: responses.RequestsMock
) -> None:
    accounts(mock, user(9, idnumber="197001011995032001", fullname="Orang Baru"))
    browser = lti.browser()
    platform.open(browser, "9")
    page = browser.get().text
    assert "Orang Baru" in page
    assert "Belum ada isinya" in page


@on_sqlite
def test_it_is_framed_by_the_platform_alone(lti: World, platform: Platform) -> None:
    policy = platform.open(lti.browser(), "7").headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors 'self' {ISSUER}")


# --- the keys of a platform


def test_keys_are_kept_and_fetched_anew_when_one_is_unknown_or_they_are_old(
    platform: Platform, mock: responses.RequestsMock
) -> None:
    now = [0.0]
    kept = PlatformKeys(platforms.settings(), seconds=lambda: now[0])
    for _ in range(3):
        kept.key("key-0")
    with pytest.raises(Refused, match="key_unknown"):
        kept.key("key-1")
    assert len(mock.calls) == 1, "an unknown key is asked for now and then only"
    now[0] += PAUSE_SECONDS
    with pytest.raises(Refused, match="key_unknown"):
        kept.key("key-1")
    assert len(mock.calls) == 2
    mock.replace("GET", JWKS, status=500)
    now[0] += FRESH_SECONDS - 1 - PAUSE_SECONDS
    kept.key("key-0")
    now[0] += PAUSE_SECONDS + 1
    with pytest.raises(Refused, match="keys_unreachable"):
        kept.key("key-0")
    platform.kid, platform.key = "key-1", key_number(1)
    mock.replace("GET", JWKS, body=platform.jwks())
    now[0] += PAUSE_SECONDS
    kept.key("key-1")
    with pytest.raises(Refused, match="key_unknown"):
        kept.key("key-0")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["keys", "kty", "kid", "n", "e", "use", "alg", "RSA"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_no_key_set_has_no_keys(content: bytes) -> None:
    assert read(content) == {}


CLAIMS = Platform(Clock()).claims({"nonce": "n"}, "7")


@given(st.dictionaries(st.sampled_from(sorted(CLAIMS)), json_values, min_size=1))
def test_no_claim_can_be_another_than_it_has_to_be(changes: dict[str, Any]) -> None:
    said = {**CLAIMS, **changes}
    try:
        launch.judge(said, platforms.settings(), "n", NOW)
        who = launch.who(said, platforms.settings())
    except Refused:
        return
    for name in ("iss", "nonce", CLAIM + "version", CLAIM + "message_type"):
        assert said[name] == CLAIMS[name]
    assert CLIENT in said["aud"]
    assert said["exp"] > NOW.timestamp() - 61
    assert who.value == said["sub"].strip()


@given(st.text(max_size=160) | st.from_regex(state._FORM, fullmatch=True))
def test_no_text_that_was_not_signed_is_a_state(text: str) -> None:
    with pytest.raises(Refused):
        state.opened(text, KEY.encode(), NOW)


# --- links that an LMS has signed


@on_sqlite
def test_a_link_that_an_lms_has_signed_opens_the_page_once(lti: World) -> None:
    browser, token = lti.browser(), handed(SECRET, lti.clock)
    address = f"/learner/enter?token={token}"
    assert "Buka halaman saya" in browser.get(address).text
    assert browser.post(address).status_code == 303
    assert "SITI" in browser.get().text
    assert "sudah pernah dibuka" in lti.browser().post("/learner/enter", token=token).text


@on_sqlite
def test_a_form_that_an_lms_posts_opens_it_at_once_and_may_name_a_nip(lti: World) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    token = handed(SECRET, lti.clock, sub=BUDI)
    assert "nip_in_address" in lti.browser().get(f"/learner/enter?token={token}").text
    page = lti.browser().post("/learner/enter", token=token, headers=elsewhere)
    assert (page.status_code, "BUDI" in page.text) == (200, True)
    assert "Set-Cookie" not in page.headers


@on_sqlite
def test_a_link_is_refused_that_the_lms_has_not_signed_for_us_now(
    lti: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(lti.clock().timestamp())
    wrong: dict[str, str] = {
        handed("x" * 40, lti.clock): "wrong_signature",
        handed(SECRET, lti.clock, iss="portal"): "wrong_issuer",
        unsigned({"iss": ["moodle"]}, {"alg": "HS256"}): "wrong_issuer",
        handed(SECRET, lti.clock, aud="https://other.example/learner"): "wrong_audience",
        handed(SECRET, lti.clock, exp=now): "token_expired",
        handed(SECRET, lti.clock, exp=None): "token_unreadable",
        handed(SECRET, lti.clock, exp=now + 301): "token_too_long_good",
        handed(SECRET, lti.clock, iat=now + 90, exp=now + 100): "token_from_the_future",
        handed(SECRET, lti.clock, sub=""): "nobody_named",
        handed(SECRET, lti.clock, sub=7): "nobody_named",
        handed(SECRET, lti.clock, jti="1"): "id_missing",
        unsigned({"iss": "moodle"}, {"alg": "none"}): "wrong_algorithm",
        "text": "token_unreadable",
    }
    for token, why in wrong.items():
        answer = lti.browser().post("/learner/enter", token=token)
        assert (answer.status_code, why in answer.text) == (403, True), why
    with lti.store.reading() as db:
        assert db.scalar(select(func.count()).select_from(employees)) == 2
    monkeypatch.setenv("LINKS", "short")
    assert lti.browser().post("/learner/enter", token=handed(SECRET, lti.clock)).status_code == 503
