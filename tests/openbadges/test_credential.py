"""What a credential says, and what it does not."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lms_bridge.openbadges import identity, status
from lms_bridge.openbadges.earned import Badge
from tests.openbadges.world import DID, THEN, TODAY, World, earned

# What 1EdTech's JSON schema of an AchievementCredential (3.0.3) asks for of what we say.
REQUIRED = {
    "": {"@context", "id", "type", "credentialSubject", "issuer", "validFrom"},
    "issuer": {"id", "type"},
    "credentialSubject": {"type", "achievement"},
    "identifier": {"type", "hashed", "identityHash", "identityType"},
    "achievement": {"id", "type", "criteria", "description", "name"},
    "alignment": {"type", "targetName", "targetUrl"},
    "evidence": {"type"},
    "image": {"id", "type"},
    "credentialStatus": {"id", "type"},
    "credentialSchema": {"id", "type"},
    "proof": {"type"},
}
LISTS = {"@context", "alignment", "identifier", "evidence", "proof", "credentialSchema"}
ONE_TYPE = {"identifier", "image", "credentialStatus", "credentialSchema", "proof"}
URI = re.compile(r"(https://|did:web:)\S+")


def objects(value: Any, name: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Each object in `value`, with the name under which it stands."""
    if isinstance(value, list):
        return [found for one in value for found in objects(one, name)]
    if not isinstance(value, dict):
        return []
    return [(name, value), *(found for key in value for found in objects(value[key], key))]


def test_it_is_what_the_schema_of_open_badges_asks_for(world: World) -> None:
    said = json.loads(world.issuing.json(earned(expires_at=TODAY)))
    seen = set()
    for name, value in objects(said):
        seen.add(name)
        assert REQUIRED.get(name, set()) <= value.keys(), name
        if "type" in value:
            assert isinstance(value["type"], str if name in ONE_TYPE else list), name
        for key, one in value.items():
            assert isinstance(one, list) == (
                key in LISTS or (key == "type" and name not in ONE_TYPE)
            )
            if key in ("id", "targetUrl", "url"):
                assert URI.fullmatch(one), one
    assert seen >= REQUIRED.keys()
    assert said["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert said["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert said["validFrom"] == "2026-03-20T02:30:15Z"
    assert said["validUntil"] == "2026-11-26T09:41:00Z"


def test_a_badge_that_says_little_is_still_one(world: World) -> None:
    bare = earned(badge=Badge(key="x", name="Relawan"), evidence=())
    said = json.loads(world.issuing.json(bare))
    achieved = said["credentialSubject"]["achievement"]
    assert achieved["description"] == achieved["criteria"]["narrative"] == "Relawan"
    assert "evidence" not in said
    assert "validUntil" not in said


def test_it_tells_of_the_person_nothing_but_the_name(world: World) -> None:
    subject = json.loads(world.issuing.json(earned()))["credentialSubject"]
    assert subject.keys() == {"id", "type", "identifier", "achievement"}
    assert subject["id"] == f"https://bridge.example/badges/{earned().public_id}#recipient"
    (known,) = subject["identifier"]
    assert (known["identityHash"], known["identityType"]) == (earned().name, "name")


def test_it_is_the_same_to_the_byte_each_time_it_is_made(world: World) -> None:
    again = World(world.issuing.keys.folder.parent)
    assert again.issuing.json(earned()) == world.issuing.json(earned())
    assert again.issuing.jwt(earned()) == world.issuing.jwt(earned())
    assert again.issuing.png(earned()) == world.issuing.png(earned())


def test_no_proof_is_older_than_its_key(world: World) -> None:
    (proof,) = json.loads(world.issuing.json(earned()))["proof"]
    assert proof["created"] == "2026-11-26T09:41:00Z"
    newer = TODAY + dt.timedelta(hours=1)
    (proof,) = json.loads(world.issuing.json(earned(earned_at=newer)))["proof"]
    assert proof["created"] == "2026-11-26T10:41:00Z"


def test_a_bridge_below_a_path_has_a_did_of_its_own(tmp_path: Path) -> None:
    world = World(tmp_path, "https://asn.example:8443/lms")
    world.issuing.keys.create(THEN)
    assert (
        json.loads(world.issuing.json(earned()))["issuer"]["id"] == "did:web:asn.example%3A8443:lms"
    )
    address = "https://asn.example:8443/lms/did.json"
    assert identity.address_of("did:web:asn.example%3A8443:lms") == address


@pytest.mark.parametrize(
    "did",
    [
        "did:key:z6Mk",
        "did:web:",
        "did:web:a%2Fb",
        "did:web:a:..",
        "did:web:a@b",
        "x did:web:a",
    ],
)
def test_what_is_no_did_web_has_no_address(did: str) -> None:
    with pytest.raises(ValueError, match="no did:web"):
        identity.address_of(did)


def test_a_did_needs_https() -> None:
    with pytest.raises(ValueError, match="https"):
        identity.did_of("http://bridge.example")


def test_places_go_on_in_another_list_when_one_is_full(world: World) -> None:
    far = earned(status_index=status.LENGTH + 7)
    entry = json.loads(world.issuing.json(far))["credentialStatus"]
    assert entry["statusListCredential"] == "https://bridge.example/badges/status/1"
    assert entry["statusListIndex"] == "7"


def test_a_status_list_says_of_each_place_whether_it_is_set() -> None:
    places = {0, 7, 8, 94_567, status.LENGTH - 1}
    encoded = status.encoded(places)
    around = {at + by for at in places for by in (-1, 0, 1)} & set(range(status.LENGTH))
    assert {at for at in around if status.is_set(encoded, at)} == places
    for wrong, index in ((encoded, status.LENGTH), (encoded[:-9], 0), ("x", 0), ("u!", 0)):
        with pytest.raises(ValueError, match="status list"):
            status.is_set(wrong, index)


def test_the_keys_are_published_in_both_ways_that_verifiers_want(world: World) -> None:
    said = json.loads(world.issuing.did_document())
    assert said["id"] == DID
    kinds = [method["type"] for method in said["verificationMethod"]]
    assert kinds == ["Multikey", "JsonWebKey2020"]
    assert said["assertionMethod"] == [method["id"] for method in said["verificationMethod"]]
    assert "PRIVATE" not in json.dumps(said)
    assert '"d"' not in json.dumps(said)
