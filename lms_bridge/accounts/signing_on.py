"""Whose account it is that a provider of OpenID Connect names.

Whoever was here before is known by the subject. Else an account of the same username is taken, if
nobody else signs in to it from there. Where the configuration says by which claim roles are told,
an account is made for whoever has one, and follows what the provider says each time.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, update

from lms_bridge.accounts import users
from lms_bridge.accounts.oidc import SignOnFailed, Told
from lms_bridge.accounts.roles import Role
from lms_bridge.accounts.sight import Unit
from lms_bridge.accounts.users import AccountProblem, User
from lms_bridge.config.settings import Oidc
from lms_bridge.people import units
from lms_bridge.store.schema import users as table


def account_of(db: Connection, told: Told, settings: Oidc, now: dt.datetime) -> User:
    """The account, made or brought up to date. Raises :exc:`~.oidc.SignOnFailed`."""
    user = users.find_by_subject(db, told.subject)
    if user is None:
        user = users.find_by_username(db, told.username) if told.username else None
        if user is not None and user.subject:
            raise SignOnFailed("another account of the provider signs in to the account so named")
        if user is not None:
            linked = update(table).where(table.c.id == user.id).values(subject=told.subject)
            db.execute(linked)
    if settings.roles and (user is None or not user.has_password):
        user = _follow(db, user, told, settings, now)
    if user is None:
        raise SignOnFailed(f"there is no account {told.username!r}")
    if user.disabled_at is not None:
        raise SignOnFailed(f"the account {user.username!r} is disabled")
    return user


def _follow(
    db: Connection, user: User | None, told: Told, settings: Oidc, now: dt.datetime
) -> User | None:
    role = next((role for role in Role if settings.roles.get(role.value) in told.roles), None)
    if role is None:
        raise SignOnFailed("the provider gives them none of the roles of the configuration")
    unit = _unit(db, told) if role == Role.OFFICER else None
    try:
        if user is None:
            return users.create(
                db,
                username=told.username,
                role=role,
                unit=unit,
                name=told.name,
                email=told.email,
                subject=told.subject,
                now=now,
            )
        users.change(db, user.id, name=told.name, email=told.email, role=role, unit=unit)
    except AccountProblem as problem:
        raise SignOnFailed(f"the account cannot be so: {problem}") from None
    return users.find(db, user.id)


def _unit(db: Connection, told: Told) -> Unit:
    found = units.with_id(db, told.unit) if told.unit else []
    if len(found) != 1:
        raise SignOnFailed(
            f"the unit {told.unit!r} that the provider names is not one of a registry"
        )
    return found[0]
