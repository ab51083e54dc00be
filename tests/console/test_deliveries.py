"""Deliveries in the console: narrowed, tried again, given up, and looked into."""

from __future__ import annotations

from collections.abc import Callable

from lms_bridge.accounts.audit import Entry
from lms_bridge.accounts.roles import Role
from lms_bridge.deliveries import listing
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.operation import counting
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import attempts
from tests.conftest import Clock
from tests.console.conftest import Visitor, text_of
from tests.deliveries.yard import LMS, REGISTRY, Yard, refused

Visiting = Callable[[], Visitor]


def _stopped(yard: Yard, how_many: int) -> list[int]:
    """Deliveries that the registry has refused."""
    found = [yard.plan(person=number) for number in range(1, how_many + 1)]
    for _ in found:
        yard.fail(yard.taken(), refused())
    return found


def test_a_page_is_the_newest_of_what_is_asked_for(store: Store, clock: Clock) -> None:
    yard = Yard(store, clock)
    stopped = _stopped(yard, 3)
    waiting = [yard.plan(person=number) for number in (4, 5)]
    with store.reading() as db:
        how = {"now": clock(), "closed": {}, "remotes": [LMS, REGISTRY]}
        first = listing.page(db, states=list(State), limit=2, **how)
        rest = listing.page(db, states=list(State), limit=2, before=first.before, **how)
        only = listing.page(db, states=[State.BLOCKED], cause="refused", limit=9, **how)
        none = listing.page(db, states=[State.BLOCKED], cause="other", limit=9, **how)
        counts = counting.unfinished(db, [REGISTRY])
        few = counting.by_state(db, [REGISTRY], [State.BLOCKED])
    assert [line.id for line in first.lines] == [waiting[1], waiting[0]]
    assert [line.id for line in rest.lines] == [stopped[2], stopped[1]]
    assert {line.id for line in only.lines} in (set(stopped), set())
    assert none.lines == []
    assert none.before is None
    assert counts[REGISTRY]["waiting"] == (2, False)
    assert few[REGISTRY]["blocked"] == (3, False)


def test_those_that_are_ticked_or_all_of_a_cause_are_tried_again(
    visitor: Visiting, store: Store, clock: Clock, audited: Callable[[], list[Entry]]
) -> None:
    yard = Yard(store, clock)
    first, *others = _stopped(yard, 3)
    cause = yard.reason(first).code
    budi = visitor().as_(Role.IT)
    page = text_of(budi.get(f"/deliveries?state=blocked&remote={REGISTRY}&cause={cause}"))
    assert f"#{first}" in page
    assert "All that wait for a person" in page
    assert budi.post("/deliveries/retry", {"id": [str(first)]}).status_code == 303
    assert [yard.state(one) for one in (first, *others)] == ["waiting", "blocked", "blocked"]
    budi.post("/deliveries/retry", {"remote": REGISTRY, "cause": cause})  # nothing is ticked
    assert yard.state(others[0]) == "blocked"
    budi.post("/deliveries/retry", {"remote": REGISTRY, "cause": cause, "all": "1"})
    assert {yard.state(one) for one in others} == {"waiting"}
    last, before = audited()
    assert last.details["count"] == 2
    assert before.subject == f"delivery:{first}"
    assert last.action == before.action == "delivery.retried"


def test_one_is_given_up_only_with_a_reason(visitor: Visiting, store: Store, clock: Clock) -> None:
    yard = Yard(store, clock)
    (one,) = _stopped(yard, 1)
    budi = visitor().as_(Role.IT)
    budi.post("/deliveries/cancel", {"id": str(one), "back": str(one)})
    assert yard.state(one) == "blocked"
    budi.post("/deliveries/cancel", {"id": str(one), "why": "sudah diketik", "back": str(one)})
    assert yard.state(one) == "cancelled"
    assert "sudah diketik" in text_of(budi.get(f"/deliveries/{one}"))
    budi.post("/deliveries/cancel", {"id": str(one), "why": "lagi", "back": str(one)})
    assert "cannot be cancelled" in text_of(budi.get(f"/deliveries/{one}"))


def test_what_was_said_in_an_attempt_is_shown_and_no_nip(
    visitor: Visiting, store: Store, clock: Clock
) -> None:
    yard = Yard(store, clock)
    (one,) = _stopped(yard, 1)
    call = {
        "method": "POST",
        "url": "https://siasn.example/kursus/save",
        "status": 200,
        "seconds": 1.25,
        "request": {"pns": "198703152010012001", "jp": 20, "aktif": True},
        "answer": {"message": "<b>duplikat</b>"},
        "failure": "",
        "aside": False,
    }
    with store.writing() as db:
        db.execute(attempts.update().values(exchanges=[call]))
    page = visitor().as_(Role.AUDITOR).get(f"/deliveries/{one}").text
    assert '<span class="j-name">&#34;jp&#34;</span>: <span class="j-number">20</span>' in page
    assert "1987************01" in page
    assert "198703152010012001" not in page
    assert "&lt;b&gt;duplikat" in page
    assert "Give up" not in page
    assert visitor().as_(Role.IT).get("/deliveries/999999").status_code == 404
