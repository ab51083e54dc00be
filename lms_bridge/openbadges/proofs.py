"""Signing credentials, and telling whether a signature is right.

In two ways. A Data Integrity proof (``eddsa-rdfc-2022``) stands within the JSON and is what 1EdTech
certifies. A VC-JWT is one line of text, which some wallets prefer. Ed25519 signs the same bytes in
the same way each time, so a credential is the same each time that it is made.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lms_bridge.i18n import mark
from lms_bridge.openbadges import linked
from lms_bridge.openbadges.encoding import base58, base64url, from_base58, from_base64url
from lms_bridge.openbadges.identity import jwk_id, multikey_id
from lms_bridge.openbadges.keys import Key
from lms_bridge.openbadges.untrue import Untrue

SUITE: Final = "eddsa-rdfc-2022"


def instant(moment: dt.datetime) -> str:
    """`moment` as credentials have it: to the second, in UTC.

    >>> instant(dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=7))))
    '2026-03-02T02:30:00Z'
    """
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_proof(
    document: dict[str, Any], *, did: str, key: Key, created: dt.datetime
) -> dict[str, Any]:
    """`document` with the proof that `key` of `did` gives it (Data Integrity EdDSA, 3.2.1)."""
    assert key.private is not None
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": instant(created),
        "verificationMethod": multikey_id(did, key.name),
        "proofPurpose": "assertionMethod",
    }
    value = key.private.sign(_hashed(document, proof))
    # In a list, since 1EdTech's schema wants one.
    return {**document, "proof": [{**proof, "proofValue": "z" + base58(value)}]}


def check_proof(secured: dict[str, Any], key: Ed25519PublicKey) -> None:
    """Raise :exc:`Untrue` unless `key` gave `secured` its proof, to exactly what it says."""
    document = {name: value for name, value in secured.items() if name != "proof"}
    proof = proof_of(secured)
    value = proof.pop("proofValue")
    try:
        linked.check(document)
        linked.check({"@context": document["@context"], **proof})
        if not isinstance(value, str) or not value.startswith("z"):
            raise Untrue(mark("the signature is not in base58"))
        key.verify(from_base58(value[1:]), _hashed(document, proof))
    except InvalidSignature:
        raise Untrue(mark("the signature is not that of what it says")) from None
    except Untrue:
        raise
    except ValueError as error:
        raise Untrue(mark("the signature is not in base58")) from error


def proof_of(secured: dict[str, Any]) -> dict[str, Any]:
    """The proof of a document. Raises :exc:`Untrue` where it is not one that is known here."""
    proof = secured.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, dict):
        raise Untrue(mark("it has no proof, or several"))
    if (proof.get("type"), proof.get("cryptosuite")) != ("DataIntegrityProof", SUITE):
        raise Untrue(mark("its proof is of another kind than %(suite)s"), suite=SUITE)
    if proof.get("proofPurpose") != "assertionMethod" or "proofValue" not in proof:
        raise Untrue(mark("its proof is not that of a credential"))
    return dict(proof)


def _hashed(document: dict[str, Any], proof: dict[str, Any]) -> bytes:
    options = {"@context": document["@context"], **proof}
    parts = (linked.canonical(options), linked.canonical(document))
    return b"".join(hashlib.sha256(part).digest() for part in parts)


def as_jwt(document: dict[str, Any], *, did: str, key: Key) -> str:
    """`document` as a JWT that `key` of `did` has signed (Open Badges 3.0, section 8.2)."""
    assert key.private is not None
    header = {"alg": "EdDSA", "kid": jwk_id(did, key.name), "typ": "JWT"}
    signed = f"{_packed(header)}.{_packed({**document, **_claims(document)})}"
    return f"{signed}.{base64url(key.private.sign(signed.encode()))}"


def check_jwt(token: str, key: Ed25519PublicKey) -> dict[str, Any]:
    """The document in `token`, if `key` signed it. Raises :exc:`Untrue`."""
    header, payload = unchecked(token)
    if header.get("alg") != "EdDSA" or "crit" in header:
        raise Untrue(mark("it is signed in another way than EdDSA"))
    signed, _, signature = token.rpartition(".")
    try:
        key.verify(from_base64url(signature), signed.encode())
    except InvalidSignature:
        raise Untrue(mark("the signature is not that of what it says")) from None
    except ValueError as error:
        raise Untrue(mark("the signature is not in base64url")) from error
    try:
        claims = _claims(payload)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Untrue(mark("it is no credential")) from None
    if any(payload.get(name) != value for name, value in claims.items()):
        raise Untrue(mark("its claims are not what the credential says"))
    return {name: value for name, value in payload.items() if name not in claims}


def unchecked(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload of `token`, signed by whomever. Raises :exc:`Untrue`."""
    parts = token.split(".")
    try:
        header, payload = (json.loads(from_base64url(part)) for part in parts[:2])
    except (ValueError, RecursionError):
        raise Untrue(mark("it is no JWT")) from None
    if len(parts) != 3 or not isinstance(header, dict) or not isinstance(payload, dict):
        raise Untrue(mark("it is no JWT"))
    return header, payload


def _claims(document: dict[str, Any]) -> dict[str, Any]:
    """What the names of JWT repeat of `document`."""
    issuer = document["issuer"]
    claims = {
        "iss": issuer["id"] if isinstance(issuer, dict) else issuer,
        "jti": document["id"],
        "nbf": _seconds(document["validFrom"]),
        "sub": document["credentialSubject"]["id"],
    }
    if "validUntil" in document:
        claims["exp"] = _seconds(document["validUntil"])
    return claims


def _seconds(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp())


def _packed(value: dict[str, Any]) -> str:
    return base64url(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
