"""``python -m tests.store.keep_release``: keep what a database of this version looks like.

To be run as a version is released. What it writes to ``tests/store/released/`` is kept for
good, and ``test_released.py`` brings it up to date with each later version.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from lms_bridge import __version__
from lms_bridge.store import migrations
from lms_bridge.store.engine import open_store
from tests.conftest import Clock
from tests.eventful import an_eventful_scene
from tests.scene import TOKEN

RELEASED = Path(__file__).parent / "released"


def main() -> None:
    """Write the database in which something of everything has happened."""
    os.environ |= dict.fromkeys((TOKEN, "SENDER", "KEY", "SECRET"), "sandbox-moodle-token")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bridge.db"
        store = open_store(f"sqlite:///{path}")
        migrations.upgrade(store)
        with an_eventful_scene(store, Clock()):
            pass
        store.close()
        with closing(sqlite3.connect(path)) as db:
            dump = "\n".join(db.iterdump()) + "\n"
    kept = RELEASED / f"{__version__}.sql.gz"
    kept.write_bytes(gzip.compress(dump.encode(), mtime=0))
    print(f"{kept}: schema {migrations.NEWEST}, {len(dump)} characters")


if __name__ == "__main__":
    main()
