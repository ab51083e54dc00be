"""Reports that are kept, and mailed when they are due: once, however many processes do it."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from lms_bridge.accounts import users
from lms_bridge.accounts.roles import Role
from lms_bridge.accounts.users import User
from lms_bridge.config.settings import Settings
from lms_bridge.errors import DeliveryError
from lms_bridge.notices import outbox
from lms_bridge.notices.settings import Email
from lms_bridge.reporting import mailing, saved
from lms_bridge.reporting.report import Report
from lms_bridge.reporting.saved import CannotSave, Mailing
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.reporting.conftest import BUDI, RINA, Town

ZONE = ZoneInfo("Asia/Jakarta")
EMAIL = Email(host="smtp.example", sender="bridge@siantar.example", domains=("siantar.example",))
SETTINGS = Settings(email=EMAIL)
MONTHLY = Mailing(to=("sdm@siantar.example",), language="en")


def somebody(store: Store, clock: Clock, role: Role = Role.HR, **more: Any) -> User:
    with store.writing() as db:
        return users.create(
            db, username="siti", role=role, email="siti@lain.example", now=clock(), **more
        )


def kept(store: Store, clock: Clock, user: User, how: Mailing | None = MONTHLY) -> int:
    with store.writing() as db:
        number = saved.keep(db, user, "Kurang JP", Report(kind="lacking"), clock())
        saved.mail(db, user, number, how, email=EMAIL, zone=ZONE, now=clock())
    return number


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"every": "month", "day": 1}, "2026-12-01T07:00"),
        ({"every": "month", "day": 24, "hour": 11}, "2026-11-24T11:00"),
        ({"every": "month", "day": 24, "hour": 9}, "2026-12-24T09:00"),
        ({"every": "week", "day": 1}, "2026-11-30T07:00"),
        ({"every": "week", "day": 2, "hour": 10}, "2026-12-01T10:00"),
        ({"every": "cron", "cron": "30 6 * * fri"}, "2026-11-27T06:30"),
    ],
)
def test_when_it_is_mailed_next(clock: Clock, how: dict[str, Any], expected: str) -> None:
    found = Mailing(to=("a@b.id",), **how).next_after(clock(), ZONE)  # a Tuesday, 10:00 there
    assert found.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M") == expected


def test_a_report_is_kept_under_its_name_for_its_owner(store: Store, clock: Clock) -> None:
    user = somebody(store, clock)
    number = kept(store, clock, user, None)
    with store.writing() as db:
        again = saved.keep(db, user, " Kurang  JP ", Report(kind="units"), clock())
        assert [one.report.kind for one in saved.of(db, user)] == ["units"]
        other = users.create(db, username="lain", role=Role.HR, now=clock())
        assert saved.of(db, other) == []
        assert saved.find(db, other, number) is None
        assert not saved.remove(db, other, number)
        assert saved.remove(db, user, number)
    assert again == number


@pytest.mark.parametrize(
    "to",
    [(), ("x",), ("orang@gmail.example",), ("a@siantar.example\nBcc: b@c.id",), ("a@b.id",) * 30],
)
def test_reports_name_people_and_are_not_mailed_just_anywhere(
    store: Store, clock: Clock, to: tuple[str, ...]
) -> None:
    user = somebody(store, clock)
    with pytest.raises(CannotSave):
        kept(store, clock, user, Mailing(to=to))


def test_ones_own_address_is_good_enough(store: Store, clock: Clock) -> None:
    kept(store, clock, somebody(store, clock), Mailing(to=("siti@lain.example",)))


def test_a_report_that_is_due_becomes_one_message_for_each_address(
    store: Store, clock: Clock
) -> None:
    both = Mailing(to=("sdm@siantar.example", "siti@lain.example"))
    kept(store, clock, somebody(store, clock), both)
    assert mailing.put_due(store, SETTINGS, clock()) == {}
    clock.forward(days=90)  # it was switched off for a while: one, and not three
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: mailing.put_due(store, SETTINGS, clock()), range(4)))
    assert sum(one["messages"] for one in done) == 2
    with store.reading() as db:
        assert len(outbox.listed(db)) == 2
        assert not mailing.is_any_due(db, clock())


def test_a_message_brings_the_report_as_it_is_by_then(town: Town, clock: Clock) -> None:
    kept(
        town.store, clock, somebody(town.store, clock), msgspec.structs.replace(MONTHLY, form="csv")
    )
    clock.forward(days=8)
    mailing.put_due(town.store, SETTINGS, clock())
    with town.store.reading() as db:
        [message] = outbox.listed(db)
    made = mailing.made(town.store, SETTINGS, message.content, clock())
    assert made.file.name == "Who-lacks-JP-2026.csv"
    assert BUDI[:8].encode() in made.file.content
    assert "Rows: 2" in made.text
    assert BUDI not in f"{message.subject} {message.content}"


def test_an_officer_is_mailed_what_an_officer_sees(town: Town, clock: Clock) -> None:
    from lms_bridge.accounts.sight import Unit

    officer = somebody(town.store, clock, Role.OFFICER, unit=Unit("siasn", "B", "Bidang SDM"))
    number = kept(town.store, clock, officer, msgspec.structs.replace(MONTHLY, form="csv"))
    content = {"saved": number, "today": "2026-12-01", "to": "sdm@siantar.example"}
    made = mailing.made(town.store, SETTINGS, content, clock())
    assert RINA[:8].encode() in made.file.content
    assert BUDI[:8].encode() not in made.file.content


def test_nothing_is_mailed_for_an_account_that_is_disabled(town: Town, clock: Clock) -> None:
    user = somebody(town.store, clock)
    number = kept(town.store, clock, user)
    with town.store.writing() as db:
        users.disable(db, user.id, disabled=True, now=clock())
    content = {"saved": number, "today": dt.date(2026, 12, 1).isoformat(), "to": MONTHLY.to[0]}
    with pytest.raises(DeliveryError):
        mailing.made(town.store, SETTINGS, content, clock())
