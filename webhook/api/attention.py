"""``/attention``: what waits for a person."""

from __future__ import annotations

from lms_bridge.accounts.roles import Permission
from lms_bridge.api import attention as told
from lms_bridge.api.attention import Attention, Member, MembersAsked
from lms_bridge.api.paging import BadCursor, Page
from webhook.api.people import bad_cursor
from webhook.api.service import Service


def routes(service: Service) -> None:
    """Register them."""
    store = service.bridge.store

    @service.get("/attention", Permission.PEOPLE, answers=Attention)
    def attention() -> Attention:
        """What waits for a person, gathered by cause, with the remedy."""
        with store.reading() as db:
            return told.look(db, service.sight(db), language=service.language)

    @service.get("/attention/members", Permission.PEOPLE, asks=MembersAsked, answers=Page[Member])
    def attention_members(asked: MembersAsked) -> Page[Member]:
        """What is in one of the groups."""
        with store.reading() as db:
            try:
                return told.members(db, service.sight(db), asked, language=service.language)
            except BadCursor:
                raise bad_cursor() from None
