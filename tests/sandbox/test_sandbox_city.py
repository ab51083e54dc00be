"""The made-up city is the same in both systems, and the same every time."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from lms_bridge.sandbox.city import (
    AGUS,
    BAMBANG,
    BUDI,
    DEWI,
    HOTMAN,
    LITDIG,
    PKA,
    SAHAT,
    SITI,
    TIUR,
    YUNI,
    demo_city,
)
from lms_bridge.sandbox.residents import many_people
from lms_bridge.sandbox.server import Server


def test_its_first_users_and_courses_are_those_of_the_captured_statements():
    site = demo_city().moodle.site
    named = {user.id: (user.fullname, user.idnumber) for user in site.users.values()}
    assert [named[number][0] for number in range(2, 8)] == [
        "Admin User",
        "LMS Bridge",
        "Siti Rahmawati",
        "Budi Santoso",
        "Agus Wijaya",
        "Dewi Pengajar",
    ]
    assert [named[number][1] for number in range(4, 8)] == [SITI, BUDI, AGUS, DEWI]
    assert site.home_page == "https://moodle.example"
    assert [(c.id, c.shortname, c.idnumber, c.fullname) for c in site.courses.values()] == [
        (2, "PKA-2026", "DIKLAT-PKA-2026", "Pelatihan Kepemimpinan Administrator"),
        (3, "LATSAR-2026", "DIKLAT-LATSAR-2026", "Latihan Dasar CPNS"),
        (4, "LITDIG-2026", "ELEARN-LITDIG-2026", "Literasi Digital ASN"),
        (5, "MENTOR-2026", "MENTORING-2026", "Mentoring ASN Muda"),
    ]


def test_it_can_begin_where_the_captured_statements_end():
    completions = demo_city(as_captured=True).moodle.site.completions
    assert {key for key, completion in completions.items() if completion.completed} == {
        (5, 3),
        (4, 3),
        (4, PKA),
    }
    assert demo_city().moodle.site.completions == {}


def test_the_registry_knows_everybody_but_the_one_who_is_there_for_that():
    known = {person.nip for person in demo_city().registry.people()}
    assert known == {SITI, BUDI, AGUS, DEWI, HOTMAN, TIUR, SAHAT, BAMBANG}
    assert YUNI not in known


def test_nobodys_history_has_a_duplicate_to_begin_with():
    registry = demo_city(people=50).registry
    assert registry.duplicates() == []
    assert len(registry.rows()) == 7


def test_many_people_have_valid_nips_and_are_the_same_every_time():
    people = many_people(2000)
    assert people == many_people(2000)
    assert len({one.nip for one in people}) == len({one.user_id for one in people}) == 2000
    for one in people:
        born, appointed, sex, serial = one.nip[:8], one.nip[8:14], one.nip[14], one.nip[15:]
        assert time.strptime(born, "%Y%m%d")
        assert time.strptime(appointed, "%Y%m")
        assert re.fullmatch(r"[12]\d{3}", sex + serial)


def test_many_people_are_in_both_systems_and_in_a_course():
    city = demo_city(people=2000)
    assert len(city.registry.people()) == 2008
    assert len(city.moodle.site.courses[LITDIG].participants) == 2011


# --- what every sandbox offers


def test_calls_are_counted_without_the_people_they_are_about(registry, moodle):
    registry.save(registry.kursus(SAHAT))
    registry("GET", f"/pns/rw-kursus/{SAHAT}")
    moodle.grade(4)
    moodle.grade(5)
    assert registry.sandbox.calls["POST /kursus/save"] == 1
    assert registry.sandbox.calls["GET /pns/rw-kursus"] == 1
    assert registry.sandbox.calls["POST /oauth2/token"] == 1
    assert moodle.sandbox.calls["core_competency_grade_competency"] == 2


def test_the_last_requests_can_be_looked_at(moodle):
    moodle.grade(4)
    seen = moodle.sandbox.requests[-1]
    assert (seen.name, seen.target, seen.fault) == (
        "core_competency_grade_competency",
        "core_competency_grade_competency 4",
        None,
    )


def test_waiting_requests_wait_at_the_same_time():
    city = demo_city(latency=0.2)
    with Server(city.moodle) as server, ThreadPoolExecutor(16) as pool:
        before = time.monotonic()
        url = f"{server.url}/badges/assertion.php"
        answers = list(pool.map(lambda _: requests.get(url, timeout=5), range(16)))
        took = time.monotonic() - before
    assert {answer.status_code for answer in answers} == {410}
    assert 0.2 <= took < 1.0


def test_state_survives_a_remote_that_goes_down_and_comes_back(city):
    server = Server(city.moodle).start()
    city.moodle.complete(4, LITDIG)
    server.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url, timeout=5)
    server.start()
    status = requests.post(
        f"{server.url}/webservice/rest/server.php",
        data={
            "wstoken": city.moodle.site.token,
            "wsfunction": "core_completion_get_course_completion_status",
            "moodlewsrestformat": "json",
            "courseid": LITDIG,
            "userid": 4,
        },
        timeout=5,
    ).json()
    server.stop()
    assert status["completionstatus"]["completed"] is True
