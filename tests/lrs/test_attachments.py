"""The data of attachments: on their way, in the database, and out of it again (Comm. 1.5)."""

from __future__ import annotations

import hashlib
import json
import resource
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from lms_bridge.lrs import attachments
from lms_bridge.lrs.attachments import CHUNK, Damaged, Spool, Spooled
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import attachment_chunks
from lms_bridge.store.schema import attachments as table
from tests.conftest import NOW, Clock
from xapi.attachment import Attachment
from xapi.retrieval import StoredFile

DATA = b"here is a simple attachment"
LARGE = bytes(range(251)) * (5 * CHUNK // 251)  # two transactions, a last chunk that is not full


def sha2(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def told(content_type: str = "text/plain") -> Attachment:
    """What a statement says of an attachment, as far as it matters here."""
    return Attachment(
        usage_type="http://id.tincanapi.com/attachment/certificate-of-completion",
        display={},
        content_type=content_type,
        length=0,
        sha2="0" * 64,
    )


def put(spool: Spool, data: bytes, content_type: str = "text/plain") -> Spooled:
    """`data` in `spool`, written as they arrive."""
    spooled = spool.open(sha2(data), told(content_type))
    for start in range(0, len(data), 1 << 16):
        spooled.write(data[start : start + (1 << 16)])
    return spooled


def stored(store: Store, *all_data: bytes, content_type: str = "text/plain") -> None:
    """Store `all_data`, as a request with them does."""
    with Spool() as spool:
        arrived = [put(spool, data, content_type) for data in all_data]
        attachments.store(store, arrived, clock=lambda: NOW)


def found(store: Store, *hashes: str) -> list[tuple[str, bytes]]:
    """What is there under these hashes: content types and data."""
    return [(file.content_type, joined(file)) for file in attachments.files(store, hashes)]


def joined(file: StoredFile) -> bytes:
    return b"".join(file.data)


def chunks_in(store: Store) -> int:
    with store.reading() as db:
        return db.scalar(select(func.count()).select_from(attachment_chunks)) or 0


class Observed(Store):
    """A store of which is known how often it was written to, and that may die in the middle."""

    def __init__(self, store: Store, dies_at: int | None = None) -> None:
        super().__init__(store.engine)
        self._dies_at = dies_at
        self.begun = 0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        self.begun += 1
        with super().writing() as db:
            yield db
            if self.begun == self._dies_at:
                raise Killed


class Killed(BaseException):
    """The process has been ended."""


# --- on their way --------------------------------------------------------------------------------


def test_what_arrives_is_read_again_in_chunks() -> None:
    with Spool() as spool:
        small, large = put(spool, DATA), put(spool, LARGE)
        assert [len(chunk) for chunk in large.chunks()] == [CHUNK] * 4 + [len(LARGE) - 4 * CHUNK]
        assert b"".join(small.chunks()) == DATA
        assert b"".join(large.chunks()) == LARGE
        assert (small.length, large.length) == (len(DATA), len(LARGE))


def test_two_may_be_read_at_once() -> None:
    with Spool() as spool:
        one, other = put(spool, LARGE), put(spool, LARGE[::-1])
        both = list(zip(one.chunks(), other.chunks(), strict=True))
        assert b"".join(chunk for chunk, _ in both) == LARGE
        assert b"".join(chunk for _, chunk in both) == LARGE[::-1]


def test_what_arrives_leaves_no_file_behind_however_the_process_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Spool() as spool:
        put(spool, LARGE)
        assert list(tmp_path.iterdir()) == []


def test_what_arrived_is_gone_when_the_request_has_been_answered() -> None:
    with Spool() as spool:
        spooled = put(spool, LARGE)
    with pytest.raises(ValueError, match="closed"):
        next(spooled.chunks())


def test_a_thousand_attachments_take_one_open_file() -> None:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("open files cannot be counted here")
    before = len(list(folder.iterdir()))
    with Spool() as spool:
        for number in range(1000):
            put(spool, b"%1000d" % number)
        assert len(list(folder.iterdir())) <= before + 1


# --- in the database -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 4 * CHUNK, 4 * CHUNK + 1, 8 * CHUNK]
)
def test_an_attachment_of_any_size_is_kept_byte_for_byte(store: Store, size: int) -> None:
    data = (LARGE * 2)[:size]
    stored(store, data)
    assert found(store, sha2(data)) == [("text/plain", data)]


def test_several_are_stored_at_once(store: Store) -> None:
    several = [b"%d" % number * 1000 for number in range(50)] + [LARGE, b"", LARGE[::-1]]
    stored(store, *several)
    assert [data for _, data in found(store, *map(sha2, several))] == several


def test_small_ones_share_a_transaction(store: Store) -> None:
    observed = Observed(store)
    stored(observed, *(b"%d" % number for number in range(300)))
    assert observed.begun == 1


def test_nobody_else_has_to_wait_for_all_of_a_large_one(store: Store) -> None:
    observed = Observed(store)
    stored(observed, LARGE * 4)
    assert observed.begun == 5


def test_what_is_there_is_left_alone(store: Store) -> None:
    stored(store, DATA)
    observed = Observed(store)
    stored(observed, DATA, content_type="text/html")
    assert observed.begun == 0
    assert found(store, sha2(DATA)) == [("text/plain", DATA)]


def test_the_row_tells_what_came_and_when(store: Store, clock: Clock) -> None:
    with Spool() as spool:
        attachments.store(store, [put(spool, DATA, "application/pdf")], clock=clock)
    with store.reading() as db:
        assert db.execute(select(table)).one() == (
            sha2(DATA),
            "application/pdf",
            len(DATA),
            clock.now,
        )


@pytest.mark.parametrize("dies_at", [1, 2, 3, 4])
def test_what_is_half_written_is_not_there_and_the_next_completes_it(
    store: Store, dies_at: int
) -> None:
    large = LARGE * 3
    with pytest.raises(Killed):
        stored(Observed(store, dies_at), large)
    assert chunks_in(store) == 4 * (dies_at - 1)
    assert found(store, sha2(large)) == []
    stored(store, large)
    assert found(store, sha2(large)) == [("text/plain", large)]


def test_two_who_send_the_same_at_once_do_each_other_no_harm(
    store: Store, database_url: str
) -> None:
    # Stores of their own are to each other what processes are.
    all_data = [LARGE, LARGE[::-1], *(b"%d" % number for number in range(20))]
    starting = threading.Barrier(4)
    failed: list[BaseException] = []

    def send(order: Iterable[bytes]) -> None:
        own = open_store(database_url)
        try:
            starting.wait()
            stored(own, *order)
        except BaseException as error:
            failed.append(error)
        finally:
            own.close()

    orders = [all_data, all_data[::-1], all_data[3:] + all_data[:3], all_data]
    threads = [threading.Thread(target=send, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [data for _, data in found(store, *map(sha2, all_data))] == all_data
    assert chunks_in(store) == 5 + 5 + 20


# --- out of it again -----------------------------------------------------------------------------


def test_of_what_never_came_there_is_nothing(store: Store) -> None:
    stored(store, DATA)
    assert found(store, sha2(b"only described"), sha2(DATA)) == [("text/plain", DATA)]


def test_each_is_told_once_and_by_the_hash_as_it_was_asked_for(store: Store) -> None:
    stored(store, DATA)
    asked = [sha2(DATA).upper(), sha2(DATA)]
    assert [file.sha2 for file in attachments.files(store, asked)] == asked[:1]


def test_the_content_type_is_the_one_that_the_statement_tells(store: Store) -> None:
    stored(store, DATA, content_type="text/plain")
    [file] = attachments.files(store, {sha2(DATA): "text/plain; charset=ascii"})
    assert file.content_type == "text/plain; charset=ascii"


def test_the_attachments_of_statements_are_known_when_the_statements_have_been_told(
    store: Store,
) -> None:
    stored(store, DATA, LARGE)
    inner = {"objectType": "SubStatement", "attachments": [described(LARGE)]}
    raws = [
        json.dumps(statement).encode()
        for statement in (
            {"object": {"id": "https://lms.example/course/7"}},
            {"object": inner, "attachments": [described(DATA, contentType="text/html")]},
            {"object": {}, "attachments": [described(DATA), described(b"elsewhere")]},
        )
    ]
    noted: dict[str, str] = {}
    sent = attachments.files(store, noted)
    assert list(attachments.noting(raws, noted)) == raws
    assert [(file.content_type, joined(file)) for file in sent] == [
        ("text/html", DATA),
        ("text/plain", LARGE),
    ]


def described(data: bytes, **changes: str) -> dict[str, str]:
    return {"sha2": sha2(data), "contentType": "text/plain"} | changes


def test_no_transaction_lasts_from_one_chunk_to_the_next(store: Store) -> None:
    stored(store, LARGE)
    in_use: Callable[[], int] = store.engine.pool.checkedout
    for file in attachments.files(store, [sha2(LARGE)]):
        assert in_use() == 0
        for _ in file.data:
            assert in_use() == 0


def test_what_has_been_damaged_is_not_taken_for_the_whole(store: Store) -> None:
    stored(store, LARGE)
    with store.writing() as db:
        db.execute(attachment_chunks.delete().where(attachment_chunks.c.number == 3))
    [file] = attachments.files(store, [sha2(LARGE)])
    with pytest.raises(Damaged, match="chunk 3 is missing"):
        joined(file)


@pytest.mark.slow
def test_a_film_takes_no_more_memory_than_some_chunks(store: Store) -> None:
    size = 64 * CHUNK
    piece = bytes(range(256)) * 256
    whole, again = hashlib.sha256(), hashlib.sha256()
    for _ in range(size // len(piece)):
        whole.update(piece)
    peak_before = _peak()
    tracemalloc.start()
    try:
        with Spool() as spool:
            film = spool.open(whole.hexdigest(), told("video/mp4"))
            for _ in range(size // len(piece)):
                film.write(piece)
            attachments.store(store, [film], clock=lambda: NOW)
        [file] = attachments.files(store, [whole.hexdigest()])
        for chunk in file.data:
            again.update(chunk)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert again.digest() == whole.digest()
    assert most < size / 4
    assert _peak() - peak_before < size * 3 / 4  # with what SQLite and libpq hold


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
