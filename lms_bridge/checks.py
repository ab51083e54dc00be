"""The outcome of one proof that a connection or a permission is as it should be."""

from __future__ import annotations

from typing import Literal

import msgspec


class Check(msgspec.Struct, frozen=True):
    """One line of ``lms-bridge check``.

    `subject` says what was proven ("registry.siasn: employee look-up"), `finding` what was
    found, `remedy` what to do if it is not "ok".
    """

    subject: str
    verdict: Literal["ok", "warning", "failed"]
    finding: str
    remedy: str = ""
