"""Sharing out the places at an outside system among the processes that want some."""

from __future__ import annotations

from collections.abc import Sequence


def fair(places: int, wants: Sequence[int], *, turn: int = 0) -> list[int]:
    """How many of the `places` each gets who wants so many: nobody more than they want.

    Each gets as much as everybody else, as far as they want it. Where there are not enough for each
    to have one, it is each one's `turn` after the other.

    >>> fair(8, [1, 8, 8])
    [1, 4, 3]
    """
    shares = [0] * len(wants)
    wanting = [number for number, want in enumerate(wants) if want]
    if len(wanting) > places:
        start = turn % len(wanting)
        wanting = wanting[start:] + wanting[:start]
    while places and wanting:
        for number in wanting[:places]:
            shares[number] += 1
            places -= 1
        wanting = [number for number in wanting if shares[number] < wants[number]]
    return shares
