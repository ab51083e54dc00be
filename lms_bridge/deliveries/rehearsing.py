"""What a delivery would do now, without doing it: it reads, and holds back what would write.

The step itself is performed, so that what is shown is what would be sent; its notebook is
thrown away, and nothing in the database changes.
"""

from __future__ import annotations

import msgspec

from lms_bridge.deliveries.step import Notebook, Step
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.http.rehearsal import NotSent, Outgoing, rehearsing
from lms_bridge.reasons import Reason


class Rehearsal(msgspec.Struct, frozen=True):
    """One of three: the `request` that would be sent, the `row` that is there already, or why
    nothing would be sent."""

    request: Outgoing | None = None
    row: str = ""
    reason: Reason | None = None


def rehearse(step: Step, work: Work) -> Rehearsal:
    """What `step` would do with `work`."""
    try:
        with rehearsing():
            outcome = step.perform(work, Notebook(work.progress, lambda _pages: None))
    except NotSent as held_back:
        return Rehearsal(request=held_back.request)
    except DeliveryError as error:
        details = {**error.reason.details, "delivery": work.delivery_id}
        return Rehearsal(reason=Reason(error.reason.code, **details))
    return Rehearsal(row=outcome.result_id)
