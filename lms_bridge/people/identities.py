"""Resolving an actor from what is already known, without asking anybody.

An *identity* is a key (:mod:`~lms_bridge.people.keys`) by which an employee is known. Where
it came from decides what it is worth: one that HR imported goes before everything and
never ages; one that the LMS told is asked for again after half a day, since an
administrator may have corrected it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
import structlog
from sqlalchemy import ColumnElement, Connection, bindparam, select

from lms_bridge.config.settings import Settings
from lms_bridge.lms.base import LmsUser
from lms_bridge.people import erased, keys
from lms_bridge.people import nip as nips
from lms_bridge.people.lookup import Ask, Found, Unclear
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import in_dialects
from lms_bridge.store.schema import employees, identities
from lms_bridge.store.types import AnyRow
from xapi import Account, Agent

log = structlog.get_logger(__name__)

LMS_ANSWER_LASTS = dt.timedelta(hours=12)

Source = Literal["nip", "lms", "import"]


class Known(msgspec.Struct, frozen=True):
    """The actor is this employee, with this account where it is known."""

    employee_id: int
    lms: str = ""
    lms_user_id: str = ""


class Realm(msgspec.Struct, frozen=True):
    """What the account names under one home page are, and of which LMS."""

    holds: Literal["auto", "nip", "username", "id"]
    lms: str

    def holds_ids(self, name: str) -> bool:
        """Whether `name` is the LMS's user id; "auto" takes all digits but a NIP's for one."""
        if self.holds == "auto":
            return name.isascii() and name.isdecimal() and nips.normalise(name) is None
        return self.holds == "id"


Realms = Mapping[str, Realm]
"""by home page, as :func:`lms_bridge.people.keys.home` writes it"""


def realms_of(settings: Settings) -> dict[str, Realm]:
    """What the LMSs and ``[[accounts]]`` say of home pages; the latter have the last word.

    An LMS has two where its `home_page` is another than its address: logstore_xapi uses the
    first with ``send_username`` only (Moodle facts, section 5).
    """
    known = {
        keys.home(page): Realm(lms.account_name, name)
        for name, lms in settings.lms.items()
        for page in (lms.url, lms.home_page)
        if page
    }
    for account in settings.accounts:
        lms = account.lms or ("" if account.holds == "nip" else settings.lms_of(""))
        known[keys.home(account.home_page)] = Realm(account.holds, lms)
    return known


def realm_of(actor: Agent, realms: Realms) -> Realm | None:
    """The realm of the actor's account, if it has one."""
    return realms.get(keys.home(actor.account.home_page)) if actor.account else None


def resolve(
    db: Connection, actor: Agent, *, realms: Realms, lms: str, now: dt.datetime
) -> Known | Ask | Reason:
    """Who `actor` is, whom to ask, or why it cannot be known.

    `lms` is the LMS that the statement belongs to, which is asked about an e-mail address.
    """
    key = keys.of_actor(actor)
    assert key is not None  # an Agent has an identifier
    realm = realm_of(actor, realms)
    if actor.account and realm and realm.lms and realm.holds_ids(actor.account.name):
        at, user_id = realm.lms, actor.account.name
        names = [key, keys.of_lms_account(at, user_id)]
    else:
        at, user_id, names = "", "", [key]
    row = _identity(db, now, *names)
    if row is not None:
        return Known(row.employee_id, row.lms or at, row.lms_user_id or user_id)
    if erased.is_any(db, names):
        return Reason(erased.ERASED)
    if actor.account:
        return _by_account(db, key, actor, actor.account, realm, now)
    address = keys.address(actor)
    if address and lms:
        return Ask(key, lms, "email", address)
    return Reason("unknown_person", actor=keys.label(actor))


def known_by(db: Connection, key: str, *, now: dt.datetime) -> Known | None:
    """Who is known by `key`, if that still counts."""
    row = _identity(db, now, key)
    return Known(row.employee_id, row.lms, row.lms_user_id) if row else None


def learn(
    db: Connection, ask: Ask, answer: Found | Unclear, *, realms: Realms, now: dt.datetime
) -> Known | Reason:
    """Who is behind `ask` after what the LMS answered, remembered; or why it cannot be known.

    What HR has linked to the account by any of its names goes before the answer.
    """
    user = answer.user
    known = linked(db, ask.lms, user, realms=realms) if user else None
    if known is None:
        named = [*_names_of(ask.lms, user, realms)] if user else []
        if isinstance(answer, Found):
            named.append(keys.of_nip(answer.nip))
        if erased.is_any(db, named):
            return Reason(erased.ERASED)
        if isinstance(answer, Unclear):
            return answer.reason
        employee_id = employee_of(db, answer.nip, name=answer.user.full_name, now=now)
        known = Known(employee_id, ask.lms, answer.user.id)
    remember(db, ask.key, known, source="lms", now=now)
    return known


def linked(db: Connection, lms: str, user: LmsUser, *, realms: Realms) -> Known | None:
    """The employee whom HR has linked to the account `user` of `lms`, by any of its names."""
    names = list(_names_of(lms, user, realms))
    found = {row.key: row.employee_id for row in db.execute(_IMPORTED, {"names": names})}
    return next((Known(found[key], lms, user.id) for key in names if key in found), None)


def employee_of(db: Connection, nip: str, *, name: str, now: dt.datetime) -> int:
    """The id of the employee with the 18-digit `nip` (also a former one), made if there is none.

    Raises :exc:`.Erased` for somebody who was erased.
    """
    known = known_by_nip(db, nip)
    if known is not None:
        return known
    if erased.is_any(db, [keys.of_nip(nip)]):
        raise erased.Erased
    if doubts := nips.doubts(nip):
        log.warning("a NIP looks mistyped", nip=nip, doubts=" ".join(map(str, doubts)))
    new = {"nip": nip, "name": name, "registry_refs": {}, "created_at": now}
    db.execute(_new_employee(db), new)
    employee_id = db.execute(_BY_NIP, {"with_nip": nip}).scalar_one()
    remember(db, keys.of_nip(nip), Known(employee_id), source="nip", now=now)
    return int(employee_id)


def known_by_nip(db: Connection, nip: str) -> int | None:
    """The id of the employee who has or had the 18-digit `nip`, if one is known."""
    employee_id: int | None = db.execute(_EMPLOYEE, {"name": keys.of_nip(nip)}).scalar()
    return employee_id


def remember(db: Connection, key: str, who: Known, *, source: Source, now: dt.datetime) -> None:
    """From now on `key` is `who`; what HR imported is never overwritten by an LMS."""
    values = {"key": key, **msgspec.structs.asdict(who), "source": source, "seen_at": now}
    db.execute(_put_in_any_case(db) if source == "import" else _put(db), values)


def _by_account(
    db: Connection, key: str, actor: Agent, account: Account, realm: Realm | None, now: dt.datetime
) -> Known | Ask | Reason:
    if realm is None:
        label = keys.label(actor)
        return Reason("unknown_home_page", actor=label, home_page=account.home_page)
    nip = nips.normalise(account.name)
    if realm.holds == "nip" or (realm.holds == "auto" and nip):
        if nip is None:
            return Reason("invalid_nip", actor=keys.label(actor), value=account.name)
        if known_by_nip(db, nip) is None and erased.is_any(db, [keys.of_nip(nip)]):
            return Reason(erased.ERASED)
        return Known(employee_of(db, nip, name=actor.name or "", now=now), realm.lms)
    if not realm.lms:
        return Reason("unknown_person", actor=keys.label(actor))
    field: Literal["id", "username"] = "id" if realm.holds_ids(account.name) else "username"
    return Ask(key, realm.lms, field, account.name)


def _identity(db: Connection, now: dt.datetime, *names: str) -> AnyRow | None:
    """What is known by one of the keys and still counts: what HR said, else the latest."""
    rows = [
        row
        for row in db.execute(_IDENTITIES, {"names": names})
        if row.source != "lms" or now - row.seen_at < LMS_ANSWER_LASTS
    ]
    return max(rows, key=lambda row: (row.source == "import", row.seen_at), default=None)


# Made once, for they are asked of nearly every sighting.
_EMPLOYEE = select(identities.c.employee_id).where(identities.c.key == bindparam("name"))
_IDENTITIES = select(identities).where(identities.c.key.in_(bindparam("names", expanding=True)))
_IMPORTED = select(identities.c.key, identities.c.employee_id).where(
    identities.c.key.in_(bindparam("names", expanding=True)), identities.c.source == "import"
)
_BY_NIP = select(employees.c.id).where(employees.c.nip == bindparam("with_nip"))


@in_dialects
def _new_employee(insert: Any) -> Any:
    return insert(employees).on_conflict_do_nothing(index_elements=["nip"])


def _overwriting(insert: Any, where: ColumnElement[bool] | None) -> Any:
    new = insert(identities)
    values = {column.name: column for column in new.excluded if column.name != "key"}
    return new.on_conflict_do_update(index_elements=["key"], set_=values, where=where)


@in_dialects
def _put_in_any_case(insert: Any) -> Any:
    return _overwriting(insert, None)


@in_dialects
def _put(insert: Any) -> Any:
    return _overwriting(insert, identities.c.source != "import")


def _names_of(lms: str, user: LmsUser, realms: Realms) -> Iterator[str]:
    """The keys by which statements may name the account, the surest first."""
    yield keys.of_lms_account(lms, user.id)
    for page, realm in realms.items():
        if realm.lms != lms:
            continue
        if realm.holds in ("auto", "id"):
            yield keys.of_account(page, user.id)
        if realm.holds in ("auto", "username") and not realm.holds_ids(user.username):
            yield keys.of_account(page, user.username)
    if user.email:
        yield keys.of_address(user.email)
