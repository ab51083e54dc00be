"""Believing a refusal: at once where it names a rule, else when it has been said several times.

A registry says in one and the same form that a row breaks a rule, and that something went wrong
in it (registry facts, section 2: ``"success": false`` with a message). Where the words tell
neither, the step is tried again as after any other failure, up to a number of refusals in a row
and for a minute at least, however short the waits are: some of what a registry has just taken in
it shows only after a while, and refuses until then.

Entries of a step's notebook: ``refusals``, how many there have been, and ``refused_at``, when the
first was.
"""

from __future__ import annotations

import datetime as dt

from lms_bridge.deliveries.step import Notebook
from lms_bridge.errors import DeliveryError, NotNow

_AT_LEAST = dt.timedelta(minutes=1)


def weighed(error: DeliveryError, notebook: Notebook, most: int, now: dt.datetime) -> DeliveryError:
    """`error`; or one to try again at, if it is `doubtful` and was heard less than `most` times."""
    if isinstance(error, NotNow):
        return error
    heard = (notebook.get("refusals") or 0) + 1
    since = notebook.time("refused_at") or now
    if not error.doubtful or (heard >= most and now - since >= _AT_LEAST):
        forget(notebook)  # so that a person who says "try again" is given as many again
        return error
    notebook.enter(refusals=heard, refused_at=since)
    return DeliveryError(error.reason, retryable=True, outcome_unknown=error.outcome_unknown)


def forget(notebook: Notebook) -> None:
    """It is over: something else came of it."""
    notebook.strike("refusals", "refused_at")
