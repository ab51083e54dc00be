"""What a ``Content-Type`` says (RFC 9110, 8.3; Communication 1.5).

>>> sent = ContentType.of('multipart/Mixed; boundary="a b"')
>>> sent.kind, sent.parameters
('multipart/mixed', {'boundary': 'a b'})
>>> ContentType.of("application/json; charset=utf-8").is_json, ContentType.of("json")
(True, None)
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, Self

from xapi.identifiers import is_media_type

_PARAMETER: Final = re.compile(r';\s*([^\s=;]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')
_QUOTED_PAIR: Final = re.compile(r"\\(.)")


class ContentType(NamedTuple):
    """A media type with its parameters; the names of both are in lower case."""

    kind: str
    parameters: dict[str, str]

    @classmethod
    def of(cls, header: str) -> Self | None:
        """What `header` says; None if it has not the form of a media type."""
        header = header.strip()
        if not is_media_type(header):
            return None
        kind, semicolon, rest = header.partition(";")
        parameters = {
            name.lower(): _QUOTED_PAIR.sub(r"\1", quoted) or plain
            for name, quoted, plain in _PARAMETER.findall(semicolon + rest)
        }
        return cls(kind.strip().lower(), parameters)

    @property
    def is_json(self) -> bool:
        """Whether it is ``application/json``."""
        return self.kind == "application/json"


def is_json(header: str | None) -> bool:
    """Whether `header` says that something is ``application/json``."""
    found = ContentType.of(header or "")
    return found is not None and found.is_json


def same_media_type(a: str, b: str) -> bool:
    """Whether two headers say the same, however they are written.

    >>> same_media_type("Text/Plain;charset=ascii", 'text/plain; charset="ascii"')
    True
    """
    return a == b or (ContentType.of(a) or a) == (ContentType.of(b) or b)
