"""``python -m benchmarks.pipeline``: how fast statements are taken in and completions carried.

*Intake*: statements accepted per second, durably, over HTTP; singly by 8 senders, and in
batches of 50. Held against a bare loop that decodes and writes the same bytes.

*Carrying*: completions brought to the registry and the LMS per second, against sandboxes
that take 100 ms for each answer. Held against what the configured concurrency and the
latency allow: as many calls as were made, so many at once, with nothing in between.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from benchmarks import bare, load
from lms_bridge import reports
from lms_bridge.bridge import utc_now
from lms_bridge.store.engine import open_store
from lms_bridge.store.schema import attempts, completions, statements
from tests.e2e import town
from tests.e2e.crashing import FIRST_USER, own_database
from tests.postgres import running_postgres

SENDERS = 8
BATCH = 50


class Result:
    """One line: what was measured, what it is held against, and their ratio."""

    def __init__(self, what: str, rate: float, unit: str, against: str, yardstick: float) -> None:
        self.what = what
        self.rate = rate
        self.unit = unit
        self.against = against
        self.yardstick = yardstick


def intake(folder: Path, database: str, *, singles: int, batches: int) -> list[Result]:
    """Statements accepted per second, singly and in batches."""
    with ExitStack() as stack:
        around = stack.enter_context(town.sandboxes())
        port = town.free_port()
        config = town.configure(folder, around, database=database, port=port)
        web = _start("webhook", "--config", str(config))
        stack.callback(_stop, web)
        town.Service(folder, config, port).wait_until_ready()
        host = f"127.0.0.1:{port}"
        one_by_one = [
            load.request_bytes(host, [town.statement(FIRST_USER)]) for _ in range(singles)
        ]
        in_batches = [
            load.request_bytes(host, [town.statement(FIRST_USER) for _ in range(BATCH)])
            for _ in range(batches)
        ]
        load.send(port, one_by_one[: singles // 10], senders=SENDERS)  # warm
        found = []
        for name, requests, size in (
            (f"single statements, {SENDERS} senders", one_by_one, 1),
            (f"batches of {BATCH}, {SENDERS} senders", in_batches, BATCH),
        ):
            seconds = load.send(port, requests, senders=SENDERS)
            bodies = [request.partition(b"\r\n\r\n")[2] for request in requests]
            group = SENDERS if size == 1 else 1
            loop = bare.write(folder / f"bare-{size}.db", bodies, group=group)
            count = len(requests) * size
            found.append(
                Result(name, count / seconds, "statements/s", "bare loop, SQLite", count / loop)
            )
        store = open_store(database, folder)
        with store.reading() as db:
            stored = db.execute(select(func.count()).select_from(statements)).scalar_one()
        store.close()
        expected = singles + singles // 10 + batches * BATCH
        if stored != expected:
            raise RuntimeError(f"{expected} statements were accepted and {stored} are stored")
        return found


def carrying(
    folder: Path, database: str, *, people: int, concurrency: int, latency: float
) -> list[Result]:
    """Completions carried per second, against what concurrency and latency allow."""
    with ExitStack() as stack:
        around = stack.enter_context(
            town.sandboxes("--people", str(people), "--latency", str(latency))
        )
        port = town.free_port()
        config = town.configure(
            folder, around, database=database, port=port, concurrency=concurrency, timeout=30
        )
        web = _start("webhook", "--config", str(config))
        stack.callback(_stop, web)
        service = town.Service(folder, config, port)
        service.wait_until_ready()
        for start in range(0, people, BATCH):
            users = range(FIRST_USER + start, FIRST_USER + min(start + BATCH, people))
            town.send(service, [town.statement(user) for user in users])
        store = open_store(database, folder)
        stack.callback(store.close)
        worker = _start("lms_bridge", "--config", str(config), "worker")
        stack.callback(_stop, worker)
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
        calls = {name: sum(each.values()) for name, each in state["calls"].items()}
        seconds = (last - first).total_seconds()
        ideal = max(calls.values()) * latency / concurrency
        against = f"{max(calls.values())} calls × {latency * 1000:.0f} ms / {concurrency}"
        return [
            Result(
                f"completions carried, concurrency {concurrency}",
                people / seconds,
                "completions/s",
                against,
                people / ideal,
            )
        ]


def _start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", module, *arguments])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


def main() -> None:
    """Read the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--singles", type=int, default=10_000)
    parser.add_argument("--batches", type=int, default=600)
    parser.add_argument("--completions", type=int, default=800)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds")
    options = parser.parse_args()
    table = Table(title=f"{platform.machine()}, Python {platform.python_version()}")
    for column in ("database", "what", "rate", "held against", "ratio"):
        table.add_column(column, justify="right" if column in ("rate", "ratio") else "left")
    kinds = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    for kind in kinds:
        for part in (intake, carrying):
            with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
                folder = Path(name)
                database = "sqlite:///lms-bridge.db"
                if kind == "postgresql":
                    database = own_database(
                        stack.enter_context(running_postgres(folder, durable=True))
                    )
                if part is intake:
                    found = intake(
                        folder, database, singles=options.singles, batches=options.batches
                    )
                else:
                    found = carrying(
                        folder,
                        database,
                        people=options.completions,
                        concurrency=options.concurrency,
                        latency=options.latency,
                    )
                for one in found:
                    table.add_row(
                        kind,
                        one.what,
                        f"{one.rate:,.1f} {one.unit}",
                        f"{one.against}: {one.yardstick:,.1f}",
                        f"{one.rate / one.yardstick:.2f}",
                    )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
