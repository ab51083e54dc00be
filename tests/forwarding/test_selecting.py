"""Which statements a target gets."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.config.settings import Forward
from lms_bridge.forwarding.selecting import wanted
from tests.forwarding.relay import settings_of, statement
from xapi import vocabulary

VERBS = [vocabulary.COMPLETED, vocabulary.PASSED, vocabulary.ANSWERED]
COURSE, MODULE, OTHER = (f"https://lms.example/{name}" for name in ("course", "module", "other"))
SENDERS = ["moodle", "konten", "lms-bridge"]


def choice(**filters: Any) -> Forward:
    return settings_of("https://lrs.example", **filters)


def gets(settings: Forward, made: dict[str, Any], sender: str = "moodle") -> bool:
    return wanted(settings)(sender, json.dumps(made).encode())


def about(activity: str, *, within: str = "", verb: str = vocabulary.COMPLETED) -> dict[str, Any]:
    around = {"context": {"contextActivities": {"grouping": [{"id": within}]}}} if within else {}
    return statement(verb={"id": verb}, object={"id": activity}, **around)


def voiding() -> dict[str, Any]:
    target = {"objectType": "StatementRef", "id": "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"}
    return statement(verb={"id": vocabulary.VOIDED}, object=target)


def test_without_filters_it_gets_all() -> None:
    assert gets(choice(), about(COURSE))


def test_an_activity_is_meant_with_what_happens_within_it() -> None:
    settings = choice(activities=(COURSE,))
    assert gets(settings, about(COURSE))
    assert gets(settings, about(MODULE, within=COURSE))
    assert not gets(settings, about(MODULE))


def test_a_voiding_passes_by_whatever_verb_or_activity() -> None:
    assert gets(choice(verbs=(vocabulary.PASSED,), activities=(COURSE,)), voiding())
    assert not gets(choice(senders=("konten",)), voiding())


def test_what_the_target_itself_sent_does_not_go_back() -> None:
    settings = choice(except_senders=("konten",))
    assert gets(settings, about(COURSE))
    assert not gets(settings, about(COURSE), sender="konten")
    assert not gets(settings, voiding(), sender="konten")


some = {
    "verbs": st.sets(st.sampled_from(VERBS)),
    "activities": st.sets(st.sampled_from([COURSE, MODULE, OTHER])),
    "senders": st.sets(st.sampled_from(SENDERS)),
    "except_senders": st.sets(st.sampled_from(SENDERS)),
}


@given(st.fixed_dictionaries(some), *map(st.sampled_from, (VERBS, [COURSE, MODULE], SENDERS)))
def test_it_gets_what_passes_every_filter(
    filters: dict[str, set[str]], verb: str, activity: str, sender: str
) -> None:
    made = about(activity, within=OTHER, verb=verb)
    passes = (
        (not filters["verbs"] or verb in filters["verbs"])
        and (not filters["activities"] or bool({activity, OTHER} & filters["activities"]))
        and (not filters["senders"] or sender in filters["senders"])
        and sender not in filters["except_senders"]
    )
    assert gets(choice(**{k: tuple(v) for k, v in filters.items()}), made, sender) is passes
