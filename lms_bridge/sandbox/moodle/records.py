"""What a Moodle site consists of, as far as a bridge can see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

STUDENT, TEACHER = "student", "editingteacher"

Criterion = Literal["self", "activity"]
"""how a course is completed: the learner says so and cron believes it, or by an activity at once"""
SELF: Criterion = "self"
ACTIVITY: Criterion = "activity"


@dataclass(slots=True)
class User:
    id: int
    username: str
    firstname: str
    lastname: str
    email: str
    idnumber: str = ""
    """where a NIP is kept; Moodle lets two accounts carry the same one (Moodle facts, section 2)"""
    suspended: bool = False
    city: str = "Pematangsiantar"
    fields: dict[str, str] = field(default_factory=dict)
    """custom profile fields, by their short names"""
    deleted: bool = False
    """an account that was deleted leaves its row, at which a look-up by id fails"""

    @property
    def fullname(self) -> str:
        return f"{self.firstname} {self.lastname}"


@dataclass(slots=True)
class Course:
    id: int
    fullname: str
    shortname: str
    idnumber: str = ""
    criterion: Criterion = ACTIVITY
    activity: str = "Materi"
    """name of the one activity that completes the course, if one does"""
    competencies: list[int] = field(default_factory=list)
    """ids of the competencies linked to the course, which may be rated in it"""
    participants: dict[int, str] = field(default_factory=dict)
    """user id to role"""
    fields: list[tuple[str, str, str, str | int]] = field(default_factory=list)
    """custom fields: type, short name, the value as it is shown and as it is kept"""
    separates_groups: bool = False
    """whether who is in no group sees nobody"""
    pushes_ratings: bool = True
    """whether a rating in the course is passed on to the learner's profile"""


@dataclass(slots=True)
class Completion:
    """That a learner met the criterion of a course."""

    criterion_met_at: int
    completed: bool
    """what the site says of the whole course; lags behind until cron for self completion"""


@dataclass(frozen=True, slots=True)
class Competency:
    id: int
    shortname: str
    idnumber: str


@dataclass(slots=True)
class Plan:
    """A learning plan of somebody."""

    id: int
    user: int
    name: str
    competencies: list[int]
    status: int = 1
    """0 a draft, 1 active, 2 completed"""


@dataclass(slots=True)
class Rating:
    """What a learner's competency was last rated as."""

    id: int
    grade: int


@dataclass(slots=True)
class Cohort:
    id: int
    name: str
    idnumber: str
    members: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Badge:
    """A site badge (``type`` 1) with one criterion, or with none: then it is given by hand."""

    id: int
    name: str
    competency: int | None = None
    cohort: int | None = None
    active: bool = True


@dataclass(slots=True)
class Certificate:
    """An activity "Custom certificate" of a course, and to whom it has issued one."""

    id: int
    """in its address"""
    instance: int
    course: int
    issued: dict[int, int] = field(default_factory=dict)
    """user id to when"""
    pdf: bytes | None = b"%PDF-1.7 sandbox"
    """what it makes for everybody; None: its template is broken"""
    restricted: bool = True
    """whether it is open only to who has completed the course, as is usual"""


@dataclass(slots=True)
class Award:
    """One badge on one learner's profile."""

    badge: int
    user: int
    uniquehash: str
    dateissued: int
    visible: bool = True
    """whether the learner leaves it public; a hidden one is not listed to others"""
