"""The table by which HR says who is behind an account: it goes before every other source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select, update

from lms_bridge.i18n import mark
from lms_bridge.objections import Objection, objection
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

_NO_NIP = mark("“%(value)s” is not 18 digits.")
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
    warnings: list[Objection]


def from_file(path: Path) -> list[tuple[int, Person]]:
    """(line, person) for each row. Raises :exc:`TableError` naming line, column and rule."""
    found: list[tuple[int, Person]] = []
    problems: list[Objection] = []
    for line, row in read_table(path, required=REQUIRED, optional=OPTIONAL):
        wrong = [problem.in_line(line) for problem in _problems(row)]
        problems += wrong
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
    warnings: list[Objection] = []
    for line, person in people:
        try:
            employee_id = employee_of(db, person.nip, name=person.name, now=now)
        except Erased as gone:
            warnings.append(objection(str(gone), line=line))
            continue
        warnings += [doubt.in_line(line) for doubt in _doubts(db, person, employee_id)]
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


def _problems(row: Mapping[str, str]) -> Iterator[Objection]:
    """What is wrong with one row."""
    nip = nips.normalise(row["nip"])
    if nip is None:
        yield objection(_NO_NIP, field="nip", value=row["nip"])
    for text in _parts(row.get("former_nips", "")):
        former = nips.normalise(text)
        if former is None:
            yield objection(_NO_NIP, field="former_nips", value=text)
        elif former == nip:
            itself = mark("“%(value)s” is the nip itself.")
            yield objection(itself, field="former_nips", value=text)
    for column, most in _LONGEST.items():
        if len(row.get(column, "")) > most:
            yield objection(mark("%(most)s characters at the most."), field=column, most=most)
    for one, other in (("account", "home_page"), ("lms", "lms_user_id")):
        if bool(row.get(one)) != bool(row.get(other)):
            together = mark("%(one)s and %(other)s are given together or not at all.")
            yield objection(together, one=one, other=other)
    if (home_page := row.get("home_page")) and not is_iri(home_page):
        no_address = mark("“%(value)s” is no address such as https://lms.example.go.id.")
        yield objection(no_address, field="home_page", value=home_page)
    if (email := row.get("email")) and "@" not in email:
        yield objection(mark("“%(value)s” is no e-mail address."), field="email", value=email)


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


def _contradictions(people: Sequence[tuple[int, Person]]) -> Iterator[Objection]:
    """What each row allows and all together forbid: one key, or one former NIP, of two people."""
    current = {person.nip: line for line, person in people}
    owners: dict[str, tuple[int, str]] = {}
    for line, person in people:
        for former in person.former_nips:
            if former in current:
                yield objection(
                    mark("%(value)s is the nip of line %(other)s: one person has one nip."),
                    line=line,
                    field="former_nips",
                    value=former,
                    other=current[former],
                )
        for key in (*person.keys, *map(keys.of_nip, person.former_nips)):
            first, nip = owners.setdefault(key, (line, person.nip))
            if nip != person.nip:
                yield objection(
                    mark("%(value)s belongs to another nip in line %(other)s."),
                    line=line,
                    value=key.partition(":")[2],
                    other=first,
                )


def _doubts(db: Connection, person: Person, employee_id: int) -> Iterator[Objection]:
    yield from nips.doubts(person.nip)
    nip = db.execute(select(employees.c.nip).where(employees.c.id == employee_id)).scalar_one()
    if nip != person.nip:
        yield objection(
            mark("%(value)s is known as a former NIP of %(nip)s, and was taken for that one."),
            value=person.nip,
            nip=nip,
        )


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
