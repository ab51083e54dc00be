"""core_badges_*: what can be seen of badges. None of them awards one (Moodle facts, section 1)."""

from __future__ import annotations

from typing import Any

from lms_bridge.sandbox.moodle import errors
from lms_bridge.sandbox.moodle.functions import Params, function, require
from lms_bridge.sandbox.moodle.records import Award
from lms_bridge.sandbox.moodle.site import Site

ISSUER, ISSUER_EMAIL = "Badan Pengembangan SDM", "badge@example.org"


class OfUser(Params, frozen=True):
    userid: int = 0
    courseid: int = 0
    page: int = 0
    perpage: int = 0
    search: str = ""
    onlypublic: bool = False


class Hash(Params, frozen=True):
    hash: str


class BadgeId(Params, frozen=True):
    id: int


class BadgeIds(Params, frozen=True):
    badgeids: list[str]


@function("core_badges_get_user_badges", OfUser)
def user_badges(site: Site, params: OfUser) -> object:
    """Only what the learner left public: a hidden badge looks like none."""
    _require_enabled(site)
    user_id = params.userid or site.service_user
    if user_id not in site.users:
        raise errors.invalid_user()
    require(site, "moodle/badges:viewotherbadges", "View public badges in other users' profiles")
    found = [
        award
        for award in site.awards_of(user_id)
        if award.visible and params.search.lower() in site.badges[award.badge].name.lower()
    ]
    if params.perpage:
        found = found[params.page * params.perpage :][: params.perpage]
    return {"badges": [_shown(site, award) for award in found], "warnings": []}


@function("core_badges_get_user_badge_by_hash", Hash)
def badge_by_hash(site: Site, params: Hash) -> object:
    """Shows a hidden one too, to anyone who knows its hash."""
    _require_enabled(site)
    award = site.awards.get(params.hash)
    if award is None:
        warning = {
            "item": params.hash,
            "warningcode": "badgeawardnotfound",
            "message": "Cannot verify this awarded badge. This badge may have been revoked.",
        }
        return {"badge": [], "warnings": [warning]}
    return {"badge": [_shown(site, award)], "warnings": []}


@function("core_badges_get_badge", BadgeId)
def get_badge(site: Site, params: BadgeId) -> object:
    _require_enabled(site)
    badge = site.badges.get(params.id)
    if badge is None:
        raise errors.refused("error:nosuchbadge", f"Badge with id {params.id} does not exist.")
    shown = {
        "type": "BadgeClass",
        "id": f"{site.home_page}/badges/badgeclass.php?id={badge.id}",
        "issuer": ISSUER,
        "name": badge.name,
        "image": _image(site, badge.id),
        "description": f"Lencana {badge.name}",
        "hostedUrl": site.home_page,
    }
    return {"badge": shown, "warnings": []}


@function("core_badges_enable_badges", BadgeIds)
def enable_badges(site: Site, params: BadgeIds) -> object:
    """Activates badges and issues them to all who earned them meanwhile; counts are text."""
    _require_enabled(site)
    result, warnings = [], []
    for badge_id in params.badgeids:
        badge = site.badges.get(int(badge_id)) if badge_id.isdigit() else None
        if badge is None:
            raise errors.refused("error:nosuchbadge", f"Badge with id {badge_id} does not exist.")
        if "moodle/badges:configurecriteria" not in site.capabilities:
            message = "Sorry, but you do not currently have permissions to do that ({$a})."
            warnings.append({"item": badge_id, "warningcode": "nopermissions", "message": message})
            continue
        badge.active = True
        result.append({"badgeid": badge.id, "awards": str(site.review(badge))})
    return {"result": result, "warnings": warnings}


def _require_enabled(site: Site) -> None:
    if not site.badges_enabled:
        raise errors.refused("badgesdisabled", "Badges are not enabled on this site.")


def _image(site: Site, badge_id: int) -> str:
    return f"{site.home_page}/webservice/pluginfile.php/1/badges/badgeimage/{badge_id}/f3"


def _shown(site: Site, award: Award) -> dict[str, Any]:
    """`status`, `visible` and the times are defaults that say nothing (Moodle facts, section 2)."""
    badge = site.badges[award.badge]
    return {
        "id": badge.id,
        "name": badge.name,
        "description": f"Lencana {badge.name}",
        "timecreated": 0,
        "timemodified": 0,
        "issuername": ISSUER,
        "issuerurl": site.home_page,
        "issuercontact": ISSUER_EMAIL,
        "type": 1,
        "attachment": 1,
        "notification": 1,
        "status": 0,
        "uniquehash": award.uniquehash,
        "dateissued": award.dateissued,
        "dateexpire": None,
        "visible": 0,
        "recipientid": award.user,
        "recipientfullname": site.users[award.user].fullname,
        "version": "",
        "language": "id",
        "imageauthorname": "",
        "imageauthoremail": "",
        "imageauthorurl": "",
        "imagecaption": "",
        "badgeurl": _image(site, badge.id),
        "alignment": [],
        "relatedbadges": [],
    }
