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

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from lms_bridge.i18n import mark
from lms_bridge.refusing import Refused


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


FOR_A_PERSON = (State.BLOCKED, State.DELEGATED)
"""where somebody has to do something"""


_SAYS: Mapping[Event, str] = {
    "retry": mark(
        "delivery %(number)s is %(state)s and cannot be tried again; only one that is %(wanted)s"
        " can"
    ),
    "cancel": mark(
        "delivery %(number)s is %(state)s and cannot be cancelled; only one that is %(wanted)s can"
    ),
}
"""of what a person asks for"""
_DOES = "delivery %(number)s is %(state)s, in which “%(event)s” does not happen"


class IllegalTransition(Refused):
    """`event` cannot happen to the delivery of that `number` in `state`; says so to who asked."""

    def __init__(self, state: State, event: Event, number: int = 0) -> None:
        says = _SAYS.get(event, _DOES)
        super().__init__(says, number=number, state=state, event=event, wanted=sources(event))


def after(state: State, event: Event, number: int = 0) -> State:
    """The state that `event` leads to from `state`. Raises :exc:`IllegalTransition`.

    >>> after(State.RUNNING, "succeed")
    <State.DONE: 'done'>
    """
    if state not in TRANSITIONS[event][0]:
        raise IllegalTransition(state, event, number)
    return leads_to(event)


def sources(event: Event) -> list[State]:
    """The states in which `event` can happen."""
    return sorted(TRANSITIONS[event][0])


def leads_to(event: Event) -> State:
    """The state after `event`."""
    return TRANSITIONS[event][1]
