"""``/completions``: who has completed what, and what became of it."""

from __future__ import annotations

from lms_bridge.accounts.roles import Permission
from lms_bridge.api import completions as told
from lms_bridge.api.completions import Completion, CompletionInFull, CompletionsAsked
from lms_bridge.api.paging import BadCursor, Page
from lms_bridge.bridge import utc_now
from webhook.api import problems
from webhook.api.people import bad_cursor, inside_of
from webhook.api.service import Service


def routes(service: Service) -> None:
    """Register them."""
    store = service.bridge.store

    @service.get("/completions", Permission.PEOPLE, asks=CompletionsAsked, answers=Page[Completion])
    def completions(asked: CompletionsAsked) -> Page[Completion]:
        """List completions, the newest first."""
        with store.reading() as db:
            inside = inside_of(db, asked.unit, asked.registry)
            try:
                return told.listed(db, service.sight(db), asked, inside)
            except BadCursor:
                raise bad_cursor() from None

    @service.get("/completions/<number>", Permission.PEOPLE, answers=CompletionInFull)
    def completion(number: int) -> CompletionInFull:
        """One completion, with each delivery of it and why that stands as it does."""
        sight, language = service.sight, service.language
        with store.reading() as db:
            found = told.in_full(db, sight(db), number, language=language, now=utc_now())
        if found is None:
            raise problems.missing()
        return found
