"""Noticing that the configuration of recognition has changed since things were judged.

A home page that is added to the configuration, or a verb, is to take effect on what has
come in before as well: what has not become a completion is then judged again.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from lms_bridge.config.settings import Settings
from lms_bridge.recognition import sightings
from lms_bridge.store.engine import insert
from lms_bridge.store.schema import settings_in_force

_NAME = "recognition"


def compare(db: Connection, settings: Settings) -> int:
    """Remember `settings`; how many sightings are judged again because they have changed."""
    sightings.hold(db)
    fingerprint = _fingerprint(settings)
    known = db.execute(
        select(settings_in_force.c.fingerprint).where(settings_in_force.c.name == _NAME)
    ).scalar()
    if known == fingerprint:
        return 0
    db.execute(
        insert(db, settings_in_force)
        .values(name=_NAME, fingerprint=fingerprint)
        .on_conflict_do_update(index_elements=["name"], set_={"fingerprint": fingerprint})
    )
    return sightings.judge_all(db)


def _fingerprint(settings: Settings) -> str:
    """What decides who and what is recognised, as one short text; no secret is in it."""
    decides: list[Any] = [
        settings.recognition,
        settings.accounts,
        [
            (
                (one.name, one.lms, one.confirm),
                (one.home_pages, one.mail_domains, one.activities, one.courses),
            )
            for one in settings.senders
        ],
        sorted(
            (name, one.url, one.home_page, one.account_name) for name, one in settings.lms.items()
        ),
    ]
    return hashlib.sha256(msgspec.json.encode(decides)).hexdigest()
