"""Bytes as text, in the two ways that credentials have them: base58 (Bitcoin's) and base64url."""

from __future__ import annotations

import base64

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}


def base58(content: bytes) -> str:
    """`content` in base58.

    >>> base58(b"\\x00ab")
    '18Qq'
    """
    number, letters = int.from_bytes(content), ""
    while number:
        number, digit = divmod(number, 58)
        letters = _ALPHABET[digit] + letters
    zeros = len(content) - len(content.lstrip(b"\0"))
    return _ALPHABET[0] * zeros + letters


def from_base58(text: str) -> bytes:
    """What `text` stands for. Raises :exc:`ValueError`."""
    number = 0
    for letter in text:
        if letter not in _VALUES:
            raise ValueError("no base58")
        number = number * 58 + _VALUES[letter]
    zeros = len(text) - len(text.lstrip(_ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def base64url(content: bytes) -> str:
    """`content` in base64url, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """What `text` stands for, if it is spelled in the one right way. Raises :exc:`ValueError`."""
    content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if base64url(content) != text:  # the last letter may have bits that nobody reads
        raise ValueError("no base64url")
    return content
