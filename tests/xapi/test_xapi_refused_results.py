"""What the standard forbids of results and contexts (Data 2.4.5 and 2.4.6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from xapi_examples import AGENT, COURSE, CROWD, GONE, SIMPLE, Rule, changed, without

OF_AN_AGENT = changed(SIMPLE, "object", AGENT)
KEY = "https://example.org/key"
DEEP: Any = json.loads("[" * 101 + "]" * 101)

RULES: dict[str, Rule] = {
    # --- Data 2.4.5: results ----------------------------------------------------------------
    "a result is an object": Rule("result", True, "is not an object", "Data 2.4.5"),
    "a result has nothing else": Rule("result.Score", {}, "Score", "Data 2.2"),
    "success is a boolean": Rule("result.success", "true", "is not a boolean", "Data 2.4.5"),
    "completion is a boolean": Rule("result.completion", 1, "is not a boolean", "Data 2.4.5"),
    "a response is a string": Rule("result.response", 5, "is not a string", "Data 2.4.5"),
    "a duration is one": Rule("result.duration", "1 hour", "ISO 8601 duration", "Data 4.6"),
    "weeks stand alone": Rule("result.duration", "P4W1D", "ISO 8601 duration", "Data 4.6"),
    "a duration is not empty": Rule("result.duration", "", "ISO 8601 duration", "Data 4.6"),
    "the keys of a result's extensions are IRIs": Rule(
        "result.extensions", {"": 1}, "no absolute IRI", "Data 4.1", '$.result.extensions[""]'
    ),
    "a score is an object": Rule("result.score", 0.5, "is not an object", "Data 2.4.5.1"),
    "a score has nothing else": Rule("result.score.percent", 50, "percent", "Data 2.2"),
    "a score is a number": Rule("result.score.raw", "50", "is not a number", "Data 2.4.5.1"),
    "a score is no boolean": Rule("result.score.raw", True, "is not a number", "Data 2.4.5.1"),
    "a scaled score is at most 1": Rule(
        "result.score.scaled", 1.01, "is not between -1 and 1", "Data 2.4.5.1"
    ),
    "a scaled score is at least -1": Rule(
        "result.score.scaled", -50, "is not between -1 and 1", "Data 2.4.5.1"
    ),
    "a raw score is at least min": Rule(
        "result.score.raw", -1, 'is less than "min", 0', "Data 2.4.5.1"
    ),
    "a raw score is at most max": Rule(
        "result.score.raw", 100.5, 'is more than "max", 100', "Data 2.4.5.1"
    ),
    "min is less than max": Rule(
        "result.score.min", 100, 'is not less than "max", 100', "Data 2.4.5.1"
    ),
    # --- Data 2.4.6: contexts ---------------------------------------------------------------
    "a context is an object": Rule("context", [], "is not an object", "Data 2.4.6"),
    "a context has nothing else": Rule("context.group", "x", "group", "Data 2.2"),
    "a registration is a UUID": Rule("context.registration", "1", "is not a UUID", "Data 2.4.6.1"),
    "an instructor is an actor": Rule(
        "context.instructor", {"id": "x"}, 'called "id"', "Data 2.2", "$.context.instructor.id"
    ),
    "an instructor has an identifier": Rule("context.instructor", {}, "no ident", "Data 2.4.2.1"),
    "a team is a Group": Rule(
        "context.team", AGENT, 'is not "Group"', "Data 2.4.6", "$.context.team.objectType"
    ),
    "a team says that it is a Group": Rule(
        "context.team",
        without(CROWD, "objectType"),
        'lacks the property "objectType"',
        "Data 2.4.6",
    ),
    "contextActivities are an object": Rule(
        "context.contextActivities", [COURSE], "is not an object", "Data 2.4.6.2"
    ),
    "contextActivities are of four kinds": Rule(
        "context.contextActivities.course", [COURSE], "course", "Data 2.2"
    ),
    "contextActivities are Activities": Rule(
        "context.contextActivities.other",
        [AGENT],
        "is not the objectType of what belongs here",
        "Data 2.4.6.2",
        "$.context.contextActivities.other[0].objectType",
    ),
    "contextActivities are one or an array": Rule(
        "context.contextActivities.other",
        "https://x.org",
        "is not an object or an array",
        "Data 2.4.6.2",
    ),
    "a context Activity has an IRI": Rule(
        "context.contextActivities.grouping.0.id",
        "x",
        "no scheme",
        "Data 2.4.4.1",
        "$.context.contextActivities.grouping[0].id",
    ),
    "a single context Activity has an IRI": Rule(
        "context.contextActivities.parent.id", "x", "no scheme", "Data 2.4.4.1"
    ),
    "only an Activity has a revision": Rule(
        "context.revision",
        "2",
        "when the object is an Activity",
        "Data 2.4.6",
        statement=OF_AN_AGENT,
    ),
    "only an Activity has a platform": Rule(
        "context.platform",
        "",
        "when the object is an Activity",
        "Data 2.4.6",
        statement=OF_AN_AGENT,
    ),
    "a revision is a string": Rule("context.revision", 2, "is not a string", "Data 2.4.6"),
    "a platform is a string": Rule("context.platform", {}, "is not a string", "Data 2.4.6"),
    "a language is a tag": Rule("context.language", "something", "5646 language tag", "Data 2.4.6"),
    "a language is not empty": Rule("context.language", "", "5646 language tag", "Data 2.4.6"),
    "the statement of a context is a StatementRef": Rule(
        "context.statement", COURSE, "objectType", "Data 2.4.6", "$.context.statement.objectType"
    ),
    "it says that it is one": Rule(
        "context.statement.objectType", GONE, "objectType", "Data 2.4.6", "$.context.statement"
    ),
    "it refers by a UUID": Rule("context.statement.id", "x", "is not a UUID", "Data 2.4.4.3"),
    "the keys of a context's extensions are IRIs": Rule(
        "context.extensions",
        {"a b": 1},
        "no absolute IRI",
        "Data 4.1",
        '$.context.extensions["a b"]',
    ),
    "an extension nests a hundred levels": Rule(
        "context.extensions",
        {KEY: DEEP},
        "nests deeper",
        "Communication 3.2",
        f'$.context.extensions["{KEY}"]',
    ),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_standard_says_that(rule: Rule) -> None:
    rule.check()
