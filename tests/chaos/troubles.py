"""What can be done to a bridge and to what it stands on; each is over when its function returns."""

from __future__ import annotations

import datetime as dt
import random
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import requests

from tests.chaos.proxy import MOODS, Proxy
from tests.e2e import town
from tests.notices.certificate import a_certificate
from tests.postgres import Pair

_RESTARTING = threading.Lock()
_HANDLED = threading.Lock()
Trouble = Callable[[random.Random], object]


@dataclass
class Scene:
    """A bridge, and all that something can be done to."""

    service: town.Service
    registry: Proxy
    moodle: Proxy
    certificates: dict[str, ssl.SSLContext]
    names: Path
    """as long as this file is there, no names are resolved"""
    clock: Path
    """says by how many seconds the clock of the bridge is wrong"""
    server: Pair | None
    """PostgreSQL, or"""
    database: Path | None
    """the file of SQLite, and"""
    disk: Path | None
    """the disk on which only that is, if one could be made"""
    lease: float


def troubles(scene: Scene) -> dict[str, Trouble]:
    """All that can be done to this one, by name."""
    found: dict[str, Trouble] = {
        "kill -9": partial(_kill, scene),
        "frozen past its lease": partial(_freeze, scene),
        "names are not resolved": partial(_no_names, scene),
        "slow senders": partial(_loris, scene),
        "the clock jumps": partial(_jump, scene.clock),
    }
    for mood in MOODS:
        found[f"registry: {mood}"] = partial(_in_a_mood, scene.registry, mood)
        found[f"lms: {mood}"] = partial(_in_a_mood, scene.moodle, mood)
    for kind in scene.certificates:
        if kind != "good":
            found[f"lms: certificate {kind}"] = partial(_certified, scene, kind)
    if scene.server:
        for mode in ("fast", "immediate"):
            found[f"database restarted, {mode}"] = partial(_restart, scene.server, mode)
        found["database gone, its standby leads"] = partial(_fail_over, scene.server)
    if scene.database:
        found["database locked by another"] = partial(_lock, scene.database)
    if scene.disk:
        found["disk full"] = partial(_fill, scene.disk)
    return found


def _kill(scene: Scene, dice: random.Random) -> None:
    # Who is frozen cannot end when its supervisor does. Who waits for the database, which another
    # has locked, does so when it has written: meanwhile there may be two of each.
    with _HANDLED, suppress(AssertionError):
        scene.service.kill_something(dice)


def _freeze(scene: Scene, dice: random.Random) -> None:
    """SIGSTOP, until others have its work; then it goes on as if nothing had been."""
    running = scene.service.processes()[1:]
    if not running:
        return
    victim = dice.choice(running)
    with _HANDLED, suppress(psutil.NoSuchProcess):
        victim.suspend()
        time.sleep(scene.lease + dice.uniform(0.5, 3))
        victim.resume()


def _no_names(scene: Scene, dice: random.Random) -> None:
    scene.names.touch()
    time.sleep(dice.uniform(1, 5))
    scene.names.unlink(missing_ok=True)


def _in_a_mood(proxy: Proxy, mood: str, dice: random.Random) -> None:
    proxy.mood = mood
    time.sleep(dice.uniform(1, 4))
    proxy.mood = ""


def _certified(scene: Scene, kind: str, dice: random.Random) -> None:
    scene.moodle.context = scene.certificates[kind]
    time.sleep(dice.uniform(1, 5))
    scene.moodle.context = scene.certificates["good"]


def _jump(clock: Path, dice: random.Random) -> None:
    """Back or forward by up to a minute, and right again."""
    by = dice.choice([-60, -20, -5, 3, 20, 60])
    _put(clock, by)
    time.sleep(dice.uniform(2, 6))
    _put(clock, 0)


def _put(clock: Path, seconds: int) -> None:
    """At once, for whoever reads it meanwhile."""
    new = clock.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(clock)


def _restart(server: Pair, mode: str, dice: random.Random) -> None:
    with _RESTARTING:  # what has just been started can only be stopped when it is there
        server.restart(mode)
        time.sleep(dice.uniform(2, 5))


def _fail_over(server: Pair, dice: random.Random) -> None:
    with _RESTARTING:
        server.fail_over()
        time.sleep(dice.uniform(0, 5))
        server.follow()
        time.sleep(dice.uniform(2, 5))


def _lock(database: Path, dice: random.Random) -> None:
    """Another process writes, and does not end; now and then longer than is waited for.

    If the disk is full at that moment it fails, or is killed by its log, which is mapped.
    """
    seconds = dice.choice([5, 5, 5, 15, 15, 70])
    subprocess.run([sys.executable, "-c", _WRITER, database, str(seconds)], capture_output=True)


_WRITER = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
db.execute("BEGIN IMMEDIATE")
time.sleep(float(sys.argv[2]))
db.execute("ROLLBACK")
"""


def _fill(disk: Path, dice: random.Random) -> None:
    """Write until there is no room; then make room again."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    time.sleep(dice.uniform(2, 8))
    filler.unlink(missing_ok=True)


def _loris(scene: Scene, dice: random.Random) -> None:
    """Many who begin a request and do not end it."""
    place = scene.service.address.removeprefix("http://").split(":")
    with ExitStack() as stack, suppress(OSError):
        for _ in range(100):
            line = stack.enter_context(socket.create_connection((place[0], int(place[1])), 2))
            line.sendall(b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n")
        until = time.monotonic() + dice.uniform(2, 6)
        while time.monotonic() < until:
            time.sleep(0.5)
            with suppress(requests.RequestException):
                requests.get(f"{scene.service.address}/healthz", timeout=10)


def contexts(folder: Path) -> dict[str, ssl.SSLContext]:
    """What a server shows itself by: a good certificate, and others that are trusted as little.

    All are signed by who is trusted; ``trusted.pem`` in the folder says so.
    """
    day = dt.timedelta(days=1)
    kinds = {
        "good": ("localhost", day),
        "expired": ("localhost", -day / 2),
        "of another host": ("siasn.example", day),
    }
    found = {}
    trusted = b""
    for kind, (host, ends) in kinds.items():
        own = folder / kind.replace(" ", "-")
        own.mkdir()
        certificate, key = a_certificate(own, host=host, ends=ends)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        found[kind] = context
        trusted += certificate.read_bytes()
    (folder / "trusted.pem").write_bytes(trusted)
    return found
