"""States and profiles: documents that others keep here, under an id (Communication 2.2).

Which documents a request is about has been read by :mod:`xapi.documents`; whether it may
change them, and what a POST makes of them, say :mod:`xapi.concurrency` and
:mod:`xapi.merging`. Here that becomes rows:

>>> documents = Documents(store, clock=utc_now)
>>> documents.put(asked, Document(b"{}", "application/json"), Preconditions(if_none_match="*"))
>>> documents.get(asked).document.contents
b'{}'

What is there is read and changed in one transaction, in which no other is at the documents of
the same Activity or Agent: of two writers who have seen the same document, one is refused.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, select, update

from lms_bridge.lrs.keys import Kind, key
from lms_bridge.store.engine import Store, alone
from lms_bridge.store.schema import documents as table
from xapi.concurrency import Preconditions, check_change, etag
from xapi.documents import DocumentQuery, Resource
from xapi.merging import Document, posted
from xapi.versions import Version


class Kept(NamedTuple):
    """A document that is stored."""

    document: Document
    etag: str
    stored: dt.datetime
    """when it was stored or last changed"""


class Listed(NamedTuple):
    """The ids of documents."""

    ids: bytes
    """a JSON array"""
    etag: str
    stored: dt.datetime | None
    """when one of them was last stored or changed; None if there are none"""


class Documents:
    """The documents in a store."""

    def __init__(
        self, store: Store, *, clock: Callable[[], dt.datetime], most_bytes: int | None = None
    ) -> None:
        """The documents in `store`; a merged one has at `most_bytes`, if that is limited."""
        self._store = store
        self._clock = clock
        self._most_bytes = most_bytes

    def get(self, asked: DocumentQuery) -> Kept | None:
        """The document that is asked for by its id; None if there is none."""
        with self._store.reading() as db:
            return _kept(db, asked)

    def ids(self, asked: DocumentQuery) -> Listed:
        """The ids of all documents that are asked for, in the order in which they came."""
        with self._store.reading() as db:
            return _listed(db, asked)

    def put(
        self,
        asked: DocumentQuery,
        sent: Document,
        said: Preconditions,
        *,
        version: Version = Version.V1_0,
    ) -> Kept:
        """Store `sent` in place of what is there; returns what is there now (2.2).

        Raises what :func:`~xapi.concurrency.check_change` raises, and then changes nothing.
        """
        return self._change("PUT", asked, said, version, lambda known: sent)

    def post(
        self,
        asked: DocumentQuery,
        sent: Document,
        said: Preconditions,
        *,
        version: Version = Version.V1_0,
    ) -> Kept:
        """Merge `sent` into what is there; returns what is there now (2.2).

        Raises what :func:`~xapi.concurrency.check_change` and :func:`~xapi.merging.posted`
        raise, and then changes nothing.
        """

        def merged(known: Document | None) -> Document:
            return posted(sent, known, version=version, most=self._most_bytes)

        return self._change("POST", asked, said, version, merged)

    def delete(
        self, asked: DocumentQuery, said: Preconditions, *, version: Version = Version.V1_0
    ) -> None:
        """Delete the document that is meant, or without an id all of them (2.2, 2.3).

        Without an id, what the request expects is compared with the list of ids.

        Raises what :func:`~xapi.concurrency.check_change` raises, and then deletes nothing.
        """
        with self._changing(asked) as db:
            known = _listed(db, asked) if asked.id is None else _kept(db, asked)
            check_change("DELETE", asked.resource, known and known.etag, said, version=version)
            db.execute(delete(table).where(*_meant(asked)))

    def _change(
        self,
        method: str,
        asked: DocumentQuery,
        said: Preconditions,
        version: Version,
        new: Callable[[Document | None], Document],
    ) -> Kept:
        """Store what is `new` in view of the document that is there."""
        with self._changing(asked) as db:
            known = _kept(db, asked)
            check_change(method, asked.resource, known and known.etag, said, version=version)
            return self._write(db, asked, known, new(known and known.document))

    @contextmanager
    def _changing(self, asked: DocumentQuery) -> Iterator[Connection]:
        with self._store.writing() as db:
            alone(db, f"documents {_owner(asked)}")
            yield db

    def _write(
        self, db: Connection, asked: DocumentQuery, known: Kept | None, document: Document
    ) -> Kept:
        # The time is read now that nobody else writes, so that a later change has a later one.
        kept = Kept(document, etag(document.contents), self._clock())
        values = {
            "content_type": document.content_type,
            "contents": document.contents,
            "etag": kept.etag,
            "stored": kept.stored,
        }
        if known is None:
            db.execute(table.insert().values(**_place(asked), **values))
        else:
            db.execute(update(table).where(*_meant(asked)).values(**values))
        return kept


def _kept(db: Connection, asked: DocumentQuery) -> Kept | None:
    columns = table.c.contents, table.c.content_type, table.c.etag, table.c.stored
    row = db.execute(select(*columns).where(*_meant(asked))).one_or_none()
    if row is None:
        return None
    return Kept(Document(row.contents, row.content_type), row.etag, row.stored)


def _listed(db: Connection, asked: DocumentQuery) -> Listed:
    found = select(table.c.name, table.c.stored).where(*_meant(asked)).order_by(table.c.id)
    rows = db.execute(found).all()
    # States of several registrations may have one id.
    ids = f"[{','.join(dict.fromkeys(row.name for row in rows))}]".encode()
    return Listed(ids, etag(ids), max((row.stored for row in rows), default=None))


def _meant(asked: DocumentQuery) -> Iterator[ColumnElement[bool]]:
    """What is true of the rows that a request is about."""
    yield table.c.owner == _owner(asked)
    if asked.id is not None:
        yield table.c.name_key == _written(asked.id)
    if asked.id is not None or asked.registration is not None:
        yield table.c.registration == (asked.registration or "")
    if asked.since is not None:
        yield table.c.stored > asked.since


def _place(asked: DocumentQuery) -> dict[str, Any]:
    assert asked.id is not None, "only a single document is stored"
    name = _written(asked.id)
    return {
        "owner": _owner(asked),
        "agent": key(Kind.AGENT, asked.agent) if asked.agent else None,
        "registration": asked.registration or "",
        "name_key": name,
        "name": name,
    }


def _owner(asked: DocumentQuery) -> str:
    return owner(asked.resource, asked.activity or "", asked.agent or "")


def owner(resource: Resource, activity: str, agent: str) -> str:
    """Whom a document belongs to, as it stands in the table; `agent` is an `actor_key`."""
    whose = "\0".join((resource.value, activity, agent))
    return hashlib.sha256(whose.encode("utf-8", "surrogatepass")).hexdigest()


def _written(name: str) -> str:
    """An id as it stands in the database: as JSON in ASCII.

    An id is any text, also with characters for which PostgreSQL has no room.
    """
    return json.dumps(name)
