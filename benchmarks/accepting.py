"""Statements accepted per second: by our LRS, by others, and by a bare loop.

The servers take turns, and the turns are repeated. In each, a server is started with nothing
in it, gets one request to prove that it takes it, and then for some seconds as many as it can
take. What was answered must have been stored, as far as that can be seen.
"""

from __future__ import annotations

import itertools
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import bare
from benchmarks.comparison import Comparison
from benchmarks.servers import Server, Unavailable
from benchmarks.servers.ours import Ours
from benchmarks.workload import WORKLOADS, Workload
from benchmarks.wrk import SENDERS, Wrk


@dataclass(frozen=True)
class Rival:
    """A server that ours is held against, and how many times as fast ours is to be."""

    server: Server
    asked: Mapping[int, float]
    """by the number of statements in a request"""


@dataclass
class _Seen:
    """What came of one server, or bare loop, with one workload."""

    rates: list[float] = field(default_factory=list)
    note: str = ""
    failed: bool = False

    def of(self, name: str) -> str:
        """`name` with what is to be said of it."""
        return f"{name} ({'not measured: ' if self.failed else ''}{self.note})"


class Accepting:
    """The comparison; `say` is told what is being done."""

    def __init__(
        self, wrk: Wrk, ours: Sequence[Ours], rivals: Sequence[Rival], say: Callable[[str], None]
    ) -> None:
        self._wrk = wrk
        self._ours = ours
        self._rivals = rivals
        self._say = say
        self._seen: defaultdict[tuple[Server, Workload], _Seen] = defaultdict(_Seen)
        self._bare: defaultdict[tuple[Server, Workload], _Seen] = defaultdict(_Seen)

    def measure(self, *, rounds: int, seconds: int) -> Iterator[Comparison]:
        """Let them take their turns. A rival that cannot be measured is told of, and left out.

        Raises :exc:`RuntimeError` when ours does not do what it promises.
        """
        for rival in self._rivals:
            self._prepare(rival.server)
        turns: list[Server] = [*(rival.server for rival in self._rivals), *self._ours]
        for number, workload, server in itertools.product(range(rounds), WORKLOADS, turns):
            if not self._seen[server, workload].failed:
                self._say(f"round {number + 1} of {rounds}, {workload.name}: {server.name}")
                with tempfile.TemporaryDirectory() as folder:
                    self._turn(server, workload, Path(folder), seconds)
        for one, workload in itertools.product(self._ours, WORKLOADS):
            yield from self._compared(one, workload)

    def _prepare(self, server: Server) -> None:
        self._say(f"preparing {server.name}")
        try:
            server.prepare()
        except Unavailable as reason:
            for workload in WORKLOADS:
                self._seen[server, workload] = _Seen(note=str(reason), failed=True)

    def _turn(self, server: Server, workload: Workload, folder: Path, seconds: int) -> None:
        seen = self._seen[server, workload]
        try:
            with server.serving(folder) as endpoint:
                sent = self._wrk.send(endpoint, workload, folder, seconds=seconds)
            answered = (1 + sent.requests) * workload.size
            stored = server.stored(folder)
            under_way = SENDERS * workload.size
            if stored is not None and not answered <= stored <= answered + under_way:
                raise RuntimeError(f"it answered {answered:,} statements and stored {stored:,}")
        except RuntimeError as error:
            if isinstance(server, Ours):
                raise
            self._seen[server, workload] = _Seen(note=str(error), failed=True)
            return
        seen.rates.append(sent.requests * workload.size / sent.seconds)
        seen.note = f"{answered:,} in it at the end"
        if isinstance(server, Ours):
            self._write_bare(server, workload, folder)

    def _write_bare(self, ours: Ours, workload: Workload, folder: Path) -> None:
        """Let the bare loop write what ours has just stored, in the same groups."""
        bodies = workload.bodies()
        commits = [stored // workload.size for stored in ours.commits(folder)]
        groups = [list(itertools.islice(bodies, count)) for count in commits]
        if ours.server:
            seconds = bare.write_postgresql(ours.server, groups)
        else:
            seconds = bare.write_sqlite(folder / "bare.db", groups)
        statements = sum(commits) * workload.size
        seen = self._bare[ours, workload]
        seen.rates.append(statements / seconds)
        seen.note = f"{statements / len(commits):.1f} statements a commit"

    def _compared(self, ours: Ours, workload: Workload) -> Iterator[Comparison]:
        what = f"{workload.name}, {SENDERS} senders"
        rates = self._seen[ours, workload].rates
        held_against = [
            (rival.server.name, self._seen[rival.server, workload], rival.asked[workload.size])
            for rival in self._rivals
        ]
        held_against.append((bare.NAME, self._bare[ours, workload], bare.ASKED))
        for name, seen, asked in held_against:
            yield Comparison(ours.name, what, "/s", rates, seen.of(name), seen.rates, asked)
