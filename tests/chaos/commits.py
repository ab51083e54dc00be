"""``python -m tests.chaos.commits``: killed at each point as often as it is met, at both moments.

The long form of ``test_every_commit.py``. For the n-th time that a process of an act meets a point,
the act is played with a process that is killed then, from where the act before it ended well; what
is left is done by the next. So that each act begins the same, the acts before it are played by
processes that nobody touches. After each it must be as if nobody had been killed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lms_bridge.store import migrations
from lms_bridge.store.engine import open_store
from tests.chaos.acts import ACTS
from tests.chaos.world import World
from tests.e2e.crashing import own_database
from tests.postgres import running_postgres


def played(
    folder: Path, server: str, until: str, number: int | None, moment: str
) -> tuple[str, dict[str, Any]]:
    """Play up to an act, and kill at its so-manyth point; at which, and what there is in the end.

    Without a number nobody is killed.
    """
    folder.mkdir()
    database = own_database(server) if server else "sqlite:///bridge.db"
    store = open_store(database, folder)
    migrations.upgrade(store)
    store.close()
    with ExitStack() as stack:
        world = World(folder, database, stack)
        for act in ACTS:
            world.prepare(act)
            if act == until:
                break
            assert world.live(act) == 0, world.log()
        end, at = world.live(until, number, moment), ""
        if end == -9:
            at, end = str(world.met()[-1]), world.live(until)
        assert end == 0, (at, world.log())
        return at, world.summary()


def main() -> None:
    """Read the command line, do it, print what was amiss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--act", choices=list(ACTS), help="only this one")
    parser.add_argument("--step", type=int, default=1, help="only each so-manyth time")
    options = parser.parse_args()
    started, killed, wrong = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        server = ""
        if options.database == "postgresql":
            server = stack.enter_context(running_postgres(Path(name)))
        for act in [options.act] if options.act else ACTS:
            _, expected = played(Path(name) / f"{killed}-calm", server, act, None, "")
            for moment in ("before", "after"):
                number = 1
                while True:
                    place = Path(name) / f"{killed}-{moment}"
                    at, found = played(place, server, act, number, moment)
                    if not at:
                        break
                    number += options.step
                    killed += 1
                    if found != expected:
                        wrong += 1
                        names = [one for one in found if found[one] != expected[one]]
                        amiss = {one: (expected[one], found[one]) for one in names}
                        print(f"{act}, {moment} {at}: {amiss}", flush=True)
            print(f"{act}: killed {killed} times so far", flush=True)
    print(f"killed {killed} times, amiss {wrong} times; {time.monotonic() - started:.0f} s")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
