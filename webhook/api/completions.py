"""``/completions``: who has completed what, and what became of it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from lms_bridge.accounts.roles import Permission
from lms_bridge.api import completions as told
from lms_bridge.api.completions import Completion, CompletionInFull, CompletionsAsked
from lms_bridge.api.paging import BadCursor, Page
from lms_bridge.bridge import utc_now
from webhook.api import problems
from webhook.api.people import bad_cursor, unit_of
from webhook.api.service import Service


def routes(service: Service) -> None:
    """Register them."""
    bridge = service.bridge
    store, zone = bridge.store, ZoneInfo(bridge.settings.time_zone)

    @service.get("/completions", Permission.PEOPLE, asks=CompletionsAsked, answers=Page[Completion])
    def completions(asked: CompletionsAsked) -> Page[Completion]:
        """List completions, the latest first."""
        service.looked("list", list="completions")
        with store.reading() as db:
            unit, sight = unit_of(db, asked.unit, asked.registry), service.sight(db)
            try:
                return told.listed(db, sight, asked, unit=unit, zone=zone, now=utc_now())
            except BadCursor:
                raise bad_cursor() from None

    @service.get("/completions/<number>", Permission.PEOPLE, answers=CompletionInFull)
    def completion(number: int) -> CompletionInFull:
        """One completion, with each delivery of it and why that stands as it does."""
        now = utc_now()
        closed = bridge.closed(now)
        with store.reading() as db:
            found = told.in_full(
                db,
                service.sight(db),
                number,
                language=service.language,
                now=now,
                closed=closed,
            )
        if found is None:
            raise problems.missing()
        service.looked("completion", found.completion.employee.id, completion=number)
        return found
