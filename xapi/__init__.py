"""The xAPI standard, editions 1.0.3 and 2.0: statements read, held to its rules, and compared.

Start with :func:`read_statements`, which takes the body of a request:

>>> [received] = read_statements(b'''{
...     "actor": {"name": "Siti Rahmawati", "mbox": "mailto:siti@example.id"},
...     "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
...     "object": {"id": "https://lms.example/course/7"},
...     "timestamp": "2026-11-24T13:09:27+07:00"}''')
>>> statement = received.statement
>>> statement.verb.id == vocabulary.COMPLETED, actor_key(statement.actor)
(True, 'mbox:mailto:siti@example.id')
>>> isinstance(statement.object, Activity), statement.object.id
(True, 'https://lms.example/course/7')
>>> statement.occurred_at.isoformat()
'2026-11-24T06:09:27+00:00'

What is absent is ``UNSET``, which is false, so that questions chain:

>>> bool(statement.result and statement.result.score)
False

and what breaks a rule is refused, with the rule and its clause:

>>> try:
...     read_statements(received.raw.replace(b"mailto:", b""))
... except InvalidStatement as refusal:
...     print(refusal)
$.actor.mbox: "siti@example.id" is not a mailto IRI (xAPI 1.0.3 Data 2.4.2.3)

The package knows the standard and nothing else: no web framework, no database, no clock, no
LMS. One file has one idea: a part of the statement (:mod:`~xapi.actor`, :mod:`~xapi.verb`,
:mod:`~xapi.activity`, :mod:`~xapi.result`, :mod:`~xapi.context`, :mod:`~xapi.attachment`,
:mod:`~xapi.statement`), the form of a text (:mod:`~xapi.identifiers`, :mod:`~xapi.times`), or
what is done with a statement (:mod:`~xapi.reading`, :mod:`~xapi.comparison`). All parts are
frozen :class:`msgspec.Struct`\\ s, and :mod:`xapi.part` says how they validate themselves.
"""

from __future__ import annotations

from xapi import vocabulary
from xapi.activity import Activity, Definition
from xapi.actor import Account, Actor, Agent, Group, actor_key
from xapi.attachment import Attachment
from xapi.comparison import same_statement
from xapi.context import Context, ContextActivities, StatementRef
from xapi.errors import InvalidStatement, RequestTooLarge
from xapi.identifiers import canonical_uuid, is_iri, is_uuid, new_uuid
from xapi.interaction import InteractionComponent
from xapi.reading import Received, parse_statement, read_statements
from xapi.result import Result, Score
from xapi.statement import Statement, StatementObject, SubStatement
from xapi.times import format_timestamp, parse_timestamp
from xapi.verb import Verb

__all__ = [
    "Account",
    "Activity",
    "Actor",
    "Agent",
    "Attachment",
    "Context",
    "ContextActivities",
    "Definition",
    "Group",
    "InteractionComponent",
    "InvalidStatement",
    "Received",
    "RequestTooLarge",
    "Result",
    "Score",
    "Statement",
    "StatementObject",
    "StatementRef",
    "SubStatement",
    "Verb",
    "actor_key",
    "canonical_uuid",
    "format_timestamp",
    "is_iri",
    "is_uuid",
    "new_uuid",
    "parse_statement",
    "parse_timestamp",
    "read_statements",
    "same_statement",
    "vocabulary",
]
