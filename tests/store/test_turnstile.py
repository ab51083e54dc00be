"""Processes that write to one file of SQLite take turns, and a process that hangs stops nobody."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from lms_bridge.store.engine import open_store
from lms_bridge.store.turnstile import Turnstile


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "bridge.db")


def is_taken(database: str, place: str) -> bool:
    with open(f"{database}-{place}") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def wait_until_taken(database: str, place: str) -> None:
    until = time.monotonic() + 60
    while not is_taken(database, place):
        assert time.monotonic() < until
        time.sleep(0.001)


def test_who_has_just_been_in_comes_after_who_has_waited(database: str) -> None:
    one, other = Turnstile(database, patience_seconds=60), Turnstile(database, patience_seconds=60)
    turns = []

    def be_in(name: str, turnstile: Turnstile) -> None:
        turnstile.enter()
        turns.append(name)
        turnstile.leave()

    one.enter()
    waiting = threading.Thread(target=be_in, args=("other", other))
    waiting.start()
    wait_until_taken(database, "next")
    one.leave()
    be_in("one", one)
    waiting.join()
    assert turns == ["other", "one"]
    assert not is_taken(database, "next")
    assert not is_taken(database, "turn")


_WRITER = """
import sys, threading
from sqlalchemy import text
from lms_bridge.store.engine import open_store
store = open_store("sqlite:///" + sys.argv[1])
def write():
    while True:
        with store.writing() as db:
            db.execute(text("UPDATE turns SET number = number + 1"))
threads = [threading.Thread(target=write, daemon=True) for _ in range(3)]
for one in threads:
    one.start()
print("writing", flush=True)
threads[0].join()
"""


@pytest.fixture
def busy(database: str) -> Iterator[subprocess.Popen[str]]:
    """A process that writes one transaction after the other."""
    store = open_store(f"sqlite:///{database}")
    with store.writing() as db:
        db.execute(text("CREATE TABLE turns (number INTEGER)"))
        db.execute(text("INSERT INTO turns VALUES (0)"))
    store.close()
    command = [sys.executable, "-c", _WRITER, database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "writing\n"
        yield process
        process.kill()


def test_whoever_writes_waits_for_the_turn(database: str) -> None:
    elsewhere = Turnstile(database)
    store = open_store(f"sqlite:///{database}")
    written = threading.Event()

    def write() -> None:
        with store.writing() as db:
            db.execute(text("CREATE TABLE turns (number INTEGER)"))
        written.set()

    elsewhere.enter()
    writing = threading.Thread(target=write)
    writing.start()
    wait_until_taken(database, "next")
    assert not written.is_set()
    elsewhere.leave()
    writing.join()
    assert written.is_set()
    store.close()


def test_the_place_of_a_process_that_was_killed_is_free(
    database: str, busy: subprocess.Popen[str]
) -> None:
    wait_until_taken(database, "turn")
    busy.kill()
    busy.wait()
    assert not is_taken(database, "turn")
    assert not is_taken(database, "next")


@pytest.mark.parametrize("place", ["next", "turn"])
def test_nobody_waits_for_long_for_one_who_hangs(database: str, place: str) -> None:
    turnstile = Turnstile(database, patience_seconds=0.05)
    turnstile.enter()
    turnstile.leave()
    with open(f"{database}-{place}") as hanging:
        fcntl.flock(hanging, fcntl.LOCK_EX)
        turnstile.enter()
        turnstile.leave()
        assert is_taken(database, place)  # by who hangs
        fcntl.flock(hanging, fcntl.LOCK_UN)
        turnstile.enter()  # without a place, for a while
        assert not is_taken(database, "turn")
        turnstile.leave()


def test_a_frozen_process_that_is_in_no_transaction_stops_nobody(
    database: str, busy: subprocess.Popen[str]
) -> None:
    freeze(busy)
    while not is_free(database):
        busy.send_signal(signal.SIGCONT)
        time.sleep(0.01)
        freeze(busy)
    store = open_store(f"sqlite:///{database}")
    with store.writing() as db:
        db.execute(text("UPDATE turns SET number = -1"))
    store.close()


def freeze(process: subprocess.Popen[str]) -> None:
    """Stop it; returns when each of its threads has stopped, which may be a moment later."""
    process.send_signal(signal.SIGSTOP)
    states = Path(f"/proc/{process.pid}/task")
    while {each.read_text().rpartition(")")[2].split()[0] for each in states.glob("*/stat")} != {
        "T"
    }:
        time.sleep(0.001)


def is_free(database: str) -> bool:
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
    return True


def test_where_there_can_be_no_places_nobody_waits(tmp_path: Path) -> None:
    turnstile = Turnstile(str(tmp_path / "missing" / "bridge.db"))
    turnstile.enter()
    turnstile.leave()
    assert os.listdir(tmp_path) == []
