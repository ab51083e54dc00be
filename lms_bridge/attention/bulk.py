"""Doing one thing to many, so that nobody has to wait for it who wants the database meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection

from lms_bridge.store.engine import Store

AT_ONCE = 200
"""how many in one transaction"""
SECONDS = 2.0
"""how long somebody who has pressed a button is kept waiting before they are told how far it is"""


def in_batches(
    store: Store,
    some: Callable[[Connection, int], int],
    *,
    seconds: float = SECONDS,
    at_once: int = AT_ONCE,
) -> int:
    """Call `some` with a transaction and how many to take at the most, until it took none.

    Or until so many `seconds` are over. How many were taken in all. Each call begins where the
    last one ended, so what was cut off is taken up again by calling this once more.
    """
    until = time.monotonic() + seconds
    done = 0
    while True:
        with store.writing() as db:
            taken = some(db, at_once)
        done += taken
        if taken < at_once or time.monotonic() >= until:
            return done
