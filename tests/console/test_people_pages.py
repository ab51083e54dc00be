"""Employees, the page of one, completions and the story of one, as HR finds them."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy import and_, insert, select, update
from werkzeug.serving import make_server

from lms_bridge.accounts import users
from lms_bridge.accounts.audit import Actor, Entry
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import utc_now
from lms_bridge.catalogue import courses as catalogue
from lms_bridge.catalogue.course import Course
from lms_bridge.config.secrets import Secret
from lms_bridge.insight import finished
from lms_bridge.people import erased
from lms_bridge.privacy import erasing
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.store import marks
from lms_bridge.store.engine import Store
from lms_bridge.store.places import place_of
from lms_bridge.store.schema import (
    completions,
    corrections,
    courses,
    deliveries,
    employees,
    identities,
    postings,
    sightings,
    statements,
    withdrawals,
)
from tests.conftest import on_sqlite
from tests.console.conftest import PASSWORD, UNIT, Visitor, text_of

SITI, AGUS = 17, 18
NIP, OTHER = "198703152010012001", "198001012005011002"
DONE, STUCK = 5, 6
NOW = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)
REFUSED = Reason(
    "registry_refused", remote="registry.siasn", message="Jabatan tidak ada", delivery=2
)


@pytest.fixture(autouse=True)
def town(store: Store) -> None:
    """Siti, with a completion in the registry and one that it refused; Agus, of another unit."""
    course = Course(
        key="PP", name="Pelayanan Publik", organiser="BKPSDM", kind=4, hours=8, short_ids=("PP",)
    )
    with store.writing() as db:
        catalogue.put(db, [course], source="import", now=NOW)
        of_course = db.execute(select(courses.c.id)).scalar_one()
        for number, nip, name, unit in ((SITI, NIP, "Siti", UNIT.id), (AGUS, OTHER, "Agus", "U-9")):
            person = {"id": number, "nip": nip, "name": name, "unit_name": unit}
            db.execute(insert(employees).values(registry_refs={}, created_at=NOW, **person))
            key = {"key": f"account:https://lms.example|{name}", "employee_id": number}
            db.execute(insert(identities).values(source="lms", lms="moodle", seen_at=NOW, **key))
            at = {"registry": "siasn", "unit_id": unit, "unit_name": unit, "since": NOW}
            db.execute(insert(postings).values(employee_id=number, **at))
        seq = place_of(NOW)
        told = {"seq": seq, "id": "5" * 8 + "-0000-4000-8000-000000000000"}
        db.execute(insert(statements).values(sender="moodle", raw=b"{}", **told))
        for number, run in ((DONE, ""), (STUCK, "2026")):
            made = {"id": number, "employee_id": SITI, "course_id": of_course, "run": run}
            days = {"starts": dt.date(2026, 11, 23), "ends": dt.date(2026, 11, 24)}
            about = {"role": "learner", "hours": 8, "certificate_number": f"PP/{number}"}
            at = {
                "completed_at": NOW,
                "time_source": "statement",
                "created_at": NOW,
                "lms": "moodle",
            }
            db.execute(insert(completions).values(**made, **days, **about, **at))
        seen = {"statement_seq": seq, "state": "recognised", "completion_id": STUCK}
        db.execute(insert(sightings).values(decided_at=NOW, **seen))
        for number, completion, state, reason, result in (
            (1, DONE, "done", Reason("done"), "R-1"),
            (2, STUCK, "blocked", REFUSED, None),
        ):
            row = {"id": number, "completion_id": completion, "employee_id": SITI}
            row |= {"step": "record", "state": state}
            at = {"remote": "registry.siasn", "lane": str(number), "due_at": NOW, "progress": {}}
            when = {"effort_since": NOW, "created_at": NOW, "changed_at": NOW, "result_id": result}
            db.execute(insert(deliveries).values(**row, **at, **when, **reason_columns(reason)))
        unknown = Reason("unknown_course", activity="https://lms.example/course/7")
        waits = {"actor": "account:https://lms.example|Siti", "course_name": "Etika Digital"}
        db.execute(
            insert(sightings).values(
                pull_key="x",
                state="attention",
                completed_at=NOW,
                **waits,
                **reason_columns(unknown),
            )
        )


def test_a_nip_stands_in_no_address_and_leads_to_the_person(
    visitor: Callable[[], Visitor],
) -> None:
    hr = visitor().as_(Role.HR)
    answer = hr.post("/employees", {"q": "19870315 201001 2 001"})
    assert answer.headers["Location"] == f"/console/employees/{SITI}"
    beginning = hr.post("/employees", {"q": "19870315"})
    assert beginning.headers["Location"] == f"/console/employees/{SITI}"
    assert "Nobody is found." in hr.post("/employees", {"q": "1" * 18}).text
    named = hr.post("/employees", {"q": "siti", "unit": "", "standing": ""})
    assert named.headers["Location"] == "/console/employees?q=siti"
    page = hr.get("/employees?q=siti")
    assert "19870315 201001 2 001" in page.text
    assert "Agus" not in page.text
    assert NIP not in page.text, "grouped as printed, and in no link"


def test_who_looked_at_whom_is_shown_to_the_auditor_alone(
    visitor: Callable[[], Visitor],
) -> None:
    hr = visitor().as_(Role.HR)
    hr.get(f"/employees/{SITI}")
    hr.get(f"/completions/{STUCK}")
    hr.get(f"/employees/{AGUS}")
    hr.get("/reports?report=employees")
    assert hr.get("/audit/accesses").status_code == 403
    auditor = visitor().as_(Role.AUDITOR)
    page = auditor.get("/audit/accesses")
    assert "hr.x" in page.text
    assert NIP not in page.text
    assert f"/console/employees/{AGUS}" in page.text
    told = text_of(auditor.get("/audit/accesses?lang=id"))
    year = utc_now().year
    assert f"JP per pegawai 1 Jan {year} – 31 Des {year}" in told
    assert f"penyelesaian {STUCK}" in told
    narrowed = auditor.get(f"/audit/accesses?employee={SITI}&by=hr")
    assert narrowed.text.count(f"/console/employees/{SITI}") == 2, "the page and the completion"
    assert f"/console/employees/{AGUS}" not in narrowed.text


def test_the_page_of_somebody_who_was_erased_says_nothing_of_them(
    visitor: Callable[[], Visitor], store: Store
) -> None:
    store.given = erased.kept_by(Secret("env:PRIVACY"))
    told = b'{"actor":{"mbox":"mailto:s@x.id"},"verb":{"id":"act:v"},"object":{"id":"act:o"}}'
    with store.writing() as db:
        db.execute(update(statements).values(raw=told))
        for reader in ("index", "recognition"):
            marks.move(db, reader, place_of(NOW) + 1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PRIVACY", "k" * 40)
        erasing.erase(store, SITI, Actor(name="budi", role="shell"), clock=lambda: NOW)
    hr = visitor().as_(Role.HR)
    page = hr.get(f"/employees/{SITI}")
    assert page.status_code == 200
    assert "Siti" not in page.text.replace("Pematangsiantar", "")
    assert hr.get(f"/completions/{STUCK}").status_code == 200
    assert hr.get("/employees").status_code == 200
    for report in ("employees", "completions"):
        assert hr.get(f"/reports?report={report}&period=2026").status_code == 200


def test_the_page_of_a_person_says_first_what_is_not_in_the_registry_and_why(
    visitor: Callable[[], Visitor],
) -> None:
    said = text_of(visitor().as_(Role.HR).get(f"/employees/{SITI}"))
    waits = said[said.index("What is not in the registry") : said.index("JP in 2026")]
    assert "SIASN refused the record: Jabatan tidak ada" in waits
    assert "Etika Digital" in waits
    assert "No course in the catalogue matches https://lms.example/course/7." in waits
    assert "lms-bridge deliveries" not in waits, "HR has buttons"
    calm = text_of(visitor().as_(Role.AUDITOR).get(f"/employees/{AGUS}"))
    assert "What is not in the registry" not in calm


def test_an_officer_sees_people_of_the_own_unit_alone(visitor: Callable[[], Visitor]) -> None:
    officer = visitor().as_(Role.OFFICER)
    assert officer.get(f"/employees/{SITI}").status_code == 200
    assert officer.get(f"/employees/{AGUS}").status_code == 404
    assert "Agus" not in officer.get("/employees").text
    assert "Nobody is found." in officer.post("/employees", {"q": OTHER}).text
    assert officer.get(f"/completions/{STUCK}").status_code == 200


def test_completions_are_found_by_where_they_stand(visitor: Callable[[], Visitor]) -> None:
    hr = visitor().as_(Role.HR)

    def found(query: str) -> list[int]:
        text = hr.get(f"/completions?{query}").text
        return [one for one in (DONE, STUCK) if f'href="/console/completions/{one}"' in text]

    assert found("") == [DONE, STUCK]
    assert found("state=stopped_for_hr") == [STUCK]
    assert found("state=through") == [DONE]
    assert found("state=under_way") == []
    assert found("course=PP&from=2026-11-24&to=2026-11-24") == [DONE, STUCK]
    assert found("to=2026-11-23") == []


def cancel_stuck(store: Store, why: Reason) -> None:
    """The record that is stuck is not wanted any more."""
    theirs = and_(deliveries.c.completion_id == STUCK, deliveries.c.step == "record")
    values = {"state": "cancelled", **reason_columns(why)}
    with store.writing() as db:
        db.execute(update(deliveries).where(theirs).values(**values))


def test_what_was_given_up_is_not_said_to_be_in_the_registry(
    visitor: Callable[[], Visitor], store: Store
) -> None:
    cancel_stuck(store, Reason("cancelled", by="nurhayati", why="Sudah diketik oleh OPD."))
    with store.writing() as db:
        db.execute(update(sightings).values(state="none"))
    said = text_of(visitor().as_(Role.HR).get(f"/employees/{SITI}"))
    assert "Everything that the bridge knows" not in said
    waits = said[said.index("What is not in the registry") : said.index("JP in 2026")]
    assert "SIASN: given up Cancelled by nurhayati: Sudah diketik oleh OPD." in waits


@pytest.mark.parametrize("role", [Role.HR, Role.OFFICER])
def test_what_was_given_up_is_not_said_to_be_complete(
    visitor: Callable[[], Visitor], store: Store, role: Role
) -> None:
    cancel_stuck(store, Reason("cancelled", by="nurhayati", why="Sudah diketik oleh OPD."))
    who = visitor().as_(role)

    def found(state: str) -> bool:
        text = who.get(f"/completions?state={state}").text
        return f'href="/console/completions/{STUCK}"' in text

    states = ["stopped_for_hr", "undecided", "under_way", "through", "given_up", "taken_back"]
    assert [state for state in states if found(state)] == ["given_up"]
    place = f'href="/console/completions/{STUCK}"'
    row = who.get("/completions").text.partition(place)[2].partition("</tr>")[0]
    assert '<span class="state cancelled">given up</span>' in row
    assert "Cancelled by nurhayati: Sudah diketik oleh OPD." in row
    cancel_stuck(store, Reason("undone"))
    assert found("through")
    assert not found("given_up")


@pytest.mark.parametrize("many", [0, 1000])
def test_completions_under_way_are_found_whether_they_are_many_or_few(
    visitor: Callable[[], Visitor], store: Store, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(finished, "COUNTED", many)
    hr = visitor().as_(Role.HR)
    stopped = update(deliveries).where(deliveries.c.completion_id == STUCK)
    with store.writing() as db:
        db.execute(stopped.values(state="retrying"))
    text = hr.get("/completions?state=under_way").text
    assert f'href="/console/completions/{STUCK}"' in text
    assert f'href="/console/completions/{DONE}"' not in text
    with store.writing() as db:
        db.execute(stopped.values(state="blocked"))
    assert f"/console/completions/{STUCK}" not in hr.get("/completions?state=under_way").text


def test_the_story_goes_from_the_statement_to_what_stops_it(
    visitor: Callable[[], Visitor],
) -> None:
    said = text_of(visitor().as_(Role.HR).get(f"/completions/{STUCK}"))
    story = said[said.index("What happened") :]
    parts = [
        "moodle sent a statement of it, which was stored.",
        "It was recognised: Siti has completed “Pelayanan Publik”.",
        "It is not in SIASN yet.",
        "SIASN refused the record: Jabatan tidak ada",
    ]
    places = [story.index(part) for part in parts]
    assert places == sorted(places)
    done = text_of(visitor().as_(Role.AUDITOR).get(f"/completions/{DONE}"))
    assert "Recorded in SIASN under the number R-1." in done
    assert "Send again" not in done


def test_hr_tries_again_gives_up_and_each_is_audited(
    visitor: Callable[[], Visitor], store: Store, audited: Callable[[], list[Entry]]
) -> None:
    hr = visitor().as_(Role.HR)
    assert hr.post(f"/completions/{STUCK}/retry", {"delivery": "2"}).status_code == 303
    assert _state(store, 2) == "waiting"
    hr.post(f"/completions/{STUCK}/cancel", {"delivery": "2", "why": ""})
    assert _state(store, 2) == "waiting", "not without a reason"
    hr.post(f"/completions/{STUCK}/cancel", {"delivery": "2", "why": "salah orang"})
    assert _state(store, 2) == "cancelled"
    another = hr.post(f"/completions/{STUCK}/cancel", {"delivery": "1", "why": "x"})
    assert another.status_code == 404, "a step of another completion"
    acts = [(one.action, one.subject) for one in audited()]
    subject = f"completion:{STUCK}"
    assert acts == [("delivery.cancelled", subject), ("delivery.retried", subject)]


def test_a_correction_says_what_changes_before_it_does(
    visitor: Callable[[], Visitor], store: Store, audited: Callable[[], list[Entry]]
) -> None:
    hr = visitor().as_(Role.HR)
    form = {"starts": "2026-11-23", "ends": "2026-11-24", "certificate_number": f"PP/{DONE}"}
    path = f"/completions/{DONE}/correct"
    refused = hr.post(path, {**form, "hours": "x", "why": ""})
    assert refused.status_code == 422
    told = hr.post(path, {**form, "hours": "10", "why": "salah ketik"})
    assert "lesson hours (JP) 8 → 10" in told.text
    assert audited() == []
    hr.post(path, {**form, "hours": "10", "why": "salah ketik", "step": "make"})
    with store.reading() as db:
        assert db.execute(select(corrections.c.why)).scalars().all() == ["salah ketik"]
    taken = hr.post(
        f"{path}?lang=id", {**form, "certificate_number": f"PP/{STUCK}", "hours": "9", "why": "x"}
    )
    assert f"nomor PP/{STUCK} sudah dipakai penyelesaian {STUCK}" in text_of(taken)
    hr.get("/employees?lang=en")
    assert audited()[0].details["after"] == {"hours": "10"}
    assert "lesson hours (JP) 8 → 10" in hr.get(f"/completions/{DONE}").text


def test_hr_decides_what_becomes_of_what_was_taken_back(
    visitor: Callable[[], Visitor], store: Store, audited: Callable[[], list[Entry]]
) -> None:
    with store.writing() as db:
        which = completions.c.id == DONE
        db.execute(completions.update().where(which).values(withdrawn_at=NOW))
        db.execute(insert(withdrawals).values(completion_id=DONE, withdrawn_at=NOW))
    hr = visitor().as_(Role.HR)
    assert f"/completions/{DONE}" in hr.get("/completions?state=undecided").text
    assert "to be decided" in hr.get(f"/employees/{SITI}").text
    hr.post(f"/completions/{DONE}/decide", {"what": "keep", "why": "sah"})
    assert "decided that what was delivered of it stays." in hr.get(f"/completions/{DONE}").text
    assert audited()[0].details == {"what": "keep", "why": "sah"}


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Where `app` is served, until the block ends."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def _state(store: Store, number: int) -> str:
    with store.reading() as db:
        query = select(deliveries.c.state).where(deliveries.c.id == number)
        return db.execute(query).scalar_one()


@pytest.mark.slow
@on_sqlite
def test_a_new_officer_finds_out_why_a_record_is_not_in_the_registry(
    app: Flask, store: Store, browser: Browser
) -> None:
    with store.writing() as db:
        made = {"username": "ani", "password": PASSWORD, "must_change": False, "now": NOW}
        users.create(db, role=Role.HR, **made)
    with served(app) as address:
        page = browser.new_context(
            locale="id-ID", viewport={"width": 390, "height": 800}
        ).new_page()
        page.goto(f"{address}/console/?lang=id")
        page.get_by_label("Nama pengguna").fill("ani")
        page.get_by_label("Kata sandi").fill(PASSWORD)
        page.get_by_role("button", name="Masuk").click()
        page.get_by_text("Menu", exact=True).click()
        page.get_by_role("link", name="Pegawai", exact=True).click()
        page.get_by_label("Nama, NIP, atau unit").fill("19870315 201001 2 001")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/console/employees/{SITI}")
        waits = page.get_by_role("region", name="Apa yang belum ada di sistem kepegawaian")
        assert "Jabatan tidak ada" in waits.inner_text()
        waits.get_by_role("link", name="Pelayanan Publik").click()
        assert "Jabatan tidak ada" in page.locator(".story").inner_text()
        page.get_by_role("button", name="Kirim ulang").click()
        page.get_by_text("Dicoba lagi.").wait_for()
        assert NIP not in page.url
