"""Passes by themselves: no text opens a page but one that was signed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.learner import passes
from tests.learner.world import KEY, SITI

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


class Everybody:
    """A database in which there is a person under every number."""

    nip = SITI

    def execute(self, *_: Any) -> Everybody:
        return self

    def one_or_none(self) -> Everybody:
        return self


def opens(token: str) -> bool:
    db: Any = Everybody()
    return passes.holder(db, token, "session", KEY.encode(), NOW) is not None


@given(st.text(max_size=90) | st.from_regex(passes._FORM, fullmatch=True))
def test_no_text_that_was_not_signed_is_a_pass(text: str) -> None:
    assert not opens(text)


@given(st.integers(0, 100), st.characters())
def test_a_pass_of_which_one_letter_is_changed_is_none(place: int, letter: str) -> None:
    right = passes.issue("session", 17, SITI, NOW + dt.timedelta(hours=1), KEY.encode())
    assert opens(right)
    changed = right[:place] + letter + right[place + 1 :]
    assert opens(changed) is (changed == right)
