"""Ralph (PyPI, ``ralph-malph``): its LRS that keeps statements in a file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers import Endpoint, Unavailable, process, run
from tests.e2e.town import free_port

VERSION = "5.1.0"
_STATEMENTS = "fs_lrs.jsonl"


class Ralph:
    """One uvicorn process, in a virtual environment of its own under `cache`.

    More processes would write to the file between each other's looking for an id and writing
    it, and overwrite each other's history file.
    """

    name = f"Ralph {VERSION}, file system"

    def __init__(self, cache: Path) -> None:
        self._environment = cache / f"ralph-{VERSION}"

    def prepare(self) -> None:
        """Install it from PyPI."""
        if self._python.exists():
            return
        self._environment.parent.mkdir(parents=True, exist_ok=True)
        try:
            run(sys.executable, "-m", "venv", self._environment, cwd=Path())
            # It needs requests, and does not say so.
            wanted = (f"ralph-malph[lrs]=={VERSION}", "requests")
            run(self._python, "-m", "pip", "install", "--quiet", *wanted, cwd=Path())
        except Unavailable:
            shutil.rmtree(self._environment, ignore_errors=True)
            raise

    @property
    def _python(self) -> Path:
        return self._environment / "bin/python"

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Endpoint]:
        """Run it as production would: without reloading, without a line for each request."""
        secret = "import bcrypt; print(bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode())"
        hashed = subprocess.check_output([self._python, "-c", secret], text=True).strip()
        agent = {"mbox": "mailto:bench@example.org"}
        user = {"username": "bench", "hash": hashed, "scopes": ["all"], "agent": agent}
        (folder / "auth.json").write_text(json.dumps([user]))
        port = free_port()
        with process(
            self._environment / "bin/uvicorn",
            "ralph_app:app",
            "--app-dir",
            Path(__file__).with_name("inside"),
            "--port",
            str(port),
            "--log-level",
            "warning",
            port=port,
            folder=folder,
            environment={
                "PYTHONPATH": "",
                "RALPH_APP_DIR": str(folder),
                "RALPH_RUNSERVER_BACKEND": "fs",
                "RALPH_BACKENDS__LRS__FS__DEFAULT_DIRECTORY_PATH": str(folder / "data"),
            },
        ):
            yield Endpoint(f"http://127.0.0.1:{port}/xAPI/statements", "bench", "secret")

    def stored(self, folder: Path) -> int:
        """The lines of its file."""
        with (folder / "data" / _STATEMENTS).open("rb") as lines:
            return sum(1 for _ in lines)
