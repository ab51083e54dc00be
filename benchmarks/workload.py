"""What is sent: the same bytes to every server, and to the bare loop."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass

from tests.e2e import town
from tests.e2e.crashing import FIRST_USER

MARK = b"@@@@@@@@"
"""stands where each statement has a number of its own: the first part of its registration"""


@dataclass(frozen=True)
class Workload:
    """Requests of so many statements each."""

    name: str
    size: int

    @property
    def template(self) -> bytes:
        """The body of a request, with a mark in each statement."""
        one = town.statement(FIRST_USER)
        registration: str = one["context"]["registration"]
        one["context"]["registration"] = MARK.decode() + registration[len(MARK) :]
        told: object = one if self.size == 1 else [one] * self.size
        # With PHP's escapes, as Moodle's plugin has them.
        return json.dumps(told, separators=(",", ":")).replace("/", "\\/").encode()

    def bodies(self) -> Iterator[bytes]:
        """Bodies without end, the marks filled in."""
        parts = self.template.split(MARK)
        numbers = itertools.count()
        while True:
            filled = [parts[0]]
            for part in parts[1:]:
                filled += (b"%08x" % next(numbers), part)
            yield b"".join(filled)


WORKLOADS = (Workload("single statements", 1), Workload("batches of 50", 50))
