"""That nobody overwrites a document that they have not seen: ETags (Communication 3.1).

An ETag is the SHA-1 hash of the contents, in quotes. Who changes a document says with it which
contents they know (``If-Match``), or that they know of none (``If-None-Match: *``):

>>> stored = etag(b"{}")
>>> stored
'"bf21a9e8fbc5a3846fb05b4fa0859e0917b2202f"'
>>> check_change("PUT", Resource.STATE, stored, Preconditions(if_match=stored))
>>> check_change("PUT", Resource.STATE, stored, Preconditions(if_none_match="*"))
Traceback (most recent call last):
xapi.errors.PreconditionFailed: header.If-None-Match: "*" is not so: there is a document\
 (xAPI 1.0.3 Communication 3.1)

What happens to a change, by what is stored and what the request says (``If-Match`` is told
first where both are given):

=====================  ====================  ====================================
a request says         nothing is stored     something is stored
=====================  ====================  ====================================
``If-Match``           412                   412, unless it is what is stored
``If-None-Match``      done                  412, unless it is other than stored
neither, with PUT      400 for profiles of   409, but done for states of 1.0.3
                       1.0.3, else done
neither, otherwise     done                  done
=====================  ====================  ====================================
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

from xapi.documents import Resource
from xapi.errors import Conflict, InvalidRequest, PreconditionFailed
from xapi.versions import Version

_CLAUSE: Final = "Communication 3.1"


class Preconditions(NamedTuple):
    """What a request says of the document that it expects, in its headers."""

    if_match: str | None = None
    if_none_match: str | None = None


def etag(contents: bytes) -> str:
    """The ETag of a document: the SHA-1 hash of its contents in lower case, in quotes."""
    return f'"{hashlib.sha1(contents, usedforsecurity=False).hexdigest()}"'


def check_change(
    method: str,
    resource: Resource,
    stored: str | None,
    said: Preconditions,
    *,
    version: Version = Version.V1_0,
) -> None:
    """Refuse to change the document with the ETag `stored`; None if there is no document.

    Raises :exc:`PreconditionFailed` if the request expects something else, and, if it does not
    say what it expects though it must, :exc:`Conflict` or :exc:`InvalidRequest`.
    """
    if said.if_match is not None and not _matches(said.if_match, stored):
        found = f"what is stored has the ETag {stored}" if stored else "there is no document"
        rule = f"is not so: {found}"
        raise PreconditionFailed("header.If-Match", said.if_match, rule, _CLAUSE, version)
    if said.if_none_match is not None and _matches(said.if_none_match, stored):
        rule = "is not so: there is a document"
        raise PreconditionFailed("header.If-None-Match", said.if_none_match, rule, _CLAUSE, version)
    if method != "PUT" or said != Preconditions():
        return
    if version is Version.V1_0 and resource is Resource.STATE:
        return
    if stored is not None:
        rule = (
            "has neither If-Match nor If-None-Match, and there is a document already: "
            f"get it and look what it is now, then send this again with If-Match: {stored}"
        )
        raise Conflict("header", {}, rule, _CLAUSE, version)
    if version is Version.V1_0:
        rule = "has neither If-Match nor If-None-Match, and needs one, such as If-None-Match: *"
        raise InvalidRequest("header", {}, rule, _CLAUSE, version)


def is_unchanged(stored: str, if_none_match: str | None) -> bool:
    """Whether who asks for a document has it already, so that 304 is the answer (RFC 9110).

    >>> is_unchanged('"abc"', '"xyz", W/"abc"'), is_unchanged('"abc"', None)
    (True, False)
    """
    return if_none_match is not None and _matches(if_none_match, stored)


def _matches(header: str, stored: str | None) -> bool:
    """Whether one of the tags in `header` is that of the document.

    A proxy that compresses an answer makes its tag a weak one, and some clients lose the
    quotes. A hash of the contents is no less clear for that.
    """
    if stored is None:
        return False
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}
    return "*" in tags or stored.strip('"') in tags
