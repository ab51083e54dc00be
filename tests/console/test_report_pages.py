"""Reports and notices in the console: found, looked at, taken along, kept, mailed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from python_calamine import CalamineWorkbook

from lms_bridge.accounts.audit import Entry
from lms_bridge.accounts.roles import Role
from lms_bridge.accounts.sight import Unit
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.errands import reporting
from lms_bridge.errands.carrying import Carrying
from lms_bridge.notices import outbox
from lms_bridge.notices.settings import Email, Notices
from lms_bridge.reasons import Reason
from lms_bridge.reporting import saved
from lms_bridge.store.engine import Store
from tests.conftest import on_sqlite
from tests.console.conftest import Visitor, text_of
from tests.reporting.conftest import BUDI, RINA, SITI, Town
from tests.reporting.conftest import town as town

pytestmark = on_sqlite

Visit = Callable[[], Visitor]
LACKING = "/reports?report=lacking&period=2026&unit=siasn:D"


def printed(nip: str) -> str:
    return f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"


def test_who_lacks_jp_in_a_unit_is_seen_at_once(town: Town, visitor: Visit) -> None:
    hr = visitor().as_(Role.HR)
    page = text_of(hr.get(LACKING))
    assert printed(BUDI) in page
    assert printed(SITI) not in page
    assert f'/console/employees/{town.ids[BUDI]}">Budi</a>' in hr.get(LACKING).text
    assert "Rows : 2" in page.replace(":", " :").replace("  ", " ")


@pytest.mark.parametrize("form", ["xlsx", "csv", "pdf"])
def test_a_report_is_taken_along_and_that_is_noted(
    town: Town, visitor: Visit, audited: Callable[[], list[Entry]], form: str, tmp_path: Path
) -> None:
    hr = visitor().as_(Role.HR)
    answer = hr.get(f"{LACKING.replace('/reports', '/reports/file')}&format={form}")
    assert answer.status_code == 200
    assert f"Dinas-Kesehatan-2026.{form}" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert [one.action for one in audited()] == ["report.taken"]
    if form == "xlsx":
        (tmp_path / "r.xlsx").write_bytes(answer.data)
        with CalamineWorkbook.from_path(tmp_path / "r.xlsx") as book:
            cells = [row[0] for row in book.get_sheet_by_index(0).to_python()]
        assert cells.index(BUDI) < cells.index(RINA)


def test_an_officer_sees_their_unit_and_no_other(town: Town, visitor: Visit) -> None:
    officer = visitor().as_(Role.OFFICER, unit=Unit("siasn", "B", "Bidang SDM"))
    page = officer.get("/reports?report=employees&period=2026").text
    assert printed(RINA) in page
    assert printed(BUDI) not in page
    assert "Dinas Kesehatan" not in page
    assert officer.get(LACKING).status_code == 422
    assert officer.get(LACKING.replace("/reports", "/reports/file")).status_code == 422


@pytest.mark.parametrize(
    "wrong", ["report=salaries", "period=soon", "unit=siasn:NONE", "report=lacking&jp=99999"]
)
def test_what_is_no_report_is_told_in_words(town: Town, visitor: Visit, wrong: str) -> None:
    answer = visitor().as_(Role.HR).get(f"/reports?{wrong}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_report_is_kept_and_mailed_each_month(
    town: Town, visitor: Visit, bridge: Bridge, store: Store
) -> None:
    email = Email(host="smtp.example", sender="a@siantar.example", domains=("siantar.example",))
    bridge.settings = msgspec.structs.replace(bridge.settings, email=email)
    hr = visitor().as_(Role.HR)
    asked = {"report": "lacking", "period": "this-year", "unit": "siasn:D", "name": "Kurang JP"}
    hr.post("/reports/save", asked)
    assert "Kurang JP" in hr.get("/reports").text
    assert hr.user
    with store.reading() as db:
        [one] = saved.of(db, hr.user)
    how = {"every": "week", "weekday": "3", "day": "1", "hour": "6", "form": "pdf"}
    refused = hr.post(f"/reports/{one.id}/mail", how | {"to": "orang@gmail.example"})
    assert "only to your own address" in text_of(hr.get(refused.headers["Location"][8:]))
    hr.post(f"/reports/{one.id}/mail", how | {"to": "sdm@siantar.example"})
    with store.reading() as db:
        [one] = saved.of(db, hr.user)
    assert one.mailing
    assert (one.mailing.every, one.mailing.day, one.mailing.hour) == ("week", 3, 6)
    assert "mailed next on" in text_of(hr.get("/reports"))
    other = visitor().as_(Role.AUDITOR)
    assert other.post(f"/reports/{one.id}/mail", {"stop": "1"}).status_code == 404
    hr.post(f"/reports/{one.id}/mail", {"stop": "1"})
    assert "mailed next on" not in text_of(hr.get("/reports"))
    hr.post(f"/reports/{one.id}/remove")
    assert "Kurang JP" not in hr.get("/reports").text


def test_a_large_report_is_made_by_a_worker_for_who_asked(
    town: Town,
    visitor: Visit,
    bridge: Bridge,
    audited: Callable[[], list[Entry]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reporting, "LARGE", 1)
    hr = visitor().as_(Role.HR)
    assert "Make an Excel file" in text_of(hr.get(LACKING))
    assert hr.get(f"{LACKING.replace('/reports', '/reports/file')}&format=csv").status_code == 303
    form = {"report": "lacking", "period": "2026", "unit": "siasn:D"}
    hr.post("/reports/make", form | {"format": "pdf"})
    hr.post("/reports/make", form | {"format": "csv"})  # rather so
    assert "is being made" in text_of(hr.get(LACKING))
    assert hr.get("/reports/made").status_code == 404
    assert Carrying(bridge, clock=utc_now).run(lambda _done: True) == {"report": 1}
    assert "Dinas-Kesehatan-2026.csv" in text_of(hr.get(LACKING))
    answer = hr.get("/reports/made")
    assert printed(BUDI) in answer.text
    assert "Dinas-Kesehatan-2026.csv" in answer.headers["Content-Disposition"]
    assert (audited()[0].action, audited()[0].details["rows"]) == ("report.taken", 2)
    other = visitor().as_(Role.AUDITOR)
    assert other.get("/reports/made").status_code == 404
    assert "Dinas-Kesehatan-2026.csv" not in text_of(other.get(LACKING))


def test_messages_are_listed_with_what_failed_and_can_be_tried_again(
    visitor: Visit, bridge: Bridge, store: Store
) -> None:
    told = Notices(name="sdm", email=("sdm@siantar.example",))
    bridge.settings = msgspec.structs.replace(bridge.settings, notices=(told,))
    now = utc_now()
    with store.writing() as db:
        about = {"key": "x", "kind": "notice", "subject": "Ada yang menunggu", "content": {}}
        outbox.put(db, **about, recipient="sdm", address="sdm@siantar.example", now=now)  # type: ignore[arg-type]
    message = outbox.take(store, "me", now)
    assert message
    with store.writing() as db:
        outbox.note_failed(db, message, "me", Reason("mail_refused", message="550 no"), None)
    assert "Ada yang menunggu" in text_of(visitor().as_(Role.HR).get("/notices"))
    officer = text_of(visitor().as_(Role.OFFICER).get("/notices"))
    assert "Nobody of yours is told anything." in officer
    assert "Ada yang menunggu" not in officer
    it = visitor().as_(Role.IT)
    page = text_of(it.get("/notices"))
    assert "The mail server refused the message: 550 no" in page
    assert "s***@siantar.example" in page
    it.post(f"/notices/{message.id}/retry")
    with store.reading() as db:
        assert outbox.is_any_due(db, utc_now())
    assert "Try again" not in text_of(visitor().as_(Role.AUDITOR).get("/notices?failed=1"))
