"""``python -m benchmarks.reading``: how fast statements are found, with a million of them stored.

Every filter of GET Statements, and some together, with limit 50, over HTTP; held against the same
query written by hand (:mod:`benchmarks.by_hand`), which is served by the same web server and asked
for the same things in turn. *Alone* is the query without HTTP and without JSON, in this process,
against the driver running the one that was written by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from sqlalchemy import exists, select, text

from benchmarks import by_hand, memory, million
from benchmarks.getting import Getter, escaped
from benchmarks.questions import Case, Question, cases
from lms_bridge.lrs.indexing import Index
from lms_bridge.store import migrations
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.many import among
from lms_bridge.store.schema import metadata, statements, voidings
from tests.e2e.crashing import own_database
from tests.e2e.town import free_port
from tests.postgres import running_postgres

CACHE = Path(os.environ.get("XDGCACHE_HOME") or Path.home() / ".cache") / "lms-bridge-bench"
_TABLES = (
    "statements",
    "statement_keys",
    "statement_targets",
    "voidings",
    "activities",
    "agents",
    "marks",
)
_SOME = 50_000
"""statements that are there before the memory is looked at"""
_WARM = 10
"""tries before those that count"""
BAR = 3.0
"""how many times as long as by hand it may take"""
_CONFIG = """
[database]
url = "{database}"
[web]
port = {port}
most_told = 10000
[log]
level = "warning"
[[senders]]
name = "{sender}"
username = "bench"
password = "file:password"
"""


# --- where it is asked ----------------------------------------------------------------------------


@contextmanager
def database(kind: str, count: int, cache: Path) -> Iterator[str]:
    """The URL of a database with so many statements, all of them indexed.

    The file of SQLite is kept and PostgreSQL gets a copy of what is in it.
    """
    path = _made(count, cache)
    if kind == "sqlite":
        yield f"sqlite:///{path}"
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        running_postgres(Path(folder), durable=True) as server,
    ):
        url = own_database(server)
        _copy(f"sqlite:///{path}", url)
        yield url


def _made(count: int, cache: Path) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"statements-{count}-{migrations.NEWEST}.db"
    if not path.exists():
        unfinished = path.with_suffix(".making")
        unfinished.unlink(missing_ok=True)
        _say(f"storing and indexing {count:,} statements in {path}")
        store = open_store(f"sqlite:///{unfinished}")
        migrations.upgrade(store)
        million.fill(store, count)
        _say(f"indexed {count / _index(store):,.0f} statements/s")
        with store.engine.connect() as db:
            db.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        store.close()
        unfinished.rename(path)
    return path


def _index(store: Store) -> float:
    """Index all that is stored; how many seconds it took."""
    started = time.perf_counter()
    for _ in Index(store).in_steps():
        pass
    return time.perf_counter() - started


def _copy(source: str, target: str) -> None:
    _say("copying the statements to PostgreSQL")
    here, there = open_store(source), open_store(target)
    migrations.upgrade(there)
    with here.engine.connect() as old, there.engine.connect() as new:
        copying = new.connection.driver_connection.cursor()
        for name in _TABLES:
            table = metadata.tables[name]
            columns = ", ".join(column.name for column in table.columns)
            new.execute(table.delete())
            with copying.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
                rows = old.execution_options(yield_per=10_000).execute(select(table))
                for row in rows:
                    copy.write_row(
                        [json.dumps(value) if isinstance(value, list) else value for value in row]
                    )
        new.commit()
    with there.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("VACUUM ANALYZE"))  # as the server does by itself in time
    here.close()
    there.close()


@contextmanager
def bridge(url: str, folder: Path) -> Iterator[tuple[Getter, int, int]]:
    """The bridge's web process on this database: who asks it, its port and its process id."""
    port = free_port()
    (folder / "password").write_text("secret")
    config = folder / "lms-bridge.toml"
    config.write_text(_CONFIG.format(database=url, port=port, sender=million.SENDER))
    with _process([sys.executable, "-m", "webhook", "--config", str(config)], {}, port) as pid:
        getter = Getter(port, username="bench", password="secret")
        getter.get("/xapi/statements?limit=1")
        yield getter, port, pid
        getter.close()


@contextmanager
def yardstick(url: str) -> Iterator[Getter]:
    """What answers the queries that were written by hand."""
    port = free_port()
    environment = {by_hand.DATABASE: url, by_hand.PORT: str(port)}
    with _process([sys.executable, "-m", "benchmarks.by_hand"], environment, port):
        getter = Getter(port, username="", password="")
        yield getter
        getter.close()


@contextmanager
def _process(command: list[str], environment: dict[str, str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                Getter(port, username="", password="").close()
                break
            except OSError:
                time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


# --- what it takes --------------------------------------------------------------------------------


class Times:
    """Seconds, of many tries."""

    def __init__(self) -> None:
        self._sorted: list[float] = []

    def __bool__(self) -> bool:
        return bool(self._sorted)

    def add(self, seconds: float) -> None:
        """One more try."""
        self._sorted.append(seconds)

    def at(self, share: float) -> float:
        """Within how many seconds this share of the tries was done."""
        return sorted(self._sorted)[int(share * (len(self._sorted) - 1))]


class Trial:
    """Asks the same in four ways, and notes how long each takes."""

    def __init__(self, ours: Getter, theirs: Getter, store: Store, execute: by_hand.Execute):
        self._ours, self._theirs = ours, theirs
        self._store, self._execute = store, execute
        self.rows = 0
        self.first, self.whole, self.by_hand = Times(), Times(), Times()
        self.alone, self.by_hand_alone = Times(), Times()

    def run(self, case: Case, tries: int) -> None:
        """Ask questions of this kind; who comes first, and finds less in the caches, changes."""
        chance = random.Random(case.name)
        ways = [(self._whole, self._by_hand)]
        if case.name != "statementId":
            ways.append((self._alone, self._by_hand_alone))
        for number in range(tries):
            question = case.ask(chance)
            for ours, theirs in ways:
                for ask in (ours, theirs) if number % 2 else (theirs, ours):
                    ask(question)

    def _whole(self, question: Question) -> None:
        answer = self._ours.get(f"/xapi/statements?{question.query}")
        self.rows += answer.body.count(b',"stored":')
        self.first.add(answer.first)
        self.whole.add(answer.whole)

    def _by_hand(self, question: Question) -> None:
        asked = escaped(json.dumps([question.sql, question.values]))
        self.by_hand.add(self._theirs.get(f"/?{asked}").whole)

    def _alone(self, question: Question) -> None:
        search = question.search(self._store)
        started = time.perf_counter()
        search.next(50)
        self.alone.add(time.perf_counter() - started)

    def _by_hand_alone(self, question: Question) -> None:
        started = time.perf_counter()
        self._execute(question.sql, question.values)
        self.by_hand_alone.add(time.perf_counter() - started)


def big_page(ours: Getter) -> tuple[Times, Times, float]:
    """Seconds until the first byte of a page of some 10 MB, and until the last; its megabytes."""
    first, whole = Times(), Times()
    size = 0
    for _ in range(10):
        answer = ours.get("/xapi/statements?limit=7000")
        first.add(answer.first)
        whole.add(answer.whole)
        size = len(answer.body)
    return first, whole, size / 1e6


def look_at_memory(console: Console, kind: str, minutes: float) -> None:
    """Load the bridge with everything at once, and print how its memory went."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder}/memory.db"
        if kind == "postgresql":
            url = own_database(stack.enter_context(running_postgres(folder, durable=True)))
        store = open_store(url)
        stack.callback(store.close)
        migrations.upgrade(store)
        million.fill(store, _SOME)
        _index(store)
        _, port, pid = stack.enter_context(bridge(url, folder))
        asked = cases(_SOME, _some_ids(store, _SOME))
        memory.watch(port, pid, asked, 0.5)  # warm
        sizes, counts = memory.watch(port, pid, asked, minutes)
        console.print(
            f"{kind}, {minutes:.0f} minutes: {counts.written:,} statements written,"
            f" {counts.read:,} answers read, {counts.attached} attachments of"
            f" {memory.ATTACHMENT_BYTES / 1e6:.0f} MB sent and fetched; memory"
            f" {sizes.samples[0]:.0f} MB at the start, {sizes.samples[-1]:.0f} MB at the end,"
            f" {max(sizes.samples):.0f} MB at most; in the second half it changed by"
            f" {sizes.slope():+.1f} MB an hour"
        )


def main() -> None:
    """Read the command line, measure, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--statements", type=int, default=1_000_000)
    parser.add_argument("--tries", type=int, default=200, help="of each kind of question")
    parser.add_argument(
        "--only", action="append", default=[], help="the kinds whose name has this in it"
    )
    parser.add_argument("--cache", type=Path, default=CACHE, help="where databases are kept")
    parser.add_argument("--memory", action="store_true", help="look at the memory instead")
    parser.add_argument("--minutes", type=float, default=60, help="how long to look at it")
    options = parser.parse_args()
    console = Console(width=150)
    kinds = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    for kind in kinds:
        if options.memory:
            look_at_memory(console, kind, options.minutes)
            continue
        table = _table(f"{kind}, {options.statements:,} statements, limit 50")
        with asking(kind, options.statements, options.cache) as asked:
            for case, trial in asked.all(options.tries, options.only):
                _add(table, case, trial, options.tries)
            first, whole, size = big_page(asked.ours)
        console.print(table)
        console.print(
            f"a page of {size:.1f} MB: first byte after {first.at(0.5) * 1000:.1f} ms,"
            f" last after {whole.at(0.5) * 1000:.1f} ms\n"
        )


class Asking(NamedTuple):
    """Our server and the yardstick, with the same statements."""

    ours: Getter
    theirs: Getter
    store: Store
    execute: by_hand.Execute
    stored: int

    def all(self, tries: int, only: Sequence[str] = ()) -> Iterator[tuple[Case, Trial]]:
        """Each kind of question, of those with `only` in their name, asked so many times."""
        for case in cases(self.stored, _some_ids(self.store, self.stored)):
            if not only or any(each in case.name for each in only):
                Trial(self.ours, self.theirs, self.store, self.execute).run(case, _WARM)
                trial = Trial(self.ours, self.theirs, self.store, self.execute)
                trial.run(case, tries)
                yield case, trial


@contextmanager
def asking(kind: str, count: int, cache: Path) -> Iterator[Asking]:
    """Both at work on a database of this `kind`, with `count` statements in it."""
    with ExitStack() as stack:
        url = stack.enter_context(database(kind, count, cache))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours, _, _ = stack.enter_context(bridge(url, folder))
        theirs = stack.enter_context(yardstick(url))
        store = open_store(url)
        stack.callback(store.close)
        yield Asking(ours, theirs, store, by_hand.connect(url), count)


def _some_ids(store: Store, count: int) -> list[str]:
    chance = random.Random(1)
    places = [million.place(chance.randrange(1, count)) for _ in range(1000)]
    unvoided = ~exists().where(voidings.c.statement_id == statements.c.id)
    query = select(statements.c.id).where(among(statements.c.seq, places), unvoided)
    with store.reading() as db:
        return list(db.scalars(query))


def _table(title: str) -> Table:
    table = Table(title=f"{title}; {platform.machine()}, {os.cpu_count()} cores; milliseconds")
    table.add_column("asked for")
    for name in (
        *("rows", "first byte", "p50", "p95", "by hand p50", "p95", "ratio"),
        *("alone p95", "by hand p95", "ratio"),
    ):
        table.add_column(name, justify="right")
    return table


def _add(table: Table, case: Case, trial: Trial, tries: int) -> None:
    def told(times: Times, share: float) -> str:
        return f"{times.at(share) * 1000:.2f}"

    def ratio(ours: Times, theirs: Times) -> str:
        value = ours.at(0.95) / theirs.at(0.95)
        return f"[bold red]{value:.1f}" if value >= BAR else f"{value:.1f}"

    row = [case.name, f"{trial.rows / tries:.0f}", told(trial.first, 0.5)]
    row += [told(times, share) for times in (trial.whole, trial.by_hand) for share in (0.5, 0.95)]
    row.append(ratio(trial.whole, trial.by_hand))
    if trial.alone:
        row += [told(trial.alone, 0.95), told(trial.by_hand_alone, 0.95)]
        row.append(ratio(trial.alone, trial.by_hand_alone))
    table.add_row(*row)


def _say(what: str) -> None:
    print(what, file=sys.stderr)


if __name__ == "__main__":
    main()
