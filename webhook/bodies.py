"""Statements in requests and answers, alone or with their attachments (Communication 1.5).

Attachments may be films; they pass through here in pieces, and the first piece of an answer
is sent before the last has been read:

>>> with read_statements_request(g.version, single=False, web=web) as sent:
...     attachments.store(bridge.store, sent.files, clock=utc_now)
...     intake.store(origin, sent.received)

>>> noted = {}
>>> body = statement_result(attachments.noting(found, noted), more)
>>> return with_files(body, attachments.files(bridge.store, noted))
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Final, NamedTuple

from flask import Response, request

from lms_bridge.config.settings import Web
from lms_bridge.lrs.attachments import Spool, Spooled
from webhook.lrs import Refused, whole_body
from xapi import Received, read_statements
from xapi.attached import check_all_have_data
from xapi.errors import Refusal
from xapi.exchange import Exchange, ExchangeReader
from xapi.multipart import boundary_in
from xapi.retrieval import StoredFile, with_attachments
from xapi.versions import Version

JSON: Final = "application/json"
MULTIPART: Final = "multipart/mixed"
_PIECE: Final = 1 << 16
"""how many bytes of a request are read at once"""


class Sent(NamedTuple):
    """What a request brought."""

    received: list[Received]
    files: list[Spooled]
    """the data of attachments, until the request has been answered"""


@contextmanager
def read_statements_request(version: Version, *, single: bool, web: Web) -> Iterator[Sent]:
    """The statements of this request, and while the block lasts the data that came with them.

    It is ``application/json``, or ``multipart/mixed`` if it has attachments (1.5.1, 1.5.2).
    With `single` it has to be one statement, as in a PUT.

    Raises :exc:`~xapi.errors.Refusal` or :exc:`~webhook.lrs.Refused`; then nothing was kept.
    """
    kind = _kind(version)
    if kind == JSON:
        body = whole_body(web.most_request_bytes)
        received = read_statements(
            body, most=web.most_statements, single=single, version=version, limits=web.limits
        )
        check_all_have_data(received, version=version)
        yield Sent(received, [])
        return
    with Spool() as spool:
        exchange = _exchange(spool, version, single, web)
        yield Sent(exchange.received, list(exchange.files.values()))


def with_files(body: Iterable[bytes], files: Iterable[StoredFile]) -> Response:
    """An answer of statements with attachments: the JSON in `body`, then each of `files`.

    `files` is not looked at before all of `body` has been sent. The first piece of `body` is
    made before this returns, so that what fails until then is answered as an error.
    """
    pieces = iter(body)
    first = next(pieces, b"")
    boundary = secrets.token_hex(16)
    stream = with_attachments(boundary.encode(), chain([first], pieces), files)
    response = Response(stream, content_type=f"{MULTIPART}; boundary={boundary}")
    # Else make_conditional reads all of it, and holds it, to say how long it is.
    response.automatically_set_content_length = False
    return response


def _kind(version: Version) -> str:
    """Which of the two this request is; refuses what its headers say to be something else."""
    clause = version.cited("Communication 1.5")
    coding = request.headers.get("Content-Encoding", "identity")
    if coding.lower() != "identity":
        raise Refused(
            400,
            f"Content-Encoding {coding[:20]!r} is not taken here; send the body as it is",
            Accept_Encoding="identity",
        )
    kind = request.mimetype
    if kind not in (JSON, MULTIPART):
        shown = f"Content-Type {kind[:60]!r} is not" if kind else "Content-Type is missing, not"
        hint = f", or as {MULTIPART} if they come with the data of attachments"
        raise Refused(400, f"{shown} {JSON}; send the statements as that{hint} ({clause})")
    return kind


def _exchange(spool: Spool, version: Version, single: bool, web: Web) -> Exchange[Spooled]:
    body = _Body(web.most_upload_bytes)
    try:
        reader = ExchangeReader(
            _boundary(version),
            spool.open,
            version=version,
            most=web.most_statements,
            single=single,
            largest=web.most_request_bytes,
            largest_attachment=web.most_attachment_bytes,
            most_parts=web.most_attachments,
            limits=web.limits,
        )
        for piece in body:
            reader.feed(piece)
        return reader.finish()
    except Refusal as error:
        if body.has_all_come:
            raise
        # What is left of the body stays unread, so the connection cannot be used again.
        raise Refused(error.status, str(error), Connection="close") from None


def _boundary(version: Version) -> bytes:
    try:
        return boundary_in(request.headers["Content-Type"])
    except Refusal as error:
        raise error.of_version(version) from None


class _Body:
    """The body of this request in pieces; refused if it ends before its time, or is too large."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._came = 0
        self._announced = request.content_length
        self.has_all_come = False

    def __iter__(self) -> Iterator[bytes]:
        self._check_size(self._announced or 0)
        while piece := request.stream.read(_PIECE):
            self._came += len(piece)
            self._check_size(self._came)
            self.has_all_come = self._came == self._announced
            yield piece
        self.has_all_come = True
        if self._announced is not None and self._came != self._announced:
            raise Refused(400, f"the body ends after {self._came} of {self._announced} bytes")

    def _check_size(self, size: int) -> None:
        if size > self._most:
            raise Refused(
                413,
                f"the request is larger than the {self._most} bytes that this LRS takes of"
                " statements with their attachments; send fewer at once (Communication 3.2)",
                Connection="close",
            )
