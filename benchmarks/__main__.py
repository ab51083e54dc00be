"""``python -m benchmarks``: how fast it is, held against others in the same run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from benchmarks import reading
from benchmarks.accepting import Accepting, Rival
from benchmarks.awarding import award
from benchmarks.carrying import carry
from benchmarks.comparison import Comparison, table
from benchmarks.reading import CACHE
from benchmarks.servers import Unavailable
from benchmarks.servers.learning_locker import LearningLocker
from benchmarks.servers.ours import Ours
from benchmarks.servers.ralph import Ralph
from benchmarks.wrk import Wrk
from tests.postgres import running_postgres


def _say(what: str) -> None:
    print(what, file=sys.stderr)


def main() -> None:
    """Read the command line, measure, print the table."""
    options = _parser().parse_args()
    databases = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    parts = {
        "accepting": _accepting,
        "reading": _reading,
        "carrying": _carrying,
        "awarding": _awarding,
    }
    found: list[Comparison] = []
    with ExitStack() as stack:
        servers: list[str | None] = []
        for database in databases:
            if database == "sqlite":
                servers.append(None)
            else:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                servers.append(stack.enter_context(running_postgres(folder, durable=True)))
        for name in options.only or parts:
            found += parts[name](options, servers)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    Console(width=150).print(table(machine, found))
    if options.json:
        options.json.write_text(json.dumps([one.as_json() for one in found], indent=1))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=["accepting", "reading", "carrying", "awarding"]
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write all figures")
    accepting = parser.add_argument_group("accepting statements")
    accepting.add_argument("--rounds", type=int, default=3)
    accepting.add_argument("--seconds", type=int, default=5, help="of each measurement")
    accepting.add_argument(
        "--xapi-service", type=Path, metavar="FOLDER", help="a built checkout, instead of npm's"
    )
    accepting.add_argument(
        "--cache",
        type=Path,
        default=CACHE,
        help="where rivals are installed, and statements kept (%(default)s)",
    )
    reads = parser.add_argument_group("reading statements")
    reads.add_argument("--statements", type=int, default=1_000_000, help="how many are stored")
    reads.add_argument("--tries", type=int, default=200, help="of each kind of question")
    carrying = parser.add_argument_group("carrying completions")
    carrying.add_argument("--completions", type=int, default=800)
    carrying.add_argument("--concurrency", type=int, default=8)
    carrying.add_argument("--latency", type=float, default=0.1, help="of each call, in seconds")
    awarding = parser.add_argument_group("awarding badges")
    awarding.add_argument("--people", type=int, default=10_000)
    awarding.add_argument("--each", type=int, default=20, help="completions of each of them")
    return parser


def _accepting(options: argparse.Namespace, servers: list[str | None]) -> Iterator[Comparison]:
    try:
        wrk = Wrk.find(options.cache)
    except Unavailable as reason:
        sys.exit(f"Statements cannot be sent: {reason}")
    rivals = [
        Rival(Ralph(options.cache), {1: 50, 50: 20}),
        Rival(LearningLocker(options.cache, options.xapi_service), {1: 5, 50: 5}),
    ]
    accepting = Accepting(wrk, [Ours(server) for server in servers], rivals, _say)
    return accepting.measure(rounds=options.rounds, seconds=options.seconds)


def _reading(options: argparse.Namespace, servers: list[str | None]) -> Iterator[Comparison]:
    against = "the same query written by hand in SQL"
    for server in servers:
        kind = "postgresql" if server else "sqlite"
        with reading.asking(kind, options.statements, options.cache) as asked:
            for case, trial in asked.all(options.tries):
                if case.name.startswith("format"):
                    continue  # no filter, and nothing that is written in SQL
                ours, theirs = (1000 * each.at(0.95) for each in (trial.whole, trial.by_hand))
                what = f"50 of {options.statements:,} by {case.name}, p95"
                name = "PostgreSQL" if server else "SQLite"
                yield Comparison(
                    name, what, "ms", [ours], against, [theirs], reading.BAR, at_most=True
                )


def _carrying(options: argparse.Namespace, servers: list[str | None]) -> Iterator[Comparison]:
    for server in servers:
        _say("carrying completions")
        with tempfile.TemporaryDirectory() as folder:
            yield carry(
                Path(folder),
                server,
                people=options.completions,
                concurrency=options.concurrency,
                latency=options.latency,
            )


def _awarding(options: argparse.Namespace, servers: list[str | None]) -> Iterator[Comparison]:
    for server in servers:
        _say("awarding badges")
        with tempfile.TemporaryDirectory() as folder:
            yield from award(
                Path(folder), server, people=options.people, each=options.each, tries=options.tries
            )


if __name__ == "__main__":
    main()
