"""The jobs ``notify``, ``send_reports`` and ``send_messages``: what people are told, and when."""

from __future__ import annotations

from collections import Counter

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.jobs.base import Progress, stoppable
from lms_bridge.notices import digest, outbox, watching


class Notify:
    """Puts what somebody should know into messages, and the summary of each day."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Whether there is news for anybody, or a summary is due."""
        settings, now = self._bridge.settings, utc_now()
        if not settings.notices:
            return False
        with self._bridge.store.reading() as db:
            return digest.is_any_due(db, settings, now) or watching.is_any(db, settings, now)

    def run(self, progress: Progress) -> Counter[str]:
        """Make the messages, and forget those that are long gone."""
        store, settings, now = self._bridge.store, self._bridge.settings, utc_now()
        # The summary first, so that it counts as one of the messages of this hour.
        counts = digest.put_due(store, settings, now) + watching.tell(store, settings, now)
        with store.writing() as db:
            outbox.forget(db, now)
        return counts


class SendReports:
    """Puts the reports that are due to be mailed into messages."""

    exclusive = False

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Whether one is due."""
        from lms_bridge.reporting import mailing

        with self._bridge.store.reading() as db:
            return mailing.is_any_due(db, utc_now())

    def run(self, progress: Progress) -> Counter[str]:
        """Make a message for each address of each of them."""
        from lms_bridge.reporting import mailing

        return mailing.put_due(self._bridge.store, self._bridge.settings, utc_now())


class SendMessages:
    """Sends the messages that are due."""

    exclusive = False

    def __init__(self, bridge: Bridge) -> None:
        # Here, for it loads what speaks HTTP, and every command knows which jobs there are.
        from lms_bridge.notices.sending import Sending

        self._sending = Sending(bridge.store, bridge.settings, owner=bridge.owner, clock=utc_now)

    def has_work(self) -> bool:
        """Whether one is due."""
        return self._sending.has_work()

    def run(self, progress: Progress) -> Counter[str]:
        """Send all of them."""
        return stoppable(self._sending.run, progress)
