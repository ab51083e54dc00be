"""``lms-bridge serve``: the web service and the worker as one process group.

Each is a process of its own, so that a statement is taken in however busy the worker is.
One that dies is started again; what it had under way is safe in the database. When the
supervisor itself is killed its children notice and end as well, so that no stray worker
goes on beside the next one.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import structlog

log = structlog.get_logger(__name__)

PARENT = "LMS_BRIDGE_PARENT"
"""environment variable by which a child knows whose end is its end"""

LISTENER = "LMS_BRIDGE_LISTENER"
"""environment variable with the number of the socket that a child is to serve"""
READY = "LMS_BRIDGE_READY"
"""environment variable with the number of the pipe on which a child says that it serves"""
DRAIN = "LMS_BRIDGE_DRAIN"
"""environment variable with the number of the pipe on which a child is told to take no more"""

_GRACE_SECONDS = 30.0
_SUCCESSION_SECONDS = 60.0
"""how long a new process may take until it serves"""
_DRAIN_SECONDS = 12.0
"""how long the old one goes on with the connections that it has; longer than a proxy keeps one that
it does not use (``keepalive_timeout`` in ``examples/nginx.conf``)"""
_LOOK_SECONDS = 0.2
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0


class Child:
    """A process that is kept running, and replaced by another without a gap when that is asked."""

    def __init__(
        self, name: str, command: Sequence[str], *, listener: socket.socket | None = None
    ) -> None:
        """With a `listener` the process is to serve that, and to say when it does (:func:`ready`).

        It is ours, so that whoever connects while none of them is there only waits.
        """
        self.name = name
        self._command = list(command)
        self._listener = listener
        self._process: subprocess.Popen[bytes] | None = None
        self._line: _Line | None = None
        self._successor: _Successor | None = None
        self._leaving: list[_Leaving] = []
        self._started = 0.0
        self._pause = _FIRST_PAUSE_SECONDS
        self._next_start = 0.0

    def tend(self) -> None:
        """Start it if it does not run, a little later each time it dies soon."""
        now = time.monotonic()
        for one in self._leaving:
            if now >= one.until and one.process.poll() is None:
                one.process.terminate()
        self._leaving = [one for one in self._leaving if one.process.poll() is None]
        if self._successor is not None:
            self._tend_successor(self._successor, now)
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            self._process = None
            self._hang_up()
            if now - self._started > _LONGEST_PAUSE_SECONDS:
                self._pause = _FIRST_PAUSE_SECONDS
            log.error("process ended, starting it again", process=self.name, code=code)
            self._put_off(now)
        if now >= self._next_start:
            try:
                self._process, self._line = self._start()
                self._started = now
            except OSError as error:  # no process or no memory left, which may pass
                log.error("process could not be started", process=self.name, error=str(error))
                self._put_off(now)

    def is_ready(self) -> bool:
        """Whether it serves; one that serves nothing is ready at once."""
        if self._process is None or self._process.poll() is not None:
            return False
        return self._line is None or self._line.is_ready()

    def replace(self) -> None:
        """Have another take its place: before it ends if it serves something, else afterwards."""
        if self._process is None or self._successor is not None:
            return
        if self._listener is None:
            self._leaving.append(_Leaving(self._process, time.monotonic()))
            self._process = None
            self._next_start = 0.0
            return
        try:
            process, line = self._start()
        except OSError as error:
            log.error("process could not be started", process=self.name, error=str(error))
            return
        assert line is not None
        self._successor = _Successor(process, line, time.monotonic() + _SUCCESSION_SECONDS)

    def stop(self) -> None:
        """Ask it to end."""
        for process in self._all():
            if process.poll() is None:
                process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end until the monotonic time `until`; then end it by force."""
        for process in self._all():
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("process did not end in time", process=self.name)
                process.kill()
                process.wait()

    def _all(self) -> list[subprocess.Popen[bytes]]:
        successor = [self._successor.process] if self._successor else []
        leaving = [one.process for one in self._leaving]
        return [*leaving, *([self._process] if self._process else []), *successor]

    def _tend_successor(self, successor: _Successor, now: float) -> None:
        serves = successor.process.poll() is None and successor.line.is_ready()
        if not serves:
            if successor.process.poll() is None and now < successor.deadline:
                return
            successor.process.kill()
            successor.line.close()
            self._successor = None
            log.error("the new process does not serve; the old one goes on", process=self.name)
            return
        if self._process is not None:
            if self._line is not None:
                self._line.drain()
            self._leaving.append(_Leaving(self._process, now + _DRAIN_SECONDS))
        self._hang_up()
        self._process, self._line, self._started = successor.process, successor.line, now
        self._successor = None
        log.info("replaced", process=self.name)

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _start(self) -> tuple[subprocess.Popen[bytes], _Line | None]:
        environment = os.environ | {PARENT: str(os.getpid())}
        if self._listener is None:
            return subprocess.Popen(self._command, env=environment), None  # noqa: S603 - ours
        hears, tells = os.pipe()
        heeds, asks = os.pipe()
        handed = (self._listener.fileno(), tells, heeds)
        environment |= dict(zip((LISTENER, READY, DRAIN), map(str, handed), strict=True))
        try:
            process = subprocess.Popen(self._command, env=environment, pass_fds=handed)  # noqa: S603
        except OSError:
            os.close(hears)
            os.close(asks)
            raise
        finally:
            os.close(tells)
            os.close(heeds)
        return process, _Line(hears, asks)

    def _put_off(self, now: float) -> None:
        self._next_start = now + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)


class _Line:
    """The two pipes to a process: on one it says that it serves, on the other it is told to end."""

    def __init__(self, hears: int, asks: int) -> None:
        self._hears = hears
        self._asks = asks
        self._is_ready = False

    def is_ready(self) -> bool:
        """Whether it has said that it serves."""
        if not self._is_ready and select.select([self._hears], [], [], 0)[0]:
            self._is_ready = os.read(self._hears, 1) != b""
        return self._is_ready

    def drain(self) -> None:
        """Have it take no connection any more."""
        with suppress(OSError):
            os.write(self._asks, b"1")

    def close(self) -> None:
        """There is nothing more to say."""
        os.close(self._hears)
        os.close(self._asks)


class _Successor(NamedTuple):
    """Who is to take the place of a process."""

    process: subprocess.Popen[bytes]
    line: _Line
    deadline: float


class _Leaving(NamedTuple):
    """Who goes on with what it has until then."""

    process: subprocess.Popen[bytes]
    until: float


def ready() -> None:
    """In a child: it serves from now on."""
    told = os.environ.get(READY, "")
    if told.isdecimal():
        with suppress(OSError):  # it has been told before, and nobody listens any more
            os.write(int(told), b"1")


def supervise(children: Sequence[Child], *, grace_seconds: float = _GRACE_SECONDS) -> None:
    """Keep `children` running until a signal says to end; SIGHUP replaces them by new ones."""
    # Plain variables: the lock inside a threading.Event may be held by the very line of the main
    # thread that the signal interrupts.
    over = renewed = False

    def end(*_: object) -> None:
        nonlocal over
        over = True

    def renew(*_: object) -> None:
        nonlocal renewed
        renewed = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    signal.signal(signal.SIGHUP, renew)
    is_told = False
    while not over:
        if renewed:
            renewed = False
            for child in children:
                child.replace()
        for child in children:
            child.tend()
        if not is_told and all(child.is_ready() for child in children):
            is_told = True
            tell_systemd("READY=1")
        tell_systemd("WATCHDOG=1")
        time.sleep(_LOOK_SECONDS)
    tell_systemd("STOPPING=1")
    for child in children:
        child.stop()
    deadline = time.monotonic() + grace_seconds
    for child in children:
        child.wait(deadline)


def tell_systemd(what: str) -> None:
    """Tell the service manager, if it listens, how it is (sd_notify(3))."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if where:
        where = "\0" + where[1:] if where.startswith("@") else where
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.sendto(what.encode(), where)


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
