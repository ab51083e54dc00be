"""What becomes of a document that is posted: it is merged into what is there (Comm. 2.2).

PUT stores what it brings, whatever it is. POST merges JSON objects, by their first level of
properties, and stores like PUT where there is nothing yet:

>>> stored = Document(b'{"x": "foo", "y": 1.50}', "application/json")
>>> posted(Document(b'{"x": "bash", "z": "faz"}', "application/json"), stored).contents
b'{"x":"bash","y":1.50,"z":"faz"}'
>>> posted(Document(b"hello", "text/plain"), stored)
Traceback (most recent call last):
xapi.errors.InvalidRequest: header.Content-Type: "text/plain" is not "application/json", and only\
 JSON objects can be merged (xAPI 1.0.3 Communication 2.2)
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from xapi.errors import InvalidRequest, RequestTooLarge
from xapi.media import is_json
from xapi.part import DEEPEST, TOO_DEEP, nests_deeper
from xapi.raw import framed, members
from xapi.versions import Version

_CLAUSE: Final = "Communication 2.2"


class Document(NamedTuple):
    """What is kept as it was sent, and what the sender said that it is."""

    contents: bytes
    content_type: str


def posted(
    sent: Document,
    stored: Document | None,
    *,
    version: Version = Version.V1_0,
    most: int | None = None,
) -> Document:
    """What a POST of `sent` stores where `stored` is what is there.

    The values are kept as they were written, those of `sent` before those of `stored`. `most`
    is how many octets this LRS takes of a document, if that is limited.

    Raises :exc:`InvalidRequest`, and nothing is to be stored, if one of them is no JSON object,
    and :exc:`RequestTooLarge` if one nests too deeply, or more than `most` would be stored.
    """
    if stored is None and not is_json(sent.content_type):
        return sent
    for document in (sent, stored):
        if document is not None and not is_json(document.content_type):
            rule = 'is not "application/json", and only JSON objects can be merged'
            path = "header.Content-Type" if document is sent else "stored.Content-Type"
            raise InvalidRequest(path, document.content_type, rule, _CLAUSE, version)
    added = _members(sent, "body", version)
    if stored is None:
        return sent
    merged = framed({**_members(stored, "stored", version), **added})
    if most is not None and len(merged) > most:
        rule = f"octets of the merged document are more than the {most} that this LRS takes"
        raise RequestTooLarge(None, "stored", len(merged), rule, "Communication 3.2", version)
    return Document(merged, sent.content_type)


def _members(document: Document, path: str, version: Version) -> dict[str, msgspec.Raw]:
    contents = document.contents
    try:
        contents.decode()  # a member is kept as it was written, and not looked into
        found = members(contents)
        # No more can stand within each other than there are at all, and mostly that is enough.
        may_be_deep = contents.count(b"{") + contents.count(b"[") > DEEPEST
        too_deep = may_be_deep and nests_deeper(msgspec.json.decode(contents), DEEPEST)
    except RecursionError:
        too_deep = True
    except (msgspec.DecodeError, UnicodeDecodeError):
        rule = "is no JSON object, and only JSON objects can be merged"
        raise InvalidRequest(path, contents, rule, _CLAUSE, version) from None
    if too_deep:
        raise RequestTooLarge(None, path, contents, TOO_DEEP, "Communication 3.2", version)
    return found
