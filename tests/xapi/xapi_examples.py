"""Statements to start from, and the ways to change one thing in them."""

from __future__ import annotations

import copy
import json
from typing import Any, NamedTuple

import pytest

from xapi import InvalidStatement, parse_statement

AGENT: dict[str, Any] = {
    "objectType": "Agent",
    "name": "Siti Rahmawati",
    "mbox": "mailto:siti@example.id",
}
GROUP: dict[str, Any] = {
    "objectType": "Group",
    "name": "Angkatan VII",
    "account": {"homePage": "https://lms.example", "name": "angkatan-7"},
    "member": [
        {"account": {"homePage": "https://lms.example", "name": "4"}},
        {"openid": "https://id.example/budi"},
    ],
}
CROWD: dict[str, Any] = {"objectType": "Group", "member": [{"mbox": "mailto:budi@example.id"}]}
COURSE: dict[str, Any] = {"objectType": "Activity", "id": "https://lms.example/course/7"}
REFERENCE: dict[str, Any] = {
    "objectType": "StatementRef",
    "id": "e05aa883-acaf-40ad-bf54-02c8ce485fb0",
}
SUBSTATEMENT: dict[str, Any] = {
    "objectType": "SubStatement",
    "actor": AGENT,
    "verb": {"id": "http://example.org/verbs/visit"},
    "object": COURSE,
}
QUESTION: dict[str, Any] = {
    "id": "https://lms.example/question/1",
    "definition": {
        "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
        "interactionType": "choice",
        "correctResponsesPattern": ["golf[,]tetris"],
        "choices": [
            {"id": "golf", "description": {"en": "Golf"}},
            {"id": "tetris"},
        ],
    },
}
ATTACHMENT: dict[str, Any] = {
    "usageType": "http://id.tincanapi.com/attachment/certificate",
    "display": {"id": "Sertifikat"},
    "description": {"en-GB": "The certificate"},
    "contentType": "application/pdf",
    "length": 27,
    "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
    "fileUrl": "https://lms.example/certificate/1.pdf",
}

SIMPLE: dict[str, Any] = {
    "actor": {"mbox": "mailto:siti@example.id"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "https://lms.example/course/7"},
}
"""the least that a statement says"""

FULL: dict[str, Any] = {
    "id": "fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
    "actor": GROUP,
    "verb": {
        "id": "http://adlnet.gov/expapi/verbs/completed",
        "display": {"en-US": "completed", "id": "menyelesaikan"},
    },
    "object": {
        "objectType": "Activity",
        "id": "https://lms.example/course/7",
        "definition": {
            "name": {"id": "Pelatihan"},
            "description": {"zh-Hant": "課程"},
            "type": "https://w3id.org/xapi/cmi5/activitytype/course",
            "moreInfo": "https://lms.example/about/7",
            "extensions": {"https://example.org/code": "PKA-2026"},
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 50, "min": 0, "max": 100},
        "success": True,
        "completion": False,
        "response": "",
        "duration": "PT4H35M59.14S",
        "extensions": {"https://example.org/seen": None},
    },
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "instructor": AGENT,
        "team": CROWD,
        "contextActivities": {
            "parent": {"id": "https://lms.example/programme/1"},
            "grouping": [COURSE],
            "category": [{"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}],
            "other": [],
        },
        "revision": "2",
        "platform": "Moodle",
        "language": "id",
        "statement": REFERENCE,
        "extensions": {"https://example.org/event": {"deep": [1, {"er": True}]}},
    },
    "timestamp": "2026-11-24T06:09:27.250Z",
    "stored": "2026-11-24T06:09:28Z",
    "authority": {"account": {"homePage": "https://lrs.example", "name": "moodle"}},
    "version": "1.0.0",
    "attachments": [ATTACHMENT],
}
"""a statement with every property there is, but for those of interactions"""

TRAINER = "https://example.org/relevant/trainer"
BY_ROLE: dict[str, Any] = {
    **SIMPLE,
    "context": {
        "contextAgents": [
            {"objectType": "contextAgent", "agent": AGENT, "relevantTypes": [TRAINER]},
            {"objectType": "contextAgent", "agent": {"openid": "https://id.example/budi"}},
        ],
        "contextGroups": [
            {"objectType": "contextGroup", "group": GROUP, "relevantTypes": [TRAINER]},
            {"objectType": "contextGroup", "group": CROWD},
        ],
    },
}
"""a statement with all that 2.0 adds"""

NESTED = {**SIMPLE, "object": SUBSTATEMENT}
ASKING = {**SIMPLE, "object": QUESTION}
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def told(statement: Any) -> bytes:
    """`statement` as it is sent."""
    return json.dumps(statement, ensure_ascii=False).encode()


def changed(statement: Any, where: str, value: Any) -> Any:
    """`statement` with `value` at the dotted path `where`, whatever stood there."""
    changed = copy.deepcopy(statement)
    *way, last = [int(step) if step.isdigit() else step for step in where.split(".")]
    place = changed
    for step in way:
        place = place.setdefault(step, {}) if isinstance(step, str) else place[step]
    place[last] = value
    return changed


def without(statement: Any, where: str) -> Any:
    """`statement` without what stands at the dotted path `where`."""
    changed = copy.deepcopy(statement)
    *way, last = [int(step) if step.isdigit() else step for step in where.split(".")]
    place = changed
    for step in way:
        place = place[step]
    del place[last]
    return changed


def refusal(statement: Any) -> InvalidStatement:
    """The error by which `statement`, told or still to be told, is refused."""
    raw = statement if isinstance(statement, bytes) else told(statement)
    with pytest.raises(InvalidStatement) as caught:
        parse_statement(raw)
    return caught.value


GONE = object()
"""in a :class:`Rule`: the property is taken out"""


class Rule(NamedTuple):
    """One rule of the standard, and how a statement that breaks it is refused.

    `statement` is valid until `value` is put at `where` (or what stands there is taken out).
    Then the refusal must name `path` (by default `where`), the `clause`, and `rule` within
    its own words.
    """

    where: str
    value: Any
    rule: str
    clause: str
    path: str = ""
    statement: Any = FULL

    def check(self) -> None:
        """Break the rule, and look at the refusal."""
        if self.value is GONE:
            error = refusal(without(self.statement, self.where))
        else:
            error = refusal(changed(self.statement, self.where, self.value))
        assert (error.path, error.clause) == (self.path or f"$.{self.where}", self.clause)
        assert self.rule in error.rule
        assert str(error).startswith(f"{error.path}: ")
        assert str(error).endswith(f" (xAPI 1.0.3 {self.clause})")
        assert len(str(error)) < 300
