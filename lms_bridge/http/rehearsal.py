"""Doing everything but the one call that writes: it is shown and not sent.

>>> with rehearsing():
...     try:
...         registry.record(employee, training)
...     except NotSent as held_back:
...         print(held_back.request.method, held_back.request.url)
POST https://simpeg.example/api/diklat
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar

import msgspec

from lms_bridge.http import hiding
from lms_bridge.redaction import is_secret_name

_on: ContextVar[bool] = ContextVar("rehearsal", default=False)


class Outgoing(msgspec.Struct, frozen=True):
    """A request as it would be sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str

    def masked(self, secrets: Sequence[str]) -> Outgoing:
        """It without these `secrets`, and without what a header holds that signs in."""
        headers = {
            name: hiding.INSTEAD if is_secret_name(name) else hiding.without(value, secrets)
            for name, value in self.headers.items()
        }
        return Outgoing(
            self.method,
            hiding.without(self.url, secrets),
            headers,
            hiding.without(self.body, secrets),
        )


def without_files(body: bytes | str) -> bytes | str:
    """A `body` with the files in it, if it is multipart, told by their size."""
    if isinstance(body, str) or not body.startswith(b"--"):
        return body
    boundary = b"\r\n" + body.partition(b"\r\n")[0]
    parts = (b"\r\n" + body).split(boundary)
    return boundary.join(map(_without_file, parts)).removeprefix(b"\r\n")


def _without_file(part: bytes) -> bytes:
    head, blank, content = part.partition(b"\r\n\r\n")
    if b"filename=" not in head:
        return part
    return head + blank + f"({len(content)} bytes)".encode()


class NotSent(Exception):
    """Raised in a rehearsal instead of a call that writes."""

    def __init__(self, request: Outgoing) -> None:
        super().__init__("held back in a rehearsal")
        self.request = request


@contextlib.contextmanager
def rehearsing() -> Iterator[None]:
    """Inside the ``with`` block this thread or task sends nothing that writes."""
    token = _on.set(True)
    try:
        yield
    finally:
        _on.reset(token)


def is_on() -> bool:
    """Whether this is a rehearsal."""
    return _on.get()
