"""The accounts of an LMS in TOML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lms_bridge.http.trouble import unreadable
from lms_bridge.lms.base import USER_FIELDS, LmsUser, UserField
from lms_bridge.lms.by_nip import BY_NIP, by_nip
from lms_bridge.lms.rest import reading
from lms_bridge.lms.rest.requests import TO_LOOK_UP
from lms_bridge.lms.rest.settings import RestSettings
from lms_bridge.mapped.api import Api
from lms_bridge.mapped.requests import Prepared
from lms_bridge.people import nip as nips


class People:
    """The accounts of one LMS."""

    def __init__(self, api: Api, settings: RestSettings) -> None:
        self._api = api
        self._users = settings.users
        self._by = {
            field: (request, Prepared(request, settings, TO_LOOK_UP))
            for field in sorted(USER_FIELDS)
            if settings.users and (request := getattr(settings.users, f"by_{field}"))
        }
        self.fields: frozenset[UserField] = frozenset(self._by) if settings.users else BY_NIP

    def find(self, field: UserField, values: Sequence[str]) -> list[LmsUser]:
        """The accounts whose `field` is one of `values`, asked for one by one."""
        if field not in self.fields:
            return []
        wanted = dict.fromkeys(_asked_as(field, value) for value in values if value.strip())
        if self._users is None:
            return list(by_nip(wanted))
        found: dict[str, LmsUser] = {}
        for value in wanted:
            for user in self._asked(field, value):
                found[user.id] = user
        return list(found.values())

    def _asked(self, field: UserField, value: str) -> Iterator[LmsUser]:
        assert self._users is not None
        request, prepared = self._by[field]
        judged = self._api.ask(request, prepared, {"value": value})
        if judged.means == "none":
            return
        rows = reading.found(judged.body, self._users.found)
        if rows is None:
            raise unreadable(
                self._api.remote,
                f"there is no account at “{self._users.found}” (users.found); a rule with means ="
                ' "none" says what the answer is where there is nobody',
            )
        for row in rows:
            user = reading.user(row, self._users)
            # An API that does not know the parameter answers with everybody.
            if user.id and _asked_as(field, getattr(user, field)).casefold() == value.casefold():
                yield user


def _asked_as(field: UserField, value: str) -> str:
    """A value as it is asked for and compared: a NIP as 18 digits, however it is typed."""
    if field == "number":
        return nips.normalise(value) or value.strip()
    return value.strip()
