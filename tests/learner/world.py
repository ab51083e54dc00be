"""Two people of whom there is everything that a learner's page can show, and their browsers."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lms_bridge.bridge import Bridge
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Certificates, Learner, OpenBadges, Settings, Web
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.learner import passes
from lms_bridge.people import history
from lms_bridge.people.history import Whose
from lms_bridge.reasons import Reason, reason_columns
from lms_bridge.registries.base import RecordedTraining
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import awards, completions, deliveries, employees
from lms_bridge.store.types import AnyRow
from tests.badges.hall import Hall, badge
from tests.conftest import Clock
from tests.scene import course
from tests.webhook.conftest import settings
from webhook.app import create_app

HOME = "https://bridge.example"
SITI, BUDI = "198703152010012001", "199008072023211008"
NAMES = {SITI: "SITI RAHMAWATI, S.E.", BUDI: "BUDI SANTOSO, S.Kom."}
KEY = "0123456789abcdef" * 4
FIELD = re.compile(r'name="pass" value="([^"]+)"')


class World:
    """A bridge with a learner's page."""

    def __init__(self, store: Store, clock: Clock, folder: Path, **changes: Any) -> None:
        self.store, self.clock, self.folder = store, clock, folder
        (folder / "key").write_text(KEY)
        self.hall = Hall(store, clock)
        self.settings = settings_for(folder, **changes)
        self.bridge = Bridge(self.settings, store, base=folder)
        assert self.bridge.issuing
        if not self.bridge.issuing.keys.all():
            self.bridge.issuing.keys.create(clock())
        self.app = create_app(self.bridge)

    def live(self) -> None:
        """Each of the two completes courses, earns a badge, and has something taken back."""
        self.hall.apply(
            badge("dasar", ["A", "B"], competency={"name": "Kerja Sama", "level": 2}),
            badge("lanjut", ["A", "Z"], valid_months=24),
        )
        for number, (nip, name) in enumerate(NAMES.items()):
            first = name.split()[0]
            mine = course(f"K-{first}", name=f"Rahasia {first}", hours=6 + number)
            self.hall.offer(mine)
            for key, on in (("A", "2026-03-01"), ("B", "2026-03-20"), (f"K-{first}", "2025-05-05")):
                self.hall.complete(nip, key, on)
            self.hall.offer(course(f"T-{first}", name=f"Tarik {first}"))
            self.hall.take_back(self.hall.complete(nip, f"T-{first}", "2026-06-01"))
            row = RecordedTraining(
                id=f"row-{number}",
                name=f"Dari tempat lain {first}",
                organiser="LAN",
                certificate_number=f"LAN/{first}",
                hours=3,
                starts=dt.date(2026, 4, 1),
                ends=dt.date(2026, 4, 2),
            )
            with self.store.writing() as db:
                db.execute(
                    update(employees)
                    .where(employees.c.nip == nip)
                    .values(name=name, unit_name=f"Dinas {first}")
                )
                whose = Whose(self.employee(nip).id, "siasn")
                history.keep(db, whose, {"kursus": [row]}, self.clock())
        self.hall.review()

    def employee(self, nip: str) -> AnyRow:
        with self.store.reading() as db:
            return db.execute(select(employees).where(employees.c.nip == nip)).one()

    def public_ids(self, nip: str) -> list[str]:
        """Of the certificates and badges of somebody."""
        who = self.employee(nip).id
        with self.store.reading() as db:
            return [
                *db.scalars(
                    select(completions.c.public_id).where(completions.c.employee_id == who)
                ),
                *db.scalars(select(awards.c.public_id).where(awards.c.employee_id == who)),
            ]

    def deliver(
        self, nip: str, state: State, reason: Reason | None = None, *, step: str = "record"
    ) -> None:
        """Let all steps of that kind of somebody's completions have come to this."""
        mine = select(completions.c.id).where(completions.c.employee_id == self.employee(nip).id)
        values = {"state": state, "due_at": self.clock(), **reason_columns(reason or Reason("new"))}
        with self.store.writing() as db:
            db.execute(
                update(deliveries)
                .where(deliveries.c.completion_id.in_(mine), deliveries.c.step == step)
                .values(changed_at=self.clock(), **values)
            )

    def link(self, nip: str, *, days: float = 7, key: str = KEY, purpose: Any = "link") -> str:
        """The path of a link that HR gave."""
        return f"/learner/link?token={self.token(nip, days=days, key=key, purpose=purpose)}"

    def token(self, nip: str, *, days: float = 7, key: str = KEY, purpose: Any = "link") -> str:
        row = self.employee(nip)
        until = self.clock() + dt.timedelta(days=days)
        return passes.issue(purpose, row.id, nip, until, key.encode())

    def browser(self, *, cookies: bool = True) -> Browser:
        return Browser(self.app.test_client(use_cookies=cookies))


class Browser:
    """Somebody's browser, which keeps cookies or does not."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def get(self, path: str = "/learner", **more: Any) -> TestResponse:
        return self._client.get(path, base_url=HOME, **more)

    def post(self, path: str = "/learner", **form: Any) -> TestResponse:
        headers = form.pop("headers", {"Sec-Fetch-Site": "same-origin"})
        return self._client.post(path, base_url=HOME, data=form, headers=headers)

    def come_in(self, link: str) -> TestResponse:
        """By a link, as far as the page."""
        self.get(link)
        answer = self.post(link)
        return self.get(answer.headers["Location"]) if answer.status_code == 303 else answer

    def cookie(self) -> str:
        found = self._client.get_cookie("__Host-learner", domain="bridge.example")
        return found.value if found else ""

    def keep(self, value: str) -> None:
        """Put another value in the cookie."""
        self._client.set_cookie(
            "__Host-learner", value, domain="bridge.example", secure=True, path="/"
        )


def settings_for(folder: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "web": Web(public_url=HOME),
        "time_zone": "Asia/Jakarta",
        "language": "id",
        "learner": Learner(key=Secret("file:key", folder), contact="0622-123456"),
        "openbadges": OpenBadges(name="BKPSDM Kota", keys=str(folder / "keys")),
        "certificates": Certificates(letterhead=("PEMERINTAH KOTA",), signatory="Nurhayati"),
    }
    return settings(**values | changes)


def pass_in(answer: TestResponse) -> str:
    """The pass that the forms of a page carry."""
    found = FIELD.search(answer.text)
    assert found, answer.text
    return found[1]
