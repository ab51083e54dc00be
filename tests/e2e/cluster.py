"""``python -m tests.e2e.cluster``: three receive and three work, and nobody can be relied on.

While completions come in and both outside systems misbehave, every few seconds a process is killed,
or frozen until others have taken its work over and woken up again, or a worker is cut off from the
database; and the database itself is restarted twice. Half way a badge is put in force. In the end
it is counted as in :mod:`tests.e2e.crashing`: nothing lost, nothing twice.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from sqlalchemy import select

from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import leads
from tests.e2e import crashing, town
from tests.e2e.wire import Wire
from tests.postgres import Server, postgres_server

_LEASE_SECONDS = 4.0
_FROZEN_SECONDS = (_LEASE_SECONDS + 2, _LEASE_SECONDS + 8)
_CONCURRENCY = 8
_NODES = 3


class Node:
    """One process, on a host that can reach the database by its `wire` only."""

    def __init__(self, name: str, config: Path, words: Sequence[str], wire: Wire) -> None:
        self.name = name
        self.wire = wire
        self.is_busy = False
        """whether something is being done to it"""
        self._command = [sys.executable, "-m", *words]
        self._log = (config.parent / "log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        self._process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)

    def kill(self) -> None:
        """End it without a word, and start it again."""
        self.stop(signal.SIGKILL)
        self.start()

    def tend(self) -> None:
        """Start it again if it has ended by itself, as its supervisor would."""
        if self._process is not None and self._process.poll() is not None:
            self.start()

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        if self._process is not None:
            self.tell(number)
            self._process.wait(60)


class Cluster:
    """All of them, with what stands before those that receive."""

    def __init__(
        self, folder: Path, around: town.Sandboxes, server: Server, database: str, stack: ExitStack
    ) -> None:
        self.nodes: list[Node] = []
        self._doors: list[str] = []
        self._turn = 0
        name = database.partition("?")[0].rpartition("/")[2]
        office = folder / "office"
        office.mkdir()
        self.config = town.configure(
            office, around, database=database, port=town.free_port(), more=crashing.RULE
        )
        """of whoever gives commands, whose way to the database is not cut"""
        for number in range(2 * _NODES):
            wire = Wire(server.sockets / ".s.PGSQL.5432")
            stack.callback(wire.close)
            own, port, receives = folder / str(number), town.free_port(), number < _NODES
            own.mkdir()
            url = f"postgresql://postgres@127.0.0.1:{wire.port}/{name}"
            config = town.configure(
                own,
                around,
                database=url,
                port=port,
                concurrency=_CONCURRENCY,
                lease=_LEASE_SECONDS,
                more=crashing.RULE,
            )
            with_config = ("--config", str(config))
            words = (
                ("webhook", *with_config) if receives else ("lms_bridge", *with_config, "worker")
            )
            node = Node(f"{'web' if receives else 'worker'} {number}", config, words, wire)
            self.nodes.append(node)
            stack.callback(node.stop)
            stack.callback(node.tell, signal.SIGCONT)
            if receives:
                self._doors.append(f"http://127.0.0.1:{port}")
            node.start()

    @property
    def address(self) -> str:
        """Each request goes to the next, as by a load balancer that knows nothing of them."""
        self._turn += 1
        return self._doors[self._turn % len(self._doors)]

    def someone(self, chance: random.Random) -> Node:
        """One to whom nothing is being done; of those that receive one is always left alone."""
        while True:
            free = [node for node in self.nodes if not node.is_busy]
            receiving = sum(node.name.startswith("web") for node in free)
            node = chance.choice(free) if free else None
            if node and (receiving > 1 or not node.name.startswith("web")):
                node.is_busy = True
                return node
            time.sleep(0.1)


def trouble(
    cluster: Cluster,
    server: Server,
    chance: random.Random,
    *,
    times: int,
    every: float,
    restarts: int,
) -> Counter[str]:
    """Do something bad so many `times`, and restart the database `restarts` times amid that."""
    done: Counter[str] = Counter()
    ending: list[threading.Thread] = []
    at = {round((number + 1) * times / (restarts + 1)) for number in range(restarts)}
    for number in range(times):
        time.sleep(chance.uniform(0.5, 1.5) * every)
        for node in cluster.nodes:
            if not node.is_busy:
                node.tend()
        if number in at:
            mode = chance.choice(["immediate", "fast"])
            server.restart(mode)
            done[f"database restarted ({mode})"] += 1
        node = cluster.someone(chance)
        what = chance.choice([_kill, _freeze, _freeze, _cut_off])
        if what is _cut_off and node.name.startswith("web"):
            what = _freeze
        seconds = chance.uniform(*_FROZEN_SECONDS)
        ending.append(crashing.in_background(lambda n=node, w=what, s=seconds: _do(n, w, s)))
        done[f"{node.name.partition(' ')[0]} {what.__name__.strip('_').replace('_', ' ')}"] += 1
    for one in ending:
        one.join()
    return done


def _apply(config: Path) -> None:
    """Put the badge in force, again should the database be restarted at that moment."""
    while True:
        with suppress(subprocess.CalledProcessError):
            crashing.apply(config)
            return


def _do(node: Node, what: Callable[[Node, float], None], seconds: float) -> None:
    try:
        what(node, seconds)
    finally:
        node.is_busy = False


def _kill(node: Node, _seconds: float) -> None:
    node.kill()


def _freeze(node: Node, seconds: float) -> None:
    node.tell(signal.SIGSTOP)
    time.sleep(seconds)
    node.tell(signal.SIGCONT)


def _cut_off(node: Node, seconds: float) -> None:
    node.wire.cut()
    time.sleep(seconds)
    node.wire.mend()


def run(
    folder: Path,
    server: Server,
    *,
    people: int,
    times: int,
    every: float,
    restarts: int,
    seed: int,
    patience: float,
) -> dict[str, object]:
    """Do it once; what was counted. Raises AssertionError when anything is lost or doubled."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        sandboxes = ("--people", str(people), "--faults", "--seed", str(seed))
        around = stack.enter_context(town.sandboxes(*sandboxes, "--hang-seconds", "2"))
        database = crashing.own_database(server.url)
        cluster = Cluster(folder, around, server, database, stack)
        over = threading.Event()
        stack.callback(over.set)
        crashing.in_background(lambda: crashing.cron(around, over))
        answered: list[str] = []
        # About 15 to a request, and half of the longest pause between two: so they come all along.
        pause = 2 * times * every / max(1, people / 15)
        began = random.Random(seed + 1)
        sending = crashing.in_background(
            lambda: answered.extend(crashing.send_all(cluster, people, began, pause=pause))
        )
        half = times // 2
        done = trouble(cluster, server, chance, times=half, every=every, restarts=restarts // 2)
        applying = crashing.in_background(lambda: _apply(cluster.config))
        rest = restarts - restarts // 2
        done += trouble(cluster, server, chance, times=times - half, every=every, restarts=rest)
        applying.join()
        sending.join()
        for node in cluster.nodes:
            node.tend()
        store = open_store(database, folder)
        stack.callback(store.close)
        counted = crashing.counted_in_the_end(
            store, around, cluster.config, answered, people, patience=patience
        )
        at_once = around.state()["most_at_once"]
        logs = [(folder / str(number) / "log").read_text() for number in range(2 * _NODES)]
        return counted | {
            "done to them": dict(done),
            f"calls at once ({_CONCURRENCY}, and those of the dead)": at_once,
            "terms of an active worker": _terms(store),
            "late answers refused": sum(log.count("its lease was lost") for log in logs),
            "taken for silent": sum(log.count("active worker is silent") for log in logs),
        }


def _terms(store: Store) -> int:
    with store.reading() as db:
        return db.scalar(select(leads.c.term)) or 0


def main() -> None:
    """Read the command line, do it, print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--completions", type=int, default=3000)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--every", type=float, default=4.0, help="seconds between two troubles")
    parser.add_argument("--restarts", type=int, default=2, help="of the database")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--patience", type=float, default=1200, help="seconds after the last one")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        counted = run(
            folder,
            stack.enter_context(postgres_server(folder, durable=True)),
            people=options.completions,
            times=round(options.minutes * 60 / options.every),
            every=options.every,
            restarts=options.restarts,
            seed=options.seed,
            patience=options.patience,
        )
    for what, value in counted.items():
        print(f"{what}: {value}")
    print(f"nothing lost, nothing twice; {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
