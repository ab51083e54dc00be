"""``python -m tests.e2e.conformance FOLDER``: ADL's own test suite against the bridge.

FOLDER has ADL's lrs-conformance-test-suite, ready to run (docs/xapi.md). Each run gets a bridge and
a database of its own. It fails unless all tests of each pass.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lms_bridge.store import migrations
from lms_bridge.store.engine import open_store
from tests.e2e.crashing import own_database
from tests.postgres import running_postgres
from tests.webhook.conftest import PASSWORD
from tests.webhook.serving import serving

VERSIONS = ("1.0.3", "2.0.0")
DATABASES = ("sqlite", "postgresql")


def conform(suite: Path, version: str, database: str) -> dict[str, Any]:
    """What the suite counts of a fresh bridge: ``total``, ``passed`` and ``failed`` tests."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        url = f"sqlite:///{folder}/bridge.db"
        if database == "postgresql":
            url = own_database(stack.enter_context(running_postgres(folder)))
        store = open_store(url)
        migrations.upgrade(store)
        store.close()
        served = stack.enter_context(serving(folder, url))
        run = subprocess.run(
            [
                *("node", "bin/console_runner.js", "--endpoint", f"{served.address}/xapi"),
                *("--xapiVersion", version, "--basicAuth"),
                *("--authUser", "moodle", "--authPassword", PASSWORD),
            ],
            cwd=suite,
            capture_output=True,
            text=True,
            timeout=1800,
        )
    counts = [line for line in run.stdout.splitlines() if line.startswith('{"total":')]
    if not counts:
        raise RuntimeError(f"the suite did not count: {run.stdout[-2000:]} {run.stderr[-2000:]}")
    counted: dict[str, Any] = json.loads(counts[-1])  # before that it tells how far it has come
    return counted


def main() -> None:
    """Read the command line, run the suite, print what it counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", type=Path, help="the folder with ADL's test suite")
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    failed = False
    for database in DATABASES:
        for version in VERSIONS:
            for number in range(1, options.times + 1):
                counted = conform(options.suite, version, database)
                failed |= counted["passed"] != counted["total"] or not counted["total"]
                print(
                    f"{database}, xAPI {version}, run {number}: "
                    f"{counted['passed']} of {counted['total']} tests passed",
                    flush=True,
                )
    sys.exit(failed)


if __name__ == "__main__":
    main()
