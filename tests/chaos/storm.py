"""``python -m tests.chaos.storm``: everything goes wrong, by lot and together, for so many minutes.

Completions come in all the while and both outside systems misbehave by themselves. On top of that
two things at a time are done to the bridge and to all that it stands on (:mod:`.troubles`). Then
all is well again, and it is counted as in :mod:`tests.e2e.crashing`: nothing lost, nothing twice.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lms_bridge.store.engine import open_store
from tests.chaos.points import ROOT
from tests.chaos.proxy import Proxy
from tests.chaos.troubles import Scene, contexts, troubles
from tests.e2e import crashing, town
from tests.postgres import Pair, postgres_pair

LEASE, SETTLE = 6.0, 10.0
DISK = 64
"""megabytes of the disk of an SQLite file, and one more for each ten people"""


class Tended(town.Service):
    """A service that is started again whenever it has ended, as systemd does it."""

    _tending = threading.Lock()

    def start(self) -> None:
        """Start it, if it does not run."""
        with self._tending:
            if self._process is None or self._process.poll() is not None:
                super().start()

    def tend(self, over: threading.Event) -> None:
        """Until it is over."""
        while not over.wait(1):
            self.start()


def storm(
    folder: Path,
    server: Pair | None,
    *,
    minutes: float,
    people: int,
    seed: int,
    patience: float,
    only: str = "",
) -> dict[str, object]:
    """Let it rage; what was counted. Raises AssertionError when anything is lost or doubled."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        disk = None if server else stack.enter_context(_disk(folder, people))
        database = (
            crashing.own_database(server.url) if server else f"sqlite:///{disk or folder}/bridge.db"
        )
        faults = ("--faults", "--seed", str(seed), "--hang-seconds", "2")
        around = stack.enter_context(town.sandboxes("--people", str(people), *faults))
        certificates = contexts(folder)
        proxies = []
        for name in ("registry", "moodle"):
            context = certificates["good"] if name == "moodle" else None
            proxy = Proxy(int(around.facts[name].rpartition(":")[2]), context)
            stack.callback(proxy.close)
            proxies.append(proxy)
        registry, moodle = proxies
        port = town.free_port()
        config = town.configure(
            folder,
            town.Sandboxes(around.process, _through(around.facts, registry, moodle)),
            database=database,
            port=port,
            lease=LEASE,
            settle=SETTLE,
            more=crashing.RULE,
        )
        trusted = f'ca_bundle = "{folder}/trusted.pem"\nhome_page = "https://moodle.example"\n'
        text = config.read_text().replace('home_page = "https://moodle.example"\n', trusted, 1)
        config.write_text(text)
        names, clock = folder / "no-names", folder / "clock"
        clock.write_text("0")
        os.environ |= {
            "CHAOS_NAMES_FAIL": str(names),
            "CHAOS_CLOCK": str(clock),
            "PYTHONPATH": f"{ROOT}/tests/chaos/site:{ROOT}",
        }
        service = Tended(folder, config, port)
        stack.callback(service.stop)
        service.start()
        service.wait_until_ready(240)
        over = threading.Event()
        stack.callback(over.set)
        crashing.in_background(lambda: crashing.cron(around, over))
        crashing.in_background(lambda: service.tend(over))
        answered: list[str] = []
        pause = 60 * minutes / (people * 1.1 / 15.5) * 1.6
        sending = crashing.in_background(
            lambda: answered.extend(crashing.send_all(service, people, chance, pause=pause))
        )
        scene = Scene(
            service=service,
            registry=registry,
            moodle=moodle,
            certificates=certificates,
            names=names,
            clock=clock,
            server=server,
            database=None if server else (disk or folder) / "bridge.db",
            disk=disk,
            lease=LEASE,
        )
        played, failures = _rage(scene, minutes, random.Random(seed + 1), only)
        print(f"played: {dict(sorted(played.items()))}", flush=True)
        assert not failures, failures
        crashing.apply(config)
        sending.join()
        store = open_store(database)
        stack.callback(store.close)
        print(f"answered: {len(answered)}; the rest is waited for", flush=True)
        return crashing.counted_in_the_end(
            store, around, config, answered, people, patience=patience
        )


def _rage(
    scene: Scene, minutes: float, chance: random.Random, only: str
) -> tuple[Counter[str], list[str]]:
    """Do two things at a time; how often each was done, and what could not be."""
    played: Counter[str] = Counter()
    failures: list[str] = []
    deadline = time.monotonic() + 60 * minutes
    every = {name: do for name, do in troubles(scene).items() if only in name}
    busy: set[str] = set()
    lock = threading.Lock()

    def go_on(dice: random.Random) -> None:
        while time.monotonic() < deadline and not failures:
            with lock:
                name = dice.choice(sorted(set(every) - busy) or sorted(every))
                busy.add(name)
            try:
                every[name](dice)
                played[name] += 1
            except Exception:
                failures.append(f"{name}: {traceback.format_exc()}")
            with lock:
                busy.discard(name)
            time.sleep(dice.uniform(0.5, 3))

    threads = [
        threading.Thread(target=go_on, args=[random.Random(chance.random())]) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return played, failures


def _through(facts: dict[str, str], registry: Proxy, moodle: Proxy) -> dict[str, str]:
    """The addresses of the sandboxes, by way of the proxies, and by name."""
    found = dict(facts)
    for name in ("registry", "registry-api"):
        found[name] = found[name].replace(facts["registry"], f"http://localhost:{registry.port}")
    found["moodle"] = f"https://localhost:{moodle.port}"
    return found


@contextmanager
def _disk(folder: Path, people: int) -> Iterator[Path | None]:
    """A small disk of its own, where one may be made: it can be full."""
    path = folder / "disk"
    path.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK + people // 10}m", "tmpfs", path],
        capture_output=True,
    )
    if made.returncode:
        yield None
        return
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", path], check=False)


def main() -> None:
    """Read the command line, do it, print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--people", type=int, help="60 for each minute, if it is not said")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--patience", type=float, default=1200, help="seconds after the last")
    parser.add_argument("--only", default="", help="what is done has this in its name")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # and end what was started
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, server = Path(name), None
        if options.database == "postgresql":
            server = stack.enter_context(postgres_pair(folder, durable=True))
        counted = storm(
            folder,
            server,
            minutes=options.minutes,
            people=options.people or max(20, round(60 * options.minutes)),
            seed=options.seed,
            patience=options.patience,
            only=options.only,
        )
    for what, value in counted.items():
        print(f"{what}: {value}")
    print("nothing lost, nothing twice")


if __name__ == "__main__":
    main()
