"""What identifies things in xAPI: UUIDs, IRIs, mailto IRIs, SHA hashes, language tags, media types.

Each predicate says whether a text has the form, nothing more: that an IRI can be resolved or
that a language exists is not asked (Data 2.2 asks for the form). A request repeats the same
few IRIs and language tags over and over, so those that were found good are remembered.
"""

from __future__ import annotations

import functools
import os
import re
import secrets
import time
from collections.abc import Callable

_REMEMBERED = 4096
"""how many good texts a predicate remembers before it starts afresh"""
_REMEMBERED_LENGTH = 256
"""longer texts are looked at anew each time, so that nobody can fill the memory with them"""


def _remembering(has_form: Callable[[str], bool]) -> Callable[[str], bool]:
    """`has_form`, which looks at a text once and then knows it."""
    known: set[str] = set()

    @functools.wraps(has_form)
    def knows(text: str) -> bool:
        if text in known:
            return True
        if not has_form(text):
            return False
        if len(text) <= _REMEMBERED_LENGTH:
            if len(known) >= _REMEMBERED:
                known.clear()
            known.add(text)
        return True

    return knows


# --- UUIDs ----------------------------------------------------------------------------------

# Spelt out for speed: ignoring case and repeating a group would each take half as long again.
_HEX = "[0-9A-Fa-f]"
_UUID = re.compile(f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}")


def is_uuid(text: str) -> bool:
    """A UUID in its standard string form, of any version and variant (Data 2.4.1, 4.4)."""
    return _UUID.fullmatch(text) is not None


def canonical_uuid(text: str) -> str:
    """The one spelling of a UUID: RFC 4122 writes it in lower case and reads either."""
    return text.lower()


def new_uuid() -> str:
    """A UUID that nobody has yet.

    It begins with the time, as those of version 7 do (RFC 9562, 5.7), so that statements that
    come together stand together in an index of their ids. With ids that lie anywhere it takes
    twice as long to store a statement among many. What says its version is 4 all the same:
    senders who know RFC 4122 only, tincan among them, refuse what has another.
    """
    now = time.time_ns() // 1_000_000
    try:
        end = _ENDS.pop()
    except IndexError:
        _ENDS.extend(_random_ends())
        return new_uuid()
    return f"{now >> 16:08x}-{now & 0xFFFF:04x}-4{end}"


def _random_ends() -> list[str]:
    """What is random in many of them.

    The system is asked for all of it at once: each time that it is asked a thread lets go of the
    interpreter, and then waits for it behind all others.
    """
    digits = secrets.token_hex(10 * _ENDS_AT_ONCE)
    return [
        f"{digits[at : at + 3]}-{_VARIANT[digits[at + 3]]}{digits[at + 4 : at + 7]}"
        f"-{digits[at + 8 : at + 20]}"
        for at in range(0, len(digits), 20)
    ]


_ENDS_AT_ONCE = 400
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_ENDS: list[str] = []
"""random ends that nobody has got; a process that is forked from this one is to have others"""
os.register_at_fork(after_in_child=_ENDS.clear)


# --- IRIs -----------------------------------------------------------------------------------

_UNICODE = (  # RFC 3987, `ucschar`
    "\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef"
    + "".join(f"{chr(p * 0x10000)}-{chr(p * 0x10000 + 0xFFFD)}" for p in range(1, 14))
    + "\U000e1000-\U000efffd"
)
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"  # `iprivate`
_NAME = rf"A-Za-z0-9\-._~!$&'()*+,;=%{_UNICODE}"  # `iunreserved`, `sub-delims`, and the escape
_SEGMENT = rf"{_NAME}:@"
# The standard allows best effort (Data 2.2), and brackets are what people do put, unescaped,
# in the query of an IRI (PHP's `?filter[0]=x`), so they are let through there.
_TAIL = rf"{_SEGMENT}/?\[\]{_PRIVATE}"
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@functools.cache
def _iri() -> re.Pattern[str]:
    """Compiled when an IRI is first looked at: with all of Unicode in it that takes 50 ms or more,
    and most who import this module never look at one."""
    return re.compile(
        rf"""
        [A-Za-z][A-Za-z0-9+.\-]* :                                   # scheme
        (?: // (?: [{_NAME}:]* @ )?                                  # //user@
               (?: \[ [0-9A-Fa-fv:.]+ \] | [{_NAME}]* ) (?: :[0-9]* )?   # host:port
               (?: / [{_SEGMENT}/]* )?                               # /path
          | (?!//) [{_SEGMENT}/]*                                    # path without a host
        )
        (?: \? [{_TAIL}]* )?
        (?: \# [{_TAIL}]* )?
        """,
        re.VERBOSE,
    )


@_remembering
def is_iri(text: str) -> bool:
    """An absolute IRI, with a scheme (RFC 3987; Data 2.2 and 4.3). An IRL is one as well."""
    return _iri().fullmatch(text) is not None and (
        "%" not in text or _BROKEN_ESCAPE.search(text) is None
    )


def is_uri(text: str) -> bool:
    """An absolute URI: an IRI of ASCII characters only (RFC 3986)."""
    return text.isascii() and is_iri(text)


# --- mailboxes and hashes -------------------------------------------------------------------

_LABEL = r"[^\W_](?:[\w\-]*[^\W_])?"
_MAILTO = re.compile(
    rf"""
    mailto:
    [^\s\x00-\x1f\x7f@()<>\[\],;:\\"]+                # local part; quoting is for percent signs
    @
    (?: {_LABEL} (?: \.{_LABEL} )* | \[ [^\s\[\]\\@]+ \] )
    """,
    re.VERBOSE,
)
_SHA1 = re.compile(f"{_HEX}{{40}}")
_SHA2 = re.compile(f"{_HEX}{{56}}(?:{_HEX}{{8}}(?:{_HEX}{{32}}){{0,2}})?")  # SHA-224, 256, 384, 512


def is_mailto(text: str) -> bool:
    """A mailto IRI of exactly one e-mail address (Data 2.4.2.3)."""
    return _MAILTO.fullmatch(text) is not None


def canonical_mailto(text: str) -> str:
    """The one spelling of a mailto IRI: the domain's case does not count (Data 2.3.1)."""
    local, at, domain = text.rpartition("@")
    return local + at + domain.lower()


def is_sha1(text: str) -> bool:
    """A SHA-1 hash in hexadecimal (Data 2.4.2.3)."""
    return _SHA1.fullmatch(text) is not None


def is_sha2(text: str) -> bool:
    """A SHA-2 hash in hexadecimal, of any of its four lengths (Data 2.4.11)."""
    return _SHA2.fullmatch(text) is not None


# --- language tags and media types ----------------------------------------------------------

_LANGUAGE_TAG = re.compile(  # RFC 5646, section 2.1
    r"""
    (?: (?: [a-z]{2,3} (?: -[a-z]{3} ){0,3} | [a-z]{4,8} )       # language, extended language
        (?: -[a-z]{4} )?                                         # script
        (?: -(?: [a-z]{2} | [0-9]{3} ) )?                        # region
        (?: -(?: [a-z0-9]{5,8} | [0-9][a-z0-9]{3} ) )*           # variants
        (?P<extensions> (?: -[a-wyz0-9] (?: -[a-z0-9]{2,8} )+ )* )
        (?: -x (?: -[a-z0-9]{1,8} )+ )?                          # private use
      | x (?: -[a-z0-9]{1,8} )+
      | en-gb-oed | sgn-be-fr | sgn-be-nl | sgn-ch-de            # grandfathered, irregular
      | i-(?: ami | bnn | default | enochian | hak | klingon | lux | mingo | navajo | pwn
            | tao | tay | tsu )
    )
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_SINGLETON = re.compile(r"-([a-z0-9])(?=-)", re.IGNORECASE | re.ASCII)


@_remembering
def is_language_tag(text: str) -> bool:
    """A well-formed language tag (RFC 5646, section 2.2.9; Data 2.2 and 4.2)."""
    found = _LANGUAGE_TAG.fullmatch(text)
    if found is None:
        return False
    if not found["extensions"]:
        return True
    singletons = [singleton.lower() for singleton in _SINGLETON.findall(found["extensions"])]
    return len(singletons) == len(set(singletons))


_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[^"\\\x00-\x08\n-\x1f\x7f]|\\[^\x00-\x08\n-\x1f\x7f])*"'
_PARAMETER = rf"{_WORD}=(?:{_WORD}|{_QUOTED})"
_MEDIA_TYPE = re.compile(rf"{_WORD}/{_WORD}(?:\s*+;\s*+{_PARAMETER})*+\s*+(?:;\s*+)?", re.ASCII)


@_remembering
def is_media_type(text: str) -> bool:
    """An Internet media type with its parameters (RFC 2046; Data 2.4.11)."""
    return _MEDIA_TYPE.fullmatch(text) is not None
