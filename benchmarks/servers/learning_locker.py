"""Learning Locker's LRS, keeping everything in memory.

From npm that is ``xapi-statements``. It went on as xapi-service, of which npm has no package;
the last release that could keep statements in memory is 3.6.0. A built checkout of that can
be given instead.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers import Endpoint, Unavailable, process, run
from tests.e2e.town import free_port

VERSION = "5.0.1"
_LOOPBACK = Path(__file__).with_name("inside") / "loopback.js"


class LearningLocker:
    """One node process: npm's package under `cache`, or the checkout `built`."""

    def __init__(self, cache: Path, built: Path | None = None) -> None:
        self._built = built
        self._cache = cache / f"xapi-statements-{VERSION}"
        if built:
            self.name = "Learning Locker xapi-service, in memory"
            self._server = built.resolve() / "dist/server.js"
            self._path = "/data/xAPI/statements"
        else:
            self.name = f"Learning Locker xapi-statements {VERSION}, in memory"
            self._server = self._cache / "node_modules/xapi-statements/dist/server.js"
            self._path = "/xAPI/statements"

    def prepare(self) -> None:
        """Install it from npm, unless a checkout was given."""
        if not shutil.which("node") or not (self._built or shutil.which("npm")):
            raise Unavailable("it needs node and npm (Debian: apt install nodejs npm)")
        if self._server.exists():
            return
        if self._built:
            raise Unavailable(f"{self._server} is not there: is the checkout built?")
        self._cache.mkdir(parents=True, exist_ok=True)
        quietly = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefix", self._cache)
        run("npm", "install", *quietly, f"xapi-statements@{VERSION}", cwd=self._cache)

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Endpoint]:
        """Run it with nothing beside it: no MongoDB, no Redis, any credentials."""
        port = free_port()
        with process(
            "node",
            "--require",
            _LOOPBACK,
            self._server,
            port=port,
            folder=folder,
            environment={
                "NODE_ENV": "production",
                "AUTH_REPO": "test",
                "EVENTS_REPO": "test",
                "MODELS_REPO": "memory",
                "STORAGE_REPO": "local",
                "EXPRESS_PORT": str(port),
                "WINSTON_CONSOLE_LEVEL": "error",
            },
        ):
            yield Endpoint(f"http://127.0.0.1:{port}{self._path}", "bench", "secret")

    def stored(self, folder: Path) -> None:
        """It keeps nothing."""
