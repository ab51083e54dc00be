"""What was earned, in the words of Open Badges 3.0; signing it is another matter.

The person is told by name alone. Neither NIP nor e-mail address is in it, not even as a hash: an
NIP is a birthday, a month, a digit and a counter, so that whoever has the hash has tried them all
in a moment, salted or not.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lms_bridge.openbadges import linked, status
from lms_bridge.openbadges.earned import Addresses, Badge, Competency, Earned, Evidence
from lms_bridge.openbadges.proofs import instant

SCHEMA = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """Who issues badges."""

    did: str
    name: str
    url: str = ""
    email: str = ""
    description: str = ""
    image: str = ""
    """address of a picture"""


def profile(issuer: Issuer) -> dict[str, Any]:
    """`issuer` as a Profile (section B.1.11)."""
    told = {"url": issuer.url, "email": issuer.email, "description": issuer.description}
    return {
        "id": issuer.did,
        "type": ["Profile"],
        "name": issuer.name,
        **{name: value for name, value in told.items() if value},
        **({"image": {"id": issuer.image, "type": "Image"}} if issuer.image else {}),
    }


def achievement(badge: Badge, addresses: Addresses) -> dict[str, Any]:
    """`badge` as an Achievement (section B.1.1)."""
    address = addresses.achievement(badge.key)
    aligned = [_alignment(one, address) for one in badge.competencies]
    return {
        "id": address,
        "type": ["Achievement"],
        "achievementType": "Competency" if badge.competencies else "Badge",
        "name": badge.name,
        "description": badge.description or badge.name,
        "criteria": {"narrative": badge.criteria or badge.description or badge.name},
        "image": {"id": f"{address}.png", "type": "Image", "caption": badge.name},
        **({"alignment": aligned} if aligned else {}),
    }


def credential(earned: Earned, issuer: Issuer, addresses: Addresses) -> dict[str, Any]:
    """`earned` as an OpenBadgeCredential (section B.1.2), not yet signed."""
    page = addresses.page(earned.public_id)
    evidence = [_evidence(one, page, n) for n, one in enumerate(earned.evidence, start=1)]
    return {
        "@context": [linked.CREDENTIALS, linked.OPEN_BADGES, linked.EXTENSIONS],
        "id": page,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": earned.badge.name,
        "issuer": profile(issuer),
        "validFrom": instant(earned.earned_at),
        **({"validUntil": instant(earned.expires_at)} if earned.expires_at else {}),
        "credentialSubject": {
            # JWTs need an id. It tells nothing, and is another one in each credential.
            "id": f"{page}#recipient",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": False,
                    "identityHash": earned.name,
                    "identityType": "name",
                }
            ],
            "achievement": achievement(earned.badge, addresses),
        },
        **({"evidence": evidence} if evidence else {}),
        "credentialStatus": status.entry(addresses, earned.status_index),
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }


def _alignment(one: Competency, achievement_address: str) -> dict[str, Any]:
    told = {
        "targetDescription": f"Level {one.level}" if one.level else "",
        "targetFramework": one.framework,
        "targetCode": one.code,
    }
    return {
        "type": ["Alignment"],
        "targetName": one.name,
        # An address is required; most lists of competencies have none.
        "targetUrl": one.url or achievement_address,
        **{name: value for name, value in told.items() if value},
    }


def _evidence(one: Evidence, page: str, number: int) -> dict[str, Any]:
    return {
        # With an id of its own: what has none and looks alike is dear to sign.
        "id": one.link or f"{page}#evidence-{number}",
        "type": ["Evidence"],
        "name": one.course,
        "description": f"{one.organiser}, {one.hours} JP, {one.day.isoformat()}",
    }
