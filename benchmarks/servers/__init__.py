"""The servers that are compared: ours and others, behind one interface."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Unavailable(Exception):
    """It cannot be run on this machine; the message says why, and what to do about it."""


@dataclass(frozen=True)
class Endpoint:
    """Where a running server takes statements, and as whom."""

    url: str
    username: str
    password: str


class Server(Protocol):
    """A learning record store."""

    name: str

    def prepare(self) -> None:
        """Install what it needs. Raises :exc:`Unavailable`."""

    def serving(self, folder: Path) -> AbstractContextManager[Endpoint]:
        """Let it run with `folder` for its data, which is empty, until the block ends."""

    def stored(self, folder: Path) -> int | None:
        """How many statements it left in `folder`; None where it kept them in memory."""


@contextmanager
def process(
    *command: str | Path,
    folder: Path,
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """`command` running in `folder` until the block ends, once it listens on `port` if it has one.

    Raises :exc:`RuntimeError` with the last that it wrote, if it does not.
    """
    log = folder / "log"
    with log.open("ab") as written:
        started = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=os.environ | dict(environment or {}),
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 60
        while port and not _listens(port):
            if started.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} does not serve: {_last_line(log.read_text())}")
            time.sleep(0.05)
        yield
    finally:
        started.terminate()
        started.wait(60)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def run(*command: str | Path, cwd: Path) -> None:
    """Run `command`. Raises :exc:`Unavailable` with the last that it said, if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        what = " ".join(map(str, command))
        raise Unavailable(f"`{what}` failed: {_last_line(done.stderr or done.stdout)}")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
