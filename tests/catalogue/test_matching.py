"""Finding the course of a mark, and two courses that claim the same one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.matching import Catalogue, CataloguedCourse, doubly_marked
from tests.scene import course

names = st.sampled_from(["", "moodle", "lain"])
marks = st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=3).map(tuple)


@st.composite
def catalogues(draw: st.DrawFn) -> list[Course]:
    """Some courses, with marks of which many are the same."""
    return [
        course(f"C{n}", external_ids=draw(marks), lms=draw(names))
        for n in range(draw(st.integers(0, 5)))
    ]


@given(catalogues(), st.sampled_from("ABCDE"), st.sampled_from(["moodle", "lain"]))
def test_where_no_two_courses_claim_a_mark_it_can_be_only_one(
    courses: list[Course], mark: str, lms: str
) -> None:
    if list(doubly_marked(courses)):
        return
    claiming = [one for one in courses if mark in one.external_ids and one.lms in ("", lms)]
    found = Catalogue(CataloguedCourse(n, c) for n, c in enumerate(courses)).by_ids(mark, "", lms)
    assert ([found.course] if found else []) == claiming


@given(catalogues())
def test_two_courses_that_both_count_for_an_lms_and_claim_a_mark_are_named(
    courses: list[Course],
) -> None:
    named = {frozenset(pair[2:]) for pair in doubly_marked(courses)}
    for one in courses:
        for other in courses:
            common = set(one.external_ids) & set(other.external_ids)
            met = one.lms == other.lms or "" in (one.lms, other.lms)
            if one is not other and common and met:
                assert frozenset((one.key, other.key)) in named


def test_a_course_that_lists_a_mark_twice_claims_it_once() -> None:
    assert list(doubly_marked([course("PKA", external_ids=("A", "A"))])) == []


def test_an_id_and_an_activity_that_are_written_alike_are_not_the_same_mark() -> None:
    one = course("ONE", external_ids=("X",))
    other = course("OTHER", external_ids=(), short_ids=("X",))
    assert list(doubly_marked([one, other])) == []
