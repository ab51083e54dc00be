"""Whether somebody meets a rule, since when, by what, and what is missing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.badges.badge import Badge, Rule, as_rule, in_order, months_after
from lms_bridge.badges.meeting import Fact, Facts, Finding, Met, look

TODAY = dt.date(2026, 11, 24)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def fact(number: int, on: str, course: str = "", hours: int = 8, **more: Any) -> Fact:
    return Fact(on=day(on), hours=hours, completion_id=number, course=course, **more)


def rule(content: Any) -> Rule:
    """A rule as it stands in the configuration."""
    return as_rule(msgspec.convert(content, Rule | str))


def found(content: Any, *facts: Fact, held: dict[str, Met] | None = None) -> Finding:
    return look(rule(content), Facts(facts), held or {}, TODAY)


A = fact(1, "2026-03-01", "A")
B = fact(2, "2026-05-01", "B")
C = fact(3, "2026-04-01", "C")


def test_a_course_is_met_when_it_was_completed_first() -> None:
    again = fact(9, "2026-06-01", "A")
    assert found("A", again, A).met == Met(day("2026-03-01"), (1,))
    assert found("B", A).met is None


def test_a_course_with_a_score_is_met_by_the_first_that_reaches_it() -> None:
    low = fact(1, "2026-03-01", "A", score=0.79)
    none = fact(2, "2026-03-02", "A")
    high = fact(3, "2026-03-03", "A", score=0.8)
    wanted = {"course": "A", "minimum_score": 0.8}
    assert found(wanted, low, none).met is None
    assert found(wanted, low, none, high).met == Met(day("2026-03-03"), (3,))


def test_all_are_met_with_the_last_and_any_with_the_first() -> None:
    assert found({"all": ["A", "B", "C"]}, A, B, C).met == Met(day("2026-05-01"), (1, 3, 2))
    assert found({"any": ["A", "B", "C"]}, B, C).met == Met(day("2026-04-01"), (3,))
    lacking = found({"all": ["A", "B", "C"]}, A, C)
    assert (lacking.met, lacking.have, lacking.need, lacking.missing) == (None, 2, 3, 1)
    assert [part.met is not None for part in lacking.parts] == [True, False, True]


def test_so_many_of_them_are_met_with_the_last_that_was_needed() -> None:
    two = {"at_least": 2, "of": ["A", "B", "C"]}
    assert found(two, A, B, C).met == Met(day("2026-04-01"), (1, 3))
    assert found(two, B).missing == 1


def test_rules_stand_within_rules() -> None:
    nested = {"all": ["A", {"any": ["B", {"at_least": 1, "of": ["C"]}]}]}
    assert found(nested, A, C).met == Met(day("2026-04-01"), (1, 3))


def test_a_level_is_met_by_a_course_that_develops_it_so_far() -> None:
    low = fact(1, "2026-01-01", "A", competencies={"Integritas": 2})
    high = fact(2, "2026-02-01", "B", competencies={"Integritas": 4})
    wanted = {"competency": "Integritas", "level": 3}
    assert found(wanted, low, high).met == Met(day("2026-02-01"), (2,))
    assert (found(wanted, low).have, found(wanted, low).need) == (2, 3)
    taught = fact(3, "2026-02-01", competencies={"Integritas": 4})
    assert found(wanted, taught).met is None, "who teaches a course is not proven to have it"


def test_hours_in_all_are_met_on_the_day_on_which_they_were_full() -> None:
    assert found({"hours": 20}, A, B, C).met == Met(day("2026-05-01"), (1, 3, 2))
    assert found({"hours": 25}, A, B, C).missing == 1


@pytest.mark.parametrize(
    ("within", "is_met"),
    [("total", True), ("year", False), (3, True), (1, False)],
)
def test_hours_have_to_be_gathered_in_their_time(within: Any, is_met: bool) -> None:
    facts = fact(1, "2025-12-20", hours=10), fact(2, "2026-01-25", hours=10)
    assert bool(found({"hours": 20, "within": within}, *facts).met) is is_met


def test_hours_of_an_earlier_year_stay_met_and_this_year_shows_what_it_has() -> None:
    full = [fact(1, "2024-02-01", hours=20), fact(2, "2026-02-01", hours=5)]
    assert found({"hours": 20, "within": "year"}, *full).met == Met(day("2024-02-01"), (1,))
    lacking = found({"hours": 20, "within": "year"}, fact(1, "2025-02-01", hours=19), full[1])
    assert (lacking.have, lacking.missing) == (5, 15)


def test_hours_count_by_kind_family_and_competency() -> None:
    technical = fact(1, "2026-01-01", kind=4, families=frozenset({"teknis"}))
    managerial = fact(
        2, "2026-02-01", kind=5, families=frozenset({"manajerial"}), competencies={"Komunikasi": 1}
    )
    both = technical, managerial
    assert found({"hours": 8, "kinds": [5]}, *both).met == Met(day("2026-02-01"), (2,))
    assert found({"hours": 8, "families": ["teknis"]}, *both).met == Met(day("2026-01-01"), (1,))
    assert found({"hours": 8, "competencies": ["Komunikasi"]}, *both).met == Met(
        day("2026-02-01"), (2,)
    )
    assert found({"hours": 16, "kinds": [5]}, *both).missing == 8


def test_training_that_only_a_registry_tells_of_counts_where_the_rule_says_so() -> None:
    typed_in = Fact(on=day("2026-01-01"), hours=20, kind=4)
    assert found({"hours": 20}, typed_in).met is None
    assert found({"hours": 20, "elsewhere": True}, typed_in).met == Met(day("2026-01-01"))


def test_another_badge_is_met_while_it_is_held() -> None:
    held = Met(day("2026-02-02"), (7,))
    assert found({"badge": "x"}, held={"x": held}).met == held
    assert found({"badge": "x"}, held={"y": held}).met is None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({}, "exactly one of"),
        ({"course": "A", "badge": "B"}, "it has course and badge"),
        ({"all": ["A"], "minimum_score": 0.5}, "minimum_score only goes with course"),
        ({"course": "A", "within": "year"}, "within only goes with hours"),
        ({"of": ["A", "B"]}, "of needs at_least, 1 to 2"),
        ({"of": ["A", "B"], "at_least": 3}, "of needs at_least, 1 to 2"),
        ({"hours": 20, "families": ["teknis"], "elsewhere": True}, "a registry does not tell of"),
        ({"hours": 20, "families": ["tehnis"]}, "Invalid enum value 'tehnis'"),
        ({"level": 2, "course": "A"}, "level only goes with competency"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_by_name(content: Any, complaint: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=complaint):
        msgspec.convert(content, Rule)


def test_a_rule_that_is_too_deep_is_refused() -> None:
    content: Any = "A"
    for _ in range(11):
        content = {"all": [content]}
    with pytest.raises(msgspec.ValidationError, match="deep"):
        msgspec.convert(content, Rule)


def badge(key: str, *needs: str) -> Badge:
    parts = [{"badge": each} for each in needs] or ["A"]
    content = {"key": key, "name": key, "rule": {"all": parts}}
    return msgspec.convert(content, Badge)


def test_badges_come_after_those_that_they_need() -> None:
    ordered = in_order([badge("c", "b"), badge("a"), badge("b", "a")])
    assert [one.key for one in ordered] == ["a", "b", "c"]


def test_badges_that_need_each_other_are_refused_and_the_circle_is_named() -> None:
    with pytest.raises(ValueError, match="a → b → a"):
        in_order([badge("a", "b"), badge("b", "a")])
    with pytest.raises(ValueError, match="badge a needs x, and there is no such badge"):
        in_order([badge("a", "x")])


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), st.integers(-600, 600))
def test_months_later_is_the_same_day_or_the_last_of_the_month(one: dt.date, months: int) -> None:
    later = months_after(one, months)
    assert (later.year - one.year) * 12 + later.month - one.month == months
    assert later.day == one.day or (later + dt.timedelta(days=1)).day == 1


_COURSES = st.sampled_from("ABCD")
_RULES = st.recursive(
    _COURSES
    | st.builds(
        lambda hours, within: {"hours": hours, "within": within},
        st.integers(1, 40),
        st.sampled_from(["total", "year", 1, 12]),
    ),
    lambda parts: (
        st.builds(lambda some: {"all": some}, st.lists(parts, min_size=1, max_size=3))
        | st.builds(lambda some: {"any": some}, st.lists(parts, min_size=1, max_size=3))
        | st.lists(parts, min_size=1, max_size=4).flatmap(
            lambda some: st.builds(
                lambda least: {"at_least": least, "of": some}, st.integers(1, len(some))
            )
        )
    ),
    max_leaves=6,
)
_FACTS = st.lists(
    st.tuples(st.dates(dt.date(2024, 1, 1), dt.date(2026, 11, 24)), _COURSES, st.integers(0, 15)),
    max_size=8,
)


@given(_RULES, _FACTS)
def test_it_is_met_on_the_first_day_on_which_what_was_learned_by_then_suffices(
    content: Any, learned: list[tuple[dt.date, str, int]]
) -> None:
    facts = [
        Fact(on=on, hours=hours, completion_id=number, course=course)
        for number, (on, course, hours) in enumerate(learned, start=1)
    ]
    met = look(rule(content), Facts(facts), {}, TODAY).met
    days = sorted({one.on for one in facts})
    first = next(
        (
            each
            for each in days
            if look(rule(content), Facts(f for f in facts if f.on <= each), {}, each).met
        ),
        None,
    )
    assert (met.on if met else None) == first
    if met:  # and the evidence alone is enough
        proof = [one for one in facts if one.completion_id in met.evidence]
        assert look(rule(content), Facts(proof), {}, TODAY).met == met
