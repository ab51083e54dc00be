"""Text from outside, made fit to be kept and shown."""

from __future__ import annotations

import hashlib
import re

# U+0000 is a character of JSON that PostgreSQL's text has no room for; the other control
# characters would act on a terminal; half a surrogate pair is text to nobody.
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` without the characters that a database or UTF-8 cannot hold, or a terminal obeys."""
    return _UNSTORABLE.sub("", text)


def fitting(text: str, most: int) -> str:
    """`text`, or, where it is longer than `most`, its beginning and a hash in place of the rest.

    Two texts that differ stay different, so that what was shortened can still be a key.

    >>> fitting("https://lms.example/course/7", 40)
    'https://lms.example/course/7'
    """
    if len(text) <= most:
        return text
    rest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{text[: most - 33]}#{rest}"
