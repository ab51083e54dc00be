"""Who lives in the city: units three levels deep, and whoever works in them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from benchmarks.city import HOME, LMS, REGISTRY, Size, When, names
from benchmarks.city.filling import Values, fill
from lms_bridge.people import keys
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import employees, identities, postings, units

_FIRST, _LAST = names.FIRST.split(), names.LAST.split()
_PPPK = 0.22
_STATUS = (("PNS Aktif", "Masa Persiapan Pensiun", "Pensiun", ""), (95, 1.5, 2.5, 1))
"""of a PNS, as the registry words it, and how many per cent are so"""


class Unit(NamedTuple):
    """A unit of the city."""

    id: str
    name: str
    parent: str
    weight: float
    """of its people, to those of the others"""
    zeal: float
    """how much is learned there"""


class Person(NamedTuple):
    """An employee, numbered from 1 on."""

    id: int
    nip: str
    name: str
    unit: Unit
    status: str
    account: int
    """in the LMS"""
    zeal: float

    @property
    def actor(self) -> str:
        """The key of their account in statements."""
        return keys.of_account(HOME, self.nip)


@dataclass
class People:
    """Everybody, and where."""

    units: list[Unit] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)

    @classmethod
    def of(cls, size: Size, chance: Random) -> People:
        """So many made-up people."""
        tree = list(_tree(chance))
        places = chance.choices(tree, [unit.weight for unit in tree], k=size.people)
        return cls(tree, [_person(n + 1, unit, chance) for n, unit in enumerate(places)])

    def put(self, store: Store, when: When, chance: Random) -> None:
        """Keep them."""
        began = when.first - dt.timedelta(days=30)
        fill(
            store,
            units,
            (
                {
                    "registry": REGISTRY,
                    "unit_id": one.id,
                    "name": one.name,
                    "parent_id": one.parent,
                    "seen_at": when.now,
                }
                for one in self.units
            ),
        )
        fill(
            store,
            employees,
            (
                {
                    "id": one.id,
                    "nip": one.nip,
                    "name": one.name,
                    "unit_id": one.unit.id,
                    "unit_name": one.unit.name,
                    "status": one.status,
                    "registry_refs": _refs(one),
                    "refreshed_at": when.now - dt.timedelta(hours=chance.random() * 24),
                    "created_at": began,
                }
                for one in self.people
            ),
        )
        fill(store, identities, self._identities(began))
        fill(store, postings, self._postings(when, began, chance))

    def _identities(self, began: dt.datetime) -> Iterator[Values]:
        for one in self.people:
            known = {"employee_id": one.id, "seen_at": began}
            yield {
                "key": keys.of_nip(one.nip),
                "source": "import",
                "lms": "",
                "lms_user_id": "",
                **known,
            }
            yield {
                "key": one.actor,
                "source": "lms",
                "lms": LMS,
                "lms_user_id": str(one.account),
                **known,
            }

    def _postings(self, when: When, began: dt.datetime, chance: Random) -> Iterator[Values]:
        for one in self.people:
            since = began
            if chance.random() < 0.05:
                since = began + (when.now - began) * chance.random()
                yield _posting(one, chance.choice(self.units), began, since)
            yield _posting(one, one.unit, since, None)


def _posting(one: Person, unit: Unit, since: dt.datetime, until: dt.datetime | None) -> Values:
    return {
        "employee_id": one.id,
        "registry": REGISTRY,
        "unit_id": unit.id,
        "unit_name": unit.name,
        "since": since,
        "until": until,
    }


def _tree(chance: Random) -> Iterator[Unit]:
    top = Unit("U", "Pemerintah Kota Pematangsiantar", "", 0.02, 1)
    yield top
    for number, name in enumerate(names.OFFICES):
        weight = 6.0 if name.startswith(("Dinas Pend", "Dinas Kes", "RSUD")) else 1.0
        office = Unit(f"U{number:02}", name, top.id, weight * 0.2, chance.uniform(0.5, 1.4))
        yield office
        for place in range(chance.randint(2, 5)):
            title = f"{names.DIVISIONS[place]} {name}"
            division = Unit(f"{office.id}{place}", title, office.id, weight, office.zeal)
            yield division
            if chance.random() < 0.3:
                section = f"{chance.choice(names.SECTIONS)} {title}"
                yield Unit(f"{division.id}0", section, division.id, weight / 2, office.zeal)


def _person(number: int, unit: Unit, chance: Random) -> Person:
    born = dt.date(1966, 6, 1) + dt.timedelta(days=chance.randrange(12_500))
    sex = chance.choice("12")
    pppk = chance.random() < _PPPK
    year = max(born.year + chance.randint(22, 30), 2019 if pppk else 0)
    month = "21" if pppk else f"{chance.randint(1, 12):02}"
    # The last digits make the numbers differ, as they do in life for one day of appointment.
    nip = f"{born:%Y%m%d}{year}{month}{sex}{number % 1000:03}"
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    name = f"{first} {last}{chance.choice(names.TITLES)}"
    status = "PPPK Aktif" if pppk else chance.choices(*_STATUS)[0]
    zeal = unit.zeal * chance.lognormvariate(0, 0.7)
    return Person(number, nip, name, unit, status, 1000 + number, zeal)


def _refs(one: Person) -> dict[str, dict[str, str]]:
    person_id = hashlib.sha256(one.nip.encode()).hexdigest()[:32].upper()
    return {
        REGISTRY: {
            "nip": one.nip,
            "person_id": person_id,
            "name": one.name,
            "unit_id": one.unit.id,
            "unit_name": one.unit.name,
            "status": one.status,
        }
    }
