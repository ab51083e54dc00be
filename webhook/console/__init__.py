"""The console at ``/console``: HR sees, IT steers.

Each page is a function in a module here, registered with the permission that it needs:

>>> def pages(site: Site) -> None:
...     @site.page("/employees", Permission.PEOPLE)
...     def employees() -> str:
...         with site.bridge.store.reading() as db:
...             people = listing.people(db, site.sight(db), ...)
...         return site.show("console/employees.html", people=people)
...
...     @site.act("/employees/<int:number>/link", Permission.ACT)
...     def link(number: int) -> Response:
...         ...
...         return site.back("console.employees", told=_("Linked."))

:mod:`webhook.console.site` lets nobody in who may not, holds each form to its token, and knows who
is there; :mod:`webhook.console.navigation` lists what the menu shows.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, redirect

from lms_bridge.bridge import Bridge
from webhook.console import (
    accounts,
    attention,
    attention_repair,
    audit,
    completion_acts,
    completions,
    courses,
    courses_import,
    deliveries,
    employees,
    health,
    jobs,
    naming,
    notices,
    overview,
    profile,
    reports,
    senders,
    signing_in,
    statements,
    tokens,
)
from webhook.console.site import PATH, Site


def show(app: Flask, bridge: Bridge) -> None:
    """Have `app` show the console."""
    site = Site(bridge)
    for pages in _EVERY:
        pages(site)
    if bridge.settings.console.oidc:
        from webhook.console import oidc  # it speaks to another system

        oidc.pages(site)
    site.join(app)
    app.add_url_rule("/", "first", lambda: redirect(f"{PATH}/", 303))


_EVERY: tuple[Callable[[Site], None], ...] = (
    signing_in.pages,
    profile.pages,
    accounts.pages,
    audit.pages,
    health.pages,
    jobs.pages,
    deliveries.pages,
    senders.pages,
    statements.pages,
    attention.pages,
    attention_repair.pages,
    courses.pages,
    courses_import.pages,
    naming.pages,
    overview.pages,
    employees.pages,
    completions.pages,
    completion_acts.pages,
    reports.pages,
    notices.pages,
    tokens.pages,
)
"""what registers pages, one for each module of them"""
