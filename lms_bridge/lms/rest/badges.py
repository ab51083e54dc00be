"""The badges of an LMS in TOML: found, awarded, taken back, as far as that is described."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from lms_bridge.errors import DeliveryError
from lms_bridge.http.values import text
from lms_bridge.lms.base import BadgeAward, Grounds, IssuedBadge
from lms_bridge.lms.rest.requests import TO_AWARD, TO_FIND_BADGES, TO_REVOKE, code_of
from lms_bridge.lms.rest.settings import RestSettings
from lms_bridge.mapped import listing
from lms_bridge.mapped.answers import meets
from lms_bridge.mapped.api import Api
from lms_bridge.mapped.dates import moment_reader
from lms_bridge.mapped.reading import first
from lms_bridge.mapped.requests import Prepared
from lms_bridge.reasons import Reason


class Badges:
    """The badges of one LMS."""

    def __init__(self, api: Api, settings: RestSettings, zone: dt.tzinfo) -> None:
        self._api = api
        self._badges = badges = settings.badges
        self._moment = moment_reader(settings.dates, zone)
        if badges.find:
            self._find = Prepared(badges.find, settings, TO_FIND_BADGES)
        if badges.award:
            self._award = Prepared(badges.award, settings, TO_AWARD)
        if badges.revoke:
            self._revoke = Prepared(badges.revoke, settings, TO_REVOKE)

    def find(self, user_id: str, award: BadgeAward) -> IssuedBadge | None:
        """The latest badge of that kind that the account has."""
        asked = self._badges.find
        if asked is None:
            return None
        rows = listing.of(self._api, asked, self._find, _of(user_id, award))
        found = [
            self._issued(row, award)
            for row in rows
            if meets(row, asked.only) and self._is_it(row, award)
        ]
        return max(found, key=lambda badge: str(badge.issued_at or ""), default=None)

    def award(
        self, user_id: str, award: BadgeAward, note: str, grounds: Grounds
    ) -> IssuedBadge | None:
        """Have it awarded; what the answer says of it."""
        asked = self._badges.award
        if asked is None:
            reason = Reason("badges_not_taken", remote=self._api.remote, badge=award.name)
            raise DeliveryError(reason, retryable=False)
        values = {**_of(user_id, award), **_because(note, grounds)}
        written = self._api.write(asked, self._award, values)
        badge_id = written.named(asked.id) if asked.id else ""
        link = text(first(written.body, asked.link)) if asked.link else ""
        if not (badge_id or link):
            return None
        return IssuedBadge(id=badge_id, name=award.name, hash=badge_id, link=link)

    def revoke(self, user_id: str, award: BadgeAward, note: str, grounds: Grounds) -> None:
        """Take it back, if that is described."""
        asked = self._badges.revoke
        if asked is not None:
            values = {
                **_of(user_id, award),
                **_because(note, grounds),
                "badge_id": grounds.badge_id,
            }
            self._api.delete(asked, self._revoke, values)

    def _is_it(self, row: Mapping[str, Any], award: BadgeAward) -> bool:
        assert self._badges.find is not None
        fields = self._badges.find.fields
        if fields.key:
            return _plain(text(first(row, fields.key))) == _plain(code_of(award))
        if fields.name:
            return _plain(text(first(row, fields.name))) == _plain(award.name)
        return True  # it was asked for that one only

    def _issued(self, row: Mapping[str, Any], award: BadgeAward) -> IssuedBadge:
        assert self._badges.find is not None
        fields = self._badges.find.fields
        badge_id = text(first(row, fields.id))
        return IssuedBadge(
            id=badge_id,
            name=text(first(row, fields.name)) if fields.name else award.name,
            hash=badge_id,
            link=text(first(row, fields.link)) if fields.link else "",
            issued_at=self._moment(first(row, fields.issued_at)) if fields.issued_at else None,
        )


def _of(user_id: str, award: BadgeAward) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "badge": code_of(award),
        "badge_name": award.name,
        "competency": award.competency,
        "rating": award.rating,
        "cohort": award.cohort,
    }


def _because(note: str, grounds: Grounds) -> dict[str, Any]:
    return {
        "id": grounds.id,
        "nip": grounds.nip,
        "note": note,
        "course": grounds.course,
        "certificate_number": grounds.certificate_number,
        "completed_on": grounds.completed_on,
    }


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
