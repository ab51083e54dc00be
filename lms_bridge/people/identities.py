"""Resolving an actor from what is already known, without asking anybody.

An *identity* is a key by which an employee is known: ``nip:…`` (also former ones), the
key of an account or address as it stands in statements, and ``lms:NAME:ID`` for an account
of an LMS. Where it came from decides what it is worth: one that HR imported overrides
everything and never ages; one that the LMS told is asked for again after a day, since an
administrator may have corrected it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.config.settings import Settings
from lms_bridge.lms.base import UserField
from lms_bridge.people import nip as nips
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import employees, identities
from xapi import Agent, actor_key

LMS_ANSWER_LASTS = dt.timedelta(days=1)

Source = Literal["nip", "lms", "import"]


class Known(msgspec.Struct, frozen=True):
    """The actor is this employee."""

    employee_id: int
    lms: str = ""
    lms_user_id: str = ""


class Ask(msgspec.Struct, frozen=True):
    """The LMS `lms` must be asked for the account whose `field` is `value`."""

    key: str
    lms: str
    field: UserField
    value: str


class Realm(msgspec.Struct, frozen=True):
    """What the account names under one home page are."""

    holds: Literal["auto", "nip", "username", "id"]
    lms: str


def realms_of(settings: Settings) -> dict[str, Realm]:
    """By home page, what the LMSs and ``[[accounts]]`` say; the latter have the last word."""
    known = {
        _home(lms.home_page or lms.url): Realm(lms.account_name, name)
        for name, lms in settings.lms.items()
    }
    for account in settings.accounts:
        lms = account.lms or ("" if account.holds == "nip" else settings.lms_of(""))
        known[_home(account.home_page)] = Realm(account.holds, lms)
    return known


def resolve(
    db: Connection,
    actor: Agent,
    *,
    realms: Mapping[str, Realm],
    sender_lms: str,
    now: dt.datetime,
) -> Known | Ask | Reason:
    """Who `actor` is, whom to ask, or why it cannot be known."""
    key = actor_key(actor)
    if key is None:
        return Reason("group_actor")
    row = db.execute(select(identities).where(identities.c.key == key)).one_or_none()
    if row is not None and (row.source != "lms" or now - row.seen_at < LMS_ANSWER_LASTS):
        return Known(row.employee_id, row.lms, row.lms_user_id)
    if actor.account:
        return _by_account(db, key, actor, realms, now)
    if actor.mbox and sender_lms:
        return Ask(key, sender_lms, "email", actor.mbox.removeprefix("mailto:"))
    return Reason("unknown_person", actor=label(actor))


def _by_account(
    db: Connection, key: str, actor: Agent, realms: Mapping[str, Realm], now: dt.datetime
) -> Known | Ask | Reason:
    account = actor.account
    assert account
    realm = realms.get(_home(account.home_page))
    nip = nips.normalise(account.name)
    if realm is None:
        return Reason("unknown_home_page", actor=label(actor), home_page=account.home_page)
    if realm.holds == "nip" or (realm.holds == "auto" and nip):
        if nip is None:
            return Reason("invalid_nip", actor=label(actor), value=account.name)
        return Known(employee_of(db, nip, name=actor.name or "", now=now), realm.lms)
    if not realm.lms:
        return Reason("unknown_person", actor=label(actor))
    by_id = realm.holds == "id" or (realm.holds == "auto" and account.name.isdecimal())
    return Ask(key, realm.lms, "id" if by_id else "username", account.name)


def employee_of(db: Connection, nip: str, *, name: str, now: dt.datetime) -> int:
    """The id of the employee with the 18-digit `nip` (also a former one), made if there is none."""
    key = f"nip:{nip}"
    found = db.execute(select(identities.c.employee_id).where(identities.c.key == key)).scalar()
    if found is not None:
        return int(found)
    db.execute(
        insert(db, employees)
        .values(nip=nip, name=name, registry_refs={}, created_at=now)
        .on_conflict_do_nothing(index_elements=["nip"])
    )
    employee_id = db.execute(select(employees.c.id).where(employees.c.nip == nip)).scalar_one()
    remember(db, key, employee_id, source="nip", now=now)
    return int(employee_id)


def remember(
    db: Connection,
    key: str,
    employee_id: int,
    *,
    source: Source,
    now: dt.datetime,
    lms: str = "",
    lms_user_id: str = "",
) -> None:
    """From now on `key` is this employee; what HR imported is never overwritten by an LMS."""
    values = {
        "employee_id": employee_id,
        "source": source,
        "lms": lms,
        "lms_user_id": lms_user_id,
        "seen_at": now,
    }
    db.execute(
        insert(db, identities)
        .values(key=key, **values)
        .on_conflict_do_update(
            index_elements=["key"],
            set_=values,
            where=None if source == "import" else (identities.c.source != "import"),
        )
    )


def label(actor: Agent) -> str:
    """The actor as a person would recognise it, with no more personal data than it shows."""
    if actor.account:
        who = actor.account.name
    elif actor.mbox:
        who = actor.mbox.removeprefix("mailto:")
    else:
        who = actor.openid or actor.mbox_sha1sum or "?"
    return f"{actor.name} ({who})" if actor.name else str(who)


def _home(home_page: str) -> str:
    return home_page.rstrip("/")
