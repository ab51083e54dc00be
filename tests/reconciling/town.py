"""A bridge between both sandboxes over real HTTP, and somebody who disturbs what it recorded.

>>> town.record(SITI)
>>> town.settle()
>>> town.delete(town.row(SITI))
>>> town.run()
Counter({'vanished_found': 1, 'compared': 1})
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from lms_bridge.bridge import Bridge
from lms_bridge.config.settings import Settings
from lms_bridge.jobs.reconcile import Reconcile
from lms_bridge.people.identities import employee_of
from lms_bridge.reconciling import keeping, looking
from lms_bridge.reconciling.findings import Repair
from lms_bridge.reconciling.looking import Line
from lms_bridge.reconciling.repairing import Order, Repairs, Result
from lms_bridge.reconciling.scope import Scope
from lms_bridge.sandbox.city import City
from lms_bridge.store.engine import Store
from tests.conftest import Clock
from tests.deliveries.yard import COURSE, Yard

NAME = str(COURSE["name"])


class Town:
    """What the tests of reconciling play on."""

    def __init__(self, store: Store, clock: Clock, city: City, settings: Settings) -> None:
        self.store = store
        self.clock = clock
        self.city = city
        self.registry = city.registry
        self.yard = Yard(store, clock, settings.delivery)
        self.bridge = Bridge(settings, store)

    # --- what the bridge does

    def record(self, nip: str, content: Mapping[str, Any] = COURSE, **more: Any) -> int:
        """A completion that is to be recorded; the number of its delivery."""
        with self.store.writing() as db:
            self.employee(db, nip)
        return self.yard.plan(nip=nip, content=content, **more)

    def employee(self, db: Connection, nip: str) -> int:
        """The bridge has met that employee."""
        return employee_of(db, nip, name="", now=self.clock())

    def settle(self) -> Counter[str]:
        """Let a worker do what is due, until nothing moves any more."""
        counts = Counter[str]()
        for _ in range(50):
            counts += self.bridge.worker.drain()
            open_ = [row for row in self.deliveries() if row.state in ("waiting", "retrying")]
            if not open_:
                return Counter({event: count for event, count in counts.items() if count})
            self.clock.forward(seconds=max(1.0, min(self.yard.due_in(row.id) for row in open_)))
        raise AssertionError(f"not settled: {[(row.id, row.reason_code) for row in open_]}")

    def run(self, *, registry: str = "siasn", **scope: Any) -> Counter[str]:
        """A run, of the registry alone if nothing else is said; what it counted."""
        self.clock.forward(minutes=1)
        about = Scope(registry=registry, **scope)
        counts = Reconcile(self.bridge, about, by="ani").run(lambda done, total: None)
        del counts["asked"]
        return Counter({what: count for what, count in counts.items() if count})

    def repair(
        self,
        lines: Sequence[Line] | None = None,
        how: Repair | None = None,
        *,
        dry_run: bool = False,
    ) -> list[Result]:
        """Somebody approves repairs; what came of them."""
        order = Order("ani", "diperiksa", how, dry_run)
        wanted = self.found() if lines is None else lines
        return list(Repairs(self.bridge, clock=self.clock).carry_out(wanted, order))

    def dismiss(self, lines: Sequence[Line]) -> int:
        with self.store.writing() as db:
            ids = [line.id for line in lines]
            return keeping.dismiss(db, lines[0].run, ids, by="ani", why="benar", now=self.clock())

    # --- for looking at

    def deliveries(self) -> list[Any]:
        with self.store.reading() as db:
            return list(db.exec_driver_sql("SELECT * FROM deliveries ORDER BY id"))

    def delivery(self, delivery_id: int) -> Any:
        return self.yard.row(delivery_id)

    def found(self, *kinds: str, run: int | None = None, state: str = "open") -> list[Line]:
        """What the last run has found, and stands so."""
        with self.store.reading() as db:
            latest = looking.run(db, run)
            assert latest is not None
            lines = list(looking.lines(db, latest.number, states=[state]))
        # People are looked at side by side, so in no order.
        found = [line for line in lines if not kinds or line.kind in kinds]
        return sorted(found, key=lambda line: (line.nip, line.id))

    def only(self, **which: Any) -> Line:
        """The only finding."""
        (line,) = self.found(**which)
        return line

    def rows(self, nip: str, name: str = NAME) -> list[dict[str, Any]]:
        """The rows that the registry holds of a course for a person."""
        return [row for row in self.registry.rows(nip) if row.get("namaKursus") == name]

    def row(self, nip: str, name: str = NAME) -> dict[str, Any]:
        (row,) = self.rows(nip, name)
        return row

    # --- what others do in the registry

    def delete(self, row: Mapping[str, Any]) -> None:
        self.registry.delete_by_hand(row["id"])

    def change(self, row: Mapping[str, Any], **fields: Any) -> None:
        self.registry.change_by_hand(row["id"], **fields)

    def double(self, row: Mapping[str, Any], **fields: Any) -> str:
        """Somebody types the same again, with `fields` otherwise; the id of the new row."""
        same = {name: value for name, value in row.items() if name not in ("id", "idPns")}
        nip = same.pop("nipBaru")
        return self.registry.type_by_hand(nip, **same | fields)
