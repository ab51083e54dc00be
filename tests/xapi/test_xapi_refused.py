"""What the standard forbids of the statement itself, of its authority and its attachments."""

from __future__ import annotations

from typing import Any

import pytest
from xapi_examples import (
    AGENT,
    ASKING,
    ATTACHMENT,
    CROWD,
    FULL,
    GONE,
    GROUP,
    NESTED,
    QUESTION,
    SUBSTATEMENT,
    Rule,
    changed,
    refusal,
)

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"

RULES: dict[str, Rule] = {
    # --- Data 2.4: the statement ------------------------------------------------------------
    "a statement has an actor": Rule("actor", GONE, 'lacks the property "actor"', "Data 2.4", "$"),
    "a statement has a verb": Rule("verb", GONE, 'lacks the property "verb"', "Data 2.4", "$"),
    "a statement has an object": Rule(
        "object", GONE, 'lacks the property "object"', "Data 2.4", "$"
    ),
    "no other property": Rule("iD", "x", 'no property is called "iD"', "Data 2.2"),
    "no objectType": Rule("objectType", "Statement", "is not allowed here", "Data 2.2"),
    "no property of 2.0": Rule(
        "context.contextAgents", [], 'no property is called "contextAgents"', "Data 2.2"
    ),
    "an id is a UUID": Rule("id", "7", "is not a UUID", "Data 2.4.1"),
    "an id is a UUID without braces": Rule(
        "id", "{fd41c918-b88b-4b20-a0a5-a4c32391aaa0}", "is not a UUID", "Data 2.4.1"
    ),
    "an id is not empty": Rule("id", "", "is not a UUID", "Data 2.4.1"),
    "an id is a string": Rule("id", 7, "is not a string", "Data 2.4.1"),
    "a timestamp is one": Rule("timestamp", "yesterday", "is not an ISO 8601", "Data 4.5"),
    "a timestamp is a day of the calendar": Rule(
        "timestamp", "2026-02-30T00:00:00Z", "is not an ISO 8601", "Data 4.5"
    ),
    "a timestamp has no offset of minus zero": Rule(
        "timestamp", "2008-09-15T15:53:00.601-00:00", "no such offset", "Data 4.5"
    ),
    "a timestamp is a string": Rule("timestamp", 1795500567, "is not a string", "Data 2.4.7"),
    "a stored is a timestamp": Rule("stored", "now", "is not an ISO 8601", "Data 4.5"),
    "a version begins with 1.0": Rule("version", "1.1.0", "is not a version 1.0.x", "Data 2.4.10"),
    "a version is one of now": Rule("version", "2.0.0", "is not a version 1.0.x", "Data 2.4.10"),
    "a version is not of before": Rule("version", "0.9.9", "is not a version", "Data 2.4.10"),
    "a version is a semantic one": Rule("version", "1.0.x", "is not a version", "Data 2.4.10"),
    "a version is a string": Rule("version", 1.0, "is not a string", "Data 2.4.10"),
    "attachments are an array": Rule("attachments", ATTACHMENT, "is not an array", "Data 2.4.11"),
    # --- Data 2.4.9: authorities ------------------------------------------------------------
    "an authority is an actor": Rule("authority", "me", "is not an object", "Data 2.4.2"),
    "an authority has an identifier": Rule(
        "authority", {"objectType": "Agent"}, "no identifier", "Data 2.4.2.1"
    ),
    "an authority of several has no identifier of its own": Rule(
        "authority", GROUP, "is a Group with an identifier", "Data 2.4.9"
    ),
    "an authority of several is of two": Rule("authority", CROWD, "has 1 members", "Data 2.4.9"),
    "an authority of several is not of three": Rule(
        "authority", {**CROWD, "member": [AGENT] * 3}, "has 3 members", "Data 2.4.9"
    ),
    "one of the two is an application": Rule(
        "authority", {**CROWD, "member": [AGENT] * 2}, 'no member with an "account"', "Data 2.4.9"
    ),
    # --- Data 2.4.11: attachments -----------------------------------------------------------
    **{
        f"an attachment has a {name}": Rule(
            f"attachments.0.{name}",
            GONE,
            f'lacks the property "{name}"',
            "Data 2.4.11",
            "$.attachments[0]",
        )
        for name in ("usageType", "display", "contentType", "length", "sha2")
    },
    **{
        f"an attachment's {name} is {rule}": Rule(
            f"attachments.0.{name}", value, rule, "Data 2.4.11", f"$.attachments[0].{name}"
        )
        for name, value, rule in (
            ("usageType", "certificate", "is not an absolute IRI"),
            ("display", "Sertifikat", "is not an object"),
            ("contentType", "pdf", "is not an Internet media type"),
            ("contentType", 1, "is not a string"),
            ("length", "27", "is not an integer"),
            ("length", 27.5, "is not an integer"),
            ("length", -1, "is not a number of octets"),
            ("sha2", "495395e777cd98da", "is not a SHA-2 hash"),
            ("fileUrl", "certificate.pdf", "is not an absolute IRI"),
        )
    },
    "an attachment's description is a language map": Rule(
        "attachments.0.description",
        {"-": "x"},
        "tag",
        "Data 4.2",
        '$.attachments[0].description["-"]',
    ),
    "an attachment has nothing else": Rule(
        "attachments.0.fileURL", "https://x.org", "fileURL", "Data 2.2", "$.attachments[0].fileURL"
    ),
    "a signature is of octets": Rule(
        "attachments.0.usageType",
        SIGNATURE,
        "which a signature must be",
        "Data 2.6",
        "$.attachments[0].contentType",
    ),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_standard_says_that(rule: Rule) -> None:
    rule.check()


def every_place(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path to each property and element of `value`, but for the insides of extensions."""
    places: list[tuple[str, ...]] = []
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in inner:
        places.append((*path, str(key)))
        if isinstance(part, dict | list) and key != "extensions":
            places += every_place(part, (*path, str(key)))
    return places


PLACES = [
    *((FULL, ".".join(place)) for place in every_place(FULL)),
    *((NESTED, ".".join(place)) for place in every_place(SUBSTATEMENT, ("object",))),
    *((ASKING, ".".join(place)) for place in every_place(QUESTION, ("object",))),
]


@pytest.mark.parametrize(("statement", "where"), PLACES, ids=[where for _, where in PLACES])
def test_null_stands_nowhere_but_in_extensions(statement: Any, where: str) -> None:
    error = refusal(changed(statement, where, None))
    if not where.endswith("objectType"):
        assert (error.rule, error.clause) == ("is not allowed outside extensions", "Data 2.2")
        assert error.value is None


@pytest.mark.parametrize(("statement", "where"), PLACES, ids=[where for _, where in PLACES])
def test_no_property_is_called_otherwise(statement: Any, where: str) -> None:
    *way, name = where.split(".")
    if name.isdigit() or "display" in where or way[-1:] in (["name"], ["description"]):
        return
    misspelt = changed(statement, ".".join([*way, name.swapcase()]), "x")
    error = refusal(misspelt)
    assert error.path.endswith(name.swapcase())
    assert "is not allowed here" in error.rule
