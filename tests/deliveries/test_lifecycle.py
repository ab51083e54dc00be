"""The life of a delivery: what can happen in which state, and that nothing else can."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy.exc import DBAPIError

from lms_bridge.deliveries.lifecycle import (
    TRANSITIONS,
    IllegalTransition,
    State,
    after,
    leads_to,
    sources,
)
from tests.deliveries.yard import Yard

# As docs/deliveries.md tells it.
ALLOWED = {
    ("waiting", "claim"): "running",
    ("retrying", "claim"): "running",
    ("running", "succeed"): "done",
    ("running", "postpone"): "retrying",
    ("running", "release"): "retrying",
    ("running", "hold"): "waiting",
    ("running", "block"): "blocked",
    ("running", "delegate"): "delegated",
    ("delegated", "claim"): "running",
    ("delegated", "retry"): "waiting",
    ("delegated", "cancel"): "cancelled",
    ("done", "diverge"): "blocked",
    ("done", "undo"): "cancelled",
    ("blocked", "undo"): "cancelled",
    ("blocked", "retry"): "waiting",
    ("retrying", "retry"): "waiting",
    ("cancelled", "retry"): "waiting",
    ("waiting", "cancel"): "cancelled",
    ("retrying", "cancel"): "cancelled",
    ("blocked", "cancel"): "cancelled",
}
EVERYTHING = list(itertools.product(State, TRANSITIONS))


@pytest.mark.parametrize(("state", "event"), EVERYTHING)
def test_an_event_leads_where_the_book_says_and_else_nowhere(state, event):
    expected = ALLOWED.get((str(state), event))
    if expected is not None:
        assert after(state, event) == expected == leads_to(event)
        assert state in sources(event)
    else:
        with pytest.raises(IllegalTransition):
            after(state, event)
        assert state not in sources(event)


def test_from_every_state_but_the_last_ones_something_leads_on_by_itself():
    by_a_person = {"retry", "cancel", "undo"}
    waits_for_a_person = {
        state
        for state in State
        if all(state not in sources(event) for event in set(TRANSITIONS) - by_a_person)
    }
    assert waits_for_a_person == {State.BLOCKED, State.CANCELLED}


def test_a_person_is_told_which_delivery_cannot_be_what_and_which_could():
    with pytest.raises(IllegalTransition) as raised:
        after(State.DONE, "cancel", 7)
    assert str(raised.value) == (
        "delivery 7 is done and cannot be cancelled;"
        " only one that is blocked, delegated, retrying, waiting can"
    )
    assert raised.value.in_language("id").startswith(
        "pengiriman 7 berstatus selesai dan tidak dapat"
    )


def test_the_trigger_of_these_tests_refuses_what_no_event_explains(yard: Yard):
    delivery = yard.plan()
    with pytest.raises(DBAPIError, match="illegal transition"):
        yard.set(delivery, state="done")
    assert yard.state(delivery) == "waiting"
