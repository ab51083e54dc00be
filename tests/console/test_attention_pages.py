"""What HR does about what waits, page by page."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lms_bridge.accounts.audit import Entry
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import Bridge
from lms_bridge.config.settings import Account, Console, Settings
from lms_bridge.intake import Origin
from lms_bridge.store.schema import completions, courses
from tests.conftest import on_sqlite
from tests.console.conftest import Visitor, text_of
from tests.scene import SITE, actor, completed
from xapi import read_statements

pytestmark = on_sqlite

Audited = Callable[[], list[Entry]]
ACTIVITY = f"{SITE}/course/view.php?id=77"
FORM = {
    "name": "Pelayanan Prima",
    "key": "PP-2026",
    "organiser": "BKPSDM Kota Pematangsiantar",
    "kind": "4",
    "hours": "20",
    "activities": ACTIVITY,
    "competency0": "Pelayanan Publik",
    "level0": "3",
}


@pytest.fixture
def settings() -> Settings:
    realm = Account(home_page=SITE, holds="nip")
    return Settings(language="en", console=Console(), accounts=(realm,))


def hear(bridge: Bridge, *told: dict[str, Any]) -> None:
    bridge.intake.store(Origin("moodle"), read_statements(json.dumps(told).encode()))
    bridge.recogniser.run()


def learners(count: int, **more: Any) -> list[dict[str, Any]]:
    made = (
        actor(f"1987031520{at:06}01", shown=f"Pegawai {at}") for at in range(101001, 101001 + count)
    )
    return [completed(one, "PP", activity=ACTIVITY, **more) for one in made]


def how_many(bridge: Bridge) -> int:
    with bridge.store.reading() as db:
        return db.execute(select(func.count()).select_from(completions)).scalar_one()


@pytest.fixture
def hr(visitor: Callable[[], Visitor]) -> Visitor:
    return visitor().as_(Role.HR)


def group_of(hr: Visitor) -> str:
    """The address of the only group."""
    found = re.findall(r'href="/console(/attention/\w+/\d+)"', hr.get("/attention").text)
    assert len(found) == 1
    return str(found[0])


def test_300_completions_of_an_unknown_course_are_recorded_by_adding_it(
    bridge: Bridge, hr: Visitor, audited: Audited
) -> None:
    hear(bridge, *learners(300))
    page = hr.get(group_of(hr))
    assert "Waiting: 300" in text_of(page)
    assert ACTIVITY in page.text
    member = group_of(hr).rpartition("/")[2]
    seen = hr.post("/courses/save", FORM | {"of": member})
    assert "Completions that wait for this course: 300, of people: 300." in text_of(seen)
    assert how_many(bridge) == 0
    saved = hr.post("/courses/save", FORM | {"of": member, "sure": "yes"})
    assert how_many(bridge) > 0  # at once; what takes longer than a few seconds a worker does
    bridge.recogniser.run()
    after = hr.client.get(saved.headers["Location"], headers={"Host": "127.0.0.1:8080"})
    assert "Completions recognised: 300." in text_of(after)
    assert how_many(bridge) == 300
    assert "Nothing waits for you." in text_of(hr.get("/attention"))
    assert audited()[0].action == "course.added"


def test_what_is_wrong_in_the_form_stands_beside_the_field_and_nothing_is_lost(
    bridge: Bridge, hr: Visitor
) -> None:
    wrong = FORM | {"hours": "dua", "activities": "", "key": "a b", "organiser": "Dinas <X>"}
    answer = hr.post("/courses/save", wrong)
    assert answer.status_code == 422
    for field in ("hours", "activities", "key"):
        assert f'id="e-{field}"' in answer.text
    assert 'value="Dinas &lt;X&gt;"' in answer.text
    assert hr.post("/courses/save", FORM | {"sure": "yes"}).status_code == 303
    taken = hr.post("/courses/save", FORM)
    assert "There is a course PP-2026 already" in text_of(taken)
    marked = hr.post("/courses/save", FORM | {"key": "PP-2027"})
    assert 'id="e-activities"' in marked.text


def test_two_who_edit_a_course_do_not_overwrite_each_other(bridge: Bridge, hr: Visitor) -> None:
    hr.post("/courses/save", FORM | {"sure": "yes"})
    with bridge.store.reading() as db:
        number, revision = db.execute(select(courses.c.id, courses.c.revision)).one()
    form = FORM | {"number": number, "revision": revision}
    assert "Pelayanan Prima" in hr.get(f"/courses/{number}/edit").text
    seen = text_of(hr.post("/courses/save", form | {"hours": "24"}))
    assert "JP 20 24" in seen
    first = hr.post("/courses/save", form | {"hours": "24", "sure": "yes"})
    second = hr.post("/courses/save", form | {"hours": "30", "sure": "yes"})
    assert (first.status_code, second.status_code) == (303, 422)
    assert "Somebody else has changed this course" in text_of(second)
    gone = {"revision": revision + 1, "why": "no longer held"}
    hr.post(f"/courses/{number}/take-out", gone)
    assert "taken out of the catalogue" in text_of(hr.get(f"/courses/{number}"))
    assert "Pelayanan Prima" in text_of(hr.get("/courses?show=out"))


def test_an_unknown_course_can_be_one_that_is_there(bridge: Bridge, hr: Visitor) -> None:
    hr.post("/courses/save", FORM | {"activities": f"{SITE}/other", "sure": "yes"})
    hear(bridge, *learners(2))
    group = group_of(hr)
    assert "PP-2026" in hr.get(group).text
    seen = hr.post(f"{group}/same", {"course": 1})
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', seen.text))
    hidden["activities"] = f"{SITE}/other\n{ACTIVITY}"
    hr.post("/courses/save", hidden | {"sure": "yes"})
    assert how_many(bridge) == 2


def test_an_account_is_linked_to_who_was_searched_for(bridge: Bridge, hr: Visitor) -> None:
    hr.post("/courses/save", FORM | {"sure": "yes"})
    hear(bridge, *learners(1))
    stranger = actor("pegawai", "https://elsewhere.example", "Pegawai 101001")
    hear(bridge, completed(stranger, activity=ACTIVITY, at="2025-11-24T02:00:00Z"))
    group = group_of(hr)
    assert 'name="employee" value="1"' in hr.get(group).text  # by the name it may be
    nip = "198703152010100101"
    found = hr.post(f"{group}/people", {"q": nip}, headers={"HX-Request": "true"})
    assert found.text.lstrip().startswith('<div id="people"')
    assert "Link this person" in text_of(found)
    answer = hr.post(f"{group}/link", {"employee": 1})
    after = hr.client.get(answer.headers["Location"], headers={"Host": "127.0.0.1:8080"})
    assert "Completions recognised: 1." in text_of(after)
    assert "Nothing waits for you." in text_of(hr.get("/attention"))


def test_what_is_dismissed_needs_a_reason_and_can_be_taken_back(
    bridge: Bridge, hr: Visitor
) -> None:
    hear(bridge, *learners(3))
    group = group_of(hr)
    hr.post(f"{group}/dismiss", {"which": "all"})
    assert "Say why it is dismissed." in text_of(hr.get(group))
    hr.post(f"{group}/dismiss", {"which": "all", "why": "a trial"})
    assert "Dismissed: 3." in text_of(hr.get("/attention"))
    page = hr.get("/attention/dismissed")
    assert "a trial" in text_of(page)
    found = re.search(r'name="dismissal" value="(\d+)"', page.text)
    assert found
    hr.post("/attention/dismissed/back", {"dismissal": found[1]})
    assert "Waiting: 3" in text_of(hr.get(group_of(hr)))


def test_a_group_is_judged_again(bridge: Bridge, hr: Visitor, audited: Audited) -> None:
    hear(bridge, *learners(3))
    group = group_of(hr)
    assert "Judge again" in text_of(hr.get(group))
    after = hr.post(f"{group}/judge", {"which": "all"})
    assert after.status_code == 303
    assert "Judged again: 3." in text_of(hr.get(group))
    assert (audited()[0].action, audited()[0].details) == ("statement.judged", {"count": 3})
    assert how_many(bridge) == 0


def test_who_only_reads_sees_no_form(bridge: Bridge, visitor: Callable[[], Visitor]) -> None:
    hear(bridge, *learners(1))
    auditor = visitor().as_(Role.AUDITOR)
    page = auditor.get(group_of(auditor))
    assert "Waiting: 1" in text_of(page)
    assert "Dismiss" not in text_of(page)
    assert "/courses/save" not in page.text


def test_a_list_of_courses_is_imported_after_a_look_at_what_it_changes(
    bridge: Bridge, hr: Visitor
) -> None:
    def send(text: str) -> TestResponse:
        file = (io.BytesIO(text.encode()), "daftar.csv")
        return hr.post("/courses/import", {"file": file}, content_type="multipart/form-data")

    head = "key,name,organiser,kind,hours,activities\n"
    wrong = send(head + f"PP-2026,Pelayanan,BKPSDM,4,banyak,{ACTIVITY}\n")
    assert wrong.status_code == 422
    assert "Line 2, hours: A whole number from 0 to 10000. (banyak)" in text_of(wrong)
    assert "A list has 1 to 500 courses." in text_of(send(head))
    nothing = hr.post("/courses/import", {}, content_type="multipart/form-data")
    assert nothing.status_code == 422
    assert "Choose a file." in text_of(nothing)
    hear(bridge, *learners(2))
    seen = send(head + f"PP-2026,Pelayanan,BKPSDM,4,20,{ACTIVITY}\n")
    assert "Courses that are new: 1" in text_of(seen)
    assert "Nothing of the list" not in text_of(seen)
    assert how_many(bridge) == 0
    found = re.search(r'name="courses" value="([^"]+)"', seen.text)
    assert found
    assert hr.post("/courses/import", {"courses": html.unescape(found[1])}).status_code == 303
    assert how_many(bridge) == 2
