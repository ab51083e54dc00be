"""core_user_* and core_webservice_get_site_info (Moodle facts, section 2)."""

from __future__ import annotations

from typing import Any

import msgspec

from lms_bridge.sandbox.moodle import errors
from lms_bridge.sandbox.moodle.functions import FUNCTIONS, Nothing, Params, function
from lms_bridge.sandbox.moodle.records import User
from lms_bridge.sandbox.moodle.site import Site

VERSION, RELEASE = "2024100706", "4.5.6 (Build: 20250811)"

FIELDS = ("id", "idnumber", "username", "email")
DETAILS = ("moodle/user:viewdetails", "moodle/user:viewalldetails")


class Values(Params, frozen=True):
    field: str
    values: list[str]


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    value: str


class Criteria(Params, frozen=True):
    criteria: list[Criterion]


@function("core_webservice_get_site_info", Nothing)
def site_info(site: Site, params: Nothing) -> object:
    me = site.users[site.service_user]
    return {
        "sitename": site.name,
        "username": me.username,
        "firstname": me.firstname,
        "lastname": me.lastname,
        "fullname": me.fullname,
        "lang": "en",
        "userid": me.id,
        "siteurl": site.home_page,
        "userpictureurl": picture(site, 1),
        "functions": [{"name": n, "version": VERSION} for n in FUNCTIONS if n in site.functions],
        "downloadfiles": 0,
        "uploadfiles": 0,
        "release": RELEASE,
        "version": VERSION,
        "mobilecssurl": "",
        "advancedfeatures": [
            {"name": "enablecompletion", "value": 1},
            {"name": "enablebadges", "value": int(site.badges_enabled)},
            {"name": "enablecompetencies", "value": int(site.competencies_enabled)},
        ],
        "usercanmanageownfiles": True,
        "userquota": 104857600,
        "usermaxuploadfilesize": 67108864,
        "userhomepage": 1,
        "userprivateaccesskey": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "siteid": 1,
        "sitecalendartype": "gregorian",
        "usercalendartype": "gregorian",
        "userissiteadmin": False,
        "theme": "boost",
        "limitconcurrentlogins": 0,
        "policyagreed": 1,
    }


@function("core_user_get_users_by_field", Values)
def users_by_field(site: Site, params: Values) -> object:
    """Exact matches only; a role that may not see details gets what an unknown person gets."""
    if params.field not in FIELDS:
        raise errors.coding("invalid field parameter")
    if params.field == "id" and not all(value.isdigit() for value in params.values):
        raise errors.invalid_parameter()
    if not sees_details(site):
        return []
    wanted = dict.fromkeys(params.values)
    if params.field == "id":
        if any(site.users[int(v)].deleted for v in wanted if int(v) in site.users):
            raise errors.invalid_user()  # of all that were asked for, seen on Moodle 4.5.6
        found = [site.users[int(value)] for value in wanted if int(value) in site.users]
    else:
        found = [user for user in site.users.values() if getattr(user, params.field) in wanted]
    return [profile(site, user) for user in found]


@function("core_user_get_users", Criteria)
def get_users(site: Site, params: Criteria) -> object:
    """All criteria together; ``%`` stands for any text where ids are not asked for."""
    warnings = [
        {"item": c.key, "warningcode": "invalidfieldparameter", "message": f"Invalid field {c.key}"}
        for c in params.criteria
        if c.key not in (*FIELDS, "firstname", "lastname")
    ]
    criteria = [c for c in params.criteria if c.key in (*FIELDS, "firstname", "lastname")]
    everybody = site.users.values() if criteria and sees_details(site) else ()
    found = [profile(site, user) for user in everybody if all(_meets(user, c) for c in criteria)]
    return {"users": found, "warnings": warnings}


def _meets(user: User, criterion: Criterion) -> bool:
    value = str(getattr(user, criterion.key))
    if criterion.key in ("id", "idnumber"):
        return value == criterion.value
    value, pattern = value.lower(), criterion.value.lower()
    text = pattern.strip("%")
    if pattern.startswith("%"):
        return text in value if pattern.endswith("%") else value.endswith(text)
    return value.startswith(text) if pattern.endswith("%") else value == text


def sees_details(site: Site) -> bool:
    return site.capabilities.issuperset(DETAILS)


def profile(site: Site, user: User) -> dict[str, Any]:
    """A user as the core_user functions show them."""
    shown = {**_names(site, user), "department": "", "idnumber": user.idnumber}
    return shown | {
        "firstaccess": 0,
        "lastaccess": 0,
        "auth": "manual",
        "suspended": user.suspended,
        "confirmed": True,
        "lang": "en",
        "theme": "",
        "timezone": "99",
        "mailformat": 1,
        "trackforums": 0,
        **_address(site, user),
        **_custom(site, user),
    }


def participant(site: Site, user: User) -> dict[str, Any]:
    """A user as the list of participants shows them; not whether the account is suspended."""
    shown = {**_names(site, user), "department": "", "idnumber": user.idnumber}
    if "moodle/user:viewalldetails" not in site.capabilities:
        for field in ("username", "department", "idnumber"):
            del shown[field]
    shown |= {"firstaccess": 0, "lastaccess": 0, "lastcourseaccess": 0}
    return shown | _address(site, user) | _custom(site, user)


def brief(site: Site, user: User) -> dict[str, Any]:
    """A user as competencies show them."""
    return {
        "id": user.id,
        "email": user.email,
        "idnumber": user.idnumber,
        "phone1": "",
        "phone2": "",
        "department": "",
        "institution": "",
        "fullname": user.fullname,
        "identity": user.email,
        "profileurl": f"{site.home_page}/user/profile.php?id={user.id}",
        "profileimageurl": picture(site, 1),
        "profileimageurlsmall": picture(site, 2),
    }


def picture(site: Site, size: int) -> str:
    return f"{site.home_page}/theme/image.php/boost/core/1795497920/u/f{size}"


def _names(site: Site, user: User) -> dict[str, Any]:
    names: dict[str, Any] = {
        "id": user.id,
        "username": user.username,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "fullname": user.fullname,
    }
    if "moodle/site:viewuseridentity" in site.capabilities:
        names["email"] = user.email
    return names


def _custom(site: Site, user: User) -> dict[str, Any]:
    """Custom profile fields, whoever they are visible to; absent where there is none."""
    if not user.fields or "moodle/user:viewalldetails" not in site.capabilities:
        return {}
    shown = [
        {"type": "text", "value": value, "displayvalue": value, "name": name, "shortname": name}
        for name, value in user.fields.items()
    ]
    return {"customfields": shown}


def _address(site: Site, user: User) -> dict[str, Any]:
    return {
        "city": user.city,
        "country": "ID",
        "profileimageurlsmall": picture(site, 2),
        "profileimageurl": picture(site, 1),
    }
