"""JSON as people read it: one thing on a line, with colours, NIPs masked.

It is laid out by its marks alone, so that what was received stays as it was: numbers keep their
digits, names their order, texts their escapes.

>>> print(laid_out('{"a":[1,{}]}'))
{
  "a": [
    1,
    {}
  ]
}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from markupsafe import Markup, escape

from lms_bridge.redaction import mask_nip

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_MOST = 200_000
"""characters that are shown"""
_INDENT = "  "


def shown(value: Any) -> Markup:
    """`value`, as text, bytes, or what JSON can say, laid out and coloured; other text as it is."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > _MOST or not _is_json(text):
        return escape(mask_nip(text[:_MOST]) + (" …" if len(text) > _MOST else ""))
    return Markup("").join(map(_coloured, _pieces(mask_nip(text))))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def laid_out(text: str) -> str:
    """`text`, which is JSON, with one thing on a line."""
    return "".join(piece for piece, _ in _pieces(text))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Pieces of the layout with their kinds: ``name``, ``text``, ``number``, ``word`` or none."""
    tokens = _TOKEN.findall(text)
    depth = 0
    for at, piece in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        before = tokens[at - 1] if at else ""
        if piece in "{[":
            depth += 1
            yield piece, ""
            if following not in ("}", "]"):
                yield "\n" + _INDENT * depth, ""
        elif piece in "}]":
            depth -= 1
            if before not in ("{", "["):
                yield "\n" + _INDENT * depth, ""
            yield piece, ""
        elif piece == ",":
            yield ",\n" + _INDENT * depth, ""
        elif piece == ":":
            yield ": ", ""
        elif piece.startswith('"'):
            yield piece, "name" if following == ":" else "text"
        else:
            yield piece, "number" if piece[0] in "-0123456789" else "word"


def _coloured(piece: tuple[str, str]) -> Markup:
    text, kind = piece
    if not kind:
        return escape(text)
    return Markup('<span class="j-{}">{}</span>').format(kind, text)
