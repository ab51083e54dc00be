"""``lms-bridge serve``: the web service and the worker as one process group.

Each is a process of its own, so that a statement is taken in however busy the worker is.
One that dies is started again; what it had under way is safe in the database. When the
supervisor itself is killed its children notice and end as well, so that no stray worker
goes on beside the next one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

import structlog

log = structlog.get_logger(__name__)

PARENT = "LMS_BRIDGE_PARENT"
"""environment variable by which a child knows whose end is its end"""

_GRACE_SECONDS = 30.0
_LOOK_SECONDS = 0.2
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0


class Child:
    """A process that is kept running."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = _FIRST_PAUSE_SECONDS
        self._next_start = 0.0

    def tend(self) -> None:
        """Start it if it does not run, a little later each time it dies soon."""
        now = time.monotonic()
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            self._process = None
            if now - self._started > _LONGEST_PAUSE_SECONDS:
                self._pause = _FIRST_PAUSE_SECONDS
            log.error("process ended, starting it again", process=self.name, code=code)
            self._put_off(now)
        if now >= self._next_start:
            try:
                environment = os.environ | {PARENT: str(os.getpid())}
                self._process = subprocess.Popen(self._command, env=environment)  # noqa: S603 - ours
                self._started = now
            except OSError as error:  # no process or no memory left, which may pass
                log.error("process could not be started", process=self.name, error=str(error))
                self._put_off(now)

    def stop(self) -> None:
        """Ask it to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end until the monotonic time `until`; then end it by force."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("process did not end in time", process=self.name)
            self._process.kill()
            self._process.wait()

    def _put_off(self, now: float) -> None:
        self._next_start = now + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)


def supervise(children: Sequence[Child], *, grace_seconds: float = _GRACE_SECONDS) -> None:
    """Keep `children` running until a signal says to end."""
    # A plain variable: the lock inside a threading.Event may be held by the very line of the main
    # thread that the signal interrupts.
    over = False

    def end(*_: object) -> None:
        nonlocal over
        over = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    while not over:
        for child in children:
            child.tend()
        time.sleep(_LOOK_SECONDS)
    for child in children:
        child.stop()
    deadline = time.monotonic() + grace_seconds
    for child in children:
        child.wait(deadline)


def command(module: str, *arguments: str) -> list[str]:
    """The command line of one of our modules, run by this very Python."""
    return [sys.executable, "-m", module, *arguments]


def end_with_parent(
    end: Callable[[], object] = lambda: os.kill(os.getpid(), signal.SIGTERM),
    *,
    grace_seconds: float = _GRACE_SECONDS,
) -> None:
    """In a child: call `end` when the supervisor is no more; it then has a while to do so."""
    parent = os.environ.get(PARENT, "")
    if not parent.isdecimal():
        return

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(0.5)
        end()
        time.sleep(grace_seconds)
        log.error("did not end in time after the supervisor had", process=os.getpid())
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
