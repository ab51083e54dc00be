"""Any number of made-up employees, the same ones every time."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from lms_bridge.sandbox.siasn.people import Person, Unit

FIRST_USER_ID = 1001

UNITS = (
    Unit("8ae482a75d1f0b41015d1f2c6a110001", "Badan Kepegawaian dan Pengembangan SDM"),
    Unit("8ae482a75d1f0b41015d1f2c6a110002", "Dinas Komunikasi dan Informatika"),
    Unit("8ae482a75d1f0b41015d1f2c6a110003", "Dinas Pendidikan"),
    Unit("8ae482a75d1f0b41015d1f2c6a110004", "Dinas Kesehatan"),
    Unit(
        "a1b6c9d2-0e5f-11ec-8d3d-0242ac130003",
        "Bidang Pengembangan Kompetensi",
        "Kepala",
        "8ae482a75d1f0b41015d1f2c6a110001",
    ),
)

_FIRST_NAMES = (
    "Ahmad Ani Bambang Citra Dedi Endah Fajar Gita Hendra Intan Joko Kartika Lukman Maya Nanda Oki"
    " Putri Rina Sahat Tiur Untung Vera Wahyu Yuni Zainal"
)
_LAST_NAMES = (
    "Damanik Girsang Harahap Lubis Nasution Pasaribu Purba Saragih Siahaan Simanjuntak Sinaga"
    " Siregar Sitorus Sihombing Tambunan"
)


@dataclass(frozen=True, slots=True)
class Resident:
    """One employee as both systems know them."""

    user_id: int
    username: str
    firstname: str
    lastname: str
    nip: str
    unit: Unit

    def as_person(self) -> Person:
        """How the registry has them; names in capitals, as there."""
        return Person(
            nip=self.nip,
            person_id=person_id(self.nip),
            name=f"{self.firstname} {self.lastname}".upper(),
            unit=self.unit,
        )


def many_people(count: int) -> list[Resident]:
    """`count` employees with valid NIPs (registry facts, section 8) and user ids from 1001.

    >>> [(one.user_id, one.nip) for one in many_people(2)]
    [(1001, '198001012005011001'), (1002, '198001022005022002')]
    """
    return [_resident(number) for number in range(count)]


def person_id(nip: str) -> str:
    """The registry's key of the person: 32 capital hexadecimals, of no meaning."""
    return hashlib.sha256(nip.encode()).hexdigest()[:32].upper()


def _resident(number: int) -> Resident:
    born = dt.date(1980, 1, 1) + dt.timedelta(days=number % 7000)
    sex = 1 + number % 2
    appointed = f"{born.year + 25}{1 + number % 12:02}"
    nip = f"{born:%Y%m%d}{appointed}{sex}{1 + number % 999:03}"
    first, last = _FIRST_NAMES.split(), _LAST_NAMES.split()
    return Resident(
        user_id=FIRST_USER_ID + number,
        username=nip,
        firstname=first[number % len(first)],
        lastname=last[number // len(first) % len(last)],
        nip=nip,
        unit=UNITS[number % len(UNITS)],
    )
