"""The life of a delivery: its states, and everything that leads from one to another.

::

                   claim                 succeed
     WAITING ─────────────────▶ RUNNING ─────────▶ DONE ── undo ──▶ CANCELLED
      ▲    ▲                    │ │ ▲ │              │
      │    └───────── hold ─────┘ │ │ └─── block ──┐ │ diverge
      │                 postpone, │ │ claim        │ │
      │         release, delegate ▼ │              ▼ ▼
      │                RETRYING, DELEGATED        BLOCKED
      │                            │                 │
      └────────── retry ───────────┴─────────────────┤
                                                     │ cancel, and from WAITING,
                retry: WAITING ◀──────── CANCELLED ◀─┘ RETRYING and DELEGATED

Each step has one that undoes it (:mod:`~lms_bridge.deliveries.standing`); of the two, never
both are DONE for longer than the transaction in which the second became so.

A delivery that is RUNNING has a lease. When its worker falls silent the lease runs out,
and the delivery is *released*; the worker's late word is then refused, because each claim
has a new *fence* number. What a step has begun is written to its ``progress`` beforehand,
so that whoever takes over knows what may already have happened.

Nothing else changes the state of a delivery: every statement that does asks :func:`after`
or :func:`sources` and :func:`leads_to`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    """to be tried as soon as its remote can be used"""
    RUNNING = "running"
    """a worker is at it"""
    RETRYING = "retrying"
    """to be tried again at ``due_at``"""
    DELEGATED = "delegated"
    """a person was asked to do what no call can; whether they did is looked up at ``due_at``"""
    BLOCKED = "blocked"
    """a person has to act; the reason says how"""
    DONE = "done"
    """confirmed by the remote"""
    CANCELLED = "cancelled"
    """not wanted any more"""


Event = Literal[
    "claim",
    "succeed",
    "postpone",
    "hold",
    "delegate",
    "block",
    "release",
    "retry",
    "cancel",
    "diverge",
    "undo",
]

TRANSITIONS: dict[Event, tuple[frozenset[State], State]] = {
    "claim": (frozenset({State.WAITING, State.RETRYING, State.DELEGATED}), State.RUNNING),
    "succeed": (frozenset({State.RUNNING}), State.DONE),
    # tried, and to be tried again at a time
    "postpone": (frozenset({State.RUNNING}), State.RETRYING),
    # not tried through no fault of its own: the remote is down, or the worker ends
    "hold": (frozenset({State.RUNNING}), State.WAITING),
    # the rest is for a person to do, and shows when it is done
    "delegate": (frozenset({State.RUNNING}), State.DELEGATED),
    # no use in trying again by itself
    "block": (frozenset({State.RUNNING}), State.BLOCKED),
    # its worker fell silent
    "release": (frozenset({State.RUNNING}), State.RETRYING),
    # a person says: try again
    "retry": (
        frozenset({State.BLOCKED, State.RETRYING, State.DELEGATED, State.CANCELLED}),
        State.WAITING,
    ),
    # a person says: not wanted; or its completion was taken back
    "cancel": (
        frozenset({State.WAITING, State.RETRYING, State.DELEGATED, State.BLOCKED}),
        State.CANCELLED,
    ),
    # the remote no longer has what it confirmed
    "diverge": (frozenset({State.DONE}), State.BLOCKED),
    # the step that undoes it is done
    "undo": (frozenset({State.DONE, State.BLOCKED}), State.CANCELLED),
}


_CANNOT: dict[Event, str] = {
    "claim": "be taken up",
    "succeed": "be done",
    "postpone": "be put off",
    "hold": "be held",
    "delegate": "be left to a person",
    "block": "be blocked",
    "release": "be released",
    "retry": "be tried again",
    "cancel": "be cancelled",
    "diverge": "be found missing",
    "undo": "be undone",
}

FOR_A_PERSON = (State.BLOCKED, State.DELEGATED)
"""where somebody has to do something"""


class IllegalTransition(Exception):
    """`event` cannot happen to a delivery in `state`; `which` one, for the person who asked."""

    def __init__(self, state: State, event: Event, which: str = "a delivery") -> None:
        wanted = ", ".join(sources(event))
        super().__init__(
            f"{which} is {state} and cannot {_CANNOT[event]}; only one that is {wanted} can"
        )


def after(state: State, event: Event, which: str = "a delivery") -> State:
    """The state that `event` leads to from `state`. Raises :exc:`IllegalTransition`.

    >>> after(State.RUNNING, "succeed")
    <State.DONE: 'done'>
    """
    if state not in TRANSITIONS[event][0]:
        raise IllegalTransition(state, event, which)
    return leads_to(event)


def sources(event: Event) -> list[State]:
    """The states in which `event` can happen."""
    return sorted(TRANSITIONS[event][0])


def leads_to(event: Event) -> State:
    """The state after `event`."""
    return TRANSITIONS[event][1]
