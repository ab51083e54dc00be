"""The names of what pages about people show: places, accounts, where a completion stands."""

from __future__ import annotations

from lms_bridge.insight.standings import standing_of
from lms_bridge.learner.wording import place
from lms_bridge.reasons import Reason
from webhook.console.site import Site


def pages(site: Site) -> None:
    """Give the templates what they need for that."""
    add = site.blueprint.add_app_template_filter
    add(place, "place")
    add(standing_of, "standing")
    add(account, "account")
    add(by_name, "by_name")


def by_name(reason: Reason) -> Reason:
    """`reason`, in which outside systems are called as HR knows them.

    >>> by_name(Reason("registry_refused", remote="registry.siasn", message="x", delivery=1)).what()
    'SIASN refused the record: x'
    >>> by_name(Reason("undecided", where="registry.siasn, lms.moodle", completion=7)).what()
    'It was taken back, and SIASN, Moodle still has it.'
    """
    details = reason.details
    named = {
        name: ", ".join(place(one) if "." in one else one for one in details[name].split(", "))
        for name in ("remote", "where")
        if isinstance(details.get(name), str)
    }
    return Reason(reason.code, **(details | named)) if named else reason


def account(key: str) -> str:
    """An account as its LMS names it, without the home page; an address without its kind.

    >>> account("account:https://lms.example|4711"), account("mbox:mailto:siti@example.go.id")
    ('4711', 'siti@example.go.id')
    """
    kind, _, rest = key.partition(":")
    return rest.rpartition("|")[2] if kind == "account" else rest.removeprefix("mailto:")
