"""``/employees``: who there is, and what each has learned."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.sight import EVERYBODY, Unit, of_unit
from lms_bridge.api import people
from lms_bridge.api.paging import BadCursor, Page
from lms_bridge.api.people import (
    Employee,
    EmployeeAsked,
    EmployeeInFull,
    EmployeesAsked,
    EmployeeSearch,
)
from lms_bridge.api.units import Units, UnitsAsked, figures
from lms_bridge.bridge import utc_now
from lms_bridge.people import units
from webhook.api import problems
from webhook.api.service import Service


def routes(service: Service) -> None:
    """Register them."""
    bridge = service.bridge

    @service.get("/employees", Permission.PEOPLE, asks=EmployeesAsked, answers=Page[Employee])
    def employees(asked: EmployeesAsked) -> Page[Employee]:
        """List employees."""
        return _listed(asked)

    @service.post(
        "/employees/search", Permission.PEOPLE, asks=EmployeeSearch, answers=Page[Employee]
    )
    def search_employees(asked: EmployeeSearch) -> Page[Employee]:
        """Look for employees by NIP or name.

        What is looked for stands in the body, so that no NIP gets into the log of a server.
        """
        return _listed(asked)

    @service.get(
        "/employees/<number>", Permission.PEOPLE, asks=EmployeeAsked, answers=EmployeeInFull
    )
    def employee(number: int, asked: EmployeeAsked) -> EmployeeInFull:
        """One employee, with the JP of a year and all trainings."""
        year, yearly = _year(asked.year), bridge.settings.yearly_hours
        with bridge.store.reading() as db:
            found = people.in_full(db, service.sight(db), number, year=year, yearly=yearly)
        if found is None:
            raise problems.missing()
        service.looked("page", number)
        return found

    @service.get("/units", Permission.PEOPLE, asks=UnitsAsked, answers=Units)
    def units_with_hours(asked: UnitsAsked) -> Units:
        """The work units, with the JP of a year and how many people have reached theirs."""
        yearly = bridge.settings.yearly_hours
        with bridge.store.reading() as db:
            sight = service.sight(db)
            return figures(db, sight, year=_year(asked.year), yearly=yearly, now=utc_now())

    def _year(asked: int | None) -> int:
        """That year, or the one that it is in the city."""
        return asked or utc_now().astimezone(ZoneInfo(bridge.settings.time_zone)).year

    def _listed(asked: EmployeesAsked) -> Page[Employee]:
        service.looked("list", list="employees")
        with bridge.store.reading() as db:
            unit = unit_of(db, asked.unit, asked.registry)
            inside = of_unit(db, unit) if unit else EVERYBODY
            try:
                return people.listed(db, service.sight(db), asked, inside)
            except BadCursor:
                raise bad_cursor() from None


def unit_of(db: Connection, unit_id: str, registry: str) -> Unit | None:
    """The unit that is asked for; None if none is. Raises :exc:`.Problem`."""
    if not unit_id:
        return None
    found = [one for one in units.with_id(db, unit_id) if not registry or one.registry == registry]
    if not found:
        raise problems.of_field("unit", "there is no unit with this id")
    if len(found) > 1:
        where = ", ".join(one.registry for one in found)
        raise problems.of_field("registry", f"several have a unit with this id; say which: {where}")
    return found[0]


def bad_cursor() -> problems.Problem:
    """A ``next`` that no page had."""
    return problems.of_field("next", "must be what `next` of the page before was")
