"""How statements are returned: as a stream, with or without attachments (Data 2.5).

>>> b"".join(statement_result([b'{"id":"1"}', b'{"id":"2"}'], "/xapi/statements?more=abc"))
b'{"statements":[{"id":"1"},{"id":"2"}],"more":"/xapi/statements?more=abc"}'
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from email.utils import format_datetime
from typing import NamedTuple

import msgspec

from xapi.attached import HASH
from xapi.multipart import multipart

_FIRST_CHUNK = 4096
_CHUNK = 65536
"""how many octets are gathered before they are given on"""


def statement_result(
    statements: Iterable[bytes], more: str | Callable[[], str] = ""
) -> Iterator[bytes]:
    """The StatementResult of `statements`, in chunks, of which the first comes soon.

    `more` is where the next page is, empty if this is the last; a function is asked when all
    statements have been told, for who counts while reading.
    """
    gathered = [b'{"statements":[']
    size, enough = 0, _FIRST_CHUNK
    comma = b""
    for statement in statements:
        gathered += (comma, statement)
        comma = b","
        size += len(statement)
        if size >= enough:
            yield b"".join(gathered)
            gathered.clear()
            size, enough = 0, _CHUNK
    link = more() if callable(more) else more
    gathered.append(b'],"more":%b}' % msgspec.json.encode(link))
    yield b"".join(gathered)


class StoredFile(NamedTuple):
    """The data of an attachment, to be sent."""

    sha2: str
    content_type: str
    data: Iterable[bytes]


def with_attachments(
    boundary: bytes, statements: Iterable[bytes], files: Iterable[StoredFile]
) -> Iterator[bytes]:
    """An answer with attachments: the JSON of `statements`, then each of `files`, as they come.

    Its ``Content-Type`` is ``multipart/mixed; boundary=…``.

    >>> files = [StoredFile("ab", "text/plain", [b"hi"])]
    >>> for line in b"".join(with_attachments(b"x", [b"{}"], files)).splitlines():
    ...     print(line.decode())
    --x
    Content-Type: application/json
    <BLANKLINE>
    {}
    --x
    Content-Type: text/plain
    Content-Transfer-Encoding: binary
    X-Experience-API-Hash: ab
    <BLANKLINE>
    hi
    --x--
    """
    yield from multipart(boundary, _parts(statements, files))


def _parts(
    statements: Iterable[bytes], files: Iterable[StoredFile]
) -> Iterator[tuple[dict[str, str], Iterable[bytes]]]:
    yield {"Content-Type": "application/json"}, statements
    for file in files:
        yield (
            {
                "Content-Type": file.content_type,
                "Content-Transfer-Encoding": "binary",
                HASH: file.sha2,
            },
            file.data,
        )


def last_modified(stored: dt.datetime) -> str:
    """The ``Last-Modified`` header of what was stored at that moment (Communication 2.1.3).

    >>> last_modified(dt.datetime(2026, 11, 24, 6, 9, 27, 250_000, tzinfo=dt.UTC))
    'Tue, 24 Nov 2026 06:09:27 GMT'
    """
    return format_datetime(stored.astimezone(dt.UTC), usegmt=True)
