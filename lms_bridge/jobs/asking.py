"""How a job asks an outside system many questions: not at all while it is down.

It shares what is known of each remote's health with the deliveries: neither should find
out by itself what the other knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries import health
from lms_bridge.errors import DeliveryError, NotNow
from lms_bridge.jobs.base import JobFailed


class Asked:
    """What came of the questions so far, where the trouble with one of them is not yet an outage.

    A registry answers as if it were down also where it stumbles over somebody's data, every
    time. So that one does not keep it from everybody else, and an outage is seen all the same
    after a few (:mod:`lms_bridge.deliveries.breaker`).
    """

    def __init__(self, bridge: Bridge, remote: str) -> None:
        self._bridge = bridge
        self._remote = remote
        self.in_trouble = False
        """whether the last question failed as if the remote were down"""

    def answered(self) -> None:
        """There was an answer, whatever it says."""
        if self.in_trouble:
            self.in_trouble = False
            with self._bridge.store.writing() as db:
                health.note_success(db, self._remote, now=utc_now())

    def failed(self, error: DeliveryError, culprit: str) -> None:
        """There was none about the `culprit`. Raises the error if it is not for that one alone."""
        if not error.remote_wide:
            self.answered()
            return
        self.in_trouble = True
        if self.note(error, culprit):
            raise JobFailed(error.reason.sentence()) from error

    def note(self, error: DeliveryError, culprit: str = "") -> bool:
        """Let the others know; whether the remote is not to be asked by now."""
        if isinstance(error, NotNow):  # nobody has failed
            return True
        with self._bridge.store.writing() as db:
            worse = health.note_failure(
                db,
                self._remote,
                error.reason,
                now=utc_now(),
                policy=self._bridge.settings.delivery.breaker,
                culprit=culprit,
                certain=not error.retryable,
                retry_after=error.retry_after,
            )
        return worse.health.is_down


@contextmanager
def asking(bridge: Bridge, remote: str) -> Iterator[Asked]:
    """Around the calls of `remote`, at least one of which is made.

    Raises :exc:`~lms_bridge.jobs.base.JobFailed` while the remote is down or not to be called, and
    when it turns out to be: for a :exc:`~lms_bridge.errors.DeliveryError` that leaves the block.
    """
    if reason := bridge.closed(utc_now()).get(remote):
        raise JobFailed(reason.sentence())
    policy = bridge.settings.delivery.breaker
    with bridge.store.writing() as db:
        if not health.may_claim(db, remote, now=utc_now(), policy=policy):
            known = health.read(db, remote, now=utc_now())
            raise JobFailed(known.reason.sentence() if known.reason else f"{remote} is down")
    asked = Asked(bridge, remote)
    try:
        yield asked
    except DeliveryError as error:
        if error.remote_wide:
            asked.note(error)
        raise JobFailed(error.reason.sentence()) from error
    if not asked.in_trouble:
        with bridge.store.writing() as db:
            health.note_success(db, remote, now=utc_now())
