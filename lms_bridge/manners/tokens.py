"""Until when the tokens for the registries are good: those that were given and those issued.

What is kept of a token is where it comes from, its times and a fingerprint, never itself. One that
a person has to renew is announced some hours before it expires, and once more when it has: each
time once, whichever process notices it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog
from sqlalchemy import Connection, select, update

from lms_bridge.config.remote import RegistrySettings
from lms_bridge.config.secrets import Secret, SecretMissing
from lms_bridge.config.settings import Settings
from lms_bridge.http.surroundings import Issued
from lms_bridge.reasons import Reason
from lms_bridge.registries import jwt
from lms_bridge.store.engine import Store, insert
from lms_bridge.store.schema import tokens
from lms_bridge.store.types import AnyRow

log = structlog.get_logger(__name__)

_FORGOTTEN_AFTER = dt.timedelta(days=2)
"""an issued token that was over this long ago is shown no more"""
_LEVELS = {"token_expires_soon": "soon", "token_expired": "over"}


class TokenLine(msgspec.Struct, frozen=True):
    """What is known of a token."""

    remote: str
    name: str
    """the setting that names it, or what the registry calls the one that it issues"""
    source: str
    """where it is kept, or the settings that it was issued for"""
    issued: bool
    """whether the bridge had it issued, and renews it by itself"""
    fingerprint: str
    got_at: dt.datetime | None
    """when the bridge got it or first saw it, or its file was written"""
    good_until: dt.datetime | None
    """None: it does not say"""
    lives_since: dt.datetime | None = None
    """when it was issued, if it says so"""
    concern: Reason | None = None
    """why somebody should do something about it"""


def standing(db: Connection, settings: Settings, now: dt.datetime) -> list[TokenLine]:
    """Every token that there is, by registry. One that this process cannot read is as it was when
    another one did."""
    rows = {(row.remote, row.name): row for row in db.execute(select(tokens).order_by("name"))}
    found: list[TokenLine] = []
    for name, each in settings.registry.items():
        if isinstance(each, RegistrySettings):
            remote = f"registry.{name}"
            given = each.given_tokens()
            for setting, secret in given.items():
                line = _given(remote, setting, secret, rows.get((remote, setting)))
                found += [_judged(line, each, settings.time_zone, now)] if line else []
            found += [
                _line(row)
                for row in rows.values()
                if row.remote == remote
                and row.issued
                and (row.good_until or row.got_at) > now - _FORGOTTEN_AFTER
            ]
    return found


def concerns(db: Connection, settings: Settings, now: dt.datetime) -> dict[str, list[Reason]]:
    """What somebody should do about tokens, by the registry that they are for."""
    found: dict[str, list[Reason]] = {}
    for line in standing(db, settings, now):
        if line.concern:
            found.setdefault(line.remote, []).append(line.concern)
    return found


def fingerprint(token: str) -> str:
    """By which a token is known again, and cannot be found out."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def note_issued(
    store: Store, remote: str, issued: Issued, *, clock: Callable[[], dt.datetime]
) -> None:
    """Keep what is to be known of a token that was just issued for the bridge."""
    now = clock()
    until = jwt.expiry(issued.token)
    if issued.lifetime is not None:
        until = now + dt.timedelta(seconds=min(issued.lifetime, 1e9))
    line = TokenLine(
        remote, issued.name, issued.source, True, fingerprint(issued.token), now, until
    )
    try:
        with store.writing() as db:
            _put(db, line)
    except Exception:
        # It can be used all the same.
        log.exception("could not note a token", remote=remote)


def note_given(
    db: Connection, remote: str, name: str, secret: Secret, token: str, now: dt.datetime
) -> None:
    """Somebody has just put `token` where `secret` says."""
    mark = fingerprint(token)
    _put(db, TokenLine(remote, name, secret.source(), False, mark, now, jwt.expiry(token)))


def is_anything_to_tell(db: Connection, settings: Settings, now: dt.datetime) -> bool:
    """Whether :func:`tell` would find something."""
    return next(_news(db, settings, now), None) is not None


def tell(store: Store, settings: Settings, now: dt.datetime) -> Counter[str]:
    """Write to the log of each token that has to be renewed, once; how many."""
    told: list[Reason] = []
    with store.writing() as db:
        for line, level in list(_news(db, settings, now)):
            row = _stored(db, line)
            if row is None or row.fingerprint != line.fingerprint:
                _put(db, msgspec.structs.replace(line, got_at=line.got_at or now))
            mine = (tokens.c.remote == line.remote) & (tokens.c.name == line.name)
            db.execute(update(tokens).where(mine).values(told=level))
            told += [line.concern] if line.concern else []
    for reason in told:
        log.warning("token to be renewed", reason=reason.sentence())
    return Counter(told=len(told)) if told else Counter()


def _news(db: Connection, settings: Settings, now: dt.datetime) -> Iterator[tuple[TokenLine, str]]:
    """The given tokens of which something is not kept yet, and what is to be told of each."""
    for line in standing(db, settings, now):
        if line.issued:
            continue
        level = _LEVELS[line.concern.code] if line.concern else ""
        row = _stored(db, line)
        is_new = row is None or row.fingerprint != line.fingerprint
        # Told that it is over, nobody need be told that it soon will be.
        if is_new or (level and row is not None and row.told not in (level, "over")):
            yield line, level


def _given(remote: str, name: str, secret: Secret, row: AnyRow | None) -> TokenLine | None:
    try:
        token = secret.read().strip()
    except (SecretMissing, UnicodeError):
        return _line(row) if row is not None and row.source == secret.source() else None
    mark = fingerprint(token)
    known = row is not None and row.fingerprint == mark
    return TokenLine(
        remote=remote,
        name=name,
        source=secret.source(),
        issued=False,
        fingerprint=mark,
        got_at=row.got_at if row is not None and known else secret.written_at(),
        good_until=jwt.expiry(token),
        lives_since=jwt.issued_at(token),
    )


def _judged(line: TokenLine, settings: RegistrySettings, zone: str, now: dt.datetime) -> TokenLine:
    until = line.good_until
    if until is None:
        return line
    if now < jwt.announced_from(until, line.lives_since, settings.warn_before_hours):
        return line
    reason = Reason(
        "token_expires_soon" if until > now else "token_expired",
        remote=line.remote,
        setting=f"{line.remote}.{line.name}",
        until=f"{until.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})",
        name=line.remote.partition(".")[2],
    )
    return msgspec.structs.replace(line, concern=reason)


def _stored(db: Connection, line: TokenLine) -> AnyRow | None:
    mine = (tokens.c.remote == line.remote) & (tokens.c.name == line.name)
    return db.execute(select(tokens).where(mine)).one_or_none()


def _line(row: AnyRow) -> TokenLine:
    return TokenLine(
        row.remote,
        row.name,
        row.source,
        row.issued,
        row.fingerprint,
        row.got_at,
        row.good_until,
        # Who could read it has told of it already, or has not seen fit to.
        None if row.told else row.got_at,
    )


def _put(db: Connection, line: TokenLine) -> None:
    values: Mapping[str, Any] = {
        "source": line.source,
        "issued": line.issued,
        "fingerprint": line.fingerprint,
        "got_at": line.got_at,
        "good_until": line.good_until,
        "told": "",
    }
    new = insert(db, tokens).values(remote=line.remote, name=line.name, **values)
    db.execute(new.on_conflict_do_update(index_elements=["remote", "name"], set_=values))
