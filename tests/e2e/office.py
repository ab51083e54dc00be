"""A bridge between its sandboxes, as processes, and HR at the command line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sqlalchemy import select

from lms_bridge import reports
from lms_bridge.bridge import utc_now
from lms_bridge.cli import main
from lms_bridge.store.engine import open_store
from lms_bridge.store.schema import deliveries
from tests.e2e import town
from tests.logged import logging_as_it_was


class Office:
    """All of it, until the `stack` is left."""

    def __init__(self, folder: Path, database: str, stack: ExitStack, *sandboxes: str) -> None:
        self.around = stack.enter_context(town.sandboxes(*sandboxes))
        port = town.free_port()
        self.config = town.configure(folder, self.around, database=database, port=port)
        self.service = town.Service(folder, self.config, port)
        stack.callback(self.service.stop)
        self.store = open_store(database, folder)
        stack.callback(self.store.close)
        self.service.start()
        self.service.wait_until_ready()

    def command(self, *words: str) -> list[str]:
        """A command as a process is started with it."""
        return [sys.executable, "-m", "lms_bridge", "--config", str(self.config), *words]

    def say(self, *words: str, code: int = 0) -> Any:
        """A command, and what it answers; in this process, which has loaded all that it needs."""
        with logging_as_it_was():
            done = CliRunner().invoke(main, ["--config", str(self.config), *words, "--json"])
        assert done.exit_code == code, done.output
        return json.loads(done.stdout)

    def rows(self) -> list[dict[str, Any]]:
        """What the registry has of the course."""
        rows = self.around.state()["rows"]
        return [row for row in rows if row.get("namaKursus") == "Literasi Digital ASN"]

    def awards(self) -> list[str]:
        """The hashes of the badges that the LMS has."""
        return [award["uniquehash"] for award in self.around.state()["awards"]]

    def steps(self, state: str) -> list[str]:
        """The steps in that state."""
        query = select(deliveries.c.step).where(deliveries.c.state == state)
        with self.store.reading() as db:
            return list(db.scalars(query.order_by(deliveries.c.id)))

    def undecided(self) -> int:
        """How many completions were taken back that HR has not decided about."""
        with self.store.reading() as db:
            return len(reports.list_completions(db, now=utc_now(), undecided=True))


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for it. Raises AssertionError."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
