"""What may be seen of personal data and secrets in logs, attempts and messages.

One place: every log line passes :func:`redact`, and every summary of a request or an
answer is made by :func:`redact_fields`. A NIP keeps its year of birth and its last two
digits (``1987************01``), enough to tell two people apart and too little to be one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# 18 digits, as one run or as it is printed on paper: 19870315 201001 2 001.
_NIP = re.compile(r"(?<!\d)(\d{4})\d{4}[ ]?\d{6}[ ]?\d[ ]?\d(\d{2})(?!\d)")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_ASSIGNED = re.compile(
    r"(?i)\b((?:ws)?token|access_token|refresh_token|password|client_secret|consumer_secret|secret)"
    r"([\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]+"
)
_URL_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")

_SECRET_FIELDS = re.compile(r"(?i)token|secret|passw|authorization|^auth$|cookie|apikey|api_key")
_PERSONAL_FIELDS = re.compile(
    r"(?i)^(nik|email|emailgov|nohp|notelp|alamat|tempatlahir|tgllahir|niplama)$"
)
_LONGEST = 500


def mask_nip(nip: str) -> str:
    """`nip` so that it may stand in a log.

    >>> mask_nip("198703152010012001")
    '1987************01'
    """
    return _NIP.sub(r"\1************\2", nip)


def redact(text: str) -> str:
    """`text` without NIPs, tokens and passwords."""
    text = mask_nip(text)
    text = _BEARER.sub(r"\1 ***", text)
    text = _ASSIGNED.sub(r"\1\2***", text)
    return _URL_PASSWORD.sub(r"\1:***@", text)


def redact_fields(value: Any) -> Any:
    """A JSON-like `value` without secrets and personal data, long texts cut."""
    if isinstance(value, Mapping):
        return {
            str(name): (
                "***"
                if _SECRET_FIELDS.search(str(name)) or _PERSONAL_FIELDS.search(str(name))
                else redact_fields(item)
            )
            for name, item in value.items()
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
