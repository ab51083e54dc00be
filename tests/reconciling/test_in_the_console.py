"""What HR has a worker do from the console: repairs that are said first, histories read anew."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable

import msgspec
import pytest

from lms_bridge.accounts.audit import entries
from lms_bridge.accounts.roles import Role
from lms_bridge.errands import asking
from lms_bridge.errands.asking import Kind
from lms_bridge.errands.carrying import Carrying
from lms_bridge.reconciling.findings import Repair
from lms_bridge.sandbox.city import BUDI, SITI
from lms_bridge.sandbox.faults import Fault
from tests.console.conftest import Visitor, text_of
from tests.reconciling.town import NAME, Town
from webhook.app import create_app


@pytest.fixture
def visit(town: Town) -> Callable[[Role], Visitor]:
    town.bridge.settings = msgspec.structs.replace(town.bridge.settings, language="en")
    app = create_app(town.bridge)
    return lambda role: Visitor(app, town.store).as_(role)


def work(town: Town) -> Counter[str]:
    """A worker does what was asked."""
    done = Carrying(town.bridge, clock=town.clock).run(lambda count: True)
    town.settle()
    return done


def differ(town: Town) -> str:
    """Two rows say something else; the address of their group."""
    for nip, hours in ((SITI, 18), (BUDI, 22)):
        town.record(nip)
        town.settle()
        town.change(town.row(nip), jumlahJam=hours)
    town.run()
    return f"/attention/finding/{town.found()[0].id}"


def test_it_is_said_what_will_be_done_and_a_worker_does_it(
    town: Town, visit: Callable[[Role], Visitor]
) -> None:
    group, hr = differ(town), visit(Role.HR)
    assert "correct the row" in text_of(hr.get(group))
    assert NAME in hr.get(group).text, "and not only the key of the course"
    budi = town.found()[1].id if town.found()[0].nip == SITI else town.found()[0].id
    form = {"how": "take_over", "which": "some", "id": budi}
    look = hr.post(f"{group}/repair", form)
    assert "The completion is changed here to what the row in SIASN says." in text_of(look)
    assert "Findings: 1" in text_of(look)
    assert re.search(rf'name="id" value="{budi}"', look.text)
    assert work(town) == {}  # nothing before that is confirmed
    for _ in range(2):  # pressed twice
        hr.post(f"{group}/repair/approve", form | {"why": "benar di sana"})
    assert "Repairs under way: 1." in text_of(hr.get(group))
    assert "repair under way" in text_of(hr.get(group))
    assert work(town) == {"repair": 1}
    assert work(town) == {}
    with town.store.reading() as db:
        noted = entries(db)[0]
    assert (noted.action, noted.details["how"], noted.details["count"]) == (
        "finding.approved",
        "take_over",
        1,
    )
    everything = {"how": "correct_row", "which": "all", "why": "salah ketik"}
    hr.post(f"/attention/finding/{town.found()[0].id}/repair/approve", everything)
    assert work(town) == {"repair": 1}
    assert (town.row(SITI)["jumlahJam"], town.row(BUDI)["jumlahJam"]) == (20, 22)
    assert "Nothing waits for you." in text_of(hr.get("/attention"))


def test_what_cannot_be_done_stays_with_the_reason(
    town: Town, visit: Callable[[Role], Visitor]
) -> None:
    group, hr = differ(town), visit(Role.HR)
    why = {"which": "all", "why": "salah ketik"}
    answer = hr.post(f"{group}/repair", why | {"how": "upload_it"})
    assert answer.status_code == 303
    assert "None of them can be repaired like that." in text_of(hr.get(group))
    hr.post(f"{group}/repair/approve", why | {"how": "correct_row"})
    town.registry.faults.force(Fault.SERVER_ERROR, times=50)
    assert work(town) == {"not_done": 2}
    page = text_of(hr.get(group))
    assert "Not repaired:" in page
    assert len(town.found()) == 2


def test_an_errand_that_was_cut_off_is_done_once_and_goes_with_the_person(town: Town) -> None:
    differ(town)
    lines = town.found()
    with town.store.writing() as db:
        about = {"how": "correct_row", "why": "x"}
        ids = [line.id for line in lines]
        assert asking.ask(db, Kind.REPAIR, ids, about, by="ani", now=town.clock()) == 2
        assert asking.ask(db, Kind.REPAIR, ids, about, by="ani", now=town.clock()) == 0
    town.repair(how=Repair.CORRECT)  # and killed before that was written down
    assert work(town) == {"repair": 2}
    assert len(town.rows(SITI)) == 1
    with town.store.writing() as db:
        asking.forget_of(db, 0, [lines[0].id])
        assert list(asking.of(db, Kind.REPAIR, ids)) == [lines[1].id]
        asking.forget(db, town.clock() + dt.timedelta(days=2))
        assert asking.of(db, Kind.REPAIR, ids) == {}


def test_a_history_is_read_anew_when_hr_asks(town: Town, visit: Callable[[Role], Visitor]) -> None:
    with town.store.writing() as db:
        siti = town.employee(db, SITI)
    hr = visit(Role.HR)
    page = f"/employees/{siti}"
    assert "not read yet" in text_of(hr.get(page))
    assert visit(Role.AUDITOR).post(f"{page}/read").status_code == 403
    for _ in range(2):
        assert hr.post(f"{page}/read").status_code == 303
    assert "is being read anew" in text_of(hr.get(page))
    assert "Read it anew" not in text_of(hr.get(page))
    assert work(town) == {"history": 1}
    again = text_of(hr.get(page))
    assert "SIASN: read" in again
    assert "Read it anew" in again
    town.registry.faults.force(Fault.SERVER_ERROR, times=50)
    hr.post(f"{page}/read")
    work(town)
    assert "is being read anew" not in text_of(hr.get(page))
    with town.store.reading() as db:
        assert [one.action for one in entries(db)] == ["history.asked"] * 2
