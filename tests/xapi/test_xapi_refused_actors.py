"""What the standard forbids of actors and verbs (Data 2.4.2 and 2.4.3)."""

from __future__ import annotations

import pytest
from xapi_examples import AGENT, CROWD, GONE, GROUP, Rule

TWO = {**AGENT, "openid": "https://id.example/siti"}

RULES: dict[str, Rule] = {
    # --- Data 2.4.2: actors -----------------------------------------------------------------
    "an actor is an object": Rule("actor", "siti", "is not an object", "Data 2.4.2"),
    "an actor is not an array": Rule("actor", [AGENT], "is not an object", "Data 2.4.2"),
    "an actor is an Agent or a Group": Rule(
        "actor.objectType", "Activity", "is none of Agent, Group", "Data 2.4.2"
    ),
    "an objectType is case-sensitive": Rule("actor.objectType", "agent", "none of", "Data 2.4.2"),
    "an objectType is a string": Rule("actor.objectType", 1, "is none of", "Data 2.4.2"),
    "an Agent has an identifier": Rule("actor", {"name": "Siti"}, "no identifier", "Data 2.4.2.1"),
    "an Agent has only one": Rule("actor", TWO, "more than one identifier", "Data 2.4.2.3"),
    "an Agent has no members": Rule(
        "actor",
        {**AGENT, "member": []},
        'no property is called "member"',
        "Data 2.2",
        "$.actor.member",
    ),
    "a Group has only one identifier": Rule(
        "actor", {**GROUP, "mbox": "mailto:g@x.org"}, "more than one identifier", "Data 2.4.2.3"
    ),
    "a Group without identifier has members": Rule(
        "actor", {"objectType": "Group", "name": "x"}, 'neither "member" nor', "Data 2.4.2.2"
    ),
    "members are an array": Rule("actor.member", AGENT, "is not an array", "Data 2.4.2.2"),
    "members are Agents": Rule(
        "actor.member.0",
        CROWD,
        "only Agents are members",
        "Data 2.4.2.2",
        "$.actor.member[0].objectType",
    ),
    "members have identifiers": Rule(
        "actor.member.1", {"name": "Budi"}, "no identifier", "Data 2.4.2.1", "$.actor.member[1]"
    ),
    "a name is a string": Rule("actor.name", {"first": "Siti"}, "is not a string", "Data 2.4.2"),
    "an mbox is a mailto IRI": Rule(
        "actor", {"mbox": "siti@example.id"}, "is not a mailto IRI", "Data 2.4.2.3", "$.actor.mbox"
    ),
    "an mbox is an address": Rule(
        "actor", {"mbox": "mailto:siti"}, "is not a mailto IRI", "Data 2.4.2.3", "$.actor.mbox"
    ),
    "an mbox is a string": Rule(
        "actor", {"mbox": ["mailto:a@b.c"]}, "is not a string", "Data 2.4.2.3", "$.actor.mbox"
    ),
    "an mbox_sha1sum is a hash": Rule(
        "actor", {"mbox_sha1sum": "x"}, "is not a SHA-1", "Data 2.4.2.3", "$.actor.mbox_sha1sum"
    ),
    "an openid is a URI": Rule(
        "actor",
        {"openid": "id.example/budi"},
        "not an absolute URI",
        "Data 2.4.2.3",
        "$.actor.openid",
    ),
    "an account has a homePage": Rule(
        "actor.account.homePage",
        GONE,
        'lacks the property "homePage"',
        "Data 2.4.2.4",
        "$.actor.account",
    ),
    "an account has a name": Rule(
        "actor.account.name", GONE, 'lacks the property "name"', "Data 2.4.2.4", "$.actor.account"
    ),
    "a homePage is an IRI": Rule(
        "actor.account.homePage", "lms.example", "it has no scheme", "Data 2.4.2.4"
    ),
    "the name of an account is a string": Rule(
        "actor.account.name", 4, "is not a string", "Data 2.4.2.4"
    ),
    "an account has nothing else": Rule(
        "actor.account.homepage", "https://x.org", 'called "homepage"', "Data 2.2"
    ),
    # --- Data 2.4.3: verbs ------------------------------------------------------------------
    "a verb is an object": Rule("verb", "completed", "is not an object", "Data 2.4.3"),
    "a verb has an id": Rule("verb.id", GONE, 'lacks the property "id"', "Data 2.4.3", "$.verb"),
    "a verb's id is an IRI": Rule("verb.id", "completed", "it has no scheme", "Data 2.4.3"),
    "a verb's id is not empty": Rule("verb.id", "", "it has no scheme", "Data 2.4.3"),
    "a verb's id has no blanks": Rule(
        "verb.id", "http://x.org/a b", 'is not an IRI: " " may only', "Data 2.4.3"
    ),
    "a display is a language map": Rule("verb.display", "did", "is not an object", "Data 2.4.3"),
    "its keys are language tags": Rule(
        "verb.display", {"en_US": "did"}, 'under "en_US"', "Data 4.2", "$.verb.display.en_US"
    ),
    "its values are strings": Rule(
        "verb.display",
        {"en-US": "did", "id": 1},
        "is not a string",
        "Data 2.4.3",
        "$.verb.display.id",
    ),
    "its values are not null": Rule(
        "verb.display", {"en-US": None}, "is not allowed", "Data 2.2", '$.verb.display["en-US"]'
    ),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_standard_says_that(rule: Rule) -> None:
    rule.check()
