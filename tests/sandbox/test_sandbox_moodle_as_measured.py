"""The Moodle sandbox answers what the measured Moodle 4.5 answered, exchange by exchange.

The exchanges of ``moodle-exchanges.json`` are taken from the captured ones that stand beside
the Moodle facts, in their order; what they are about is in the city as it was there.
"""

import json
import re
from pathlib import Path

import pytest

EXCHANGES = json.loads((Path(__file__).parent / "moodle-exchanges.json").read_text())

VOLATILE = re.compile(
    "uniquehash|dateissued|time(created|modified)|userdate|last(course)?access|firstaccess"
    "|city|summary|filters|courseformatoptions|enrolledcourses|.*image.*|badgeurl"
)
"""what differs from site to site; that it is there, and of what type, is compared all the same"""


def comparable(value, name=""):
    if VOLATILE.fullmatch(name):
        return type(value).__name__
    if isinstance(value, dict):
        return {key: comparable(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return value


def test_every_exchange_has_the_answer_that_was_captured(moodle):
    moodle.site.add_cohort(1, "Lulus PKA 2026", "BADGE-PKA-2026")
    moodle.site.badges[3].name = "Badge Kohort PKA"
    for exchange in EXCHANGES:
        form = {"wstoken": moodle.site.token, **exchange["form"]}
        answer = moodle.post(form).json()
        expected = comparable(exchange["answer"])
        assert comparable(answer) == expected, exchange["title"]
        if isinstance(answer, dict):
            assert list(answer) == list(exchange["answer"]), exchange["title"]


def test_slashes_and_all_beyond_ascii_are_escaped_as_php_does(moodle):
    moodle.site.users[4].firstname = "Sit\u00ed"
    form = {"wstoken": moodle.site.token, "moodlewsrestformat": "json"}
    user = moodle.post(
        form | {"wsfunction": "core_user_get_users_by_field", "field": "id", "values[0]": "4"}
    )
    assert r'"firstname":"Sit\u00ed"' in user.text
    assert r"https:\/\/moodle.example\/theme" in user.text
    assert user.headers["Content-Type"] == "application/json"
    assert user.headers["Access-Control-Allow-Origin"] == "*"


def test_the_address_works_as_well_as_the_form(moodle):
    answer = moodle.get(
        f"/webservice/rest/server.php?wstoken={moodle.site.token}&moodlewsrestformat=json"
        "&wsfunction=core_competency_get_scale_values&scaleid=2"
    )
    assert answer.json() == [{"id": 1, "name": "Not yet competent"}, {"id": 2, "name": "Competent"}]


def test_site_info_lists_the_functions_of_the_service(moodle):
    moodle.site.functions = {"core_webservice_get_site_info", "core_badges_get_badge"}
    info = moodle("core_webservice_get_site_info")
    assert {function["name"] for function in info["functions"]} == moodle.site.functions
    assert (info["userid"], info["username"]) == (3, "lmsbridge")
    assert info["release"] == "4.5.6 (Build: 20250811)"
    assert info["siteurl"] == "https://moodle.example"


@pytest.mark.parametrize("path", ["/", "/login/token.php", "/webservice/soap/server.php"])
def test_nothing_else_is_served(moodle, path):
    assert moodle.get(path).status_code == 404
