"""core_course_get_course_module and mod_customcert_list_issues, as their sources have them.

The second belongs to a plugin: a site without it does not know the function
(:attr:`~lms_bridge.sandbox.moodle.site.Site.without`).
"""

from __future__ import annotations

import base64

from lms_bridge.sandbox.moodle import errors
from lms_bridge.sandbox.moodle.functions import Params, function, require
from lms_bridge.sandbox.moodle.records import Certificate
from lms_bridge.sandbox.moodle.site import Site

MOST = 500


class Module(Params, frozen=True):
    cmid: int


class Issues(Params, frozen=True):
    timecreatedfrom: int = 0
    userid: int = 0
    customcertid: int = 0
    includepdf: bool = False
    limit: int = 100
    offset: int = 0


@function("core_course_get_course_module", Module)
def course_module(site: Site, params: Module) -> object:
    """Only if the account could open it: it must see it, and it is usually restricted."""
    found = site.certificates.get(params.cmid)
    page = next((one for one in site.courses.values() if one.id + 1 == params.cmid), None)
    if found is None and page is None:
        raise errors.missing_module()
    needed = {"moodle/course:view"}
    if found:
        needed.add("mod/customcert:view")
    if found and found.restricted:
        needed.add("moodle/course:ignoreavailabilityrestrictions")
    if not site.capabilities >= needed:
        raise errors.course_unreachable()
    module = {
        "id": params.cmid,
        "course": found.course if found else params.cmid - 1,
        "module": 30 if found else 17,
        "name": "Sertifikat" if found else "Materi",
        "modname": "customcert" if found else "page",
        "instance": found.instance if found else params.cmid + 100,
        "section": 3,
        "sectionnum": 1,
        "groupmode": 0,
        "groupingid": 0,
        "completion": 0,
        "downloadcontent": 1,
    }
    return {"cm": module, "warnings": []}


@function("mod_customcert_list_issues", Issues)
def list_issues(site: Site, params: Issues) -> object:
    """What was issued, the latest first; a user or an activity that is 0 is any."""
    require(site, "mod/customcert:viewallcertificates", "View all certificates")
    found = [
        (at, user_id, certificate)
        for certificate in site.certificates.values()
        for user_id, at in certificate.issued.items()
        if params.userid in (0, user_id)
        and params.customcertid in (0, certificate.instance)
        and at >= params.timecreatedfrom
    ]
    found.sort(key=lambda one: one[0], reverse=True)
    most = max(1, min(MOST, params.limit))
    page = found[params.offset : params.offset + most]
    return [_issue(site, *one, with_pdf=params.includepdf) for one in page]


def _issue(
    site: Site, at: int, user_id: int, certificate: Certificate, *, with_pdf: bool
) -> dict[str, object]:
    user = site.users[user_id]
    pdf = certificate.pdf if with_pdf else None
    return {
        "issue": {
            "id": certificate.instance * 1000 + user_id,
            "customcertid": certificate.instance,
            "code": f"{certificate.instance:04d}{user_id:06d}",
            "emailed": False,
            "timecreated": at,
        },
        "user": {
            "id": user_id,
            "fullname": user.fullname,
            "username": user.username,
            "email": user.email,
        },
        "template": {"id": certificate.instance, "name": "Sertifikat", "contextid": 90},
        "pdf": {
            "name": "sertifikat_certificate.pdf" if pdf else None,
            "content": base64.b64encode(pdf).decode() if pdf else None,
            "haspdf": pdf is not None,
        },
    }
