"""What may be seen of personal data and secrets in logs, attempts and messages.

One place: every log line passes :func:`redact`, and every summary of a request or an
answer is made by :func:`redact_fields`. A NIP keeps its year of birth and its last two
digits (``1987************01``), enough to tell two people apart and too little to be one;
an e-mail address keeps its first letter and its domain.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

# 18 digits, as one run or in the groups in which they are printed on paper, with whatever stands
# between them there or in an address: 19870315 201001 2 001, 19870315%20201001%202%20001.
_BETWEEN = r"(?:[ .\-+_/\u00a0]|%20)?"
_NIP = re.compile(
    rf"(?<!\d)(\d{{4}})\d{{4}}{_BETWEEN}\d{{6}}{_BETWEEN}\d{_BETWEEN}\d(\d{{2}})(?!\d)"
)
# Only from where a run of such characters begins: from each letter of a picture in base64, which
# has no @ to end it, looking for one would take minutes.
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9._%+'\-])([._%+'\-]*[A-Za-z0-9])[A-Za-z0-9._%+'\-]*"
    r"(@[A-Za-z0-9\-]+\.[A-Za-z0-9.\-]*[A-Za-z0-9])"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_ASSIGNED = re.compile(
    r"(?i)\b((?:ws)?token|access_token|refresh_token|password|client_secret|consumer_secret|secret)"
    r"([\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]+"
)
_HARMLESS = re.compile(r"[^@:=]{0,13}")
"""what is too short for any of these; most fields of an answer are"""
_URL_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")

_SECRET_FIELDS = re.compile(r"(?i)token|secret|passw|authorization|^auth$|cookie|apikey|api[_-]key")
_PERSONAL_FIELDS = re.compile(
    r"(?i)^(nik|email|emailgov|nohp|notelp|alamat|tempatlahir|tgllahir|niplama)$"
)
_LONGEST = 500


def mask_nip(text: str) -> str:
    """`text` with every NIP in it so that it may stand in a log.

    >>> mask_nip("198703152010012001")
    '1987************01'
    """
    return _NIP.sub(r"\1************\2", text)


def redact(text: str) -> str:
    """`text` without NIPs, e-mail addresses, tokens and passwords.

    >>> redact("siti@example.go.id")
    's***@example.go.id'
    """
    if _HARMLESS.fullmatch(text):
        return text
    text = mask_nip(text)
    text = _BEARER.sub(r"\1 ***", text)
    text = _ASSIGNED.sub(r"\1\2***", text)
    text = _URL_PASSWORD.sub(r"\1:***@", text)
    return _ADDRESS.sub(r"\1***\2", text)


def is_secret_name(name: str) -> bool:
    """Whether what is called `name`, a field or a header, is a secret by its name."""
    return bool(_SECRET_FIELDS.search(name))


@functools.lru_cache(maxsize=2048)
def _is_hidden(name: str) -> bool:
    return is_secret_name(name) or bool(_PERSONAL_FIELDS.search(name))


def redact_fields(value: Any) -> Any:
    """A JSON-like `value` without secrets and personal data, long texts cut."""
    if isinstance(value, Mapping):
        return {
            redact(name): "***" if _is_hidden(name) else redact_fields(item)
            for name, item in ((str(name), item) for name, item in value.items())
        }
    if isinstance(value, list | tuple):
        return [redact_fields(item) for item in value[:20]]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, int) and not isinstance(value, bool) and len(str(value)) >= 16:
        value = str(value)  # a NIP is one, whatever its type
    if isinstance(value, str):
        text = redact(value)
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return value
