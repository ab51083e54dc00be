"""Large reports, made by a worker for who has asked: on both databases."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import update

from lms_bridge.accounts import users
from lms_bridge.accounts.roles import Role
from lms_bridge.accounts.sight import Unit
from lms_bridge.config.settings import Settings
from lms_bridge.errands import asking, reporting
from lms_bridge.errands.asking import Errand
from lms_bridge.reasons import Reason
from lms_bridge.reporting.report import Report
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import users as accounts
from tests.conftest import Clock
from tests.reporting.conftest import SITI, Town
from tests.reporting.conftest import town as town


def asked(store: Store, clock: Clock, user: users.User) -> Errand:
    day = dt.date(2026, 11, 24)
    with store.writing() as db:
        report = Report(kind="employees", period="2026")
        reporting.ask(db, user, report, "csv", language="en", today=day, now=clock())
        [errand] = asking.open_ones(db)
    return errand


def carried_out(store: Store, clock: Clock, errand: Errand) -> Reason | None:
    why = reporting.carry_out(store, Settings(), errand, clock)
    with store.writing() as db:
        asking.end(db, errand.id, why, clock())
    return why


def test_it_is_made_as_who_asked_sees_it_and_goes_after_a_day(
    town: Town, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "_TOLD_EVERY", 1)
    with store.writing() as db:
        ani = users.create(
            db, username="ani", role=Role.OFFICER, unit=Unit("siasn", "B", "B"), now=clock()
        )
        hr = users.create(db, username="hr", role=Role.HR, now=clock())
    errand = asked(store, clock, hr)
    with store.reading() as db:
        assert reporting.made(db, hr) is None
    assert carried_out(store, clock, errand) is None
    with store.reading() as db:
        file, last = reporting.made(db, hr), reporting.last(db, hr)
    assert file is not None
    assert last is not None
    assert SITI[:8] in file.content.decode()
    assert (last.total, last.done) == (file.rows, file.rows - 1)
    assert not carried_out(store, clock, asked(store, clock, ani))
    with store.reading() as db:
        mine = reporting.made(db, ani)
        assert mine is not None
        assert mine.rows == 1 < file.rows
        moved = users.find(db, ani.id)
        assert moved is not None
    with store.writing() as db:
        db.execute(update(accounts).where(accounts.c.id == ani.id).values(unit_id="D"))
        moved = users.find(db, ani.id)
        assert moved is not None
        assert reporting.made(db, moved) is None
        asking.forget(db, clock() + dt.timedelta(days=2))
        assert reporting.last(db, hr) is None


def test_it_is_not_made_for_an_account_that_is_disabled(
    town: Town, store: Store, clock: Clock
) -> None:
    with store.writing() as db:
        hr = users.create(db, username="hr", role=Role.HR, now=clock())
    errand = asked(store, clock, hr)
    with store.writing() as db:
        db.execute(update(accounts).values(disabled_at=clock()))
    assert carried_out(store, clock, errand) == Reason("report_not_made")
