"""Asking in parts, so that one account that the LMS fails over keeps no other waiting."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import LmsUser
from lms_bridge.people.lookup import Answers, Ask, Found, in_parts, nip_of
from lms_bridge.reasons import Reason
from lms_bridge.sandbox.city import BUDI, SITI

Look = Callable[[Sequence[Ask]], Answers]


def ask(number: int) -> Ask:
    return Ask(f"lms:moodle:{number}", "moodle", "id", str(number))


def refusing(bad: Collection[int], calls: list[int] | None = None) -> Look:
    """Looks up everybody unless one of the `bad` is among them."""

    def look(asks: Sequence[Ask]) -> Answers:
        if calls is not None:
            calls.append(len(asks))
        if any(int(one.value) in bad for one in asks):
            raise DeliveryError(Reason("other", text="refused"), retryable=False)
        return {one: Found(LmsUser(one.value, "", ""), SITI) for one in asks}

    return look


@given(
    how_many=st.integers(0, 60), bad=st.lists(st.integers(0, 59), unique=True), wide=st.booleans()
)
def test_every_question_gets_one_answer_or_one_error(
    how_many: int, bad: list[int], wide: bool
) -> None:
    def look(asks: Sequence[Ask]) -> Answers:
        try:
            return refusing(bad)(asks)
        except DeliveryError as error:
            error.remote_wide = wide
            raise

    asks = [ask(number) for number in range(how_many)]
    came = [one for part, _ in in_parts(look, asks) for one in part]
    assert sorted(one.value for one in came) == sorted(one.value for one in asks)


@given(how_many=st.integers(1, 200), bad=st.integers(0, 199))
def test_one_account_that_is_refused_keeps_no_other_waiting(how_many: int, bad: int) -> None:
    asks = [ask(number) for number in range(how_many)]
    refused = [
        one.value
        for part, answer in in_parts(refusing([bad]), asks)
        if isinstance(answer, DeliveryError)
        for one in part
    ]
    assert refused == ([str(bad)] if bad < how_many else [])


def test_where_all_are_refused_it_is_found_out_soon() -> None:
    calls: list[int] = []
    asks = [ask(number) for number in range(500)]
    parts = list(in_parts(refusing(range(500), calls), asks))
    assert len(calls) < 20
    assert all(isinstance(answer, DeliveryError) for _, answer in parts)


def test_an_error_of_the_whole_lms_is_met_once() -> None:
    calls: list[int] = []

    def down(asks: Sequence[Ask]) -> Answers:
        calls.append(len(asks))
        raise DeliveryError(Reason("other", text="down"), retryable=True, remote_wide=True)

    ((part, answer),) = in_parts(down, [ask(number) for number in range(500)])
    assert (len(part), calls) == (500, [500])
    assert isinstance(answer, DeliveryError)


def test_a_defect_of_ours_is_an_error_of_that_account_alone() -> None:
    def broken(asks: Sequence[Ask]) -> Answers:
        if ask(3) in asks:
            raise KeyError("idnumber")
        return {one: Found(LmsUser(one.value, "", ""), SITI) for one in asks}

    parts = list(in_parts(broken, [ask(number) for number in range(8)]))
    (failed,) = [part for part, answer in parts if isinstance(answer, DeliveryError)]
    assert list(failed) == [ask(3)]


@pytest.mark.parametrize(
    ("number", "username", "nip"),
    [
        (SITI, "siti", SITI),
        ("", SITI, SITI),
        ("PEG-417", SITI, SITI),
        ("19870315 201001 2 001", "", SITI),
        (SITI, BUDI, SITI),  # the field that is meant for it
        ("PEG-417", "siti", None),
    ],
)
def test_the_nip_of_an_account_is_its_number_and_else_its_name(
    number: str, username: str, nip: str | None
) -> None:
    assert nip_of(LmsUser("4", username, "Siti", number=number)) == nip
