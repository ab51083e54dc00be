"""The life of a bridge, as a play of acts; each is done in one process, which may be killed.

Of an act the steps that were answered are not done again: a sender repeats a request, and a
person a command, until it was. Between the steps the jobs do what is to be done, and when all
that is left waits for its time, the clock is put forward to it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sqlalchemy import Select, func, select

from lms_bridge.bridge import Bridge
from lms_bridge.cli import main
from lms_bridge.intake import Origin
from lms_bridge.jobs import runs
from lms_bridge.jobs.base import JobFailed
from lms_bridge.jobs.catalogue import JOBS
from lms_bridge.store import schema
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import deliveries, messages
from tests.chaos import late
from xapi import read_statements

ALWAYS = (
    "recognise",
    "backfill",
    "award",
    "count_hours",
    "deliver",
    "errands",
    "index",
    "announce",
    "forward",
    "events",
    "notify",
    "send_messages",
)
"""what the worker does again and again; the other jobs are steps of the play"""


class Life:
    """A process of the bridge in `folder`, which does an act from where it was left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "lms-bridge.toml"
        self._patience = 50
        """how often it is looked again for what is due and was not taken"""

    def act(self, name: str, steps: Sequence[Callable[[Life], object]]) -> None:
        """Do the act, but for the steps that were answered before."""
        answered = self.folder / "answered"
        for number, step in enumerate(steps):
            key = f"{name} {number}\n"
            if answered.exists() and key in answered.read_text():
                continue
            step(self)
            with answered.open("a") as file:
                file.write(key)

    def say(self, *words: str) -> Any:
        """A command, and what it answers; None if it ends with an error."""
        os.chdir(self.folder)
        done = CliRunner().invoke(main, ["--config", str(self.config), *words])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        if done.exit_code:
            print(words, done.output, done.stderr, flush=True)
            return None
        return json.loads(done.stdout) if "--json" in words else done.stdout

    def tell(self, *told: dict[str, Any]) -> None:
        """Send statements, as a sender does: again, until it is answered."""
        bridge = Bridge.open(self.config)
        try:
            bridge.intake.store(Origin("lms"), read_statements(json.dumps(told).encode()))
        finally:
            bridge.close()

    def work(self, *first: str) -> None:
        """Run these jobs, and then those that always run, until there is nothing left to do."""
        bridge = Bridge.open(self.config)
        try:
            for name in first:
                self._run(bridge, name)
            while True:
                begun = late.now()
                done = [self._run(bridge, one) for one in ALWAYS if JOBS[one](bridge).has_work()]
                if not done and not self._put_forward(bridge.store, begun):
                    return
        finally:
            bridge.close()

    def _run(self, bridge: Bridge, name: str) -> None:
        try:
            runs.run(bridge, name)
        except JobFailed as failure:
            print(name, failure, flush=True)

    def _put_forward(self, store: Store, since: dt.datetime) -> bool:
        """Let the time come for which something waits, later than `since`; whether there is one."""
        queries: list[Select[Any]] = [
            select(func.min(deliveries.c.due_at)).where(
                deliveries.c.state.in_(("waiting", "retrying"))
            ),
            select(func.min(deliveries.c.lease_until)).where(deliveries.c.state == "running"),
            select(func.min(func.coalesce(messages.c.lease_until, messages.c.due_at))).where(
                messages.c.state == "waiting"
            ),
            select(func.min(schema.backfills.c.next_at)).where(schema.backfills.c.state == "going"),
            select(func.min(schema.remotes.c.probe_at)).where(schema.remotes.c.state != "up"),
        ]
        with store.reading() as db:
            times = [at for query in queries if (at := db.scalar(query))]
        if any(at < since for at in times) and self._patience:
            # Due, and held by a process that has died: its connection may take a moment to end.
            self._patience -= 1
            time.sleep(0.1)
            return True
        ahead = [at for at in times if since <= at < since + dt.timedelta(days=1)]
        if not ahead:
            return False
        late.put_forward(max(min(ahead), late.now()))
        return True

    def one(self, query: Select[Any]) -> Any:
        """What the query finds, of one row and column."""
        bridge = Bridge.open(self.config)
        try:
            with bridge.store.reading() as db:
                return db.scalar(query)
        finally:
            bridge.close()
