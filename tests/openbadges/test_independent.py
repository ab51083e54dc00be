"""What openbadgeslib makes of our credentials: it knows nothing of this bridge."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from openbadgeslib.ob3 import OB3LdpVerifier, OB3VerificationError, OB3Verifier

from tests.openbadges.world import DID, THEN, TODAY, World, earned


def as_json(world: World) -> str:
    return world.issuing.json(earned()).decode()


def verified(world: World, text: str):
    """What it reads out of a credential that it has verified, status list and all."""
    world.lists_as_jwt = True  # it verifies no status list that is signed in another way
    if text.startswith("{"):
        return OB3LdpVerifier().verify(text, check_status=True, download=world.fetch)
    verifier = OB3Verifier.for_issuer_did(DID, download=world.fetch)
    return verifier.verify(text, check_status=True, download=world.fetch)


FORMS: dict[str, Callable[[World], str]] = {
    "json": as_json,
    "jwt": lambda world: world.issuing.jwt(earned()),
    "png": lambda world: OB3Verifier.extract_token_from_png(world.issuing.png(earned())),
    "svg": lambda world: OB3Verifier.extract_token_from_svg(world.issuing.svg(earned())),
}


@pytest.mark.parametrize("form", FORMS)
def test_it_verifies_in_every_form_and_says_what_was_earned(world: World, form: str) -> None:
    found = verified(world, FORMS[form](world))
    assert found.issuer.id == DID
    assert found.achievement.name == "Kerja Sama & Komunikasi"
    assert [one.identity_hash for one in found.identifiers] == ["SITI RAHMAWATI, S.E. – ]]>"]
    assert [one.target_name for one in found.achievement.alignments] == ["Kerja Sama", "Komunikasi"]
    assert [one.name for one in found.evidence] == ["Lokakarya", "Mentoring"]
    assert found.issuance_date == THEN
    status = [one for one in world.asked if "/status/" in one]
    assert status == [f"https://bridge.example/badges/status/0{'.jwt' if form == 'jwt' else ''}"]


@pytest.mark.parametrize("form", ["json", "jwt"])
def test_one_that_was_taken_back_does_not_hold(world: World, form: str) -> None:
    text = FORMS[form](world)
    world.revoked = {earned().status_index - 1, earned().status_index + 1}
    verified(world, text)
    world.revoked.add(earned().status_index)
    with pytest.raises(OB3VerificationError, match="status 'revocation' is set"):
        verified(world, text)


def test_one_byte_that_is_changed_is_noticed_wherever_it_is(world: World) -> None:
    text = as_json(world)
    said = json.loads(text)
    places = [
        *(
            text.index(f'"{word}"') + 1
            for word in ("narrative", "evidence", "targetCode", "hashed")
        ),
        *(
            text.index(word)
            for word in (said["id"], "SITI", "2026-03-20T", "94567", "10 JP", "did:")
        ),
        text.index("proofValue") + 20,
    ]
    for place in places:
        other = "y" if text[place] == "x" else "x"
        changed = text[:place] + other + text[place + 1 :]
        with pytest.raises(OB3VerificationError):
            verified(world, changed)


def test_a_key_that_was_rotated_still_verifies_what_it_signed(world: World) -> None:
    before = as_json(world)
    world.issuing.keys.rotate(TODAY)
    after = as_json(world)
    assert after != before
    assert verified(world, before).id == verified(world, after).id


def test_a_key_that_was_removed_verifies_nothing_any_more(world: World) -> None:
    before = as_json(world)
    world.issuing.keys.remove(world.issuing.keys.signing().name, TODAY)
    with pytest.raises(OB3VerificationError):
        verified(world, before)
    verified(world, as_json(world))
