"""Text from outside, made fit to be kept."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import select

from lms_bridge.store.engine import Store
from lms_bridge.store.schema import identities
from lms_bridge.store.schema import sightings as table
from lms_bridge.text import fitting, storable

anything = st.text(st.characters(), max_size=300)


@given(anything)
def test_what_is_storable_is_so_for_good_and_can_be_written(text: str) -> None:
    kept = storable(text)
    assert storable(kept) == kept
    assert "\x00" not in kept
    kept.encode("utf-8")


@given(st.text(max_size=40))
def test_what_fits_is_left_as_it_is(text: str) -> None:
    assert fitting(text, 40) == text


@given(anything, st.integers(34, 100))
def test_what_does_not_fit_is_made_to(text: str, most: int) -> None:
    assert len(fitting(text, most)) <= most


@given(anything, anything)
def test_two_texts_that_differ_stay_different(one: str, other: str) -> None:
    assume(one != other)
    assert fitting(one, 50) != fitting(other, 50)


@pytest.mark.parametrize("text", ["x" * 5000, "é" * 5000, "𠀀" * 5000, "a\x00b", "\ud800x"])
def test_a_key_of_any_text_can_be_written_and_found_again(store: Store, text: str) -> None:
    with store.writing() as db:
        db.execute(table.insert().values(object_id=text, actor=text, pull_key=text))
        found = select(table.c.id).where(
            table.c.object_id == text, table.c.actor.in_([text]), table.c.pull_key == text
        )
        assert len(db.execute(found).all()) == 1


def test_a_key_is_as_wide_wherever_it_is_compared_with_another() -> None:
    assert table.c.actor.type.impl.length == identities.c.key.type.impl.length
