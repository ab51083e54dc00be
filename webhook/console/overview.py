"""The first page of HR: JP of the year by unit, completions by month, and what waits."""

from __future__ import annotations

from babel.dates import get_month_names
from flask import request

from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.sight import of_unit
from lms_bridge.attention import overview as waiting
from lms_bridge.bridge import utc_now
from lms_bridge.figures import keeping
from lms_bridge.insight import figures, finished, people
from lms_bridge.insight.finished import Search, Wanted
from lms_bridge.insight.standings import Standing
from lms_bridge.people import sums
from webhook import dressing
from webhook.console.attention import titles
from webhook.console.site import Site


def pages(site: Site) -> None:
    """Register them."""

    @site.page("/overview", Permission.PEOPLE, name="overview")
    def overview() -> str:
        """The city, or the unit that the address names."""
        year, yearly, now = site.today().year, site.bridge.settings.yearly_hours, utc_now()
        with site.bridge.store.reading() as db:
            sight = site.sight(db)
            unit = people.unit_named(db, sight, request.args.get("unit", "")[:120])
            narrowed = of_unit(db, unit) if unit else sight
            above = people.above(db, sight, unit) if unit else []
            seen = keeping.of_year(db, [sight], yearly, year, now=now)
            together, units = figures.by_unit(db, sight, seen, top=unit.id if unit else "")
            months = keeping.by_month(db, narrowed, year, site.zone, now=now)
            under_way = Search(db, sight, Wanted(unit=unit, standing=Standing.UNDER_WAY)).how_many()
            waits = {} if unit else waiting.count(db, sight)
            to_count = sums.how_many_to_count(db)
        names = get_month_names("abbreviated", "stand-alone", dressing.language())
        return site.show(
            "console/overview.html",
            year=year,
            unit=unit,
            above=above,
            unit_text=f"{unit.registry}/{unit.id}" if unit else "",
            together=together,
            units=units,
            months=[(names[one.month], one.year_before, one.this_year) for one in months],
            completed=sum(one.this_year for one in months),
            under_way=under_way,
            counted=finished.COUNTED,
            waits={kind: count for kind, count in waits.items() if count},
            titles=titles(),
            to_count=to_count,
        )
