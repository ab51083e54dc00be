"""How many requests a credential may make: the token bucket."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.pace import Bucket, Pace, full, take

rates = st.integers(1, 100_000)
pauses = st.lists(st.floats(0, 120) | st.sampled_from([0.0, 1e-6, 1.0, 60.0]), max_size=200)


def admitted(per_minute: int, pauses: list[float]) -> list[float]:
    """When requests came through that were made one after the other, with these pauses."""
    bucket, now, through = full(per_minute), 0.0, []
    for pause in pauses:
        now += pause
        bucket, wait = take(bucket, now=now, per_minute=per_minute)
        if not wait:
            through.append(now)
    return through


@given(st.integers(1, 60), pauses)
def test_in_any_time_no_more_come_through_than_a_full_bucket_and_what_flows_in(
    per_minute: int, pauses: list[float]
) -> None:
    through = admitted(per_minute, pauses)
    for first, begin in enumerate(through):
        for last in range(first, len(through)):
            passed = through[last] - begin
            assert last - first + 1 <= per_minute + passed * per_minute / 60 + 1e-6


@given(rates, pauses)
def test_whoever_waits_as_long_as_told_comes_through(per_minute: int, pauses: list[float]) -> None:
    bucket, now = full(per_minute), 0.0
    for pause in pauses:
        now += pause
        bucket, wait = take(bucket, now=now, per_minute=per_minute)
        if wait:
            again, none = take(bucket, now=now + math.ceil(wait), per_minute=per_minute)
            assert none == 0
            assert again.tokens < per_minute


@given(rates, pauses)
def test_a_wait_is_never_longer_than_for_one_token(per_minute: int, pauses: list[float]) -> None:
    bucket, now = Bucket(0.0, 0.0), 0.0
    for pause in pauses:
        now += pause
        bucket, wait = take(bucket, now=now, per_minute=per_minute)
        assert 0 <= wait <= 60 / per_minute
        assert 0 <= bucket.tokens <= per_minute


@given(rates)
def test_whoever_keeps_to_the_rate_is_never_told_to_wait(per_minute: int) -> None:
    count = min(per_minute * 3, 500)
    bucket = Bucket(1.0, 0.0)
    for number in range(count):
        bucket, wait = take(bucket, now=number * 60 / per_minute, per_minute=per_minute)
        assert wait == 0


def test_what_is_refused_costs_nothing() -> None:
    bucket = Bucket(0.0, 0.0)
    for _ in range(100):
        bucket, wait = take(bucket, now=30.0, per_minute=1)
        assert wait == 30.0
    assert take(bucket, now=60.0, per_minute=1)[1] == 0


@given(st.floats(-1e6, 1e6))
def test_a_clock_that_goes_backwards_neither_gives_nor_takes(now: float) -> None:
    bucket, _ = take(Bucket(0.5, 1e6), now=now, per_minute=60)
    assert bucket == Bucket(0.5, 1e6)


def test_a_rate_that_is_lowered_counts_at_once() -> None:
    bucket, _ = take(full(1000), now=0.0, per_minute=1)
    assert bucket.tokens == 0
    assert take(bucket, now=0.0, per_minute=1)[1] == pytest.approx(60)


def test_each_credential_has_a_bucket_of_its_own() -> None:
    pace = Pace()
    assert [pace.wait("a", 1, 0.0), pace.wait("b", 1, 0.0)] == [0, 0]
    assert [pace.wait("a", 1, 0.0), pace.wait("b", 1, 0.0)] == [60, 60]
    assert pace.wait("a", 1, 60.0) == 0


def test_one_without_a_rate_never_waits() -> None:
    pace = Pace()
    assert [pace.wait("a", None, 0.0) for _ in range(1000)] == [0] * 1000


def test_the_buckets_of_ever_new_names_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.pace._MOST_BUCKETS", 100)
    pace = Pace()
    for number in range(1000):
        pace.wait(f"address {number}", 1, float(number))
    assert len(pace._buckets) <= 100
    assert pace.wait("address 999", 1, 999.0) > 0, "who came a moment ago is remembered"
