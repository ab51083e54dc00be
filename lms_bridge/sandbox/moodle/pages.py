"""The public badge pages, open to anyone who knows a hash (Moodle facts, section 6)."""

from __future__ import annotations

import datetime as dt
import hashlib
from html import escape
from typing import Any

from werkzeug.wrappers import Response

from lms_bridge.sandbox.moodle.badges import ISSUER, ISSUER_EMAIL
from lms_bridge.sandbox.moodle.php import to_json
from lms_bridge.sandbox.moodle.records import Award, Badge
from lms_bridge.sandbox.moodle.site import Site

SALT = "badges1795497422"
OPEN_BADGES = "https://w3id.org/openbadges/v2"
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg=="
)
JSON = "application/json; charset=utf-8"


def assertion(site: Site, uniquehash: str) -> Response:
    """``/badges/assertion.php?b=HASH``; 410 for a revoked one, and for one that never was."""
    award = site.awards.get(uniquehash)
    if award is None:
        gone = {"id": f"{site.home_page}/badges/assertion.php?b={uniquehash}", "revoked": True}
        return Response(to_json(gone), status=410, content_type=JSON)
    return Response(to_json(_assertion(site, award)), content_type=JSON)


def badge_page(site: Site, uniquehash: str) -> Response:
    """``/badges/badge.php?hash=HASH``: the same for people."""
    award = site.awards.get(uniquehash)
    if award is None:
        return Response("Badge not found", status=404, content_type="text/html; charset=utf-8")
    badge, user = site.badges[award.badge], site.users[award.user]
    issued = dt.datetime.fromtimestamp(award.dateissued, dt.UTC)
    body = (
        f'<!DOCTYPE html><html lang="id"><title>{escape(badge.name)}</title>'
        f"<h1>{escape(badge.name)}</h1><p>{escape(user.fullname)}</p>"
        f"<p>{ISSUER}, {issued:%d-%m-%Y}</p></html>"
    )
    return Response(body, content_type="text/html; charset=utf-8")


def _assertion(site: Site, award: Award) -> dict[str, Any]:
    """A hosted assertion in the words of Open Badges 1 under the context of 2, as captured."""
    badge, user = site.badges[award.badge], site.users[award.user]
    url = f"{site.home_page}/badges/assertion.php?b={award.uniquehash}&obversion=2"
    recipient = hashlib.sha256((user.email + SALT).encode()).hexdigest()
    return {
        "recipient": {
            "identity": f"sha256${recipient}",
            "type": "email",
            "hashed": True,
            "salt": SALT,
        },
        "badge": _badge_class(site, badge),
        "verify": {"type": "hosted", "url": url},
        "issuedOn": dt.datetime.fromtimestamp(award.dateissued, dt.UTC).isoformat(),
        "evidence": f"{site.home_page}/badges/badge.php?hash={award.uniquehash}",
        "tags": ["asn"],
        "@context": OPEN_BADGES,
        "type": "Assertion",
        "id": url,
    }


def _badge_class(site: Site, badge: Badge) -> dict[str, Any]:
    return {
        "name": badge.name,
        "description": f"Lencana {badge.name}",
        "image": PIXEL,
        "criteria": {
            "id": f"{site.home_page}/badges/badgeclass.php?id={badge.id}",
            "narrative": _narrative(site, badge),
        },
        "issuer": {
            "name": ISSUER,
            "url": site.home_page,
            "email": ISSUER_EMAIL,
            "@context": OPEN_BADGES,
            "id": f"{site.home_page}/badges/issuer_json.php?id={badge.id}",
            "type": "Issuer",
        },
        "tags": ["asn"],
        "@context": OPEN_BADGES,
        "id": f"{site.home_page}/badges/badge_json.php?id={badge.id}",
        "type": "BadgeClass",
        "version": "",
        "@language": "id",
    }


def _narrative(site: Site, badge: Badge) -> str:
    if badge.competency is not None:
        competency = site.competencies[badge.competency]
        what = "The following competencies have to be completed"
        which = f"{competency.shortname} {competency.idnumber}"
    elif badge.cohort is not None:
        what, which = "Membership in the following cohort", site.cohorts[badge.cohort].name
    else:
        what, which = "Awarded by a user with the following role", "Manager"
    return (
        "Users are awarded this badge when they complete the following requirement:\n"
        f" * {what}:\n    {which}"
    )
