"""Storing statements in the thread that speaks to everybody, as long as that holds nobody up.

To hand what is to be written to another thread, and to have its answer, wakes up two threads that
sleep. That takes about as long as a quick disk needs to write a few statements, which this thread
can therefore do itself. Not so where others would notice:

- whoever else writes, in this process or another, is not waited for;
- when it has taken long or failed, others do it for a while;
- what was written is carried from SQLite's log into its file by others, who get something to
  write, and with it the occasion, every now and then.

With PostgreSQL, which is far away, others do it always.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from lms_bridge.store.at_once import MOST, Appender, Row
from lms_bridge.store.engine import Store

log = structlog.get_logger(__name__)

LONG_SECONDS: Final = 0.005
"""how long nobody notices"""
_SHARE: Final = 20
"""how many times as long as it took others do it, when it took longer"""
IN_A_ROW: Final = 256
"""after so many times others do it once"""


class Promptly:
    """Stores statements for one thread, if it can do so at once."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._appender = None if store.is_shared else Appender(store, waits=False)
        self._clock = clock
        self._not_before = float("-inf")
        self._in_a_row = 0

    @property
    def is_possible(self) -> bool:
        """Whether it ever stores anything: not with PostgreSQL, nor after the end."""
        return self._appender is not None

    def append(self, rows: Sequence[Row], *, now: dt.datetime) -> bool:
        """Store `rows` as :meth:`.Appender.append` does, or else none of them.

        Whatever is against it, it raises nothing: it comes up once more where it can be waited for.
        """
        begun = self._clock()
        if self._appender is None or begun < self._not_before or not 0 < len(rows) <= MOST:
            return False
        if self._in_a_row == IN_A_ROW:
            self._in_a_row = 0
            return False
        is_stored, has_failed = False, False
        try:
            is_stored = self._appender.append(rows, now=now)
        except TimeoutError:
            return False
        except Exception as error:
            log.debug("what could not be stored at once is handed on", reason=str(error))
            has_failed = True
        self._in_a_row += 1
        took = self._clock() - begun
        if has_failed or took > LONG_SECONDS:
            self._not_before = begun + _SHARE * max(took, LONG_SECONDS)
        return is_stored

    def close(self) -> None:
        """Store nothing any more."""
        appender, self._appender = self._appender, None
        if appender is not None:
            appender.close()
