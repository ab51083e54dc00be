"""What each role sees of the messages: on both databases."""

from __future__ import annotations

from lms_bridge.accounts import users
from lms_bridge.accounts.roles import Role
from lms_bridge.accounts.sight import Unit
from lms_bridge.accounts.users import User
from lms_bridge.config.settings import Settings
from lms_bridge.notices import outbox, seen
from lms_bridge.notices.settings import Notices
from lms_bridge.reporting import saved
from lms_bridge.reporting.report import Report
from lms_bridge.store.engine import Store
from tests.conftest import Clock

IT = Notices(name="it", email=("tik@siantar.example",), tells=("remotes", "jobs"))
HR = Notices(name="sdm", email=("sdm@siantar.example", "Ani@siantar.example"), tells=("attention",))
SETTINGS = Settings(notices=(IT, HR))


def somebody(store: Store, clock: Clock, role: Role, email: str = "") -> User:
    unit = Unit("siasn", "D", "Dinas Kesehatan") if role == Role.OFFICER else None
    name = f"{role}.{email.partition('@')[0]}"
    with store.writing() as db:
        return users.create(db, username=name, role=role, unit=unit, email=email, now=clock())


def test_hr_sees_what_was_sent_to_hr_and_an_officer_what_is_theirs(
    store: Store, clock: Clock
) -> None:
    ani = somebody(store, clock, Role.OFFICER, "ani@siantar.example")
    budi = somebody(store, clock, Role.OFFICER)
    with store.writing() as db:
        kept = saved.keep(db, budi, "Kurang JP", Report(kind="lacking"), clock())
        for key, kind, recipient, address in (
            ("1", "notice", "it", "tik@siantar.example"),
            ("2", "notice", "sdm", "sdm@siantar.example"),
            ("3", "notice", "sdm", "ani@siantar.example"),
            (f"report:{kept}:2026:x@siantar.example", "report", "", "x@siantar.example"),
            (f"report:{kept}0:2026:y@siantar.example", "report", "", "y@siantar.example"),
        ):
            outbox.put(
                db,
                key=key,
                kind=kind,  # type: ignore[arg-type]
                subject=key[:6],
                content={},
                recipient=recipient,
                address=address,
                now=clock(),
            )

    def seen_by(user: User) -> list[str]:
        with store.reading() as db:
            which = seen.seen_by(db, user, SETTINGS)
            return [one.address.split("@")[0] for one in outbox.listed(db, which=which)][::-1]

    assert seen_by(somebody(store, clock, Role.IT)) == ["tik", "sdm", "ani", "x", "y"]
    assert seen_by(somebody(store, clock, Role.AUDITOR)) == ["tik", "sdm", "ani", "x", "y"]
    assert seen_by(somebody(store, clock, Role.HR)) == ["sdm", "ani", "x", "y"]
    assert seen_by(ani) == ["ani"]
    assert seen_by(budi) == ["x"]
    assert seen.recipients(ani, SETTINGS) == [HR]
    assert seen.recipients(budi, SETTINGS) == []
