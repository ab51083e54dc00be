"""Text from outside, made fit to be kept."""

from __future__ import annotations

import re

# U+0000 is a character of JSON that PostgreSQL's text has no room for; half a surrogate pair is
# text to nobody.
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` without the characters that a database or UTF-8 cannot hold."""
    return text if text.isascii() and "\x00" not in text else _UNSTORABLE.sub("", text)
