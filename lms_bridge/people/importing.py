"""The table by which HR says who is behind an account: it overrides every other source."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
from sqlalchemy import Connection, update

from lms_bridge.people import nip as nips
from lms_bridge.people.identities import employee_of, remember
from lms_bridge.recognition.sightings import reconsider
from lms_bridge.store.schema import employees, identities
from lms_bridge.tables import TableError, read_csv

REQUIRED = ("nip",)
OPTIONAL = (
    "name",
    "unit_id",
    "unit_name",
    "former_nips",
    "home_page",
    "account",
    "email",
    "lms",
    "lms_user_id",
)
"""columns of the file; `home_page` and `account` name an account as it stands in statements,
`former_nips` is separated by ``|``, and a person may have several rows"""


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


def from_csv(path: Path) -> list[tuple[int, Person]]:
    """(line, person) for each row. Raises :exc:`TableError` naming line, column and rule."""
    found: list[tuple[int, Person]] = []
    problems: list[str] = []
    for line, row in read_csv(path, required=REQUIRED, optional=OPTIONAL):
        nip = nips.normalise(row["nip"])
        if nip is None:
            problems.append(f"line {line}: nip: {row['nip']!r} is not 18 digits")
            continue
        former: list[str] = []
        for text in filter(None, (row.get("former_nips") or "").split("|")):
            old = nips.normalise(text)
            if old is None:
                problems.append(f"line {line}: former_nips: {text!r} is not 18 digits")
            else:
                former.append(old)
        account, home_page = row.get("account", ""), row.get("home_page", "")
        if bool(account) != bool(home_page):
            problems.append(f"line {line}: account and home_page are given together or not at all")
            continue
        keys = [f"account:{home_page}|{account}"] if account else []
        if email := row.get("email"):
            keys.append(f"mbox:mailto:{email}")
        found.append(
            (
                line,
                Person(
                    nip=nip,
                    name=row.get("name", ""),
                    unit_id=row.get("unit_id", ""),
                    unit_name=row.get("unit_name", ""),
                    former_nips=tuple(former),
                    keys=tuple(keys),
                    lms=row.get("lms", ""),
                    lms_user_id=row.get("lms_user_id", ""),
                ),
            )
        )
    if problems:
        raise TableError(path.name, problems)
    return found


def put(db: Connection, people: list[tuple[int, Person]], *, now: dt.datetime) -> Imported:
    """Link the keys of `people` to their employees; what waited for one of them is judged again."""
    links = 0
    warnings: list[str] = []
    for line, person in people:
        warnings += [f"line {line}: {doubt}" for doubt in nips.doubts(person.nip)]
        employee_id = employee_of(db, person.nip, name=person.name, now=now)
        details = {
            name: value
            for name in ("name", "unit_id", "unit_name")
            if (value := getattr(person, name))
        }
        if details:
            db.execute(update(employees).where(employees.c.id == employee_id).values(**details))
        for old in person.former_nips:
            _take_over(db, old, employee_id, now)
        for key in person.keys:
            remember(
                db,
                key,
                employee_id,
                source="import",
                now=now,
                lms=person.lms,
                lms_user_id=person.lms_user_id,
            )
        links += len(person.keys) + len(person.former_nips)
    return Imported(len({p.nip for _, p in people}), links, reconsider(db), warnings)


def _take_over(db: Connection, old: str, employee_id: int, now: dt.datetime) -> None:
    """The NIP `old` is this employee's too; whoever was known by it alone becomes this employee."""
    former = employee_of(db, old, name="", now=now)
    if former != employee_id:
        db.execute(
            update(identities)
            .where(identities.c.employee_id == former)
            .values(employee_id=employee_id)
        )
    remember(db, f"nip:{old}", employee_id, source="import", now=now)
