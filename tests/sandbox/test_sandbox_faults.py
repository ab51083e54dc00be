"""Faults are drawn by lot, and yet repeatable, bounded and countable."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_bridge.sandbox.faults import IN_READING, IN_WRITING, MIXED, Fault, Faults
from tests.trials import times

EVERYTHING = frozenset(Fault)


def fates(faults, targets, count=40):
    return {
        target: [faults.next("registry", target, IN_WRITING) for _ in range(count)]
        for target in targets
    }


def test_the_same_seed_brings_the_same_faults():
    assert fates(Faults(seed=7), "AB") == fates(Faults(seed=7), "AB")
    assert fates(Faults(seed=7), "AB") != fates(Faults(seed=8), "AB")


def test_in_whatever_order_targets_are_asked_about():
    """So that a run with threads can be repeated, target by target."""
    asked_in_turns = Faults(seed=7)
    in_turns = {"A": [], "B": []}
    for _ in range(40):
        for target, fate in in_turns.items():
            fate.append(asked_in_turns.next("registry", target, IN_WRITING))
    assert in_turns == fates(Faults(seed=7), "AB")


@settings(max_examples=times(0.5))
@given(
    seed=st.integers(),
    most=st.integers(min_value=0, max_value=4),
    possible=st.sets(st.sampled_from(Fault), min_size=1),
)
def test_a_target_is_let_through_after_so_many_faults_in_a_row(seed, most, possible):
    certain = dict.fromkeys(Fault, 1.0)
    faults = Faults(seed, certain, most_in_a_row=most)
    in_a_row = 0
    for _ in range(20):
        in_a_row = in_a_row + 1 if faults.next("moodle", "Siti", possible) else 0
        assert in_a_row <= most


@settings(max_examples=times(0.5))
@given(seed=st.integers(), possible=st.sets(st.sampled_from(Fault)))
def test_only_what_is_possible_happens(seed, possible):
    faults = Faults(seed, dict.fromkeys(Fault, 0.05))
    seen = {faults.next("moodle", str(n % 3), possible) for n in range(60)}
    assert seen <= {None, *possible}


def test_kinds_come_about_as_often_as_their_rates_say():
    faults = Faults(seed=1, rates={Fault.RESET: 0.2, Fault.SLOW: 0.1}, most_in_a_row=100)
    seen = Counter(faults.next("registry", f"{n}", IN_READING) for n in range(2000))
    assert seen[Fault.RESET] == pytest.approx(400, rel=0.15)
    assert seen[Fault.SLOW] == pytest.approx(200, rel=0.25)


def test_the_usual_mix_has_every_kind_and_leaves_most_requests_alone():
    assert set(MIXED) == EVERYTHING
    writing = sum(rate for fault, rate in MIXED.items() if fault in IN_WRITING)
    assert 0.2 < writing < 0.5


def test_a_suspension_lasts_for_a_few_requests_whomever_they_are_about():
    faults = Faults(rates={Fault.SUSPENDED: 1.0}, suspended_requests=3)
    assert faults.next("registry", "Siti", {Fault.SUSPENDED}) is Fault.SUSPENDED
    faults.rates[Fault.SUSPENDED] = 0.0
    others = [faults.next("registry", f"other {n}", {Fault.SUSPENDED}) for n in range(4)]
    assert others == [Fault.SUSPENDED, Fault.SUSPENDED, None, None]


def test_an_ordered_fault_waits_for_the_request_it_was_ordered_for():
    faults = Faults(rates={})
    faults.force(Fault.RESET, where="POST /kursus/save")
    assert faults.next("registry", "GET /pns/rw-kursus 1987", IN_READING) is None
    assert faults.next("registry", "POST /kursus/save A8AC", IN_WRITING) is Fault.RESET
    assert faults.next("registry", "POST /kursus/save A8AC", IN_WRITING) is None


def test_faults_can_be_switched_off_while_running():
    faults = Faults(rates={Fault.RESET: 1.0}, most_in_a_row=100)
    assert faults.next("moodle", "Siti", IN_READING) is Fault.RESET
    faults.enabled = False
    assert faults.next("moodle", "Siti", IN_READING) is None
    assert faults.injected == {Fault.RESET: 1}
