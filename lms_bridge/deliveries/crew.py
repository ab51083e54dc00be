"""The threads that work for one remote, and how all of them know that everything is done.

Each thread takes a delivery, performs it, and writes down what came of it together with
taking the next. There are more threads than may be at the remote at once
(:mod:`~lms_bridge.deliveries.places`): while some write down and take, others are at the remote
in their place. What was taken before something failed is put back and not begun: the remote may
have been found to be down.

A thread that finds nothing rests, and looks again now and then: what others finish may free
the next delivery of the same person, and new ones may come in. When every thread of every
crew rests, the shift is over.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

import structlog
from sqlalchemy import Connection

from lms_bridge.deliveries import places
from lms_bridge.deliveries.performing import Ending, Finish, Note, Performed
from lms_bridge.deliveries.queue import LeaseLost
from lms_bridge.deliveries.work import Work
from lms_bridge.http import gate
from lms_bridge.store.engine import may_pass
from lms_bridge.store.group_commit import GroupCommit

log = structlog.get_logger(__name__)

_LOOK_AGAIN_SECONDS = 1.0


class Write(NamedTuple):
    """Something to be written for the deliveries of `remote`."""

    remote: str
    call: Callable[[Connection], Any]


class Foreman(Protocol):
    """Hands out work, and knows how it is done and who is at it."""

    def claim(self, db: Connection, remote: str) -> Work | None:
        """The next delivery of `remote`, taken; None if there is nothing to do now."""

    def perform(self, work: Work, write: Note) -> Performed:
        """Do it, and say how to write down what came of it. May raise LeaseLost."""

    def put_back(self, work: Work) -> Performed:
        """Do not do it, and say how to write that down."""

    def stumble(self, work: Work) -> Finish:
        """How to write down that what came of it could not be written down."""

    def keep(self, work: Work) -> None:
        """A thread is at it: its lease is to be renewed."""

    def let_go(self, work: Work) -> None:
        """No thread is at it any more."""


class Shift:
    """How long the `threads` of all crews work: until all of them rest, or somebody ends it."""

    def __init__(self, threads: int) -> None:
        self.lock = threading.Lock()
        self.is_over = False
        self._threads = threads
        self._resting = 0
        self._benches: list[threading.Condition] = []

    def bench(self) -> threading.Condition:
        """Where the threads of one crew rest."""
        bench = threading.Condition(self.lock)
        self._benches.append(bench)
        return bench

    def rest(self, bench: threading.Condition) -> bool:
        """Rest until there may be something to do; False when the shift is over."""
        with self.lock:
            self._resting += 1
            if self._resting == self._threads:
                self._end()
            elif not self.is_over:
                bench.wait(_LOOK_AGAIN_SECONDS)
            self._resting -= 1
            return not self.is_over

    def end(self) -> None:
        """Let nobody take anything new; what is under way is finished."""
        with self.lock:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        for bench in self._benches:
            bench.notify_all()


def threads_for(size: int) -> int:
    """How many threads keep `size` of them at a remote."""
    return size + (size + 1) // 2


class Crew:
    """Carries out the deliveries of `remote`, `size` at a time, until the `shift` is over."""

    def __init__(
        self,
        foreman: Foreman,
        remote: str,
        size: int,
        *,
        shift: Shift,
        commits: GroupCommit[Write, Any],
        counts: Counter[str],
    ) -> None:
        self._foreman = foreman
        self._remote = remote
        self._shift = shift
        self._bench = shift.bench()
        self._commits = commits
        self._counts = counts
        self._error: Exception | None = None
        self._places = threading.Semaphore(size)
        self._setbacks = 0
        self._threads = [
            threading.Thread(target=self._run, name=f"{remote}-{number}", daemon=True)
            for number in range(threads_for(size))
        ]

    def start(self) -> None:
        """Set to work."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until the shift is over."""
        for thread in self._threads:
            thread.join()

    def check(self) -> None:
        """Raise what made a thread give up, if one did."""
        if self._error:
            raise self._error

    def _run(self) -> None:
        gate.end_when(lambda: self._shift.is_over)
        try:
            while True:
                setbacks = self._setbacks
                work = self._next()
                while work is not None:
                    setbacks, work = self._carried_out(work, setbacks)
                if not self._shift.rest(self._bench):
                    return
        except Exception as error:
            # It would meet the next thread as well: end, say so, and begin anew.
            self._error = error
            self._shift.end()

    def _carried_out(self, work: Work, setbacks: int) -> tuple[int, Work | None]:
        """Carry out what was taken when so many `setbacks` were known, and take the next."""
        with places.taken(self._places):
            if self._shift.is_over or self._setbacks != setbacks:
                done: Performed | None = self._foreman.put_back(work)
            else:
                done = self._perform(work)
                if done is None or not done.went_well:
                    # Written down before anybody else is there: it may say that nobody should.
                    taken = self._next(done)
                    self._setbacks += 1
                    return self._setbacks, taken
            setbacks = self._setbacks
        return setbacks, self._next(done)

    def _perform(self, work: Work) -> Performed | None:
        try:
            return self._foreman.perform(work, self._write_elsewhere)
        except LeaseLost:
            self._foreman.let_go(work)
            _tell_lost(work)
            return None

    def _next(self, done: Performed | None = None) -> Work | None:
        """Write down what came of the last delivery and take the next, in one transaction."""

        def step(db: Connection) -> tuple[Ending | None, Work | None]:
            ending = _written(db, done.work, done.finish) if done else None
            return ending, None if self._shift.is_over else self._foreman.claim(db, self._remote)

        ending: Ending | None
        work: Work | None
        try:
            ending, work = self._write(step)
        except Exception as error:
            if done is None or may_pass(error):
                raise
            # What is next must not undo what was done; and what cannot be written down must
            # keep nobody from the next.
            log.exception("could not write down what came of a delivery", **_which(done.work))
            self._told(self._rescued(done.work, done.finish))
            return self._next()
        finally:
            if done:
                self._foreman.let_go(done.work)
        self._told(ending)
        if work is not None:
            self._foreman.keep(work)
            with self._bench:
                self._bench.notify()  # where there was one there may be more
        return work

    def _rescued(self, work: Work, finish: Finish) -> Ending | None:
        for way in (finish, self._foreman.stumble(work)):
            try:
                ending: Ending | None = self._write(partial(_written, work=work, finish=way))
            except Exception:
                log.exception("a delivery is left to be taken over", **_which(work))
            else:
                return ending
        return None

    def _told(self, ending: Ending | None) -> None:
        if ending:
            ending.tell()
            with self._bench:
                self._counts[ending.event] += 1

    def _write(self, call: Callable[[Connection], Any]) -> Any:
        return self._commits.submit(Write(self._remote, call))

    def _write_elsewhere(self, call: Callable[[Connection], Any]) -> Any:
        """The same for who is at the remote, and makes room for another until it is committed."""
        with places.left():
            return self._write(call)


def each_in_turn(db: Connection, writes: Sequence[Write]) -> list[Any]:
    """Run each of `writes`; what one raises undoes all of them, and then each is tried alone.

    Not so a lost lease, which is found before anything is written. Those for one remote
    together, the remotes always in the same order: two transactions that both note that both
    remotes are down would else wait for each other.
    """
    answers: list[Any] = [None] * len(writes)
    for place in sorted(range(len(writes)), key=lambda place: writes[place].remote):
        try:
            answers[place] = writes[place].call(db)
        except LeaseLost as lost:
            answers[place] = lost
    return answers


def _written(db: Connection, work: Work, finish: Finish) -> Ending | None:
    try:
        return finish(db)
    except LeaseLost:  # raised before anything was written
        return Ending("lost", lambda: _tell_lost(work))


def _tell_lost(work: Work) -> None:
    log.warning("its lease was lost; left to whoever has it now", **_which(work))


def _which(work: Work) -> dict[str, object]:
    return {"delivery": work.delivery_id, "remote": work.remote}
