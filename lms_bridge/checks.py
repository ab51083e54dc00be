"""The outcome of one proof that a connection or a permission is as it should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from lms_bridge.i18n import gettext
from lms_bridge.reasons import SENTENCES, Reason

Verdict = Literal["ok", "warning", "failed"]
SAMPLE = "https://lms.example.go.id"
"""what ``lms-bridge init`` writes where it was not told the address of the LMS"""


class Check(msgspec.Struct, frozen=True):
    """One line of ``lms-bridge check``, in words only when it is shown.

    `subject` says what was proven ("registry.siasn: employee look-up"), `says` what was found,
    `advises` what to do if it is not "ok"; both are marked sentences that `details` fill.

    >>> Check("catalogue", "ok", "courses: %(count)s", details={"count": 7}).finding
    'courses: 7'
    """

    subject: str
    verdict: Verdict
    says: str
    advises: str = ""
    details: Mapping[str, Any] = {}

    @classmethod
    def that_failed(cls, subject: str, reason: Reason) -> Check:
        """A proof that failed for `reason`."""
        sentence = SENTENCES[reason.code]
        # Some remedies speak of a delivery, and here there is none.
        details = {"delivery": "NUMBER", **reason.details}
        return cls(subject, "failed", sentence.what, sentence.remedy, details)

    @property
    def finding(self) -> str:
        """What was found, in English."""
        return self.found_in("en")

    @property
    def remedy(self) -> str:
        """What to do, in English."""
        return self.remedy_in("en")

    def found_in(self, language: str) -> str:
        """What was found, in `language`."""
        return gettext(self.says, language) % self.details

    def remedy_in(self, language: str) -> str:
        """What to do, in `language`; empty where nothing need be done."""
        return gettext(self.advises, language) % self.details if self.advises else ""
