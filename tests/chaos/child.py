"""``python -m tests.chaos.child``: makes processes of the bridge, and says how each ended.

To start one from nothing takes as long as all that it then does, so each is a fork of this one,
which has loaded everything and opened nothing. It reads a line of JSON for each:

``{"folder": …, "act": …, "die": …, "moment": …}``

``die`` is when that process is to kill itself: ``null``, never; a number, when it meets the points
for the so-manyth time; a list, at the first ``[point, moment]`` that is not in it. With a
``moment`` (``before`` or ``after``) only that one counts. What was met is written to the file
``met`` in the folder, a line of JSON each, the last one being that at which it died.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

LEFT_OUT = ("lms_bridge.__main__", "lms_bridge.sandbox", "lms_bridge.store.migrations.")
SECONDS = 60
"""how long a process may take"""


def main() -> None:
    """Read, fork, wait, tell."""
    _load()
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _live(order)
        print(_end_of(child), flush=True)


def _load() -> None:
    import lms_bridge.bridge
    from tests.chaos import late

    lms_bridge.bridge.utc_now = late.now
    from lms_bridge import jobs
    from lms_bridge.config import loading
    from lms_bridge.deliveries import settling
    from lms_bridge.manners import shares
    from lms_bridge.store import engine
    from tests import cheaper
    from tests.chaos import points

    settling.since_boot = late.since_boot
    for one in pkgutil.walk_packages(lms_bridge.__path__, "lms_bridge."):
        if not one.name.startswith(LEFT_OUT):
            importlib.import_module(one.name)
    importlib.import_module("tests.chaos.acts")
    points.commit_points()  # kept; and Python cannot read its own code in several threads
    loading.load(Path("config.example.toml"))  # by which it is kept what a configuration may say
    jobs.base.PAUSE_SECONDS = 0
    # On PostgreSQL a process that was killed keeps its places at a remote for so long.
    shares._LEASE_SECONDS, shares._SURE_SECONDS = 1, 0.7

    def prepare(connection: Any, record: object) -> None:
        cheaper.as_in_earnest(connection, record)
        connection.execute("PRAGMA synchronous = OFF")  # processes are killed, not the machine

    engine._prepare_sqlite = prepare


def _end_of(child: int) -> int:
    """The exit status of the process; that of kill -9 is -9."""
    deadline = time.monotonic() + SECONDS
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGABRT)
            deadline += SECONDS
        time.sleep(0.002)


def _live(order: dict[str, Any]) -> None:
    import faulthandler

    from tests.chaos import late
    from tests.chaos.acts import ACTS
    from tests.chaos.life import Life
    from tests.chaos.points import Watch, die

    folder = Path(order["folder"])
    late.file = folder / "late"
    log = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.enable()
    when, met = order["die"], os.open(folder / "met", os.O_WRONLY | os.O_TRUNC | os.O_CREAT)
    known = {tuple(one) for one in when} if isinstance(when, list) else set()
    count = 0

    def point(names: list[str], moment: str) -> None:
        nonlocal count
        if order["moment"] not in ("", moment):
            return
        count += 1
        os.write(met, (json.dumps([[name, moment] for name in names]) + "\n").encode())
        if isinstance(when, list):
            if any((name, moment) not in known for name in names):
                die()
        elif count == when:
            die()

    code = 1
    try:
        Watch(point)
        Life(folder).act(order["act"], ACTS[order["act"]])
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
