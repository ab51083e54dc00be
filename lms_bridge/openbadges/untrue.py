"""The one error by which a credential, or a part of one, is said not to hold."""

from __future__ import annotations

from typing import Any


class Untrue(ValueError):
    """`message`, a marked sentence that `details` fill, says what does not hold of it."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message % details)
        self.message = message
        self.details = details
