"""Believing a refusal: at once where it names a rule, else when it has been said several times.

A registry says in one and the same form that a row breaks a rule, and that something went wrong
in it (registry facts, section 2: ``"success": false`` with a message). Where the words tell
neither, the step is tried again as after any other failure, up to a number of refusals in a row.

The entry of a step's notebook: ``refusals``, how many there have been.
"""

from __future__ import annotations

from lms_bridge.deliveries.step import Notebook
from lms_bridge.errors import DeliveryError, NotNow

_ENTRY = "refusals"


def weighed(error: DeliveryError, notebook: Notebook, most: int) -> DeliveryError:
    """`error`; or one to try again at, if it is `doubtful` and was heard less than `most` times."""
    if isinstance(error, NotNow):
        return error
    heard = (notebook.get(_ENTRY) or 0) + 1
    if not error.doubtful or heard >= most:
        forget(notebook)  # so that a person who says "try again" is given as many again
        return error
    notebook.enter(**{_ENTRY: heard})
    return DeliveryError(error.reason, retryable=True, outcome_unknown=error.outcome_unknown)


def forget(notebook: Notebook) -> None:
    """It is over: something else came of it."""
    notebook.strike(_ENTRY)
