"""The Moodle sandbox: one endpoint for all functions, and two public pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from lms_bridge.sandbox.app import Call, Sandbox, page
from lms_bridge.sandbox.faults import IN_READING, IN_WRITING, Fault, Faults

# Importing them enters their functions into FUNCTIONS.
from lms_bridge.sandbox.moodle import (
    badges,  # noqa: F401
    certificates,  # noqa: F401
    cohorts,  # noqa: F401
    competencies,  # noqa: F401
    courses,  # noqa: F401
    errors,
    pages,
    php,
    plans,  # noqa: F401
    users,  # noqa: F401
)
from lms_bridge.sandbox.moodle.errors import MoodleError
from lms_bridge.sandbox.moodle.functions import EXISTING, FUNCTIONS, Function
from lms_bridge.sandbox.moodle.records import Award
from lms_bridge.sandbox.moodle.site import Site

ENDPOINT = "/webservice/rest/server.php"
TOKEN = "sandbox-moodle-token"  # noqa: S105 - of a made-up site

_RATING = (
    "core_competency_grade_competency",
    "core_competency_grade_competency_in_course",
    "core_competency_grade_competency_in_plan",
)
_NOT_PARAMETERS = ("wstoken", "wsfunction", "moodlewsrestformat")


class MoodleSandbox(Sandbox):
    """A Moodle site with one service account; `home_page` is its ``wwwroot``.

    `site` holds its records and switches, to be changed at will; an empty site has no users.
    More than `max_input_vars` parameters are cut as PHP cuts them.
    """

    name = "moodle"

    def __init__(
        self,
        home_page: str = "https://moodle.example",
        token: str = TOKEN,
        *,
        latency: float = 0.0,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.time,
        max_input_vars: int = 1000,
    ) -> None:
        super().__init__(latency=latency, faults=faults, clock=clock)
        self.site = Site(home_page, token, clock, self.lock)
        self.site.functions = set(FUNCTIONS)
        self.max_input_vars = max_input_vars

    # --- what people and time do there

    def complete(self, user_id: int, course_id: int, at: float | None = None) -> None:
        """The learner completes the course, at `at` in Unix time or now."""
        with self.lock:
            self.site.complete(user_id, course_id, at)

    def cron(self) -> None:
        """Run the scheduled tasks: self completions count, missed badges are issued."""
        with self.lock:
            self.site.cron()

    def expire_token(self) -> None:
        """The token dies: its next call is refused, and after that it is unknown for ever.

        Until a new one is put into ``site.token``.
        """
        self.site.token_expired = True

    def hide(self, uniquehash: str) -> None:
        """The learner makes a badge private."""
        self.site.awards[uniquehash].visible = False

    def revoke(self, uniquehash: str) -> None:
        """A person revokes a badge in the browser; KeyError if there is no such award."""
        with self.lock:
            self.site.revoke(uniquehash)

    # --- for looking at

    def badges_of(self, user_id: int) -> list[str]:
        """Names of the badges that a learner has, hidden ones too, the oldest first."""
        with self.lock:
            self.site.settle()
            return [self.site.badges[a.badge].name for a in reversed(self.site.awards_of(user_id))]

    def awards(self) -> list[Award]:
        """All badges of all learners, the oldest first."""
        with self.lock:
            self.site.settle()
            return list(self.site.awards.values())

    # --- the HTTP side

    def recognise(self, request: Request) -> Call:
        site = self.site
        if site.maintenance:
            return Call(request.path, self._maintenance)
        match request.path:
            case "/webservice/rest/server.php":
                return self._recognise_function(request)
            case "/badges/assertion.php":
                uniquehash = request.args.get("b", "")
                return Call(request.path, lambda: pages.assertion(site, uniquehash))
            case "/badges/badge.php":
                uniquehash = request.args.get("hash", "")
                return Call(request.path, lambda: pages.badge_page(site, uniquehash))
        return Call(request.path, lambda: page(404, "Not Found"))

    def befall(self, fault: Fault, call: Call) -> Response:
        if fault is Fault.MAINTENANCE:
            return self._maintenance()
        if fault is Fault.BADGE_LATER:
            user_id = int(call.target.rpartition(" ")[2])
            with self.lock:
                self.site.hold_badges(user_id, self.faults.badge_seconds)
            return call.answer()
        return self._answer(errors.dml_write(), as_json=True)

    def _recognise_function(self, request: Request) -> Call:
        if not self.site.rest_enabled:
            forbidden = Response(status=403, content_type="text/html; charset=utf-8")
            return Call(ENDPOINT, lambda: forbidden)
        sent = php.fields(request, self.max_input_vars)
        as_json = sent.get("moodlewsrestformat") == "json"
        name = str(sent.get("wsfunction", ""))
        try:
            function = self._admit(str(sent.get("wstoken", "")), name)
        except MoodleError as error:
            refusal = self._answer(error, as_json)
            return Call(name or ENDPOINT, lambda: refusal)
        params = {key: value for key, value in sent.items() if key not in _NOT_PARAMETERS}
        about = self._about(params)
        possible = {*(IN_WRITING if function.writes else IN_READING), Fault.MAINTENANCE}
        if function.writes:
            possible.add(Fault.DML_WRITE)
            if about.isdigit():
                possible.add(Fault.BADGE_LATER)
        return Call(
            name,
            lambda: self._run(function, params, as_json),
            target=f"{name} {about}",
            possible=possible,
            seconds=self.site.collision_seconds if name in _RATING else 0.0,
        )

    def _admit(self, token: str, name: str) -> Function:
        """The function, if the token may call it; in the order in which Moodle asks."""
        site = self.site
        if not site.token or token != site.token:
            raise errors.invalid_token()
        if site.token_expired:
            # The first call with an expired token deletes it (Moodle facts, section 3).
            site.token, site.token_expired = "", False
            raise errors.access()
        account = site.users.get(site.service_user)
        if account is not None and account.suspended:
            raise errors.refused(
                "wsaccessusersuspended",
                f"Refused web service access for suspended username: {account.username}",
            )
        if not site.address_allowed or not site.authorised:
            raise errors.access()
        if not name:
            raise errors.invalid_parameter()
        if (name not in FUNCTIONS and name not in EXISTING) or name in site.without:
            raise errors.missing_record("external_functions", f"array (\n  0 => '{name}',\n)")
        if name not in site.functions or "webservice/rest:use" not in site.capabilities:
            raise errors.access()
        return FUNCTIONS[name]

    def _about(self, params: dict[str, Any]) -> str:
        """Whom or what a call is about, by which its faults are drawn."""
        if "userid" in params:
            return str(params["userid"])
        members = php.as_arrays(params.get("members"))
        if isinstance(members, list) and isinstance(members[0], dict):
            if "userid" in members[0]:
                return str(members[0]["userid"])
            key = members[0].get("usertype")
            if isinstance(key, dict) and key.get("type") == "username":
                named = (u.id for u in self.site.users.values() if u.username == key.get("value"))
                return str(next(named, key.get("value", "")))
            return str(key.get("value", "") if isinstance(key, dict) else "")
        return str(params.get("courseid", params.get("field", "")))

    def _run(self, function: Function, params: dict[str, Any], as_json: bool) -> Response:
        try:
            return self._answer(function.call(self.site, params), as_json)
        except MoodleError as error:
            return self._answer(error, as_json)

    def _answer(self, result: object, as_json: bool) -> Response:
        if as_json:
            if isinstance(result, MoodleError):
                result = result.body(self.site.developer_debug)
            response = Response(php.to_json(result), content_type="application/json")
        else:
            xml = (
                php.error_to_xml(result) if isinstance(result, MoodleError) else php.to_xml(result)
            )
            response = Response(xml, content_type="application/xml; charset=utf-8")
            response.headers["Content-Disposition"] = 'inline; filename="response.xml"'
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    def _maintenance(self) -> Response:
        title = f"{self.site.name} under maintenance"
        body = (
            '<!DOCTYPE html>\n<html  lang="en" xml:lang="en">\n<head>'
            f"<title>{title}</title></head>\n<body><h1>{title}</h1>\n"
            "<div class='alert-danger'>The site is undergoing maintenance and is currently not"
            " available</div></body>\n</html>\n"
        )
        response = Response(body, status=503, content_type="text/html; charset=utf-8")
        response.status = "503 Moodle under maintenance"
        response.headers["Retry-After"] = "300"
        return response
