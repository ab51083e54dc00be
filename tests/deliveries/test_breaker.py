"""Whether a remote can be used: the rules, without a database."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.config.settings import Breaker
from lms_bridge.deliveries.breaker import (
    Health,
    after_failure,
    after_success,
    healthy,
    probing,
)
from lms_bridge.reasons import Reason
from tests.conftest import NOW

POLICY = Breaker(failures=3, first_probe_seconds=15, most_probe_seconds=300)
WHY = Reason("remote_unavailable", remote="registry.siasn", error="HTTP 503")


def at(seconds: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


def failed(health: Health, *culprits: str, **more) -> Health:
    for culprit in culprits:
        health = after_failure(health, WHY, NOW, POLICY, culprit=culprit, **more)
    return health


def down(**more) -> Health:
    return failed(healthy(NOW), "a", certain=True, **more)


def test_a_remote_of_which_nothing_is_known_may_be_used():
    assert healthy(NOW).may_be_used(NOW)


def test_it_is_down_after_as_many_failures_in_a_row_as_are_configured():
    assert not failed(healthy(NOW), "a", "b").is_down
    assert failed(healthy(NOW), "a", "b", "c").is_down


def test_a_success_in_between_begins_the_count_anew():
    health = after_success(failed(healthy(NOW), "a", "b"), NOW)
    assert not failed(health, "c", "d").is_down


def test_one_delivery_alone_cannot_bring_it_down_however_often_it_fails():
    assert not failed(healthy(NOW), *["poison"] * 50).is_down


def test_a_second_delivery_that_fails_shows_that_it_is_not_the_first_one_s_fault():
    assert failed(healthy(NOW), "poison", "poison", "other", "poison").is_down


def test_a_call_that_is_nobody_s_counts_each_time():
    assert failed(healthy(NOW), "", "", "").is_down


def test_a_token_that_is_dead_is_noticed_at_the_first_failure():
    assert failed(healthy(NOW), "a", certain=True).is_down


def test_while_it_is_down_a_probe_is_allowed_only_after_a_while():
    assert not down().may_be_used(at(14))
    assert down().may_be_used(at(15))


def test_the_probes_become_rarer_up_to_a_bound():
    health, waits, now = down(), [], NOW
    for _ in range(8):
        assert health.probe_at is not None
        waits.append((health.probe_at - now).total_seconds())
        now = health.probe_at
        health = after_failure(probing(health, now, POLICY), WHY, now, POLICY)
    assert waits == [15, 30, 60, 120, 240, 300, 300, 300]


def test_what_was_under_way_when_it_went_down_makes_the_probes_no_rarer():
    health = down()
    for _ in range(10):
        health = after_failure(health, WHY, at(1), POLICY, begun_at=at(-1))
    assert health == down()


def test_a_probe_that_is_being_made_keeps_others_from_making_one():
    assert not probing(down(), at(15), POLICY).may_be_used(at(16))


def test_one_success_and_it_is_up():
    health = after_success(down(), at(60), begun_at=at(30))
    assert not health.is_down
    assert health.since == at(60)
    assert health.reason is None


def test_a_success_that_was_begun_before_it_went_down_proves_nothing():
    assert after_success(down(), at(5), begun_at=at(-5)).is_down


def test_it_is_left_alone_for_as_long_as_it_asks():
    assert down(retry_after=200).probe_at == at(200)
    assert failed(down(), "b", retry_after=200).probe_at == at(200)


def test_it_cannot_ask_to_be_left_alone_for_longer_than_the_rarest_probe():
    assert down(retry_after=86_400).probe_at == at(300)


def test_it_says_since_when_it_is_down_and_for_what_reason_last():
    other = Reason("sso_token_expired", remote="r", name="siasn", message="expired")
    health = after_failure(down(), other, at(100), POLICY, begun_at=at(90))
    assert (health.since, health.reason) == (NOW, other)


events = st.lists(
    st.tuples(
        st.sampled_from(["success", "failure", "certain", "probe"]),
        st.sampled_from("abc"),
        st.floats(0, 1000),
    )
)


@given(events)
def test_whatever_happens_a_remote_that_is_down_is_probed_within_the_bound(events):
    health, now = healthy(NOW), NOW
    for event, culprit, seconds in events:
        now += dt.timedelta(seconds=seconds)
        if event == "success":
            health = after_success(health, now)
        elif event == "probe":
            health = probing(health, now, POLICY) if health.is_down else health
        else:
            health = after_failure(
                health, WHY, now, POLICY, culprit=culprit, certain=event == "certain"
            )
        if health.is_down:
            assert health.probe_at is not None
            assert health.probe_at <= now + dt.timedelta(seconds=POLICY.most_probe_seconds)
            assert health.reason is not None
        else:
            assert health.failures < POLICY.failures


@pytest.mark.parametrize("failures", [1, 5])
def test_how_many_failures_it_takes_is_configured(failures):
    policy = Breaker(failures=failures)
    health = healthy(NOW)
    for number in range(failures):
        assert not health.is_down
        health = after_failure(health, WHY, NOW, policy, culprit=str(number))
    assert health.is_down
