"""Which language of a language map a reader gets: ``Accept-Language`` (Communication 2.1.3).

The header is understood as RFC 2616, section 14.4 has it, and applied to each language map by
itself. A map has to come down to one language even if the header names none that is in it;
then what is closest is given, as RFC 4647 looks it up, and failing that what stands first.

>>> wanted = Languages.of("id, en-GB;q=0.8, en;q=0.5")
>>> wanted.choice({"en-US": "meeting", "id": "rapat"}), wanted.choice({"en-US": "", "en-GB": ""})
('id', 'en-GB')
>>> Languages.of("en-GB").choice({"fr": "réunion", "en-US": "meeting"})
'en-US'
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_RANGE = re.compile(
    r"\s*(?P<tag>\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)"
    r"(?:\s*;\s*q\s*=\s*(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?\s*"
)
_MOST = 32
"""how many ranges of a header are looked at; browsers send fewer than ten"""


class Languages(NamedTuple):
    """The languages that a reader wants, by what each is worth: from 0, not at all, to 1."""

    wanted: dict[str, float]

    @classmethod
    def of(cls, header: str | None) -> Languages:
        """What an ``Accept-Language`` says; what is not understood of it is passed over."""
        wanted: dict[str, float] = {}
        for element in (header or "").split(",", _MOST)[:_MOST]:
            if found := _RANGE.fullmatch(element):
                wanted.setdefault(found["tag"].lower(), float(found["quality"] or 1))
        return cls(wanted)

    def choice(self, tags: Iterable[str]) -> str | None:
        """The one of `tags` that the reader gets; None if there are none.

        Of several that are worth the same, the first in the map.
        """
        offered = list(tags)
        if len(offered) < 2 or not self.wanted:
            return offered[0] if offered else None
        worth = {tag: self._worth(tag.lower()) for tag in offered}
        best = max(offered, key=lambda tag: worth[tag] or 0)
        if worth[best]:
            return best
        return self._closest(offered) or next(
            (tag for tag in offered if worth[tag] is None), offered[0]
        )

    def _worth(self, tag: str) -> float | None:
        """What the longest range that `tag` falls under makes it worth, if there is one."""
        while tag:
            if tag in self.wanted:
                return self.wanted[tag]
            tag = tag.rpartition("-")[0]
        return self.wanted.get("*")

    def _closest(self, offered: list[str]) -> str | None:
        """What shares the longest beginning with a range that is wanted (RFC 4647, 3.4)."""
        for wanted in sorted(self.wanted, key=self.wanted.__getitem__, reverse=True):
            start = wanted if self.wanted[wanted] else ""
            while start := start.rpartition("-")[0]:
                for tag in offered:
                    if f"{tag.lower()}-".startswith(f"{start}-"):
                        return tag
        return None
