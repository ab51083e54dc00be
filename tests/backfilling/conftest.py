"""A city whose LMS has run for years, and a bridge that has just come."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from lms_bridge.backfilling import entries
from lms_bridge.backfilling.carrying import Carrier
from lms_bridge.backfilling.entries import Backfill, BackfillState, Entry
from lms_bridge.backfilling.survey import Survey
from lms_bridge.catalogue import courses as catalogue
from lms_bridge.lms.base import BadgeAward
from lms_bridge.sandbox.city import LITDIG
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.reconciling import conftest as reconciling
from tests.reconciling.town import Town
from tests.scene import course

NAME, ORGANISER = "Literasi Digital ASN", "BKPSDM Kota Pematangsiantar"
BADGE = BadgeAward(route="competency", name="Badge Literasi Digital", competency="KMP-LITDIG")
YEARS_AGO = dt.datetime(2023, 3, 6, 5, 0, tzinfo=dt.UTC)

settings = reconciling.settings
told = reconciling.told


class Past(Town):
    """A town with completions that nobody told the bridge of."""

    def offer(self, **more: Any) -> None:
        """The course is in the catalogue, with a badge."""
        values = {"external_ids": ("ELEARN-LITDIG-2026",), "kind": 16, "badge": BADGE}
        with self.store.writing() as db:
            known = course("LITDIG-2026", name=NAME, hours=20, **values | more)
            catalogue.put(db, [known], source="csv", now=self.clock())

    def completed(self, *users: int, at: dt.datetime = YEARS_AGO) -> None:
        """They completed it, years ago."""
        for user in users:
            self.city.moodle.complete(user, LITDIG, at.timestamp())

    def typed(self, nip: str, **fields: Any) -> str:
        """Somebody typed the training into the registry by hand; the id of the row."""
        values = {
            "namaKursus": NAME,
            "institusiPenyelenggara": ORGANISER,
            "jenisDiklatId": "16",
            "jumlahJam": "18",
            "noSertipikat": f"890/{nip[-4:]}/2023",
            "tahunKursus": "2023",
            "tanggalKursus": "06-03-2023",
            "tanggalSelesaiKursus": "06-03-2023",
        }
        return self.registry.type_by_hand(nip, **values | fields)

    def plan(self, **scope: Any) -> Backfill:
        """A backfill that was surveyed."""
        with self.store.writing() as db:
            number = entries.begin(db, "moodle", scope, by="ani", now=self.clock())
        return self.go_on(number)

    def go_on(self, number: int) -> Backfill:
        """Survey what was not surveyed yet."""
        survey = Survey(self.bridge, self.bridge.lms["moodle"], number, clock=self.clock)
        survey.run(lambda _done, _total: None)
        return self.backfill(number)

    def start(self, number: int, per_hour: int = 3600) -> None:
        """Carry it out at that pace from now on."""
        with self.store.writing() as db:
            entries.change(
                db,
                number,
                state=BackfillState.GOING,
                per_hour=per_hour,
                next_at=self.clock(),
            )

    def carry(self) -> Counter[str]:
        """What a worker takes in now."""
        return Carrier(self.bridge, clock=self.clock).run()

    def carry_out(self, number: int) -> Counter[str]:
        """All of it, however long it takes."""
        self.start(number)
        counts: Counter[str] = Counter()
        while self.backfill(number).state == BackfillState.GOING:
            counts += self.carry()
            self.clock.forward(seconds=1)
        return counts

    def decide(self, how: str, *ids: int, number: int = 1) -> int:
        with self.store.writing() as db:
            return entries.decide(db, number, ids, how, by="ani", why="?", now=self.clock())

    # --- for looking at

    def backfill(self, number: int = 1) -> Backfill:
        with self.store.reading() as db:
            return entries.get(db, number)

    def entries(self, number: int = 1) -> list[Entry]:
        with self.store.reading() as db:
            return sorted(entries.entries(db, number), key=lambda one: int(one.lms_user))

    def entry(self, number: int = 1) -> Entry:
        (only,) = self.entries(number)
        return only

    def completion(self) -> Any:
        with self.store.reading() as db:
            return db.exec_driver_sql("SELECT * FROM completions").one()


@pytest.fixture
def past(
    store: Store, clock: Clock, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Past]:
    for found in reconciling.town.__wrapped__(store, clock, settings):
        found.__class__ = Past
        assert isinstance(found, Past)
        found.offer()
        yield found
