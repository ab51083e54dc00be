"""What somebody has earned, and where things of it are found: all that a credential is made of."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from urllib.parse import quote

import msgspec

PATH = "/badges/"
"""of the page of what was earned; its public id follows"""


class Competency(msgspec.Struct, frozen=True, kw_only=True):
    """What a badge stands for."""

    name: str
    level: int | None = None
    framework: str = ""
    """in which list of competencies it stands, by name"""
    code: str = ""
    """by which that list knows it"""
    url: str = ""
    """where it is described"""


class Picture(msgspec.Struct, frozen=True):
    """A badge's own picture."""

    kind: Literal["png", "svg"]
    content: bytes


class Badge(msgspec.Struct, frozen=True, kw_only=True):
    """What can be earned."""

    key: str
    name: str
    description: str = ""
    criteria: str = ""
    """what has to be done for it, in words"""
    competencies: tuple[Competency, ...] = ()
    picture: Picture | None = None
    """None: it is drawn"""

    @property
    def level(self) -> int | None:
        """The level of its competencies, if they have the same."""
        levels = {one.level for one in self.competencies}
        return levels.pop() if len(levels) == 1 else None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A training that counted."""

    course: str
    organiser: str
    hours: int
    """JP"""
    day: dt.date
    link: str = ""
    """where it can be seen; left out: on the page of what was earned"""


class Earned(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody has earned a badge. There is no NIP in it, and no e-mail address."""

    public_id: str
    """22 characters that nobody can guess, as :func:`new_public_id` of certificates makes them"""
    status_index: int
    """its place in the status lists, counted through all of them"""
    name: str
    """of the person"""
    badge: Badge
    earned_at: dt.datetime
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def last_moment(self) -> dt.datetime | None:
        """The last at which it is valid; None: it does not expire."""
        return self.expires_at - dt.timedelta(seconds=1) if self.expires_at else None

    def has_expired(self, now: dt.datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


class Addresses(msgspec.Struct, frozen=True):
    """Where everything is, seen from outside.

    >>> Addresses("https://bridge.example").achievement("PKA-2026")
    'https://bridge.example/badges/achievements/PKA-2026'
    """

    home_page: str
    """the address of the bridge, without a slash at its end"""

    def page(self, public_id: str) -> str:
        """Of what was earned: for people a page, for verifiers the credential itself."""
        return f"{self.home_page}{PATH}{public_id}"

    def achievement(self, key: str) -> str:
        """Of a badge."""
        return f"{self.home_page}{PATH}achievements/{quote(key, safe='')}"

    def issuer(self) -> str:
        """Of who issues badges."""
        return f"{self.home_page}{PATH}issuer"

    def status_list(self, number: int) -> str:
        """Of the list that says which credentials were taken back."""
        return f"{self.home_page}{PATH}status/{number}"
