"""A large city, made in a few minutes, to try the console on and to measure it.

10,000 employees in some 150 units, 120 courses, 200,000 completions of three years with all that
comes of them, and a million statements: ``python -m benchmarks.city FOLDER``. Nobody in it exists,
and nothing outside is called. The same day and seed give the same city.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

REGISTRY, LMS = "siasn", "moodle"
HOME = "https://lms.siantar.example"
CITY = "Pematangsiantar"
ORGANISER = "BKPSDM Kota Pematangsiantar"


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of everything."""

    people: int = 10_000
    courses: int = 120
    completions: int = 200_000
    statements: int = 1_000_000
    """in all: what told of the completions, what the bridge said itself, and the rest"""
    waiting: int = 5_000
    """sightings that wait for a person, among them a sixteenth of one unknown course"""
    elsewhere: int = 40_000
    """rows of histories that are of no completion of ours"""

    findings: int = 400
    runs: int = 1_000
    """of each job"""

    def __mul__(self, share: float) -> Size:
        """The same city, smaller; all of the courses are kept."""
        return Size(
            people=int(self.people * share),
            courses=self.courses,
            completions=int(self.completions * share),
            statements=int(self.statements * share),
            waiting=int(self.waiting * share),
            elsewhere=int(self.elsewhere * share),
            findings=int(self.findings * share),
            runs=int(self.runs * share),
        )


@dataclass(frozen=True, slots=True)
class When:
    """The days of the city: `now`, and how far back its completions go."""

    now: dt.datetime
    years: int = 3

    @property
    def first(self) -> dt.datetime:
        """The first of January, three years of completions ago."""
        return dt.datetime(self.now.year - self.years + 1, 1, 1, tzinfo=dt.UTC)
