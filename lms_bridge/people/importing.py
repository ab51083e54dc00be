"""The table by which HR says who is behind an account: it goes before every other source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select, update

from lms_bridge.people import keys, postings
from lms_bridge.people import nip as nips
from lms_bridge.people.erased import Erased
from lms_bridge.people.identities import Known, employee_of, remember
from lms_bridge.people.merging import merge
from lms_bridge.recognition import sightings
from lms_bridge.store.schema import employees, identities
from lms_bridge.tables import TableError, read_table
from xapi import is_iri

REQUIRED = ("nip",)
OPTIONAL = (
    "name",
    "unit_id",
    "unit_name",
    "former_nips",
    "home_page",
    "account",
    "email",
    "openid",
    "lms",
    "lms_user_id",
)
"""columns of the file; `home_page` and `account` name an account as it stands in statements, `lms`
and `lms_user_id` one as the LMS numbers it, `former_nips` is separated by ``|``, and a person may
have several rows"""

_LONGEST = {"unit_id": 64, "lms": 40, "lms_user_id": 40}


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One row: an employee, and keys by which statements may name them."""

    nip: str
    name: str = ""
    unit_id: str = ""
    unit_name: str = ""
    former_nips: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    lms: str = ""
    lms_user_id: str = ""


class Imported(msgspec.Struct, frozen=True):
    """What an import did."""

    people: int
    links: int
    reconsidered: int
    warnings: list[str]


def from_file(path: Path) -> list[tuple[int, Person]]:
    """(line, person) for each row. Raises :exc:`TableError` naming line, column and rule."""
    found: list[tuple[int, Person]] = []
    problems: list[str] = []
    for line, row in read_table(path, required=REQUIRED, optional=OPTIONAL):
        wrong = list(_problems(row))
        problems += [f"line {line}: {problem}" for problem in wrong]
        if not wrong:
            found.append((line, _person(row)))
    problems += _contradictions(found)
    if problems:
        raise TableError(path.name, problems)
    return found


def put(db: Connection, people: Sequence[tuple[int, Person]], *, now: dt.datetime) -> Imported:
    """Link the keys of `people` to their employees; what waited for one of them is judged again."""
    sightings.hold(db)
    links = 0
    warnings: list[str] = []
    for line, person in people:
        try:
            employee_id = employee_of(db, person.nip, name=person.name, now=now)
        except Erased as gone:
            warnings.append(f"line {line}: {gone}")
            continue
        warnings += [f"line {line}: {doubt}" for doubt in _doubts(db, person, employee_id)]
        details = {
            name: value
            for name in ("name", "unit_id", "unit_name")
            if (value := getattr(person, name))
        }
        if details:
            db.execute(update(employees).where(employees.c.id == employee_id).values(**details))
        unit = (person.unit_id, person.unit_name)
        postings.note(db, employee_id, postings.HR, *unit, now)
        for former in person.former_nips:
            merge(db, former, employee_id, now=now)
        for key in person.keys:
            who = Known(employee_id, person.lms, person.lms_user_id)
            remember(db, key, who, source="import", now=now)
        if person.lms:
            _link_account(db, person, employee_id)
        links += len(person.keys) + len(person.former_nips)
    again = sightings.judge_waiting(db) + sightings.judge_moved(db)
    return Imported(len({person.nip for _, person in people}), links, again, warnings)


def _problems(row: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with one row."""
    nip = nips.normalise(row["nip"])
    if nip is None:
        yield f"nip: {row['nip']!r} is not 18 digits"
    for text in _parts(row.get("former_nips", "")):
        former = nips.normalise(text)
        if former is None:
            yield f"former_nips: {text!r} is not 18 digits"
        elif former == nip:
            yield f"former_nips: {text!r} is the nip itself"
    for column, most in _LONGEST.items():
        if len(row.get(column, "")) > most:
            yield f"{column}: is longer than {most} characters"
    for one, other in (("account", "home_page"), ("lms", "lms_user_id")):
        if bool(row.get(one)) != bool(row.get(other)):
            yield f"{one} and {other} are given together or not at all"
    if (home_page := row.get("home_page")) and not is_iri(home_page):
        yield f"home_page: {home_page!r} is no address such as https://lms.example.go.id"
    if (email := row.get("email")) and "@" not in email:
        yield f"email: {email!r} is no e-mail address"


def _person(row: Mapping[str, str]) -> Person:
    """The person of a row that has no problems."""
    lms, user_id = row.get("lms", ""), row.get("lms_user_id", "")
    named: list[str] = []
    if account := row.get("account"):
        named.append(keys.of_account(row["home_page"], account))
    if email := row.get("email"):
        named += [keys.of_address(email), *sorted(keys.of_hashed_addresses(email))]
    if openid := row.get("openid"):
        named.append(keys.of_openid(openid))
    if lms:
        named.append(keys.of_lms_account(lms, user_id))
    return Person(
        nip=_digits(row["nip"]),
        name=row.get("name", ""),
        unit_id=row.get("unit_id", ""),
        unit_name=row.get("unit_name", ""),
        former_nips=tuple(_digits(text) for text in _parts(row.get("former_nips", ""))),
        keys=tuple(named),
        lms=lms,
        lms_user_id=user_id,
    )


def _contradictions(people: Sequence[tuple[int, Person]]) -> Iterator[str]:
    """What each row allows and all together forbid: one key, or one former NIP, of two people."""
    current = {person.nip: line for line, person in people}
    owners: dict[str, tuple[int, str]] = {}
    for line, person in people:
        for former in person.former_nips:
            if former in current:
                yield (
                    f"line {line}: former_nips: {former} is the nip of line {current[former]}:"
                    " one person has one nip"
                )
        for key in (*person.keys, *map(keys.of_nip, person.former_nips)):
            first, nip = owners.setdefault(key, (line, person.nip))
            if nip != person.nip:
                yield f"line {line}: {key.partition(':')[2]} belongs to another nip in line {first}"


def _doubts(db: Connection, person: Person, employee_id: int) -> Iterator[str]:
    yield from nips.doubts(person.nip)
    nip = db.execute(select(employees.c.nip).where(employees.c.id == employee_id)).scalar_one()
    if nip != person.nip:
        yield f"{person.nip} is known as a former NIP of {nip}, and was taken for that one"


def _link_account(db: Connection, person: Person, employee_id: int) -> None:
    """All that is already known to name the account that HR spoke of is the employee's as well."""
    db.execute(
        update(identities)
        .where(identities.c.lms == person.lms, identities.c.lms_user_id == person.lms_user_id)
        .values(employee_id=employee_id, source="import")
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]


def _digits(text: str) -> str:
    nip = nips.normalise(text)
    assert nip is not None
    return nip
