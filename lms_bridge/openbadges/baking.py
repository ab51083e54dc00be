"""A credential within a picture, and out of it again (Open Badges 3.0, section 5.3).

In a PNG it is a chunk of text, in an SVG an element. A picture has one credential at the most.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

from lms_bridge.i18n import mark
from lms_bridge.openbadges.untrue import Untrue

PNG: Final = b"\x89PNG\r\n\x1a\n"
_KEYWORD: Final = b"openbadgecredential"
_NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"
_ELEMENT: Final = f"{{{_NAMESPACE}}}credential"
_SVG: Final = "{http://www.w3.org/2000/svg}svg"
_TAG: Final = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_MOST_BYTES: Final = 1024 * 1024


class _Chunk(NamedTuple):
    kind: bytes
    content: bytes


def into_png(picture: bytes, credential: str) -> bytes:
    """The PNG `picture` with `credential` in it, instead of one that it had."""
    text = _KEYWORD + b"\0" * 5 + credential.encode()  # not compressed, in no language
    chunks = [one for one in _chunks(picture) if not _is_ours(one)]
    chunks.insert(len(chunks) - 1, _Chunk(b"iTXt", text))
    return PNG + b"".join(map(_packed, chunks))


def out_of_png(picture: bytes) -> str:
    """The credential in the PNG `picture`. Raises :exc:`Untrue`."""
    for chunk in _chunks(picture):
        if _is_ours(chunk):
            compressed, rest = chunk.content[len(_KEYWORD) + 1], chunk.content[len(_KEYWORD) + 3 :]
            text = rest.split(b"\0", 2)[-1]
            return _text(_unpacked(text) if compressed else text)
    raise Untrue(mark("there is no credential in the picture"))


def into_svg(picture: bytes, credential: str) -> bytes:
    """The SVG `picture` with `credential` in it. Raises :exc:`Untrue` if it has one already."""
    root = _parsed(picture)
    if root.tag != _SVG:
        raise Untrue(mark("the picture is no SVG"))
    if next(root.iter(_ELEMENT), None) is not None:
        raise Untrue(mark("there is a credential in the picture already"))
    found = _TAG.match(picture, _start_of_root(picture))
    if found is None or found[0].endswith(b"/>"):
        raise Untrue(mark("the picture is an empty SVG, or not in UTF-8"))
    # A CDATA section ends at the first ]]>, which JSON may have in a text.
    body = credential.replace("]]>", "]]]]><![CDATA[>")
    element = (
        f'<openbadges:credential xmlns:openbadges="{_NAMESPACE}">'
        f"<![CDATA[{body}]]></openbadges:credential>"
    )
    return picture[: found.end()] + element.encode() + picture[found.end() :]


def out_of_svg(picture: bytes) -> str:
    """The credential in the SVG `picture`. Raises :exc:`Untrue`."""
    element = next(_parsed(picture).iter(_ELEMENT), None)
    if element is None:
        raise Untrue(mark("there is no credential in the picture"))
    return (element.get("verify") or element.text or "").strip()


def _chunks(picture: bytes) -> Iterator[_Chunk]:
    if not picture.startswith(PNG):
        raise Untrue(mark("the picture is no PNG"))
    at = len(PNG)
    while at < len(picture):
        head = picture[at : at + 8]
        if len(head) < 8:
            break
        length, kind = struct.unpack(">I4s", head)
        end = at + 8 + length
        content, check = picture[at + 8 : end], picture[end : end + 4]
        if check != struct.pack(">I", zlib.crc32(kind + content)):
            break
        yield _Chunk(kind, content)
        at = end + 4
        if kind == b"IEND":
            return
    raise Untrue(mark("the picture is damaged"))


def _packed(chunk: _Chunk) -> bytes:
    whole = chunk.kind + chunk.content
    return struct.pack(">I", len(chunk.content)) + whole + struct.pack(">I", zlib.crc32(whole))


def _is_ours(chunk: _Chunk) -> bool:
    return chunk.kind == b"iTXt" and chunk.content.startswith(_KEYWORD + b"\0")


def _unpacked(content: bytes) -> bytes:
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(content, _MOST_BYTES)
    except zlib.error as error:
        raise Untrue(mark("the picture is damaged")) from error
    if not unpacking.eof:
        raise Untrue(mark("the credential in the picture is too long"))
    return text


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Untrue(mark("the credential in the picture is no text")) from error


def _start_of_root(picture: bytes) -> int:
    """Where in `picture` its first element begins; what stands before may look like one."""
    parser = expat.ParserCreate()
    starts: list[int] = []
    parser.StartElementHandler = lambda *_: starts.append(parser.CurrentByteIndex)
    parser.Parse(picture, True)
    return starts[0]


def _parsed(picture: bytes) -> ElementTree.Element:
    from defusedxml.ElementTree import fromstring  # it may be from a stranger

    try:
        root: ElementTree.Element = fromstring(picture)
    except (ElementTree.ParseError, ValueError) as error:
        raise Untrue(mark("the picture is no SVG that can be read")) from error
    return root
