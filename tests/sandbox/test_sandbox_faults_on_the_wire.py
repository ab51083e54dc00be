"""What each fault is to a client, and whether what it asked for has taken effect."""

import time

import pytest
import requests

from lms_bridge.sandbox.city import SAHAT, SITI, demo_city
from lms_bridge.sandbox.faults import Fault, Faults
from lms_bridge.sandbox.server import Server

MASTER = f"/pns/data-utama/{SITI}"
SAVE = "POST /kursus/save"
GRADE = "core_competency_grade_competency"


def eventually(condition, seconds=2.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


# --- nothing happened


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Fault.SERVER_ERROR, 500), (Fault.BAD_GATEWAY, 502), (Fault.UNAVAILABLE, 503)],
)
def test_a_page_for_people_instead_of_an_answer(registry, faults, fault, status):
    sent = registry.kursus(SAHAT)
    faults.force(fault, where=SAVE)
    answer = registry.save(sent)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")
    assert registry.sandbox.rows(SAHAT) == []
    assert registry.save(sent).json()["success"] is True


@pytest.mark.parametrize(("fault", "body"), [(Fault.EMPTY, ""), (Fault.ZERO, "0")])
def test_a_200_without_a_body_or_with_a_zero(registry, faults, fault, body):
    faults.force(fault, where="GET /pns/data-utama")
    answer = registry("GET", MASTER)
    assert (answer.status_code, answer.text) == (200, body)


def test_a_reset_without_any_effect(registry, faults):
    sent = registry.kursus(SAHAT)
    faults.force(Fault.RESET, where=SAVE)
    with pytest.raises(requests.ConnectionError):
        registry.save(sent)
    assert registry.sandbox.rows(SAHAT) == []


def test_a_refusal_that_passes(registry, faults):
    sent = registry.kursus(SAHAT)
    faults.force(Fault.REFUSED, where=SAVE)
    assert registry.save(sent).json()["success"] is False
    assert registry.save(sent).json()["success"] is True


def test_a_slow_answer(registry, faults):
    registry.login()
    faults.force(Fault.SLOW, where="GET /pns/data-utama")
    before = time.monotonic()
    assert registry("GET", MASTER).status_code == 200
    assert time.monotonic() - before >= faults.slow_seconds


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.APIM_EXPIRED, "Invalid Credentials"),
        (Fault.SSO_EXPIRED, "invalid or expired jwt"),
        (Fault.RUNTIME_ERROR, "Runtime Error"),
    ],
)
def test_a_token_that_dies_stays_dead_until_a_new_one_is_got(registry, faults, fault, words):
    registry.login()
    faults.force(fault)
    assert registry("GET", MASTER).json()["message"] == words
    assert registry("GET", MASTER).status_code == 401
    registry.login()
    assert registry("GET", MASTER).status_code == 200


def test_an_operators_token_does_not_die_by_lot_since_no_client_could_go_on(registry):
    registry.login()
    registry.sandbox.faults = Faults(rates={Fault.SSO_EXPIRED: 1.0})
    sent = {
        "Authorization": f"Bearer {registry.apim}",
        "Auth": f"bearer {registry.sandbox.tokens.operator_token}",
    }
    assert registry("GET", MASTER, headers=sent).status_code == 200


def test_a_suspension_goes_by(registry, faults):
    registry.login()
    faults.force(Fault.SUSPENDED, times=2)
    answers = [registry("GET", MASTER) for _ in range(3)]
    assert ["SUSPENDED" in answer.text for answer in answers] == [True, True, False]


# --- it took effect, and the client cannot know


def test_written_and_then_silence_beyond_the_time_out(registry, faults):
    sent = registry.kursus(SAHAT)
    faults.force(Fault.COMMIT_THEN_HANG, where=SAVE)
    with pytest.raises(requests.ReadTimeout):
        registry.save(sent, timeout=0.2)
    assert len(registry.sandbox.rows(SAHAT)) == 1


@pytest.mark.parametrize(
    "fault",
    [Fault.COMMIT_THEN_RESET, Fault.COMMIT_THEN_BAD_GATEWAY, Fault.COMMIT_THEN_EMPTY],
)
def test_written_and_then_no_answer_that_says_so(registry, faults, fault):
    sent = registry.kursus(SAHAT)
    faults.force(fault, where=SAVE)
    try:
        answer = registry.save(sent)
    except requests.ConnectionError:
        assert fault is Fault.COMMIT_THEN_RESET
    else:
        assert "success" not in answer.text
    assert len(registry.sandbox.rows(SAHAT)) == 1


def test_written_only_after_the_client_has_given_up(registry, faults):
    """The trap: looked up at once it is not there, sent again it is there twice."""
    sent = registry.kursus(SAHAT)
    faults.force(Fault.LATE_COMMIT, where=SAVE)
    with pytest.raises(requests.ReadTimeout):
        registry.save(sent, timeout=0.1)
    assert registry("GET", f"/pns/rw-kursus/{SAHAT}").status_code == 404
    registry.save(sent)
    assert eventually(lambda: len(registry.sandbox.rows(SAHAT)) == 2)
    assert len(registry.sandbox.duplicates()) == 1


def test_a_late_commit_outlives_a_server_that_goes_down(city, faults, registry):
    sent = registry.kursus(SAHAT)
    faults.force(Fault.LATE_COMMIT, where=SAVE)
    with Server(city.registry) as other:
        registry.url = other.url
        with pytest.raises(requests.ReadTimeout):
            registry.save(sent, timeout=0.1)
    assert city.registry.rows(SAHAT) == []
    assert eventually(lambda: len(city.registry.rows(SAHAT)) == 1)


def test_a_badge_issued_and_then_silence(moodle, faults):
    faults.force(Fault.COMMIT_THEN_HANG, where=GRADE)
    with pytest.raises(requests.ReadTimeout):
        moodle.grade(4, timeout=0.2)
    assert moodle.badge_names(4) == ["Badge Kompetensi PKA"]


# --- what only Moodle does


def test_a_collision_in_the_database_changes_nothing(moodle, faults):
    faults.force(Fault.DML_WRITE, where=GRADE)
    assert moodle.grade(4)["errorcode"] == "dmlwriteexception"
    assert moodle.badge_names(4) == []


def test_maintenance_for_one_request(moodle, faults):
    faults.force(Fault.MAINTENANCE)
    form = {
        "wstoken": moodle.site.token,
        "wsfunction": "core_webservice_get_site_info",
        "moodlewsrestformat": "json",
    }
    answers = [moodle.post(form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 200]
    assert answers[0].headers["Retry-After"] == "300"


def test_joining_a_cohort_can_go_wrong_as_well(moodle, faults):
    faults.force(Fault.COMMIT_THEN_RESET, where="core_cohort_add_cohort_members 4")
    members = {
        "members[0][cohorttype][type]": "id",
        "members[0][cohorttype][value]": 1,
        "members[0][usertype][type]": "username",
        "members[0][usertype][value]": "learner1",
    }
    with pytest.raises(requests.ConnectionError):
        moodle("core_cohort_add_cohort_members", **members)
    assert moodle.badge_names(4) == ["Badge Kohort Latsar"]


# --- all together


def test_whoever_keeps_trying_gets_through_the_usual_mix():
    """A careful client waits after an unknown outcome, looks, and only then sends again."""
    faults = Faults(
        seed=7, slow_seconds=0.05, hang_seconds=5, late_seconds=0.05, badge_seconds=0.05
    )
    city = demo_city(people=12, faults=faults)
    people = {p.nip: p.person_id for p in city.registry.people() if p.nip.startswith("1980")}
    with Server(city.registry) as server, requests.Session() as session:
        base = f"{server.url}/apisiasn/1.0"

        def call(method, path, **options):
            login = session.post(
                f"{server.url}/oauth2/token",
                auth=("sandbox-key", "sandbox-secret"),
                data={"grant_type": "client_credentials"},
                timeout=1,
            )
            headers = {
                "Authorization": f"Bearer {login.json()['access_token']}",
                "Auth": "bearer sandbox-operator-token",
            }
            return session.request(
                method, f"{base}{path}", headers=headers, timeout=0.3, **options
            ).json()

        def attempt(nip):
            listed = call("GET", f"/pns/rw-kursus/{nip}")
            if listed["code"] == 1:
                return True
            if listed["data"] != "Data tidak ditemukan":
                return False
            row = {
                "pnsOrangId": people[nip],
                "jenisDiklatId": "16",
                "namaKursus": "Literasi Digital ASN",
                "nomorSertipikat": f"LITDIG/{nip}",
                "tanggalKursus": "02-11-2026",
                "tanggalSelesaiKursus": "24-11-2026",
            }
            return call("POST", "/kursus/save", json=row)["success"]

        for nip in people:
            for _ in range(30):
                try:
                    if attempt(nip) is True:
                        break
                except (requests.RequestException, KeyError, TypeError):
                    time.sleep(0.1)  # longer than late_seconds
            else:
                pytest.fail(f"no way through for {nip}")
    assert city.registry.duplicates() == []
    assert sum(len(city.registry.rows(nip)) for nip in people) == len(people)
    assert sum(faults.injected.values()) > 10
