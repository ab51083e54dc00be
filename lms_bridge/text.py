"""Text from outside, made fit to be kept and shown."""

from __future__ import annotations

import re

# U+0000 is a character of JSON that PostgreSQL's text has no room for; the other control
# characters would act on a terminal; half a surrogate pair is text to nobody.
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` without the characters that a database or UTF-8 cannot hold, or a terminal obeys."""
    return _UNSTORABLE.sub("", text)
