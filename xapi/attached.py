"""Which attachments the statements of a request speak of, and whether all have data (Comm. 1.5).

>>> from xapi.reading import read_statements
>>> check_all_have_data(read_statements(b'''{
...     "actor": {"openid": "act:a"}, "verb": {"id": "act:v"}, "object": {"id": "act:o"},
...     "attachments": [{"usageType": "act:u", "display": {}, "contentType": "text/plain",
...         "length": 2, "sha2": "%056d"}]}''' % 7))
Traceback (most recent call last):
xapi.errors.InvalidStatement: $.attachments[0]: {"sha2":"00000000000000000000000000000000000000\
000000000000000007"} is an attachment that has no "fileUrl", and has not come with the request\
 (xAPI 1.0.3 Communication 1.5.2)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from xapi.attachment import Attachment
from xapi.errors import InvalidStatement
from xapi.reading import Received
from xapi.statement import SubStatement
from xapi.versions import Version

HASH: Final = "X-Experience-API-Hash"
"""the header of a part that says of which attachment it has the data"""


class Place(NamedTuple):
    """Where a request says something of an attachment."""

    statement: int | None
    """the place of the statement in the request, if it is one of several"""
    path: str
    attachment: Attachment


def attachments_in(received: list[Received]) -> Iterator[Place]:
    """All that the statements of a request say of attachments, also in SubStatements."""
    for index, one in enumerate(received):
        within = index if len(received) > 1 else None
        for place, attachment in enumerate(one.statement.attachments or ()):
            yield Place(within, f"$.attachments[{place}]", attachment)
        if isinstance(one.statement.object, SubStatement):
            for place, attachment in enumerate(one.statement.object.attachments or ()):
                yield Place(within, f"$.object.attachments[{place}]", attachment)


def check_all_have_data(
    received: list[Received],
    arrived: Iterable[str] = (),
    *,
    version: Version = Version.V1_0,
) -> None:
    """Refuse an attachment that has neither a ``fileUrl`` nor come itself (1.5.1 and 1.5.2).

    `arrived` are the hashes of those that have, in lower case; with ``application/json`` none.
    """
    hashes = frozenset(arrived)
    for index, path, attachment in attachments_in(received):
        if not attachment.file_url and attachment.sha2.lower() not in hashes:
            rule = 'is an attachment that has no "fileUrl", and has not come with the request'
            raise InvalidStatement(
                index, path, {"sha2": attachment.sha2}, rule, "Communication 1.5.2", version
            )


class Told(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What a stored statement tells of an attachment, as far as it takes to send its data."""

    sha2: str
    content_type: str


class _Parts(msgspec.Struct, frozen=True, gc=False):
    attachments: tuple[Told, ...] = ()


class _Whole(_Parts, frozen=True, gc=False):
    object: _Parts = _Parts()


_DECODER: Final = msgspec.json.Decoder(_Whole)


def told_by(raw: bytes) -> tuple[Told, ...]:
    """What a statement that was found valid tells of attachments, its SubStatement included.

    >>> told_by(b'{"object":{"attachments":[{"sha2":"AB","contentType":"text/plain"}]}}')
    (Told(sha2='AB', content_type='text/plain'),)
    """
    found = _DECODER.decode(raw)
    return found.attachments + found.object.attachments
