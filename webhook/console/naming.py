"""The names of what pages about people show: places, accounts, where a completion stands."""

from __future__ import annotations

from lms_bridge.insight.standings import standing_of
from lms_bridge.learner.wording import place
from webhook.console.site import Site


def pages(site: Site) -> None:
    """Give the templates what they need for that."""
    add = site.blueprint.add_app_template_filter
    add(place, "place")
    add(standing_of, "standing")
    add(account, "account")


def account(key: str) -> str:
    """An account as its LMS names it, without the home page; an address without its kind.

    >>> account("account:https://lms.example|4711"), account("mbox:mailto:siti@example.go.id")
    ('4711', 'siti@example.go.id')
    """
    kind, _, rest = key.partition(":")
    return rest.rpartition("|")[2] if kind == "account" else rest.removeprefix("mailto:")
