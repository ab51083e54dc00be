"""The form ``multipart/mixed``: several parts, each with headers (RFC 2046, section 5.1).

Parts are read while they arrive and written while they are made; nothing is held but the
headers of one part, and the few octets at the end of a piece that may begin a boundary:

>>> reader = MultipartReader(b"x")
>>> list(reader.feed(b"--x\\r\\nContent-Type: text/plain\\r\\n\\r\\nhello\\r\\n--x--\\r\\n"))
[PartBegins(number=1, headers={'content-type': 'text/plain'}), b'hello', PartEnds(number=1)]
>>> reader.finish()

>>> print(b"".join(multipart(b"x", [({"Content-Type": "text/plain"}, [b"hello"])])))
b'--x\\r\\nContent-Type: text/plain\\r\\n\\r\\nhello\\r\\n--x--\\r\\n'
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from xapi.errors import InvalidRequest, RequestTooLarge
from xapi.media import ContentType

_CLAUSE: Final = "Communication 1.5.2"
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_HEADER: Final = re.compile(
    r"(?P<name>[!#$%&'*+\-.^_`|~0-9A-Za-z]+):(?P<value>[^\x00-\x08\n-\x1f]*)"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\n-\x1f\x7f]+")
_FOLD: Final = re.compile(rb"\r\n[ \t]+")
_MOST_HEADERS: Final = 8192
"""how many octets the headers of a part may have together"""
_MOST_PADDING: Final = 128
"""how many spaces may follow a boundary on its line"""


class PartBegins(NamedTuple):
    """A part begins; its data follow."""

    number: int
    """counted from 1"""
    headers: dict[str, str]
    """by their names in lower case"""


class PartEnds(NamedTuple):
    """The part with this number has been read to its end."""

    number: int


Event: TypeAlias = PartBegins | bytes | PartEnds
"""what is found while reading; octets are the next data of the part that has begun"""


def boundary_in(content_type: str) -> bytes:
    """The boundary that a ``Content-Type: multipart/mixed`` names.

    >>> boundary_in('multipart/mixed; boundary="gc0p4Jq0M2Yt08j34c0p"')
    b'gc0p4Jq0M2Yt08j34c0p'

    Raises :exc:`InvalidRequest` if it names none, or something else.
    """
    found = ContentType.of(content_type)
    boundary = found.parameters.get("boundary") if found else None
    if boundary is None:
        rule = 'names no "boundary", without which no part can be found'
        raise InvalidRequest("header.Content-Type", content_type, rule, _CLAUSE)
    if not _BOUNDARY.fullmatch(boundary):
        rule = "names a boundary that is none as RFC 2046 writes it"
        raise InvalidRequest("header.Content-Type", content_type, rule, _CLAUSE)
    return boundary.encode()


class _State(enum.Enum):
    PREAMBLE = enum.auto()
    HEADERS = enum.auto()
    DATA = enum.auto()
    EPILOGUE = enum.auto()


class MultipartReader:
    """Finds the parts in what is fed to it, piece by piece, however it was cut."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._state = _State.PREAMBLE
        self._number = 0
        # A boundary begins with the end of the line before it. At the very beginning there is
        # none, and where a part has no data the line is that of its headers.
        self._rest = b"\r\n"
        self._lent = 2

    def feed(self, piece: bytes) -> Iterator[Event]:
        """What `piece` goes on with; read it to the end before you feed the next.

        Raises :exc:`InvalidRequest` for headers that are none, and
        :exc:`RequestTooLarge` for more of them than anybody needs.
        """
        self._rest += piece
        while True:
            if self._state is _State.HEADERS:
                headers = self._take_headers()
                if headers is None:
                    return
                self._state = _State.DATA
                self._rest = b"\r\n" + self._rest
                self._lent = 2
                yield PartBegins(self._number, headers)
            elif self._state is _State.EPILOGUE:
                self._rest = b""
                return
            else:
                data, found = self._take_data()
                if data:
                    data, self._lent = data[self._lent :], 0
                if data and self._state is _State.DATA:
                    yield data
                if found is None:
                    return
                if self._state is _State.DATA:
                    yield PartEnds(self._number)
                self._number += 1
                self._state = found

    def finish(self) -> None:
        """Say that nothing follows; raises :exc:`InvalidRequest` if the last boundary is missing.

        A boundary that begins no part ends the last one; it is written with two hyphens more.
        """
        if self._state is not _State.EPILOGUE:
            rule = "ends before the boundary that ends the last part"
            raise InvalidRequest("body", {"parts": self._number}, rule, _CLAUSE)

    def _take_data(self) -> tuple[bytes, _State | None]:
        """The data up to the next boundary, and what follows it, if it has been found."""
        rest, delimiter = self._rest, self._delimiter
        start = 0
        while (place := rest.find(delimiter, start)) >= 0:
            behind = place + len(delimiter)
            state, end = _after_boundary(rest, behind)
            if state is not None:
                self._rest = rest[end:]
                return rest[:place], state
            if end < 0:  # nobody can tell before more has come
                self._rest = rest[place:]
                return rest[:place], None
            start = place + 2  # it only began like a boundary
        keep = _beginning_at_end(rest, delimiter)
        self._rest = rest[len(rest) - keep :]
        return rest[: len(rest) - keep], None

    def _take_headers(self) -> dict[str, str] | None:
        """The headers of the part, if all have come.

        The end of the line with the boundary is still there, so that no headers at all end
        like many do: with an empty line.
        """
        block, end, rest = self._rest.partition(b"\r\n\r\n")
        if len(block) > _MOST_HEADERS:
            rule = f"has more than {_MOST_HEADERS} octets of headers"
            raise RequestTooLarge(None, f"part[{self._number}]", block, rule, "Communication 3.2")
        if not end:
            return None
        self._rest = rest
        headers: dict[str, str] = {}
        lines = _FOLD.sub(b" ", block).decode("latin-1").removeprefix("\r\n").split("\r\n")
        for line in lines if block else ():
            found = _HEADER.fullmatch(line)
            if found is None:
                raise self._refused(line, "is not a header")
            name = found["name"].lower()
            if name in headers:
                raise self._refused(line, "is a header that the part has already")
            headers[name] = found["value"].strip()
        return headers

    def _refused(self, value: Any, rule: str) -> InvalidRequest:
        return InvalidRequest(f"part[{self._number}]", value, rule, _CLAUSE)


def _after_boundary(rest: bytes, behind: int) -> tuple[_State | None, int]:
    """What a boundary that ends at `behind` begins, and from where on.

    None and -1 if that depends on what is yet to come, None and 0 if it is no boundary.
    """
    if rest[behind : behind + 2] == b"--":
        return _State.EPILOGUE, behind + 2
    following = rest[behind : behind + _MOST_PADDING].lstrip(b" \t")
    line_end = min(len(rest), behind + _MOST_PADDING) - len(following)
    if following[:2] == b"\r\n":
        return _State.HEADERS, line_end
    # A single hyphen may be the first of two, a return may be followed by its line feed.
    undecided = following in (b"", b"\r") or rest[behind:] == b"-"
    return None, -1 if undecided and len(rest) < behind + _MOST_PADDING else 0


def _beginning_at_end(rest: bytes, delimiter: bytes) -> int:
    """How many octets at the end of `rest` may be the beginning of a `delimiter`."""
    place = rest.find(b"\r", max(0, len(rest) - len(delimiter) + 1))
    while place >= 0:
        if delimiter.startswith(rest[place:]):
            return len(rest) - place
        place = rest.find(b"\r", place + 1)
    return 0


# --- writing ------------------------------------------------------------------------------------


def multipart(
    boundary: bytes, parts: Iterable[tuple[Mapping[str, str], Iterable[bytes]]]
) -> Iterator[bytes]:
    """The octets of `parts`, headers and data, as they come.

    The boundary must occur in none of them; a random one does not.
    """
    start = b"--" + boundary
    for headers, data in parts:
        # A value may come from outside, and a media type may go on in the next line (2.4.11).
        told = "".join(f"{name}: {_CONTROL.sub(' ', value)}\r\n" for name, value in headers.items())
        yield b"%b\r\n%b\r\n" % (start, told.encode())
        yield from data
        start = b"\r\n--" + boundary
    yield start + b"--\r\n"
