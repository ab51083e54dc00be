"""Our own verifier: what it says of credentials that hold, and of those that do not."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as settings_
from hypothesis import strategies as st

from lms_bridge.openbadges import linked, proofs
from lms_bridge.openbadges.untrue import Untrue
from lms_bridge.openbadges.verifying import Report, verify
from tests.openbadges.world import DID, EARNED, THEN, TODAY, World, earned
from tests.trials import times


def judged(world: World, content: bytes | str) -> Report:
    content = content.encode() if isinstance(content, str) else content
    return verify(content, fetch=world.fetch, now=world.now)


def said_of(report: Report) -> dict[str, str]:
    """What failed or could not be told, in words."""
    return {one.what: one.says % one.details for one in report.findings if one.verdict != "ok"}


@pytest.mark.parametrize("form", ["json", "jwt", "png", "svg"])
def test_it_holds_in_every_form(world: World, form: str) -> None:
    report = judged(world, getattr(world.issuing, form)(EARNED))
    assert said_of(report) == {}
    assert report.holds
    words = [one.says % one.details for one in report.findings]
    assert words == [
        "an Open Badge 3.0: Kerja Sama & Komunikasi, earned by SITI RAHMAWATI, S.E. – ]]>",
        f"signed by {DID}, and unchanged since",
        "it does not expire",
        "it was not taken back",
    ]


@pytest.mark.parametrize("form", ["json", "jwt"])
def test_it_was_taken_back(world: World, form: str) -> None:
    world.revoked = {EARNED.status_index}
    report = judged(world, getattr(world.issuing, form)(EARNED))
    assert said_of(report) == {"status": "it was taken back"}


def test_it_has_expired(world: World) -> None:
    report = judged(world, world.issuing.json(earned(expires_at=THEN)))
    assert said_of(report) == {"time": "it has expired on 2026-03-20"}


def test_its_time_has_not_come(world: World) -> None:
    tomorrow = world.now + dt.timedelta(days=1)
    report = judged(world, world.issuing.json(earned(earned_at=tomorrow)))
    assert said_of(report) == {"time": f"it holds only from {tomorrow:%Y-%m-%d} on"}


def test_whether_it_was_taken_back_cannot_be_told_where_the_list_is_old(world: World) -> None:
    content = world.issuing.json(EARNED)
    yesterday = world.now - dt.timedelta(days=2)
    fetch = world.fetch

    def late(address: str) -> bytes:
        return (
            world.issuing.status_list(0, (), yesterday) if "status" in address else fetch(address)
        )

    report = verify(content, fetch=late, now=world.now)
    assert said_of(report) == {"status": "the status list is out of date"}
    assert not report.holds


def test_an_issuer_that_cannot_be_reached_proves_nothing(world: World) -> None:
    def unreachable(address: str) -> bytes:
        raise Untrue("%(address)s cannot be reached", address=address)

    report = verify(world.issuing.json(EARNED), fetch=unreachable, now=world.now)
    said = "https://bridge.example/.well-known/did.json cannot be reached"
    assert said_of(report) == {"signature": said}


def test_nobody_can_sign_in_the_name_of_another(world: World, tmp_path: Path) -> None:
    forger = World(tmp_path / "forger")
    forger.issuing.keys.create(TODAY)
    said = said_of(judged(world, forger.issuing.json(EARNED)))
    assert said == {"signature": "the signature is not that of what it says"}
    other = World(tmp_path / "other", "https://other.example")
    key = other.issuing.keys.create(TODAY)
    claims = json.loads(other.issuing.json(EARNED))
    del claims["proof"]
    claims["issuer"]["id"] = DID
    signed = proofs.with_proof(claims, did="did:web:other.example", key=key, created=TODAY)
    said = said_of(judged(world, json.dumps(signed)))
    assert said == {"signature": "it is signed by somebody else than its issuer"}


def test_what_the_proof_does_not_cover_is_not_let_pass(world: World) -> None:
    text = world.issuing.json(EARNED).decode()
    more = json.loads(text)
    more["credentialSubject"]["jabatan"] = "Kepala Dinas"
    said = said_of(judged(world, json.dumps(more)))
    assert said == {"signature": "it has words in it that the proof does not cover"}
    twice = text.replace('"hashed": false', '"identityHash": "BUDI", "hashed": false')
    assert said_of(judged(world, twice)) == {"signature": "a name stands in it twice"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, bytes, str]:
    world = World(tmp_path_factory.mktemp("tampering"))
    world.issuing.keys.create(TODAY)
    return world, world.issuing.json(EARNED), world.issuing.jwt(EARNED)


@settings_(max_examples=times(0.2), deadline=None)
@given(place=st.integers(min_value=0), letter=st.sampled_from('aZ0 ,"{'))
def test_any_byte_that_is_changed_is_noticed(
    made: tuple[World, bytes, str], place: int, letter: str
) -> None:
    world, content, token = made
    place %= len(content)
    changed = content[:place] + letter.encode() + content[place + 1 :]
    try:
        same = json.loads(changed) == json.loads(content)
    except ValueError:
        same = False
    assert judged(world, changed).holds == same
    at = place % len(token)
    other = token[:at] + letter + token[at + 1 :]
    assert judged(world, other).holds == (other.strip() == token)


@settings_(max_examples=times(2), deadline=None)
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_whatever_it_is_given_it_answers(made: tuple[World, bytes, str], content: bytes) -> None:
    assert not judged(made[0], content).holds


def test_a_document_that_would_take_hours_to_read_is_refused() -> None:
    inner = [{"type": ["Evidence"], "name": "x"} for _ in range(10)]
    outer = [{"type": ["Profile"], "endorsement": inner} for _ in range(10)]
    document = {"@context": [linked.CREDENTIALS, linked.OPEN_BADGES], "evidence": outer}
    with pytest.raises(Untrue, match="the same too often"):
        linked.check(document)
    with pytest.raises(Untrue, match="an id that is none"):
        linked.check({"@context": [linked.CREDENTIALS], "id": "_:b0"})
    with pytest.raises(Untrue, match="not known here"):
        linked.check({"@context": ["https://elsewhere.example/context"]})
