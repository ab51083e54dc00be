"""``python -m benchmarks.claiming``: how fast workers take deliveries from one PostgreSQL.

Each process takes the next delivery and, in the transaction that takes the one after it, writes
down that it is done; as a worker does, but for the work. So it is told what the queue itself
allows, and how much the workers are in each other's way. Several threads of one worker share their
transactions, which here nobody does.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import sys
import tempfile
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import func, select, text, update

from lms_bridge.deliveries import due
from lms_bridge.store import migrations
from lms_bridge.store.engine import open_store
from lms_bridge.store.schema import deliveries
from tests.e2e.crashing import own_database
from tests.postgres import running_postgres

REMOTE = "registry.siasn"
_FILL = text(
    "INSERT INTO deliveries (completion_id, employee_id, step, remote, lane, state, due_at,"
    " reason_code, progress, effort_since, created_at, changed_at)"
    " SELECT n, n % :people, 'record', here.remote, here.remote || ':' || n % :people, 'waiting',"
    " now() - interval '1 day' + n * interval '1 millisecond', 'new', '{}', now(), now(), now()"
    " FROM generate_series(1, :many) AS n, (SELECT CAST(:remote AS text) AS remote) AS here"
)


def fill(url: str, *, many: int, people: int) -> None:
    """So `many` deliveries of so many `people`, all of them due."""
    store = open_store(url)
    migrations.upgrade(store)
    with store.writing() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))  # of no completions
        db.execute(_FILL, {"many": many, "people": people, "remote": REMOTE})
    with store.engine.connect() as db:
        db.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE deliveries"))
    store.close()


def take(url: str, seconds: float, all_there: Barrier, found: Queue[tuple[int, int]]) -> None:
    """Take one after the other once all are there; tells how many, and how often in vain."""
    store, taken, in_vain = open_store(url), 0, 0
    last: int | None = None
    all_there.wait()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        now = dt.datetime.now(dt.UTC)
        with store.writing() as db:
            if last is not None:
                done = update(deliveries).where(deliveries.c.id == last)
                db.execute(done.values(state="done", lease_owner=None, lease_until=None))
            lease = now + dt.timedelta(seconds=300)
            last = due.take_next(db, REMOTE, owner="bench", now=now, until=lease)
        taken += last is not None
        in_vain += last is None
    store.close()
    found.put((taken, in_vain))


def measure(url: str, *, workers: int, seconds: float) -> tuple[float, int]:
    """Claims a second of so many `workers`, and how often one got none."""
    afresh = multiprocessing.get_context("spawn")
    all_there, found = afresh.Barrier(workers), afresh.Queue()
    for _ in range(workers):
        afresh.Process(target=take, args=(url, seconds, all_there, found)).start()
    each = [found.get() for _ in range(workers)]
    return sum(taken for taken, _ in each) / seconds, sum(in_vain for _, in_vain in each)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=400_000)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 3, 6])
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        running_postgres(Path(name), durable=True) as server,
    ):
        url = own_database(server)
        fill(url, many=options.deliveries, people=options.people)
        for workers in options.workers:
            rate, in_vain = measure(url, workers=workers, seconds=options.seconds)
            print(f"{workers} workers: {rate:,.0f} claims/s, {in_vain} in vain", flush=True)
        store = open_store(url)
        with store.reading() as db:
            twice = select(func.count()).where(deliveries.c.fence > 1)
            assert db.scalar(twice) == 0, "taken twice"
        store.close()


if __name__ == "__main__":
    sys.exit(main())
