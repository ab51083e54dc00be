"""A million statements, and what was seen in each: completions, the bridge's own word, the rest.

They lie in the order of their times, as they came in. All but the newest waiting ones are judged,
and what waits for a person does so for some dozens of causes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from benchmarks.city import HOME, Size, When
from benchmarks.city.carrying import Delivery
from benchmarks.city.filling import Values, fill
from benchmarks.city.learning import Completed
from benchmarks.city.people import People, Person
from benchmarks.city.waiting import Wait, waits
from lms_bridge.lrs.authority import BRIDGE
from lms_bridge.store import marks
from lms_bridge.store.engine import Store
from lms_bridge.store.places import place_of
from lms_bridge.store.schema import sightings, statements
from webhook.access import authority
from xapi import vocabulary

_COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
_OTHERS = (
    ("http://id.tincanapi.com/verb/viewed", "page", 70),
    ("http://activitystrea.ms/schema/1.0/start", "attempt", 10),
    ("http://adlnet.gov/expapi/verbs/answered", "question", 14),
    ("https://xapi.edlm/profiles/edlm-lms/concepts/verbs/enrolled", "course", 6),
)
_SENDER = "moodle"
_AUTHORITY = authority("https://bridge.siantar.example", _SENDER)
_OWN_AUTHORITY = authority("https://bridge.siantar.example", BRIDGE)
_RAW = (
    '{"id":"%s","actor":{"name":"%s","account":{"homePage":"%s","name":"%s"}},'
    '"verb":{"id":"%s"},"object":{"objectType":"Activity","id":"%s","definition":'
    '{"type":"%s","name":{"id":"%s"}%s}},"timestamp":"%s"}'
)
_EXTERNAL = ',"extensions":{"' + vocabulary.EXTERNAL_ID + '":"%s"}'


class _Told(NamedTuple):
    """A statement before it is written: where it lies, and what it is about."""

    place: int
    id: str
    what: Completed | Delivery | Wait | Person


def tell(
    store: Store,
    people: People,
    done: Sequence[Completed],
    found: Sequence[Delivery],
    size: Size,
    when: When,
    seed: int,
) -> None:
    """Store all statements with their sightings."""
    chance = Random(f"statements {seed}")
    told = _in_order(people, done, found, size, when, chance)
    rest = Random(seed + 1)
    fill(
        store,
        statements,
        (_statement(one, rest) for one in told),
    )
    rest = Random(seed + 1)
    fill(
        store,
        sightings,
        (_sighting(number, one, rest) for number, one in enumerate(told, 1)),
    )
    with store.writing() as db:
        marks.move(db, "recognition", told[-1].place)


def _in_order(
    people: People,
    done: Sequence[Completed],
    found: Sequence[Delivery],
    size: Size,
    when: When,
    chance: Random,
) -> list[_Told]:
    def fresh() -> str:
        return str(uuid.UUID(int=chance.getrandbits(128), version=4))

    lag = dt.timedelta(seconds=30)
    told = [_Told(place_of(one.at + lag), fresh(), one) for one in done]
    told += [
        _Told(place_of(one.changed_at + lag), one.statement_id, one)
        for one in found
        if one.statement_id
    ]
    told += [_Told(place_of(one.at + lag), fresh(), one) for one in waits(people, size, when)]
    zeal = [one.zeal for one in people.people]
    many = max(size.statements - len(told), 0)
    long = (when.now - when.first) / 1.0001
    for who in chance.choices(people.people, zeal, k=many):
        told.append(_Told(place_of(when.first + long * chance.random()), fresh(), who))
    told.sort()
    last = 0
    for number, one in enumerate(told):
        last = max(one.place, last + 1)  # no two lie at the same place
        told[number] = one._replace(place=last)
    return told


def _statement(one: _Told, chance: Random) -> Values:
    fields = _fields(one, chance)
    raw = _RAW % (
        one.id,
        fields["actor_name"],
        HOME,
        fields["account"],
        fields["verb"],
        fields["object_id"],
        vocabulary.COURSE if fields["external_id"] else "http://activitystrea.ms/schema/1.0/page",
        fields["course_name"],
        _EXTERNAL % fields["external_id"] if fields["external_id"] else "",
        f"{fields['at']:%Y-%m-%dT%H:%M:%S.%fZ}",
    )
    own = isinstance(one.what, Delivery)
    sender, whose = (BRIDGE, _OWN_AUTHORITY) if own else (_SENDER, _AUTHORITY)
    return {
        "seq": one.place,
        "id": one.id,
        "sender": sender,
        "raw": raw.encode(),
        "version": "1.0.3",
        "authority": whose,
    }


def _sighting(number: int, one: _Told, chance: Random) -> Values:
    fields = _fields(one, chance)
    what = one.what
    state, code, details = "none", "verb_not_completion", {"verb": fields["verb"]}
    completion, course, role = None, None, "learner"
    if isinstance(what, Delivery):
        code, details = "own_statement", {}
        fields |= {"object_id": None, "course_name": None, "external_id": None}
        fields |= {"verb": None, "actor": None, "actor_name": None}
    elif isinstance(what, Completed):
        course, role = what.course_id, what.role
        if what.withdrawn_at:
            code, details = "voided", {"by": one.id}
        else:
            state, code, details, completion = "recognised", None, None, what.id
    elif isinstance(what, Wait):
        state, code, details = what.state, what.code, what.details
    at = fields["at"]
    return {
        "id": number,
        "statement_seq": one.place,
        "role": role,
        "position": 0,
        "state": state,
        "due_at": what.due_at if isinstance(what, Wait) else None,
        "reason_code": code,
        "reason_details": details,
        "verb": fields["verb"],
        "object_id": fields["object_id"],
        "external_id": fields["external_id"] or None,
        "course_id": course,
        "actor": fields["actor"],
        "actor_name": fields["actor_name"],
        "course_name": fields["course_name"],
        "completed_at": at,
        "completion_id": completion,
        "decided_at": at,
    }


def _fields(one: _Told, chance: Random) -> dict[str, Any]:
    what = one.what
    if isinstance(what, Wait):
        return {
            "actor": what.actor,
            "account": what.account,
            "actor_name": what.name,
            "verb": _COMPLETED,
            "object_id": what.activity,
            "external_id": what.external_id,
            "course_name": what.course,
            "at": what.at,
        }
    if isinstance(what, Person):
        verb, kind, _ = chance.choices(_OTHERS, [other[2] for other in _OTHERS])[0]
        number = int(3000 * chance.random() ** 2)
        at = dt.datetime.fromtimestamp(one.place / 1e6, dt.UTC)
        return {
            **_actor(what),
            "verb": verb,
            "object_id": f"{HOME}/mod/{kind}/view.php?id={number}",
            "external_id": "",
            "course_name": f"{kind.title()} {number}",
            "at": at,
        }
    of = what if isinstance(what, Completed) else what.of
    return {
        **_actor(of.who),
        "verb": _COMPLETED if isinstance(what, Completed) else vocabulary.EARNED,
        "object_id": of.course.activities[0],
        "external_id": of.course.external_ids[0],
        "course_name": of.course.name,
        "at": of.at if isinstance(what, Completed) else what.changed_at,
    }


def _actor(who: Person) -> dict[str, str]:
    return {"actor": who.actor, "account": who.nip, "actor_name": who.name}
