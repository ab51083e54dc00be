"""The work units of the instansi, page by page (registry facts, sections 2 and 5).

Names begin with capitals in this list, and its pages are cut from an order that is not kept
from one call to the next: a unit may come twice and another not at all. So the list is gone
through again until there are as many as it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lms_bridge.http.trouble import unreadable
from lms_bridge.http.values import text
from lms_bridge.registries.base import RegistryUnit, UnitList
from lms_bridge.registries.siasn.api import Api

_PAGE = 500
_MOST_PAGES = 200
_PASSES = 3


def read_all(api: Api) -> UnitList:
    """All work units, the first that was said of each; `whole` only if none can be missing."""
    found: dict[str, RegistryUnit] = {}
    for _ in range(_PASSES):
        count = _read_pages(api, found)
        if count is None or len(found) >= count:
            # An empty list is also what a registry says that has none to show to this account.
            return UnitList(tuple(found.values()), whole=bool(found))
    return UnitList(tuple(found.values()), whole=False)


def _read_pages(api: Api, found: dict[str, RegistryUnit]) -> int | None:
    """Add the units of every page to `found`; how many the list says there are, if it does."""
    seen: set[str] = set()
    count, offset, nameless = None, 0, 0
    for _ in range(_MOST_PAGES):
        verdict = api.get(f"/referensi/ref-unor?limit={_PAGE}&offset={offset}")
        rows = verdict.data if verdict.kind == "success" and verdict.data is not None else []
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise unreadable(api.remote, "ref-unor is no list of rows")
        count = verdict.count if verdict.count is not None else count
        before = len(seen)
        for row in rows:
            unit = unit_of(row)
            nameless += not unit.id
            if unit.id:
                seen.add(unit.id)
                found.setdefault(unit.id, unit)
        offset += len(rows)
        # It may give fewer at a time than were asked for, so a short page is not the last.
        over = offset >= count if count is not None else len(seen) == before
        if not rows or over:
            return None if count is None else count - nameless
    raise unreadable(api.remote, f"ref-unor has more than {_MOST_PAGES} pages")


def unit_of(row: Mapping[str, Any]) -> RegistryUnit:
    """The unit of a row of the list; without an id it is none."""
    said = {name.casefold(): value for name, value in row.items()}
    unit_id, above = text(said.get("id")), text(said.get("diatasanid"))
    return RegistryUnit(
        id=unit_id,
        name=text(said.get("namaunor")) or text(said.get("namajabatan")),
        parent_id="" if above == unit_id else above,
    )
