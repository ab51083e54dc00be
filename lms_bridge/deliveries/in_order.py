"""Several registries one after the other: the second is told what the first one has.

``[registry.siasn] after = "simpeg"`` says so. The delivery to the second is there from the
beginning, so that everybody sees what it waits for. It goes on as soon as the first is done, and
when a person has given the first up: then it is not wanted there, which says nothing of here.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, update

from lms_bridge.deliveries.lifecycle import State
from lms_bridge.reasons import Reason
from lms_bridge.store.schema import deliveries

LOOK_AGAIN = dt.timedelta(hours=6)
"""It is told when the first is done; this is for what nobody tells it of."""
_WAITS = "waits_for_registry"


def waiting_for(remote: str) -> Reason:
    """That a delivery waits until `remote` has its completion."""
    return Reason(_WAITS, remote=remote)


def go_on_after(db: Connection, completion_id: int, now: dt.datetime) -> None:
    """A registry has the completion now: what waits for one looks whether it was for that."""
    db.execute(
        update(deliveries)
        .where(
            deliveries.c.completion_id == completion_id,
            deliveries.c.state == State.WAITING,
            deliveries.c.reason_code == _WAITS,
        )
        .values(due_at=now)
    )
