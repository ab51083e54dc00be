"""This project's LRS: its web process, as `lms-bridge serve` starts it, on either database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select

from benchmarks.servers import Endpoint, process
from lms_bridge.store.engine import open_store
from lms_bridge.store.schema import statements
from tests.e2e.crashing import own_database
from tests.e2e.town import free_port

_CONFIG = """
[database]
url = "{database}"
[web]
port = {port}
[log]
level = "warning"
[[senders]]
name = "bench"
username = "bench"
password = "file:password"
"""


class Ours:
    """The web process on SQLite, or on the PostgreSQL `server`."""

    def __init__(self, server: str | None = None) -> None:
        self.name = "PostgreSQL" if server else "SQLite"
        self.server = server
        self._databases: dict[Path, str] = {}

    def prepare(self) -> None:
        """Nothing is missing."""

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Endpoint]:
        """Run it with a database of its own."""
        database = own_database(self.server) if self.server else "sqlite:///lms-bridge.db"
        self._databases[folder] = database
        port = free_port()
        (folder / "password").write_text("secret")
        config = folder / "lms-bridge.toml"
        config.write_text(_CONFIG.format(database=database, port=port))
        with process(sys.executable, "-m", "webhook", "--config", config, port=port, folder=folder):
            yield Endpoint(f"http://127.0.0.1:{port}/xapi/statements", "bench", "secret")

    def stored(self, folder: Path) -> int:
        """All that is in its table."""
        return sum(self.commits(folder))

    def commits(self, folder: Path) -> list[int]:
        """How many statements each transaction stored, in order.

        Those of one transaction have places that follow each other.
        """
        store = open_store(self._databases[folder], folder)
        try:
            with store.reading() as db:
                places = db.scalars(select(statements.c.seq).order_by(statements.c.seq)).all()
            firsts = [n for n, place in enumerate(places) if not n or place != places[n - 1] + 1]
            return [after - first for first, after in pairwise([*firsts, len(places)])]
        finally:
            store.close()
