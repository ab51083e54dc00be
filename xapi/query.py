"""What a client asks of the Statement resource: the parameters of GET (Communication 2.1.3).

>>> from xapi.parameters import pairs_in
>>> query = read_query(pairs_in(b"verb=act:read&since=2026-11-24T06:09:27Z&limit=50"))
>>> query.verb, query.limit, query.format
('act:read', 50, 'exact')
>>> query.single is None
True

Values are in the form in which they are compared: an Agent as its :func:`~xapi.actor_key`, a
UUID in lower case, a Timestamp as a moment in UTC.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from xapi.actor import actor_key
from xapi.errors import InvalidRequest, InvalidStatement
from xapi.identifiers import canonical_uuid
from xapi.parameters import (
    Pairs,
    Reader,
    actor,
    boolean,
    count,
    iri,
    one_of,
    taken,
    timestamp,
    uuid,
)
from xapi.reading import Received
from xapi.versions import Version

Format: TypeAlias = Literal["exact", "ids", "canonical"]

Moment: TypeAlias = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class StatementsQuery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which statements are asked for, and how they are to be told."""

    statement_id: str | None = None
    """the one statement that is asked for"""
    voided_statement_id: str | None = None
    """the one voided statement that is asked for"""
    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: str | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: Moment | None = None
    """only what was stored after it"""
    until: Moment | None = None
    """only what was stored then or before"""
    limit: Annotated[int, msgspec.Meta(ge=0)] = 0
    """how many at most; 0 is as many as the LRS allows"""
    ascending: bool = False
    """the oldest first, instead of the newest"""
    format: Format = "exact"
    attachments: bool = False
    """with the files, as multipart/mixed"""

    @property
    def single(self) -> str | None:
        """The id of the one statement that is asked for, if it is one."""
        return self.statement_id or self.voided_statement_id

    @property
    def filters(self) -> bool:
        """Whether not just any statement is asked for, time and number apart.

        Such a filter is also passed by what refers to a statement that passes it
        (Communication 2.1.3, Filter Conditions for StatementRefs).
        """
        return not (self.agent is self.verb is self.activity is self.registration is None)


def _key_of_actor(path: str, text: str) -> str | None:
    return actor_key(actor(path, text))


_READERS: Final[dict[str, Reader]] = {
    "statementId": uuid,
    "voidedStatementId": uuid,
    "agent": _key_of_actor,
    "verb": iri,
    "activity": iri,
    "registration": uuid,
    "related_activities": boolean,
    "related_agents": boolean,
    "since": timestamp,
    "until": timestamp,
    "limit": count,
    "format": one_of("ids", "exact", "canonical"),
    "attachments": boolean,
    "ascending": boolean,
}
_OF_A_SINGLE: Final = frozenset({"format", "attachments"})


def read_query(pairs: Pairs, *, version: Version = Version.V1_0) -> StatementsQuery:
    """What the parameters of a GET to the Statement resource ask for.

    Raises :exc:`InvalidRequest` for what is no such parameter or not valid as one, and for
    what does not go together: a single statement with another, or with any filter.
    """
    values = taken(pairs, _READERS, version=version)
    for single in ("statementId", "voidedStatementId"):
        others = values.keys() - _OF_A_SINGLE - {single}
        if single in values and others:
            rule = f"is not allowed together with {', '.join(sorted(others))}"
            raise InvalidRequest(
                f"query.{single}", values[single], rule, "Communication 2.1.3", version
            )
    for name, field in (
        ("statementId", "statement_id"),
        ("voidedStatementId", "voided_statement_id"),
    ):
        if name in values:
            values[field] = values.pop(name)
    return StatementsQuery(**values)


def put_id(pairs: Pairs, *, version: Version = Version.V1_0) -> str:
    """The id under which a PUT to the Statement resource stores (Communication 2.1.1).

    >>> put_id([("statementId", "FD41C918-b88b-4b20-a0a5-a4c32391aaa0")])
    'fd41c918-b88b-4b20-a0a5-a4c32391aaa0'
    """
    identifier: str = taken(pairs, {"statementId": uuid}, ["statementId"], version=version)[
        "statementId"
    ]
    return identifier


def check_put(received: Received, id: str, *, version: Version = Version.V1_0) -> None:
    """Refuse a statement whose id is not the one that it is put under (Communication 2.1.1)."""
    own = received.statement.id
    if own and canonical_uuid(own) != id:
        rule = f'is not the "statementId" of the request, {id}'
        raise InvalidStatement(None, "$.id", own, rule, "Communication 2.1.1", version)


def no_parameters(pairs: Pairs, *, version: Version = Version.V1_0) -> None:
    """Refuse any parameter, as of a POST to the Statement resource (Communication 2.1.2)."""
    taken(pairs, {}, version=version)
