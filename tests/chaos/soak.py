"""``python -m tests.chaos.soak --hours 2``: half of the most that it can take, for long.

First it is measured how many statements a second are received and carried out in the long run, by
a backlog that is worked off. Then half of that comes in, evenly, for so many hours. Every five
minutes it is written down how much memory each process has, how long requests took, and how many
completions wait. In the end: whether the second half was as the first.
"""

from __future__ import annotations

import argparse
import math
import signal
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import psutil
from sqlalchemy import func, select

from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import deliveries
from tests.e2e import town
from tests.e2e.crashing import FIRST_USER

_AT_ONCE = 10
"""statements in one request"""
_MOST_A_SECOND = 30
"""half of what is carried out in the long run is not more than so many completions"""


class Window(NamedTuple):
    """What was seen in some minutes."""

    memory: dict[str, int]
    """megabytes, by process"""
    p50: float
    p99: float
    """milliseconds"""
    waiting: int
    """deliveries that are not done"""


def soak(folder: Path, *, hours: float, window: float, warm_up: int, most: int) -> list[Window]:
    """Do it; what was seen in each `window` of seconds.

    Each of the `most` people completes something once. Ends at once where they are not enough.
    """
    with ExitStack() as stack:
        people = ("--people", str(most), "--latency", "0.02")
        around = stack.enter_context(town.sandboxes(*people))
        port = town.free_port()
        config = town.configure(
            folder, around, database="sqlite:///bridge.db", port=port, timeout=30, lease=60
        )
        service = town.Service(folder, config, port)
        stack.callback(service.stop)
        service.start()
        service.wait_until_ready(240)
        store = open_store("sqlite:///bridge.db", folder)
        stack.callback(store.close)
        begun = time.monotonic()
        users = iter(range(FIRST_USER, FIRST_USER + most))
        for _ in range(warm_up // _AT_ONCE):
            _send(service, [next(users) for _ in range(_AT_ONCE)])
        while _waiting(store):
            time.sleep(0.5)
        rate = warm_up / (time.monotonic() - begun) / 2
        print(f"half of the most: {rate:.1f} completions a second", flush=True)
        needed = warm_up + math.ceil(rate * hours * 3600) + _AT_ONCE
        if needed > most:
            raise SystemExit(f"that takes --people {needed}, not {most}")
        windows: list[Window] = []
        begun, sent = time.monotonic(), 0
        while time.monotonic() - begun < hours * 3600:
            took: list[float] = []
            ends = begun + (len(windows) + 1) * window
            while time.monotonic() < ends:
                time.sleep(max(0.0, begun + sent / rate - time.monotonic()))
                took.append(_send(service, [next(users) for _ in range(_AT_ONCE)]))
                sent += _AT_ONCE
            windows.append(_seen(service, store, took))
            print(f"{len(windows) * window / 60:.0f} min: {windows[-1]}", flush=True)
        return windows


def _send(service: town.Service, users: list[int]) -> float:
    """Tell of their completions; how many milliseconds the answer took."""
    begun = time.monotonic()
    town.send(service, [town.statement(user) for user in users])
    return 1000 * (time.monotonic() - begun)


def _waiting(store: Store) -> int:
    open_ = deliveries.c.state.in_(("waiting", "retrying", "running"))
    with store.reading() as db:
        done = db.scalar(select(func.count()).select_from(deliveries)) or 0
        found = db.scalar(select(func.count()).select_from(deliveries).where(open_)) or 0
        return found if done else 1


def _seen(service: town.Service, store: Store, took: list[float]) -> Window:
    memory = {}
    for process in service.processes():
        name = next((word for word in process.cmdline()[-1:]), "?")
        if name.endswith(".toml"):
            name = "web"
        memory[name] = memory.get(name, 0) + (process.memory_info().rss >> 20)
    cuts = statistics.quantiles(took, n=100) if len(took) > 1 else [0.0] * 99
    return Window(memory, round(cuts[49], 1), round(cuts[98], 1), _waiting(store))


def verdict(windows: list[Window]) -> list[str]:
    """What grew from the middle of the time to its end; nothing, if it was flat.

    The first third is left out: caches fill. Memory may be a tenth more, and 10 MB; the p99 twice
    as much, which a busy machine makes of it now and then.
    """
    third = max(1, len(windows) // 3)
    middle, last = windows[third : 2 * third] or windows[:1], windows[-third:]
    grew = []
    for name in last[-1].memory:
        was = statistics.median(one.memory.get(name, 0) for one in middle)
        is_ = statistics.median(one.memory.get(name, 0) for one in last)
        if is_ > was * 1.1 + 10:
            grew.append(f"memory of {name}: {was} MB → {is_} MB")
    for what in ("p50", "p99", "waiting"):
        was = statistics.median(getattr(one, what) for one in middle)
        is_ = statistics.median(getattr(one, what) for one in last)
        if is_ > 2 * was + 20:
            grew.append(f"{what}: {was} → {is_}")
    return grew


def main() -> None:
    """Read the command line, do it, say whether it was flat."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=2)
    parser.add_argument("--window", type=float, default=300, help="seconds")
    parser.add_argument("--warm-up", type=int, default=500, help="completions")
    parser.add_argument(
        "--people", type=int, help="who can complete something, each once (enough for the hours)"
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # and end what was started
    options = parser.parse_args()
    print(f"load of the machine before: {psutil.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        windows = soak(
            Path(name),
            hours=options.hours,
            window=options.window,
            warm_up=options.warm_up,
            most=options.people
            or options.warm_up + math.ceil(_MOST_A_SECOND * options.hours * 3600) + _AT_ONCE,
        )
    grew = verdict(windows)
    print("flat" if not grew else "not flat: " + "; ".join(grew))
    raise SystemExit(1 if grew else 0)


if __name__ == "__main__":
    main()
