"""How a job asks an outside system many questions: not at all while it is down.

It shares what is known of each remote's health with the deliveries: neither should find
out by itself what the other knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.deliveries import health
from lms_bridge.errors import DeliveryError
from lms_bridge.jobs.base import JobFailed


@contextmanager
def asking(bridge: Bridge, remote: str) -> Iterator[None]:
    """Around the calls of `remote`, at least one of which is made.

    Raises :exc:`~lms_bridge.jobs.base.JobFailed` while the remote is down, and when it turns
    out to be: for a :exc:`~lms_bridge.errors.DeliveryError` that leaves the block.
    """
    policy = bridge.settings.delivery.breaker
    with bridge.store.writing() as db:
        if not health.may_claim(db, remote, now=utc_now(), policy=policy):
            known = health.read(db, remote, now=utc_now())
            raise JobFailed(known.reason.sentence() if known.reason else f"{remote} is down")
    try:
        yield
    except DeliveryError as error:
        if error.remote_wide:
            with bridge.store.writing() as db:
                health.note_failure(
                    db,
                    remote,
                    error.reason,
                    now=utc_now(),
                    policy=policy,
                    certain=not error.retryable,
                    retry_after=error.retry_after,
                )
        raise JobFailed(error.reason.sentence()) from error
    with bridge.store.writing() as db:
        health.note_success(db, remote, now=utc_now())
