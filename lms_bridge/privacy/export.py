"""A file of all that the bridge has of one person, as UU 27/2022 Articles 7 and 13 entitle them to.

It is a ZIP archive with ``summary.txt`` to be read, ``data.json`` with every row that is theirs,
``statements.jsonl`` with their statements, one a line, and their documents and attachments. Of
statements that only name them, which are about others, the ids are told.

>>> with store.reading() as db:
...     export.write(db, 12, Path("siti.zip"), language="id", now=utc_now())
"""

from __future__ import annotations

import datetime as dt
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Select, select

from lms_bridge.i18n import gettext, mark
from lms_bridge.privacy import whose
from lms_bridge.store.many import among
from lms_bridge.store.places import moment_of
from lms_bridge.store.schema import (
    attachment_chunks,
    attachments,
    audit_entries,
    courses,
    documents,
    employees,
    sightings,
    statements,
)
from lms_bridge.store.types import AnyRow
from xapi.attached import told_by

_SUMMARY = (
    mark("What the bridge between LMS and registry keeps about one person"),
    "",
    mark("Made on %(now)s (UTC)."),
    mark("Name: %(name)s"),
    mark("NIP: %(nip)s"),
    mark("Work unit: %(unit)s"),
    "",
)
_FILES = (
    mark("Files beside this one:"),
    mark("- data.json: every row that is about the person, by the table it stands in"),
    mark("- statements.jsonl: what learning systems sent about the person, one a line, as it came"),
    mark("- documents/: what content and learning systems keep here about the person"),
    mark("- attachments/: files that came with those statements"),
    mark(
        "Under mentioned_in stand the ids of statements about others that name the person, such"
        " as an instructor; these are personal data of others."
    ),
    mark("What a registry or an LMS keeps about the person has to be asked of these."),
)


def write(
    db: Connection, employee_id: int, path: Path, *, language: str, now: dt.datetime
) -> Mapping[str, int]:
    """Write the file at `path`, readable by its owner only; how much of what is in it.

    `db` sees one state of the database (:meth:`~lms_bridge.store.engine.Store.reading`). Raises
    :exc:`OSError`, also if there is such a file already.
    """
    theirs = whose.whose(db, employee_id)
    data = _data(db, theirs, now)
    told: set[str] = set()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as to:
        counts = {name: len(rows) for name, rows in data["tables"].items() if rows}
        with to.open("statements.jsonl", "w") as lines:
            counts["statements"] = _statements(db, theirs.statements, lines, told)
        data["documents"] = _documents(db, theirs.documents, to)
        counts["documents"] = len(data["documents"])
        data["attachments"] = _attachments(db, sorted(told), to)
        counts["attachments"] = len(data["attachments"])
        to.writestr("data.json", _json(data, indent=2))
        to.writestr("summary.txt", _summary(data, counts, language))
    return counts


def _data(db: Connection, theirs: whose.Whose, now: dt.datetime) -> dict[str, Any]:
    number = theirs.employee_id
    tables: dict[str, list[Mapping[str, Any]]] = {}
    for owned in whose.TABLES:
        query = select(owned.table).where(whose.is_of(owned, number))
        tables.setdefault(owned.table.name, []).extend(_rows(db, query))
    seen = select(sightings).where(among(sightings.c.id, theirs.sightings))
    tables["sightings"] = list(_rows(db, seen.order_by(sightings.c.id)))
    about = whose.is_audited(number, [row["id"] for row in tables["completions"]])
    entries = select(audit_entries).where(about).order_by(audit_entries.c.id)
    tables["audit_entries"] = list(_rows(db, entries))
    (who,) = _rows(db, select(employees).where(employees.c.id == number))
    which = {row["course_id"] for row in tables["completions"]}
    named = db.execute(select(courses.c.id, courses.c.content).where(among(courses.c.id, which)))
    names = {row.id: row.content.get("name", "") for row in named}
    for row in tables["completions"]:
        row["course"] = names.get(row["course_id"], "")  # type: ignore[index]
    mentioned = select(statements.c.id).where(among(statements.c.seq, theirs.mentions))
    return {
        "made_at": now,
        "employee": who,
        "tables": tables,
        "mentioned_in": sorted(db.scalars(mentioned)),
    }


def _rows(db: Connection, query: Select[Any]) -> Iterator[dict[str, Any]]:
    """Rows as they stand, without bytes, of which files are made, and without empty columns."""
    for row in db.execute(query):
        yield {
            name: value
            for name, value in row._mapping.items()
            if value is not None and not isinstance(value, bytes)
        }


def _statements(db: Connection, seqs: Sequence[int], to: IO[bytes], told: set[str]) -> int:
    """Write the statements, each as a line; `told` is added which attachments they have."""
    query = select(statements).where(among(statements.c.seq, seqs)).order_by(statements.c.seq)
    many = 0
    for row in db.execute(query):
        if not row.raw:
            continue
        many += 1
        told.update(one.sha2 for one in told_by(row.raw))
        to.write(_json(_line(row)).encode() + b"\n")
    return many


def _line(row: AnyRow) -> dict[str, Any]:
    # A string, and not an object: so it is told byte for byte.
    return {
        "id": row.id,
        "stored": moment_of(row.seq),
        "sender": row.sender,
        "version": row.version,
        "statement": row.raw.decode(),
    }


def _documents(db: Connection, ids: Sequence[int], to: zipfile.ZipFile) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for row in db.execute(select(documents).where(among(documents.c.id, ids))):
        name = f"documents/{row.id}"
        to.writestr(name, row.contents)
        about = {"file": name, "id": json.loads(row.name), "content_type": row.content_type}
        found.append(about | {"registration": row.registration, "stored": row.stored})
    return found


def _attachments(
    db: Connection, sha2s: Sequence[str], to: zipfile.ZipFile
) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for row in db.execute(select(attachments).where(among(attachments.c.sha2, sha2s))).all():
        name = f"attachments/{row.sha2}"
        chunks = select(attachment_chunks.c.data).where(attachment_chunks.c.sha2 == row.sha2)
        with to.open(name, "w", force_zip64=True) as file:
            for data in db.scalars(chunks.order_by(attachment_chunks.c.number)):
                file.write(data)
        found.append({"file": name, "content_type": row.content_type, "length": row.length})
    return found


def _summary(data: Mapping[str, Any], counts: Mapping[str, int], language: str) -> str:
    who = data["employee"]
    details = {
        "now": f"{data['made_at']:%Y-%m-%d %H:%M}",
        "name": who.get("name", ""),
        "nip": who["nip"],
        "unit": who.get("unit_name", ""),
    }
    lines = [gettext(line, language) % details if line else "" for line in _SUMMARY]
    lines += [f"{name}: {many}" for name, many in counts.items()]
    lines.append("")
    for one in data["tables"]["completions"]:
        lines.append(
            f"{one['starts']} – {one['ends']}  {one['course']}  {one['hours']} JP"
            f"  {one['certificate_number']}"
        )
    return "\n".join([*lines, "", *(gettext(line, language) for line in _FILES), ""])


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return str(value)
