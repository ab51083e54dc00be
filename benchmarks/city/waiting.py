"""What was seen and waits for a person, for some dozens of causes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from benchmarks.city import HOME, LMS, Size, When
from benchmarks.city.people import People, Person
from lms_bridge.people import keys

_COURSES = 40
"""that the catalogue does not know"""
_SHARES = (("course", 0.72), ("person", 0.16), ("asking", 0.02), ("score", 0.06), ("other", 0.04))


class Wait(NamedTuple):
    """A sighting that waits."""

    at: dt.datetime
    state: str
    code: str
    details: dict[str, Any]
    account: str
    name: str
    activity: str
    external_id: str
    course: str
    due_at: dt.datetime | None = None

    @property
    def actor(self) -> str:
        """The key of the account in statements."""
        return keys.of_account(HOME, self.account)


def waits(people: People, size: Size, when: When, seed: int = 5) -> Iterator[Wait]:
    """All of them."""
    chance = Random(seed)
    for _ in range(size.waiting // 16):
        yield _of_course(0, chance.choice(people.people), _lately(when, chance))
    for _ in range(size.waiting - size.waiting // 16):
        kind = chance.choices([name for name, _ in _SHARES], [share for _, share in _SHARES])[0]
        who, at = chance.choice(people.people), _lately(when, chance)
        if kind == "course":
            yield _of_course(1 + int((_COURSES - 1) * chance.random() ** 1.6), who, at)
        else:
            yield _OTHERS[kind](chance, who, at, when)


def _lately(when: When, chance: Random) -> dt.datetime:
    return when.now - dt.timedelta(days=min(chance.expovariate(0.05), 300), minutes=5)


def _of_course(number: int, who: Person, at: dt.datetime) -> Wait:
    activity = f"{HOME}/course/view.php?id={900 + number}"
    name = "Etika ASN di Media Sosial" if number == 0 else f"Pelatihan Mandiri {number}"
    details = {"activity": activity, "name": name}
    code = "unknown_course"
    return Wait(
        at, "attention", code, details, who.nip, who.name, activity, f"BARU-{number:03}", name
    )


def _course(number: int) -> tuple[str, str, str]:
    return f"{HOME}/course/view.php?id={number + 2}", "", "Pelayanan Publik Prima"


def _of_person(chance: Random, _: Person, at: dt.datetime, when: When) -> Wait:
    number = int(250 * chance.random() ** 2)
    account = str(70_000 + number)
    about = {"actor": f"Pengguna {number} ({account})", "lms": LMS}
    codes: tuple[tuple[str, dict[str, Any]], ...] = (
        ("account_without_nip", {}),
        ("unknown_person", {}),
        ("invalid_nip", {"value": f"19870{number}"}),
        ("account_missing", {}),
    )
    code, more = codes[number % 4]
    name = f"Pengguna {number}"
    return Wait(at, "attention", code, {**about, **more}, account, name, *_course(number % 9))


def _of_asking(chance: Random, _: Person, at: dt.datetime, when: When) -> Wait:
    account = str(80_000 + chance.randrange(50))
    details = {"actor": account, "lms": LMS}
    due = when.now + dt.timedelta(hours=2)
    return Wait(at, "asking", "lookup_waiting", details, account, "", *_course(3), due)


def _of_score(chance: Random, who: Person, at: dt.datetime, when: When) -> Wait:
    details = {"minimum": "0.7"}
    about = _course(chance.choice((11, 23, 35)))
    return Wait(at, "attention", "score_missing", details, who.nip, who.name, *about)


def _of_other(chance: Random, who: Person, at: dt.datetime, when: When) -> Wait:
    codes: tuple[tuple[str, dict[str, Any]], ...] = (
        ("time_not_credible", {"time": "2036-01-01T00:00:00Z"}),
        ("unknown_home_page", {"actor": who.nip, "home_page": "https://lama.siantar.example"}),
        ("group_actor", {}),
    )
    code, details = chance.choice(codes)
    return Wait(at, "attention", code, details, who.nip, who.name, *_course(7))


_OTHERS = {
    "person": _of_person,
    "asking": _of_asking,
    "score": _of_score,
    "other": _of_other,
}
