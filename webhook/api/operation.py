"""``/deliveries``, ``/health``: how the bridge works, and the few acts that scripts need."""

from __future__ import annotations

from lms_bridge.accounts import audit
from lms_bridge.accounts.roles import Permission
from lms_bridge.api import operation as told
from lms_bridge.api.operation import DeliveriesAsked, Delivery, DeliveryInFull, Health
from lms_bridge.api.paging import BadCursor, Page
from lms_bridge.bridge import utc_now
from lms_bridge.deliveries import actions
from lms_bridge.deliveries.actions import NoSuchDelivery
from lms_bridge.deliveries.lifecycle import IllegalTransition
from webhook.api import problems
from webhook.api.people import bad_cursor
from webhook.api.problems import Problem
from webhook.api.service import Service


def routes(service: Service) -> None:
    """Register them."""
    bridge = service.bridge
    store = bridge.store

    @service.get("/deliveries", Permission.SYSTEM, asks=DeliveriesAsked, answers=Page[Delivery])
    def deliveries(asked: DeliveriesAsked) -> Page[Delivery]:
        """List deliveries, the newest first."""
        now = utc_now()
        closed = bridge.closed(now)
        with store.reading() as db:
            try:
                return told.listed(
                    db,
                    asked,
                    remotes=bridge.remotes,
                    language=service.language,
                    now=now,
                    closed=closed,
                )
            except BadCursor:
                raise bad_cursor() from None

    @service.get("/deliveries/<number>", Permission.SYSTEM, answers=DeliveryInFull)
    def delivery(number: int) -> DeliveryInFull:
        """One delivery with its attempts."""
        return _found(number)

    @service.post("/deliveries/<number>/retry", Permission.OPERATE, answers=DeliveryInFull)
    def retry_delivery(number: int) -> DeliveryInFull:
        """Have a delivery tried again, as if for the first time.

        What an attempt may have set off is looked up first, so that nothing is there twice.
        """
        now = utc_now()
        try:
            with store.writing() as db:
                actions.retry(db, [number], now=now)
                audit.note(db, service.actor, "delivery.retried", f"delivery:{number}", now=now)
        except NoSuchDelivery:
            raise problems.missing() from None
        except IllegalTransition as error:
            raise Problem(409, "conflict", error.in_language(service.language)) from None
        return _found(number)

    @service.get("/health", Permission.SYSTEM, answers=Health)
    def health() -> Health:
        """Whether the outside systems can be used, and what to do where one cannot."""
        with store.reading() as db:
            return told.how_it_is(db, bridge.remotes, language=service.language, now=utc_now())

    def _found(number: int) -> DeliveryInFull:
        now, language = utc_now(), service.language
        closed = bridge.closed(now)
        with store.reading() as db:
            found = told.in_full(db, number, language=language, now=now, closed=closed)
        if found is None:
            raise problems.missing()
        return found
