"""States and profiles in the database (Communication 2.2, 2.3, 2.6, 2.7 and 3.1)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from lms_bridge.lrs.documents import Documents
from lms_bridge.lrs.keys import Kind, key
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import documents as table
from tests.conftest import NOW, Clock
from xapi.concurrency import Preconditions, etag
from xapi.documents import DocumentQuery, Resource
from xapi.errors import Conflict, InvalidRequest, PreconditionFailed
from xapi.merging import Document
from xapi.versions import Version

NOTHING_SAID = Preconditions()
RUN = "2f1e0c9b-8a70-4b5c-8a8d-7c2b1d9e3f60"
OTHER_RUN = "fd41c918-b88b-4b20-a0a5-a4c32391aaa0"


def state(**changes: Any) -> DocumentQuery:
    asked = {
        "resource": Resource.STATE,
        "id": "bookmark",
        "activity": "https://lms.example/course/7",
        "agent": "mbox:mailto:siti@example.id",
    }
    return DocumentQuery(**(asked | changes))


def profile(**changes: Any) -> DocumentQuery:
    asked = {
        "resource": Resource.ACTIVITY_PROFILE,
        "id": "settings",
        "activity": "https://lms.example/course/7",
    }
    return DocumentQuery(**(asked | changes))


def of(value: Any) -> Document:
    return Document(json.dumps(value).encode(), "application/json")


@pytest.fixture
def documents(store: Store, clock: Clock) -> Documents:
    return Documents(store, clock=clock)


def ids(documents: Documents, asked: DocumentQuery) -> Any:
    return json.loads(documents.ids(asked).ids)


# --- one document --------------------------------------------------------------------------------


def test_a_document_is_kept_byte_for_byte(documents: Documents) -> None:
    sent = Document(bytes(range(256)) * 300, 'image/PNG; a="b"')
    documents.put(state(), sent, NOTHING_SAID)
    assert documents.get(state()) == (sent, etag(sent.contents), NOW)


def test_an_empty_document_is_one(documents: Documents) -> None:
    documents.put(state(), Document(b"", "text/plain"), NOTHING_SAID)
    kept = documents.get(state())
    assert kept is not None
    assert kept.document.contents == b""


def test_what_was_never_stored_is_not_there(documents: Documents) -> None:
    assert documents.get(state()) is None


@pytest.mark.parametrize(
    "other",
    [
        {"id": "Bookmark"},
        {"id": "bookmark "},
        {"activity": "https://lms.example/course/8"},
        {"agent": "mbox:mailto:budi@example.id"},
        {"registration": RUN},
        {"resource": Resource.AGENT_PROFILE, "activity": None},
        {"resource": Resource.ACTIVITY_PROFILE, "agent": None},
    ],
)
def test_a_document_belongs_to_just_what_it_was_stored_for(
    documents: Documents, other: dict[str, Any]
) -> None:
    documents.put(state(), of({"page": 3}), NOTHING_SAID)
    assert documents.get(state(**other)) is None


@pytest.mark.parametrize(
    "odd", ["", " ", "a\x00b", "a\x7fb", 'a"b\\', "é漢😀", "x" * 5000, "漢" * 5000, "%", "'; --"]
)
def test_an_id_is_any_text(documents: Documents, odd: str) -> None:
    documents.put(state(id=odd), of(1), NOTHING_SAID)
    documents.put(state(id=odd + "b"), of(2), NOTHING_SAID)
    documents.put(state(id="ab"), of(3), NOTHING_SAID)
    kept = documents.get(state(id=odd))
    assert kept is not None
    assert kept.document == of(1)
    assert ids(documents, state(id=None)) == [odd, odd + "b", "ab"]


def test_put_stores_it_in_place_of_what_was_there(documents: Documents, clock: Clock) -> None:
    documents.put(state(), of({"page": 3}), NOTHING_SAID)
    later = clock.forward(minutes=1)
    replaced = documents.put(state(), Document(b"hello", "text/plain"), NOTHING_SAID)
    assert replaced == (Document(b"hello", "text/plain"), etag(b"hello"), later)
    assert documents.get(state()) == replaced


def test_post_merges_it_into_what_was_there(documents: Documents, clock: Clock) -> None:
    documents.post(state(), of({"page": 3, "name": "Siti"}), NOTHING_SAID)
    later = clock.forward(minutes=1)
    merged = documents.post(state(), of({"page": 4}), NOTHING_SAID)
    assert json.loads(merged.document.contents) == {"page": 4, "name": "Siti"}
    assert (merged.etag, merged.stored) == (etag(merged.document.contents), later)
    assert documents.get(state()) == merged


def test_what_cannot_be_merged_changes_nothing(documents: Documents) -> None:
    kept = documents.post(state(), of({"page": 3}), NOTHING_SAID)
    with pytest.raises(InvalidRequest):
        documents.post(state(), Document(b"hello", "text/plain"), NOTHING_SAID)
    with pytest.raises(InvalidRequest):
        documents.post(state(), of([4]), NOTHING_SAID)
    assert documents.get(state()) == kept


# --- several documents ---------------------------------------------------------------------------


def test_the_ids_are_told_in_the_order_in_which_they_came(documents: Documents) -> None:
    for name in ("b", "c", "a"):
        documents.put(state(id=name), of(1), NOTHING_SAID)
    documents.put(state(id="b"), of(2), NOTHING_SAID)
    assert ids(documents, state(id=None)) == ["b", "c", "a"]


def test_only_what_was_stored_or_changed_after_a_moment_is_told(
    documents: Documents, clock: Clock
) -> None:
    documents.put(state(id="a"), of(1), NOTHING_SAID)
    documents.put(state(id="b"), of(1), NOTHING_SAID)
    documents.put(state(id="c"), of(1), NOTHING_SAID)
    later = clock.forward(microseconds=1)
    documents.put(state(id="b"), of(2), NOTHING_SAID)
    listed = documents.ids(state(id=None, since=NOW))
    assert (json.loads(listed.ids), listed.stored) == (["b"], later)
    nothing = documents.ids(state(id=None, since=later))
    assert (nothing.ids, nothing.stored) == (b"[]", None)


def test_without_a_registration_states_of_all_are_told_each_id_once(documents: Documents) -> None:
    documents.put(state(), of(1), NOTHING_SAID)
    documents.put(state(registration=RUN), of(2), NOTHING_SAID)
    documents.put(state(id="score", registration=OTHER_RUN), of(3), NOTHING_SAID)
    assert ids(documents, state(id=None)) == ["bookmark", "score"]
    assert ids(documents, state(id=None, registration=RUN)) == ["bookmark"]


def test_a_state_with_a_registration_is_another_than_the_one_without(documents: Documents) -> None:
    documents.put(state(registration=RUN), of(1), NOTHING_SAID)
    assert documents.get(state()) is None
    documents.delete(state(), NOTHING_SAID)
    assert documents.get(state(registration=RUN)) is not None


# --- deleting ------------------------------------------------------------------------------------


def test_a_single_document_is_deleted(documents: Documents) -> None:
    documents.put(state(), of(1), NOTHING_SAID)
    documents.put(state(id="score"), of(1), NOTHING_SAID)
    documents.delete(state(), NOTHING_SAID)
    documents.delete(state(), NOTHING_SAID)
    assert ids(documents, state(id=None)) == ["score"]


def test_all_states_of_an_activity_and_an_agent_are_deleted(documents: Documents) -> None:
    other = state(agent="mbox:mailto:budi@example.id")
    for asked in (state(), state(id="score", registration=RUN), other, profile()):
        documents.put(asked, of(1), Preconditions(if_none_match="*"))
    documents.delete(state(id=None), NOTHING_SAID)
    assert ids(documents, state(id=None)) == []
    assert documents.get(other) is not None
    assert documents.get(profile()) is not None


def test_all_states_of_a_registration_are_deleted(documents: Documents) -> None:
    documents.put(state(), of(1), NOTHING_SAID)
    documents.put(state(registration=RUN), of(1), NOTHING_SAID)
    documents.put(state(registration=OTHER_RUN), of(1), NOTHING_SAID)
    documents.delete(state(id=None, registration=RUN), NOTHING_SAID)
    assert documents.get(state()) is not None
    assert documents.get(state(registration=RUN)) is None
    assert documents.get(state(registration=OTHER_RUN)) is not None


def test_who_deletes_all_can_say_which_they_know_of(documents: Documents) -> None:
    documents.put(state(), of(1), NOTHING_SAID)
    known = documents.ids(state(id=None)).etag
    documents.put(state(id="score"), of(1), NOTHING_SAID)
    with pytest.raises(PreconditionFailed):
        documents.delete(state(id=None), Preconditions(if_match=known))
    assert ids(documents, state(id=None)) == ["bookmark", "score"]
    known = documents.ids(state(id=None)).etag
    documents.delete(state(id=None), Preconditions(if_match=known))
    assert ids(documents, state(id=None)) == []


# --- nobody overwrites what they have not seen ---------------------------------------------------


def test_who_expects_something_else_changes_nothing(documents: Documents) -> None:
    kept = documents.put(profile(), of({"a": 1}), Preconditions(if_none_match="*"))
    other = Preconditions(if_match=etag(b"other"))
    with pytest.raises(PreconditionFailed):
        documents.put(profile(), of(2), Preconditions(if_none_match="*"))
    with pytest.raises(PreconditionFailed):
        documents.put(profile(), of(2), other)
    with pytest.raises(PreconditionFailed):
        documents.post(profile(), of({"b": 1}), other)
    with pytest.raises(PreconditionFailed):
        documents.delete(profile(), other)
    with pytest.raises(Conflict):
        documents.put(profile(), of(2), NOTHING_SAID)
    assert documents.get(profile()) == kept


def test_who_knows_what_is_there_changes_it(documents: Documents) -> None:
    first = documents.put(profile(), of({"a": 1}), Preconditions(if_none_match="*"))
    second = documents.post(profile(), of({"b": 1}), Preconditions(if_match=first.etag))
    third = documents.put(profile(), of(3), Preconditions(if_match=second.etag))
    documents.delete(profile(), Preconditions(if_match=third.etag))
    assert documents.get(profile()) is None


def test_in_2_0_a_state_is_not_overwritten_unseen_either(documents: Documents) -> None:
    documents.put(state(), of(1), NOTHING_SAID, version=Version.V2_0)
    with pytest.raises(Conflict):
        documents.put(state(), of(2), NOTHING_SAID, version=Version.V2_0)


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What became of `calls`, made at the same moment: what they return or raise."""
    outcomes: list[object] = []
    start = threading.Barrier(len(calls))

    def make(call: Callable[[], object]) -> None:
        start.wait()
        try:
            outcomes.append(call())
        except Exception as error:
            outcomes.append(error)

    threads = [threading.Thread(target=make, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize("known", [False, True])
def test_of_writers_who_have_seen_the_same_one_wins(
    documents: Documents, store: Store, known: bool
) -> None:
    said = Preconditions(if_none_match="*")
    if known:
        said = Preconditions(if_match=documents.put(profile(), of({"writer": 0}), said).etag)
    outcomes = at_once(
        *(lambda n=n: documents.put(profile(), of({"writer": n}), said) for n in range(1, 9))
    )
    refusals = [outcome for outcome in outcomes if isinstance(outcome, PreconditionFailed)]
    [winner] = [outcome for outcome in outcomes if outcome not in refusals]
    assert len(refusals) == 7
    assert documents.get(profile()) == winner
    with store.reading() as db:
        assert db.scalar(select(func.count()).select_from(table)) == 1


def test_nothing_that_is_posted_at_the_same_moment_is_lost(documents: Documents) -> None:
    at_once(*(lambda n=n: documents.post(state(), of({f"{n}": n}), NOTHING_SAID) for n in range(8)))
    kept = documents.get(state())
    assert kept is not None
    assert json.loads(kept.document.contents) == {f"{n}": n for n in range(8)}


# --- the keys ------------------------------------------------------------------------------------


def test_keys_stay_what_they_are_since_they_stand_in_databases() -> None:
    assert key(Kind.VERB, "http://adlnet.gov/expapi/verbs/completed") == 3340314929048072309
    assert key(Kind.ACTIVITY, "https://lms.example/course/7") == 7803127816592722430
    assert {kind.value for kind in Kind} == {
        *("verb", "agent", "activity", "registration", "related_agent", "related_activity"),
        *("sender", "told_agent", "told_activity"),
    }


def test_one_text_has_a_key_of_each_kind_and_each_fits_in_the_database() -> None:
    keys = {key(kind, text) for kind in Kind for text in ("", "act:a", "\ud800")}
    assert len(keys) == 3 * len(Kind)
    assert all(-(2**63) <= each < 2**63 for each in keys)
