"""What becomes of a delivery that failed: the decision, without a database."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.config.settings import Retry
from lms_bridge.deliveries.retry import Decision, decide, wait_seconds
from lms_bridge.errors import DeliveryError
from tests.conftest import NOW
from tests.deliveries.yard import dead_token, passing, refused, unavailable, unknown

POLICY = Retry(first_seconds=30, factor=2, most_seconds=3600, jitter=0.25, give_up_after_days=30)


def decided(error: DeliveryError, **more: Any) -> Decision:
    values: dict[str, Any] = {
        "delivery": 7,
        "failures": 0,
        "effort_since": NOW,
        "now": NOW,
        "chance": 0.5,
        "policy": POLICY,
    }
    return decide(error, **values | more)


def in_seconds(decision: Decision) -> float:
    return (decision.due_at - NOW).total_seconds()


def test_what_no_repetition_can_mend_is_blocked_with_the_remedy_for_this_delivery():
    decision = decided(refused())
    assert decision.event == "block"
    assert decision.reason.code == "registry_refused"
    assert "lms-bridge deliveries retry 7" in decision.reason.remedy()


def test_what_may_pass_is_tried_again_after_a_while():
    decision = decided(passing())
    assert (decision.event, in_seconds(decision)) == ("postpone", 30)


def test_a_remote_that_fails_for_the_first_time_is_the_delivery_s_own_trouble():
    assert decided(unavailable()).event == "postpone"


@pytest.mark.parametrize("error", [unavailable(), dead_token(), unknown()])
def test_while_the_remote_is_down_the_delivery_waits_for_the_next_probe(error):
    probe = NOW + dt.timedelta(seconds=77)
    decision = decided(error, failures=5, next_probe=probe)
    assert (decision.event, decision.due_at) == ("hold", probe)


def test_an_unknown_outcome_is_not_looked_up_before_it_has_settled():
    settled = NOW + dt.timedelta(minutes=10)
    assert decided(unknown(), not_before=settled).due_at == settled
    assert decided(unknown(), not_before=settled, next_probe=NOW).due_at == settled


def test_after_a_month_of_failures_it_is_put_before_a_person():
    month_ago = NOW - dt.timedelta(days=30, seconds=1)
    decision = decided(passing(), failures=41, effort_since=month_ago)
    assert (decision.event, decision.reason.code) == ("block", "gave_up")
    assert decision.reason.details["attempts"] == "42"
    assert "busy" in decision.reason.what()


def test_the_month_is_counted_from_the_first_failure_and_not_from_the_making():
    """Deliveries may wait long for their turn, or for a remote that is down."""
    year_ago = NOW - dt.timedelta(days=365)
    assert decided(passing(), failures=0, effort_since=year_ago).event == "postpone"


def test_a_remote_that_is_down_for_months_makes_nobody_give_up():
    year_ago = NOW - dt.timedelta(days=365)
    held = decided(unavailable(), failures=3, effort_since=year_ago, next_probe=NOW)
    assert held.event == "hold"


def test_the_waits_double_up_to_a_bound():
    waits = [wait_seconds(n, chance=0.5, policy=POLICY) for n in range(9)]
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


@pytest.mark.parametrize("failures", [0, 3, 1000, 10**9])
def test_no_two_deliveries_come_back_in_step_nor_too_late(failures):
    early, late = (wait_seconds(failures, chance=c, policy=POLICY) for c in (0.0, 1.0))
    assert early < late <= 3600 * 1.25


def test_it_comes_back_no_sooner_than_it_was_asked_to():
    assert in_seconds(decided(passing(retry_after=300), chance=0.0)) == 300


def test_it_comes_back_sooner_than_usual_where_that_is_enough():
    assert in_seconds(decided(passing(retry_after=5))) == 5
    assert in_seconds(decided(passing(retry_after=5), failures=3)) == 40


def test_one_that_is_asked_back_at_once_does_not_spin():
    waits = [in_seconds(decided(passing(retry_after=0), failures=n)) for n in range(12)]
    assert waits[0] > 0
    assert sum(waits) > 200


def test_nobody_is_asked_to_stay_away_for_days():
    assert in_seconds(decided(passing(retry_after=86_400))) == 3600


@given(
    error=st.sampled_from(
        [refused(), passing(), passing(9), unavailable(), dead_token(), unknown()]
    ),
    failures=st.integers(0, 10**6),
    chance=st.floats(0, 1),
    effort=st.timedeltas(dt.timedelta(0), dt.timedelta(days=400)),
    probe=st.none() | st.timedeltas(dt.timedelta(0), dt.timedelta(minutes=5)),
    settle=st.none() | st.timedeltas(dt.timedelta(0), dt.timedelta(minutes=5)),
)
def test_whatever_failed_it_is_decided_and_never_due_too_soon(
    error, failures, chance, effort, probe, settle
):
    not_before = None if settle is None else NOW + settle
    decision = decided(
        error,
        failures=failures,
        chance=chance,
        effort_since=NOW - effort,
        next_probe=None if probe is None else NOW + probe,
        not_before=not_before,
    )
    assert decision.event in ("block", "hold", "postpone")
    if decision.event == "block":
        assert not error.retryable or (failures and effort > dt.timedelta(days=30))
    elif not_before is not None:
        assert decision.due_at >= not_before
    if decision.event == "postpone":
        assert decision.due_at > NOW
