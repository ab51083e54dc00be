"""Completions brought to the registry and the LMS per second.

Against sandboxes that take a while for each answer. Held against what the configured
concurrency and the latency allow: as many calls as were made, so many at once, with nothing
in between.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.comparison import Comparison
from benchmarks.servers import process
from lms_bridge import reports
from lms_bridge.bridge import utc_now
from lms_bridge.store.engine import open_store
from lms_bridge.store.schema import attempts, completions
from tests.e2e import town
from tests.e2e.crashing import FIRST_USER, own_database

_AT_ONCE = 50


def carry(
    folder: Path, server: str | None, *, people: int, concurrency: int, latency: float
) -> Comparison:
    """One completion for each of `people`, on SQLite or the PostgreSQL `server`.

    `latency` is in seconds. Raises :exc:`RuntimeError` when not every completion arrives once.
    """
    database = own_database(server) if server else "sqlite:///lms-bridge.db"
    with ExitStack() as stack:
        around = stack.enter_context(
            town.sandboxes("--people", str(people), "--latency", str(latency))
        )
        port = town.free_port()
        config = town.configure(
            folder, around, database=database, port=port, concurrency=concurrency, timeout=30
        )
        web = (sys.executable, "-m", "webhook", "--config", config)
        stack.enter_context(process(*web, port=port, folder=folder))
        service = town.Service(folder, config, port)
        service.wait_until_ready()
        for start in range(0, people, _AT_ONCE):
            users = range(FIRST_USER + start, FIRST_USER + min(start + _AT_ONCE, people))
            town.send(service, [town.statement(user) for user in users])
        store = open_store(database, folder)
        stack.callback(store.close)
        worker = (sys.executable, "-m", "lms_bridge", "--config", config, "worker")
        stack.enter_context(process(*worker, folder=folder))
        deadline = time.monotonic() + 600
        while True:
            with store.reading() as db:
                known = db.execute(select(func.count()).select_from(completions)).scalar_one()
                if known >= people and reports.is_settled(db, now=utc_now()):
                    break
            if time.monotonic() > deadline:
                raise RuntimeError("the completions were not carried out in ten minutes")
            time.sleep(0.1)
        with store.reading() as db:
            first, last = db.execute(
                select(func.min(attempts.c.started_at), func.max(attempts.c.finished_at))
            ).one()
        state = around.state()
        if len(state["awards"]) != people or state["duplicates"]:
            raise RuntimeError("not every completion arrived exactly once")
        calls = max(sum(each.values()) for each in state["calls"].values())
        against = f"what {calls:,} calls of {latency * 1000:.0f} ms take, {concurrency} at once"
        return Comparison(
            "PostgreSQL" if server else "SQLite",
            f"completions carried to the end, {concurrency} calls at once",
            "/s",
            [people / (last - first).total_seconds()],
            against,
            [people / (calls * latency / concurrency)],
        )
