"""A supporting document, on its way to an outside system."""

from __future__ import annotations

import msgspec


class Document(msgspec.Struct, frozen=True):
    """A supporting document of a row: the certificate, a PDF."""

    name: str
    """of the file, e.g. ``PKA-2026-00017.pdf``"""
    content: bytes
