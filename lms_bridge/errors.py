"""The one error by which an outside system says that a step could not be done."""

from __future__ import annotations

import datetime as dt

from lms_bridge.reasons import Reason


class DeliveryError(Exception):
    """A step failed, and this says what can come of it.

    Raised by registries and LMSs, judged in one place: :mod:`lms_bridge.deliveries.retry`.

    `reason`
        what happened, as a sentence for a person.
    `retryable`
        whether trying again later, with nothing changed by anybody, can help.
    `remote_wide`
        whether the cause is the remote system as a whole (down, suspended, a dead token)
        rather than this one step, so that its other deliveries wait as well and a single
        probe finds out when it is over. Not `retryable` besides: it is certain at once, as
        with a token that is no longer accepted; the probes go on all the same.
    `outcome_unknown`
        whether the step may nevertheless have taken effect (a time-out after sending), so
        that it must be looked up, after a while, before it is sent again.
    `retry_after`
        seconds that the remote asked us to wait (``Retry-After``), if it did.
    `doubtful`
        it was refused in words that name no rule, so it may be a fault that passes: it is tried
        a few times (``[delivery.retry] refusals``) before a person is asked.
    `look_after`
        seconds after which to look whether a person has done what was asked of them: what is
        left of the step is theirs to do, and no call can do it.
    """

    def __init__(
        self,
        reason: Reason,
        *,
        retryable: bool,
        remote_wide: bool = False,
        outcome_unknown: bool = False,
        retry_after: float | None = None,
        look_after: float | None = None,
        doubtful: bool = False,
    ) -> None:
        super().__init__(reason.sentence())
        self.reason = reason
        self.retryable = retryable
        self.remote_wide = remote_wide
        self.outcome_unknown = outcome_unknown
        self.retry_after = retry_after
        self.look_after = look_after
        self.doubtful = doubtful


class NotNow(DeliveryError):
    """Nothing was sent, for it is not the time; from `until` on it may be.

    Nobody has failed: it counts neither as an attempt nor as a failure of the remote. With
    `outcome_unknown` something was sent before, and what came of it is still to be looked up.
    """

    def __init__(
        self, reason: Reason, *, until: dt.datetime, outcome_unknown: bool = False
    ) -> None:
        super().__init__(reason, retryable=False, remote_wide=True, outcome_unknown=outcome_unknown)
        self.until = until


class DatabaseUnfit(Exception):
    """The database cannot keep what the bridge puts there; the message says why, and what to do."""


class BackupError(Exception):
    """A backup cannot be made or restored; the message says why, and what to do."""
