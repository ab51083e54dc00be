"""What is good once: the nonce of a launch, the id of a link that an LMS has signed.

Of what was used a hash is kept until it would have expired anyway. It is in the database, for
several web processes may be asked, and only what was believed gets there: to try costs nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from sqlalchemy import Connection, delete

from lms_bridge.store.engine import insert
from lms_bridge.store.schema import used_once


def use(db: Connection, what: str, *, until: dt.datetime, now: dt.datetime) -> bool:
    """Whether this is the first use of `what`, which nobody would believe after `until`."""
    db.execute(delete(used_once).where(used_once.c.until < now))
    key = hashlib.sha256(what.encode()).hexdigest()
    new = insert(db, used_once).values(key=key, until=until).on_conflict_do_nothing()
    return db.execute(new.returning(used_once.c.key)).first() is not None
