"""The data of attachments: put by while a request arrives, stored, and read again (Comm. 1.5).

None are ever held. What arrives goes to a file (:class:`Spool`), from there in chunks into
the database, by its hash, and from there chunk by chunk to whoever asks for it:

>>> with Spool() as spool:
...     reader = ExchangeReader(boundary, spool.open)
...     ...
...     store(bridge.store, reader.finish().files.values(), clock=utc_now)
>>> for file in files(bridge.store, ["8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2…"]):
...     send(file.content_type, file.data)

An attachment is there when it has a row in `attachments`. Its chunks are written before, in
several transactions, as SQLite has one writer, and statements are not to wait for a film.
Since the hash tells what the chunks are, it does not matter who writes them: two who send
the same at once complement each other, and what one left half-written the next completes.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import Connection, select

from lms_bridge.store.engine import Store, insert
from lms_bridge.store.schema import attachment_chunks, attachments
from xapi.attached import told_by
from xapi.attachment import Attachment
from xapi.retrieval import StoredFile

CHUNK: Final = 1 << 20
"""how many bytes a row has; never to be changed, or what is half-written could not be completed"""
_AT_ONCE: Final = 4 * CHUNK
"""how many bytes one transaction writes"""
_IN_MEMORY: Final = 1 << 18
"""how many bytes of a request need no file"""


# --- while they arrive ---------------------------------------------------------------------------


class Spool:
    """Where the data of attachments are while a request arrives; gone when the block ends.

    They share one file, one after the other as they come, so that a request with a thousand
    attachments does not take a thousand of the files that a process may have open. It has no
    name, and so does not outlive the process either, however that ends.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def open(self, sha2: str, attachment: Attachment) -> Spooled:
        """Where the data with this hash go; what was opened before gets no more of them."""
        return Spooled(self, sha2, attachment.content_type, self._end)

    def append(self, data: bytes) -> int:
        """Write behind all that is there; returns where it ends."""
        self._file.seek(self._end)
        self._file.write(data)
        self._end += len(data)
        return self._end

    def read(self, start: int, size: int) -> bytes:
        """The `size` bytes from `start` on."""
        self._file.seek(start)
        return self._file.read(size)


class Spooled:
    """The data of one attachment in a :class:`Spool`."""

    def __init__(self, spool: Spool, sha2: str, content_type: str, start: int) -> None:
        self.sha2 = sha2
        self.content_type = content_type
        self._spool = spool
        self._start = self._end = start

    @property
    def length(self) -> int:
        """How many bytes there are so far."""
        return self._end - self._start

    def write(self, data: bytes, /) -> None:
        """Take the next bytes."""
        end = self._spool.append(data)
        assert end - len(data) == self._end, "attachments come one after the other"
        self._end = end

    def chunks(self) -> Iterator[bytes]:
        """The data, in pieces of :data:`CHUNK` bytes but for the last."""
        for place in range(self._start, self._end, CHUNK):
            yield self._spool.read(place, min(CHUNK, self._end - place))


# --- storing -------------------------------------------------------------------------------------


def store(to: Store, arrived: Iterable[Spooled], *, clock: Callable[[], dt.datetime]) -> None:
    """Store what has arrived; returns after the commit. What is there already is left alone.

    If it fails, some of it may be there. That does no harm: nothing is asked for that no
    statement tells of.
    """
    # All go through the rows in the same order, so that two of them cannot wait for each other.
    in_order = sorted(arrived, key=lambda one: one.sha2)
    if not in_order:  # nearly every request: it costs no connection
        return
    missing = _missing(to, in_order)
    for chunks, complete in _batches(missing):
        with to.writing() as db:
            if chunks:
                db.execute(insert(db, attachment_chunks).on_conflict_do_nothing(), chunks)
            if complete:
                rows = [_row(one, clock()) for one in complete]
                db.execute(insert(db, attachments).on_conflict_do_nothing(), rows)


def _missing(to: Store, arrived: Iterable[Spooled]) -> list[Spooled]:
    with to.reading() as db:
        known = select(attachments.c.sha2)
        return [
            one for one in arrived if db.scalar(known.where(attachments.c.sha2 == one.sha2)) is None
        ]


def _batches(arrived: Iterable[Spooled]) -> Iterator[tuple[list[dict[str, Any]], list[Spooled]]]:
    """What each transaction writes: chunks, and of what the last are now among them."""
    chunks: list[dict[str, Any]] = []
    complete: list[Spooled] = []
    size = 0
    for one in arrived:
        for number, data in enumerate(one.chunks()):
            chunks.append({"sha2": one.sha2, "number": number, "data": data})
            size += len(data)
            if size >= _AT_ONCE:
                yield chunks, complete
                chunks, complete, size = [], [], 0
        complete.append(one)
    if complete:
        yield chunks, complete


def _row(one: Spooled, now: dt.datetime) -> dict[str, Any]:
    return {
        "sha2": one.sha2,
        "content_type": one.content_type,
        "length": one.length,
        "stored": now,
    }


# --- reading -------------------------------------------------------------------------------------


class Damaged(RuntimeError):
    """An attachment that is there lacks some of its data."""


class _Found(NamedTuple):
    content_type: str
    length: int


def noting(statements: Iterable[bytes], noted: dict[str, str]) -> Iterator[bytes]:
    """`statements` as they are; of which attachments they tell is added to `noted`.

    So the attachments can follow statements that were not held either: when the last
    statement has been sent, `noted` is what :func:`files` takes.
    """
    for raw in statements:
        for told in told_by(raw):
            noted.setdefault(told.sha2, told.content_type)
        yield raw


def files(of: Store, sha2s: Iterable[str] | Mapping[str, str]) -> Iterator[StoredFile]:
    """The attachments with these hashes that are there, each once; its data are read on demand.

    `sha2s` is not looked at before the first file is asked for. If it is a mapping it says for
    each hash the content type under which it is sent: that which the statement tells. Else it
    is the one with which the data first came.

    No transaction lasts from one chunk to the next: a receiver may be slow.
    """
    told = sha2s if isinstance(sha2s, Mapping) else {}
    seen: set[str] = set()
    for sha2 in sha2s:
        known_as = sha2.lower()
        if known_as in seen:
            continue
        seen.add(known_as)
        if found := _found(of, known_as):
            content_type = told.get(sha2, found.content_type)
            yield StoredFile(sha2, content_type, _data(of, known_as, found.length))


def lengths(db: Connection, sha2s: Iterable[str]) -> dict[str, int]:
    """How many bytes each of the attachments with these hashes has that are there."""
    known = select(attachments.c.length)
    found = {sha2: db.scalar(known.where(attachments.c.sha2 == sha2.lower())) for sha2 in sha2s}
    return {sha2: length for sha2, length in found.items() if length is not None}


def _found(of: Store, sha2: str) -> _Found | None:
    columns = attachments.c.content_type, attachments.c.length
    with of.reading() as db:
        row = db.execute(select(*columns).where(attachments.c.sha2 == sha2)).one_or_none()
    return None if row is None else _Found(row.content_type, row.length)


def _data(of: Store, sha2: str, length: int) -> Iterator[bytes]:
    table = attachment_chunks
    for number in count():
        if length <= 0:
            return
        with of.reading() as db:
            data: bytes | None = db.scalar(
                select(table.c.data).where(table.c.sha2 == sha2, table.c.number == number)
            )
        if not data:
            raise Damaged(f"of the attachment {sha2} the chunk {number} is missing")
        yield data
        length -= len(data)
