"""What the standard allows is accepted: one line, one allowance."""

from __future__ import annotations

from typing import Any

import pytest
from xapi_examples import (
    AGENT,
    ATTACHMENT,
    COURSE,
    CROWD,
    FULL,
    GROUP,
    QUESTION,
    REFERENCE,
    SIMPLE,
    SUBSTATEMENT,
    VOIDED,
    changed,
    told,
    without,
)

from xapi import parse_statement

OAUTH = {
    "objectType": "Group",
    "member": [
        {"account": {"homePage": "http://example.com/OAuth/Token", "name": "consumer"}},
        {"mbox": "mailto:bob@example.com"},
    ],
}
TIMED = changed(changed(SUBSTATEMENT, "timestamp", "2099-01-01T00:00:00Z"), "context", {})


def interaction(kind: str, **lists: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": "act:q", "definition": {"interactionType": kind, **lists}}


ONE = [{"id": "a"}]

ACCEPTED: dict[str, Any] = {
    "the least that a statement says": SIMPLE,
    "every property at once": FULL,
    # --- actors ---------------------------------------------------------------------------------
    "an actor that is an Agent in so many words": changed(SIMPLE, "actor", AGENT),
    "an Agent with a hashed address": changed(SIMPLE, "actor", {"mbox_sha1sum": "a" * 40}),
    "an Agent with an OpenID": changed(SIMPLE, "actor", {"openid": "https://id.example/budi"}),
    "an account without a name to speak of": changed(
        SIMPLE, "actor", {"account": {"homePage": "https://lms.example", "name": ""}}
    ),
    "an empty name": changed(SIMPLE, "actor.name", ""),
    "a Group with an identifier and members": changed(SIMPLE, "actor", GROUP),
    "a Group with an identifier alone": changed(SIMPLE, "actor", without(GROUP, "member")),
    "a Group without an identifier": changed(SIMPLE, "actor", CROWD),
    "a Group of members who say that they are Agents": changed(
        SIMPLE, "actor", {"objectType": "Group", "member": [AGENT, AGENT]}
    ),
    # --- verbs ----------------------------------------------------------------------------------
    "a verb with an empty display": changed(SIMPLE, "verb.display", {}),
    "an empty text in a language map": changed(SIMPLE, "verb.display", {"id": ""}),
    "a verb IRI in other letters than ASCII": changed(SIMPLE, "verb.id", "http://x.example/خواندن"),
    # --- objects --------------------------------------------------------------------------------
    "an Activity with an empty definition": changed(SIMPLE, "object.definition", {}),
    "an Agent as object": changed(SIMPLE, "object", AGENT),
    "a Group as object": changed(SIMPLE, "object", GROUP),
    "a StatementRef as object": changed(SIMPLE, "object", REFERENCE),
    "a SubStatement as object": changed(SIMPLE, "object", SUBSTATEMENT),
    "a SubStatement about something to come": changed(SIMPLE, "object", TIMED),
    "a SubStatement about a StatementRef": changed(
        SIMPLE, "object", changed(SUBSTATEMENT, "object", REFERENCE)
    ),
    "a SubStatement about an Agent": changed(
        SIMPLE, "object", changed(SUBSTATEMENT, "object", AGENT)
    ),
    "a SubStatement with attachments": changed(
        SIMPLE, "object", changed(SUBSTATEMENT, "attachments", [ATTACHMENT])
    ),
    "a voiding statement": changed(changed(SIMPLE, "verb.id", VOIDED), "object", REFERENCE),
    # --- interactions ---------------------------------------------------------------------------
    "a question": changed(SIMPLE, "object", QUESTION),
    "a question without its choices": changed(SIMPLE, "object", interaction("choice")),
    "a question to which every answer is wrong": changed(
        SIMPLE, "object.definition", {"interactionType": "other", "correctResponsesPattern": []}
    ),
    "true-false": changed(SIMPLE, "object", interaction("true-false")),
    "choice": changed(SIMPLE, "object", interaction("choice", choices=ONE)),
    "fill-in": changed(SIMPLE, "object", interaction("fill-in")),
    "long-fill-in": changed(SIMPLE, "object", interaction("long-fill-in")),
    "matching": changed(SIMPLE, "object", interaction("matching", source=ONE, target=ONE)),
    "performance": changed(SIMPLE, "object", interaction("performance", steps=ONE)),
    "sequencing": changed(SIMPLE, "object", interaction("sequencing", choices=ONE)),
    "likert": changed(SIMPLE, "object", interaction("likert", scale=ONE)),
    "numeric": changed(SIMPLE, "object", interaction("numeric")),
    "other": changed(SIMPLE, "object", interaction("other")),
    "an empty list of choices": changed(SIMPLE, "object", interaction("choice", choices=[])),
    # --- results --------------------------------------------------------------------------------
    "an empty result": changed(SIMPLE, "result", {}),
    "an empty score": changed(SIMPLE, "result.score", {}),
    "the lowest scaled score": changed(SIMPLE, "result.score.scaled", -1),
    "the highest scaled score": changed(SIMPLE, "result.score.scaled", 1.0),
    "a raw score without bounds": changed(SIMPLE, "result.score.raw", -1e300),
    "a raw score at its lower bound": changed(SIMPLE, "result.score", {"raw": 0, "min": 0}),
    "a raw score at its upper bound": changed(SIMPLE, "result.score", {"raw": 9.5, "max": 9.5}),
    "a duration in weeks": changed(SIMPLE, "result.duration", "P4W"),
    # --- contexts -------------------------------------------------------------------------------
    "an empty context": changed(SIMPLE, "context", {}),
    "an empty contextActivities": changed(SIMPLE, "context.contextActivities", {}),
    "a single Activity as context": changed(SIMPLE, "context.contextActivities.parent", COURSE),
    "several Activities as context": changed(
        SIMPLE, "context.contextActivities.grouping", [COURSE, COURSE, QUESTION]
    ),
    "a Group as instructor": changed(SIMPLE, "context.instructor", GROUP),
    "a team without an identifier": changed(SIMPLE, "context.team", CROWD),
    "a revision and a platform of an Activity that does not say that it is one": changed(
        SIMPLE, "context", {"revision": "2", "platform": "Moodle"}
    ),
    "a language that RFC 5646 kept from before": changed(SIMPLE, "context.language", "i-klingon"),
    # --- extensions -----------------------------------------------------------------------------
    "empty extensions": changed(SIMPLE, "context.extensions", {}),
    "null in an extension": changed(FULL, "context.extensions", {"act:x": None}),
    "null deep in an extension": changed(FULL, "context.extensions", {"act:x": {"a": [None]}}),
    "empty things in an extension": changed(FULL, "result.extensions", {"act:x": "", "act:y": {}}),
    "names in an extension that no IRI is": changed(
        FULL, "object.definition.extensions", {"act:x": {"no iri": 1, "": 2}}
    ),
    "a hundred levels in an extension": changed(
        FULL, "context.extensions", {"act:x": eval("[" * 100 + "]" * 100)}
    ),
    # --- what the LRS sets, when a sender sets it ------------------------------------------------
    "an authority that is an Agent": changed(SIMPLE, "authority", AGENT),
    "an authority of an application and its user": changed(SIMPLE, "authority", OAUTH),
    "a stored in the past": changed(SIMPLE, "stored", "2020-01-01T00:00:00Z"),
    "a timestamp in the future": changed(SIMPLE, "timestamp", "2999-01-01T00:00:00Z"),
    "version 1.0": changed(SIMPLE, "version", "1.0"),
    "version 1.0.0": changed(SIMPLE, "version", "1.0.0"),
    "version 1.0.3": changed(SIMPLE, "version", "1.0.3"),
    "version 1.0.9": changed(SIMPLE, "version", "1.0.9"),
    "version 1.0.32-beta": changed(SIMPLE, "version", "1.0.32-beta"),
    # --- attachments ----------------------------------------------------------------------------
    "no attachments": changed(SIMPLE, "attachments", []),
    "an attachment that comes beside the statement": changed(
        SIMPLE, "attachments", [without(ATTACHMENT, "fileUrl")]
    ),
    "an empty attachment": changed(FULL, "attachments.0.length", 0),
    "an attachment with an empty display": changed(FULL, "attachments.0.display", {}),
    "a signature": changed(
        SIMPLE,
        "attachments",
        [
            {
                **ATTACHMENT,
                "usageType": "http://adlnet.gov/expapi/attachments/signature",
                "contentType": "application/octet-stream",
            }
        ],
    ),
}


@pytest.mark.parametrize("statement", ACCEPTED.values(), ids=ACCEPTED)
def test_the_standard_allows(statement: Any) -> None:
    parse_statement(told(statement))


@pytest.mark.parametrize("optional", [name for name in FULL if name not in SIMPLE])
def test_a_statement_does_without(optional: str) -> None:
    assert not getattr(parse_statement(told(without(FULL, optional))), optional)


@pytest.mark.parametrize(
    "optional",
    [
        "actor.name",
        "actor.member",
        "verb.display",
        "object.objectType",
        "object.definition",
        *(f"object.definition.{name}" for name in FULL["object"]["definition"]),
        *(f"result.{name}" for name in FULL["result"]),
        *(f"result.score.{name}" for name in FULL["result"]["score"]),
        *(f"context.{name}" for name in FULL["context"]),
        *(f"context.contextActivities.{name}" for name in FULL["context"]["contextActivities"]),
        "attachments.0.description",
        "attachments.0.fileUrl",
    ],
)
def test_its_parts_do_without(optional: str) -> None:
    parse_statement(told(without(FULL, optional)))
