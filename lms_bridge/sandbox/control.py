"""``/_sandbox/``: how another process looks at the sandboxes and turns their screws.

==========================  ======================================================
``GET /_sandbox/state``     rows, duplicates, documents, awards, calls and injected faults
``POST /_sandbox/faults``   ``{"enabled": false}``: nothing goes wrong any more
``POST /_sandbox/cron``     Moodle's scheduled tasks run
``POST /_sandbox/complete`` ``{"user": 4, "course": 3}``: a learner completes a course
``POST /_sandbox/revoke``   ``{"hash": "…"}``: a person revokes a badge in the browser
``POST /_sandbox/delete``   ``{"row": "…"}``: a person deletes a row in the registry's screens
``POST /_sandbox/change``   ``{"row": "…", "fields": {…}}``: or changes it
==========================  ======================================================

A user may be named by id, username or NIP, a course by id or short name, a badge by the hash
of its award. The control answers on the port of either sandbox; it is no part of what is
imitated. Nor is that every badge can be revoked: in Moodle only one that can be given by hand.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from lms_bridge.sandbox.app import Sandbox
from lms_bridge.sandbox.city import City

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PREFIX = "/_sandbox/"


class Controlled:
    """`sandbox`, one of the two of `city`, with the control in front of it."""

    def __init__(self, sandbox: Sandbox, city: City) -> None:
        self.sandbox = sandbox
        self.city = city

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(PREFIX):
            return self.sandbox(environ, start_response)
        status, body = self._control(Request(environ))
        response = Response(json.dumps(body), status=status, content_type="application/json")
        return response(environ, start_response)

    def _control(self, request: Request) -> tuple[int, dict[str, Any]]:
        match request.method, request.path.removeprefix(PREFIX):
            case "GET", "state":
                return 200, state(self.city)
            case "POST", "faults":
                for sandbox in self.city:
                    sandbox.faults.enabled = bool(request.get_json()["enabled"])
                return 200, {"enabled": self.sandbox.faults.enabled}
            case "POST", "cron":
                self.city.moodle.cron()
                return 200, {"awards": len(self.city.moodle.awards())}
            case "POST", "complete":
                return self._complete(request.get_json())
            case "POST", "revoke":
                return self._revoke(str(request.get_json()["hash"]))
            case "POST", "delete" | "change":
                return self._by_hand(request.get_json())
        return 404, {"error": f"no such control: {request.method} {request.path}"}

    def _complete(self, wanted: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        site = self.city.moodle.site
        user, course = str(wanted["user"]), str(wanted["course"])
        users = [u.id for u in site.users.values() if user in (str(u.id), u.username, u.idnumber)]
        courses = [c.id for c in site.courses.values() if course in (str(c.id), c.shortname)]
        if not users or not courses:
            return 404, {"error": f"no user {user} or no course {course}"}
        try:
            self.city.moodle.complete(users[0], courses[0])
        except ValueError as error:
            return 409, {"error": str(error)}
        return 200, {"user": users[0], "course": courses[0]}

    def _revoke(self, badge_hash: str) -> tuple[int, dict[str, Any]]:
        try:
            self.city.moodle.revoke(badge_hash)
        except KeyError:
            return 404, {"error": f"no award {badge_hash}"}
        return 200, {"awards": len(self.city.moodle.awards())}

    def _by_hand(self, wanted: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        registry, row_id = self.city.registry, str(wanted["row"])
        try:
            if "fields" in wanted:
                registry.change_by_hand(row_id, **wanted["fields"])
            else:
                registry.delete_by_hand(row_id)
        except KeyError:
            return 404, {"error": f"no row {row_id}"}
        return 200, {"rows": len(registry.rows())}


def state(city: City) -> dict[str, Any]:
    """What there is and what happened, as JSON can say it."""
    moodle, registry = city
    injected = Counter(moodle.faults.injected)
    if registry.faults is not moodle.faults:
        injected += registry.faults.injected
    return {
        "rows": registry.rows(),
        "duplicates": registry.duplicates(),
        "documents": registry.document_hashes(),
        "awards": [
            dataclasses.asdict(award) | {"name": moodle.site.badges[award.badge].name}
            for award in moodle.awards()
        ],
        "calls": {sandbox.name: dict(sandbox.calls) for sandbox in city},
        "most_at_once": {sandbox.name: sandbox.most_at_once for sandbox in city},
        "faults": {
            "enabled": any(sandbox.faults.enabled for sandbox in city),
            "injected": {str(fault): count for fault, count in injected.items()},
        },
    }
