"""Listing all rows of a list, on however many pages they come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lms_bridge.errors import DeliveryError
from lms_bridge.http.trouble import unreadable
from lms_bridge.http.values import number
from lms_bridge.mapped.api import Api
from lms_bridge.mapped.reading import at, listed, parameters_of
from lms_bridge.mapped.requests import Prepared
from lms_bridge.mapped.settings import Listing, Pages

_MOST_PAGES = 200
# How the usual frameworks say that a list goes on: Laravel's two paginators, Django's.
_MORE = ("next_page_url", "links.next", "next", "meta.next", "pagination.next")

Rows = list[Mapping[str, Any]]
Parameters = Mapping[str, str]


def of(api: Api, asked: Listing, prepared: Prepared, values: Mapping[str, Any]) -> Rows:
    """All rows that `asked`, which is `prepared`, lists when it is filled with `values`.

    Never less than all, rather an error: a row left out could be ours, and would be written a
    second time.
    """

    def unusable(error: str) -> DeliveryError:
        return unreadable(api.remote, error)

    pages = asked.pages
    found: Rows = []
    before: Rows = []
    parameters: Parameters = {}
    if pages and not pages.next:
        parameters = {pages.query: str(pages.first)}
    for turn in range(_MOST_PAGES):
        judged = api.ask(asked, prepared.with_query(parameters), values)
        if judged.means == "none":
            return found
        rows = listed(at(judged.body, asked.rows))
        if rows is None:
            raise unusable(
                f'there is no list of rows at “{asked.rows}”; a rule with means = "none" says'
                " what the answer is where there are none"
            )
        if rows and rows == before:
            raise unusable("a page is the same as the one before; see read.pages")
        found, before = found + rows, rows
        if pages is None:
            if any(isinstance(at(judged.body, more), str) for more in _MORE):
                raise unusable("the list goes on, and read.pages does not say how")
            return found
        if pages.next:
            further = parameters_of(at(judged.body, pages.next), pages.query)
            if not further:
                return found
            parameters = {**parameters, **further}
            continue
        if pages.last and number(at(judged.body, pages.last)) is None:
            raise unusable(f"there is no number of the last page at “{pages.last}”")
        if _is_last(pages, rows, judged.body, turn):
            return found
        parameters = {pages.query: str(pages.first + (turn + 1) * pages.step)}
    raise unusable(f"the list has more than {_MOST_PAGES} pages")


def _is_last(pages: Pages, rows: Rows, body: Any, turn: int) -> bool:
    last = number(at(body, pages.last)) if pages.last else None
    return not rows or (last is not None and pages.first + turn >= last)
