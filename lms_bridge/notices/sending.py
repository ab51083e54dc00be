"""Sending what stands in the outbox, one message after the other."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections import Counter
from collections.abc import Callable

import structlog

from lms_bridge.config.settings import Settings
from lms_bridge.deliveries.retry import wait_seconds
from lms_bridge.errors import DeliveryError
from lms_bridge.http.client import HttpClient
from lms_bridge.lms.hook.sending import Hook
from lms_bridge.notices import outbox
from lms_bridge.notices.mail import Attachment, Letter, Mailer
from lms_bridge.notices.outbox import Message
from lms_bridge.notices.settings import Notices
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import Store

log = structlog.get_logger(__name__)

_PATIENCE = dt.timedelta(days=2)
"""after which a message is old news, and not tried any more"""


class Sending:
    """Hands messages over to the mail server and to webhooks."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        owner: str,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._store = store
        self._settings = settings
        self._owner = owner
        self._clock = clock
        self._hooks: dict[str, Hook] = {}

    def has_work(self) -> bool:
        """Whether a message is due."""
        with self._store.reading() as db:
            return outbox.is_any_due(db, self._clock())

    def run(self, go_on: Callable[[int], bool] = lambda _done: True) -> Counter[str]:
        """Send all that are due, or until `go_on` says no; how many were and were not sent."""
        counts: Counter[str] = Counter()
        while message := outbox.take(self._store, self._owner, self._clock()):
            counts["sent" if self._send(message) else "not_sent"] += 1
            if not go_on(counts.total()):
                break
        return counts

    def _send(self, message: Message) -> bool:
        try:
            self._hand_over(message)
        except DeliveryError as error:
            self._failed(message, error)
            return False
        except Exception:
            # One that cannot even be made must not keep the others waiting.
            log.exception("message could not be sent", message=message.id)
            failed = Reason("message_broken")
            self._failed(message, DeliveryError(failed, retryable=True))
            return False
        with self._store.writing() as db:
            outbox.note_sent(db, message, self._owner, self._clock())
        return True

    def _failed(self, message: Message, error: DeliveryError) -> None:
        now = self._clock()
        again = error.retryable or error.remote_wide
        seconds = wait_seconds(
            message.attempts - 1,
            chance=random.random(),  # noqa: S311 - no secret comes of it
            policy=self._settings.delivery.retry,
            asked_for=error.retry_after,
        )
        at = now + dt.timedelta(seconds=seconds) if again else None
        if at is not None and at - message.made_at > _PATIENCE:
            at = None
        with self._store.writing() as db:
            outbox.note_failed(db, message, self._owner, error.reason, at)
        if at is None:
            log.warning("message not sent", message=message.id, reason=error.reason.sentence())

    def _hand_over(self, message: Message) -> None:
        if not message.address:
            self._hook(message).send(
                message.content["type"],
                f"notice_{message.id}",
                message.made_at,
                message.content["data"],
            )
            return
        settings = self._settings.email
        if settings is None:
            raise DeliveryError(Reason("mail_not_configured"), retryable=False, remote_wide=True)
        text, files = message.content.get("text", ""), tuple[Attachment, ...]()
        if message.kind == "report":
            from lms_bridge.reporting import mailing  # with all that reports are made of

            made = mailing.made(self._store, self._settings, message.content, self._clock())
            text, files = made.text, (made.file,)
        letter = Letter(
            to=message.address,
            subject=message.subject,
            text=text,
            id=hashlib.sha256(f"{message.id} {message.key}".encode()).hexdigest()[:32],
            attachments=files,
        )
        Mailer(settings).send(letter, self._clock())

    def _hook(self, message: Message) -> Hook:
        to = recipient(self._settings, message.recipient)
        if to is None or not to.webhook:
            gone = Reason("recipient_gone", name=message.recipient)
            raise DeliveryError(gone, retryable=False)
        if to.name not in self._hooks:
            self._hooks[to.name] = Hook(f"notices.{to.name}", to, HttpClient(to), self._clock)
        return self._hooks[to.name]


def recipient(settings: Settings, name: str) -> Notices | None:
    """The ``[[notices]]`` of that name."""
    return next((one for one in settings.notices if one.name == name), None)
