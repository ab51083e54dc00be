"""Where a completion stands as a whole, in one word."""

from __future__ import annotations

from enum import StrEnum

from lms_bridge.deliveries.lifecycle import FOR_A_PERSON, State
from lms_bridge.reports import CompletionLine


class Standing(StrEnum):
    """In the order in which HR asks for them."""

    STOPPED = "stopped_for_hr"
    """a step of it waits for a person"""
    UNDECIDED = "undecided"
    """it was taken back, and HR has to decide what becomes of what was delivered"""
    UNDER_WAY = "under_way"
    """it goes on by itself"""
    THROUGH = "through"
    """all of it is done"""
    GIVEN_UP = "given_up"
    """nothing is left to be done, since somebody has given up its record or its badge"""
    TAKEN_BACK = "taken_back"
    """it was taken back, and does not count unless HR keeps it"""


def standing_of(line: CompletionLine) -> Standing:
    """Where that completion stands."""
    if line.question is not None:
        return Standing.UNDECIDED
    states = {one.state for one in line.deliveries}
    if states & set(FOR_A_PERSON):
        return Standing.STOPPED
    if states - {State.DONE, State.CANCELLED}:
        return Standing.UNDER_WAY
    if line.withdrawn_at is not None:
        return Standing.TAKEN_BACK
    is_given_up = any(one.is_given_up for one in line.deliveries)
    return Standing.GIVEN_UP if is_given_up else Standing.THROUGH
