"""An Open edX as a bridge meets it: the APIs of its LMS and of its Credentials service, one server.

Written after the source of openedx/openedx-platform and openedx/credentials (August 2026), with
what surprises there:

* without ``token_type=jwt`` the token is an opaque one, which is refused with ``JWT`` before it;
* accounts: asked for nobody it answers with the caller's own; others are shown as far as the caller
  is staff; unknown ones of several are left out, and one that is alone is 404;
* courses: who is signed in must say for whom they ask;
* grades come by cursor, and say not when a course was passed; the certificate does, if there is
  one;
* credentials: an award asks nobody whether there is such an account, a second one is the first,
  a program brings the certificates of its courses too, and a deletion revokes.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from werkzeug.wrappers import Request, Response

from lms_bridge.sandbox.app import Call, Sandbox
from lms_bridge.sandbox.faults import IN_READING, IN_WRITING, Faults

CLIENT = ("sandbox-client", "sandbox-client-secret")
SHOWN_AT = "https://credentials.example/credentials/"
OWN_NAME = "lms-bridge"
PAGE = 2
_JWT, _OPAQUE = "sandbox.jwt.", "sandbox-opaque-"


class Account(msgspec.Struct, kw_only=True):
    """An account of the LMS."""

    username: str
    name: str
    email: str
    is_active: bool = True
    extended: dict[str, str] = {}


class OpenEdxSandbox(Sandbox):
    """The records of one site, to be changed at will."""

    name = "openedx"

    def __init__(
        self,
        accounts: Iterable[Account] = (),
        *,
        courses: Iterable[tuple[str, str]] = (),
        programs: Iterable[str] = (),
        faults: Faults | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(faults=faults, clock=clock)
        self.accounts = {one.username: one for one in accounts}
        self.courses = dict(courses)
        """names by id"""
        self.programs = set(programs)
        """the programs that have a certificate which is active"""
        self.passed: dict[tuple[str, str], str | None] = {}
        """by course and username, when the certificate was made; None: there is none"""
        self.enrolled: list[tuple[str, str]] = []
        self.credentials: list[dict[str, Any]] = []
        self.is_staff = True
        self.may_award = True
        self.token_number = 1
        """that of the token which counts; a higher one makes those that were issued old"""

    # --- what people do there

    def take_part(self, course: str, username: str) -> None:
        """Somebody enrols."""
        self.enrolled.append((course, username))

    def complete(self, course: str, username: str, certified_at: str | None) -> None:
        """Somebody passes the course, and perhaps gets its certificate."""
        self.take_part(course, username)
        self.passed[course, username] = certified_at

    def awarded(self, username: str) -> list[str]:
        """The programs of which somebody has the certificate."""
        return [
            one["credential"]["program_uuid"]
            for one in self.credentials
            if (one["username"], one["status"]) == (username, "awarded")
            and one["credential"]["type"] == "program"
        ]

    # --- the HTTP side

    def recognise(self, request: Request) -> Call:
        path, writes = request.path, request.method != "GET"
        if path == "/oauth2/access_token":
            return Call(path, lambda: self._token(request))
        if (refusal := self._refusal(request)) is not None:
            return Call(path, lambda: refusal)
        name, answer = self._route(request)
        possible = IN_WRITING if writes else IN_READING
        return Call(f"{request.method} {name}", answer, f"{name} {path}", possible)

    def _route(self, request: Request) -> tuple[str, Callable[[], Response]]:
        path, parts = request.path, request.path.strip("/").split("/")
        if path == "/api/user/v1/me":
            return path, lambda: _said({"username": OWN_NAME})
        if path == "/api/user/v1/accounts":
            return path, lambda: self._accounts(request)
        if path == "/api/courses/v1/courses/":
            return path, lambda: self._list_courses(request)
        if path.startswith("/api/courses/v1/courses/"):
            return "course", lambda: self._course(request, parts[-1])
        if path.startswith("/api/grades/v1/courses/"):
            return "grades", lambda: self._grades(request, parts[-1])
        if path.startswith("/api/certificates/v0/certificates/"):
            return "certificate", lambda: self._certificate(parts[-1], parts[-3])
        if path == "/api/v2/credentials/" and request.method == "POST":
            return "award", lambda: self._award(request.get_json())
        if path == "/api/v2/credentials/":
            return "credentials", lambda: self._list(request)
        if path.startswith("/api/v2/credentials/"):
            return "credential", lambda: self._one(request.method, parts[-1])
        return "unknown", lambda: _said({"detail": "Not found."}, 404)

    def _token(self, request: Request) -> Response:
        form = request.form
        if (form.get("client_id"), form.get("client_secret")) != CLIENT:
            return _said({"error": "invalid_client"}, 401)
        kind = _JWT if form.get("token_type", "").lower() == "jwt" else _OPAQUE
        token = f"{kind}{self.token_number}"
        return _said({"access_token": token, "expires_in": 3600, "token_type": "JWT"})

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("Authorization") == f"JWT {_JWT}{self.token_number}":
            return None
        return _said({"detail": "Invalid token."}, 401)

    def _accounts(self, request: Request) -> Response:
        if email := request.args.get("email", ""):
            found = [one for one in self.accounts.values() if one.email == email]
        else:
            names = request.args.get("username", "").strip(",").split(",")
            if names == [""]:
                return _said([{"username": OWN_NAME, "is_active": True}])
            found = [self.accounts[name] for name in names if name in self.accounts]
        return _said([self._shown(one) for one in found]) if found else _said(None, 404)

    def _shown(self, one: Account) -> dict[str, Any]:
        shown = {"username": one.username, "name": one.name}
        if not self.is_staff:
            return {"username": one.username}
        extended = [{"field_name": k, "field_value": v} for k, v in one.extended.items()]
        return {
            **shown,
            "email": one.email,
            "is_active": one.is_active,
            "extended_profile": extended,
        }

    def _list_courses(self, request: Request) -> Response:
        if not request.args.get("username"):
            return _said({"developer_message": "A username is required"}, 400)
        number = int(request.args.get("page", 1))
        ids = list(self.courses)
        rows = [_course(each, self.courses[each]) for each in ids[(number - 1) * PAGE :][:PAGE]]
        last = max(1, -(-len(ids) // PAGE))
        further = f"http://lms.internal{request.path}?page={number + 1}" if number < last else None
        return _said({"results": rows, "pagination": {"next": further, "num_pages": last}})

    def _course(self, request: Request, course: str) -> Response:
        if not request.args.get("username"):
            return _said({"developer_message": "A username is required"}, 400)
        if course not in self.courses:
            return _said({"developer_message": "Course not found."}, 404)
        return _said(_course(course, self.courses[course]))

    def _grades(self, request: Request, course: str) -> Response:
        if not self.is_staff:
            return _said({"detail": "You do not have permission to perform this action."}, 403)
        if course not in self.courses:
            message = f"Requested grade for unknown course {course}"
            return _said({"developer_message": message, "error_code": "course_does_not_exist"}, 404)
        mine = [name for where, name in self.enrolled if where == course]
        if (only := request.args.get("username")) is not None:
            if only not in mine:
                return _said({"error_code": "user_not_enrolled"}, 404)
            return _said([self._grade(course, only)])
        start = int(request.args.get("cursor", 0))
        rows = [self._grade(course, name) for name in mine[start : start + PAGE]]
        further = None
        if start + PAGE < len(mine):
            further = f"http://lms.internal{request.path}?cursor={start + PAGE}"
        return _said({"next": further, "previous": None, "results": rows})

    def _grade(self, course: str, username: str) -> dict[str, Any]:
        has_passed = (course, username) in self.passed
        return {
            "username": username,
            "email": self.accounts[username].email,
            "course_id": course,
            "passed": has_passed,
            "percent": 0.9 if has_passed else 0.1,
            "letter_grade": "Pass" if has_passed else None,
        }

    def _certificate(self, course: str, username: str) -> Response:
        at = self.passed.get((course, username))
        if at is None:
            return _said({"error_code": "no_certificate_for_user"}, 404)
        return _said(
            {
                "username": username,
                "course_id": course,
                "certificate_type": "honor",
                "created_date": at,
                "status": "downloadable",
                "is_passing": True,
                "download_url": None,
                "grade": "0.9",
            }
        )

    def _award(self, sent: dict[str, Any]) -> Response:
        if not self.may_award:
            return _said({"detail": "You do not have permission to perform this action."}, 403)
        program = sent["credential"]["program_uuid"]
        if program not in self.programs:
            message = f"No active ProgramCertificate exists for program [{program}]"
            return _said({"credential": {"program_uuid": [message]}}, 400)
        known = [
            one
            for one in self.credentials
            if one["username"] == sent["username"]
            and one["credential"].get("program_uuid") == program
        ]
        one = known[0] if known else self.keep(sent["username"], type="program", uuid=program)
        one["status"] = sent.get("status", "awarded")
        one["attributes"] = sent.get("attributes", [])
        return _said(one, 201)

    def keep(self, username: str, *, type: str, uuid: str) -> dict[str, Any]:
        """Keep a credential, of a program or of a course run that belongs to it."""
        which = {"program_uuid": uuid} if type == "program" else {"course_run_key": uuid}
        number = _new_uuid()
        one = {
            "username": username,
            "credential": {"type": type, **which},
            "status": "awarded",
            "uuid": number,
            "attributes": [],
            "modified": "2026-11-24T03:00:00Z",
            "certificate_url": f"{SHOWN_AT}{number.replace('-', '')}/",
        }
        self.credentials.append(one)
        return one

    def _list(self, request: Request) -> Response:
        if not self.may_award:
            return _said({"detail": "You do not have permission to perform this action."}, 403)
        program, status = request.args.get("program_uuid"), request.args.get("status")
        rows = [
            one
            for one in self.credentials
            if one["username"] == request.args.get("username")
            and status in (None, one["status"])
            and (one["credential"].get("program_uuid", program) == program)
        ]
        return _said({"count": len(rows), "next": None, "previous": None, "results": rows})

    def _one(self, method: str, which: str) -> Response:
        for one in self.credentials:
            if one["uuid"] == which:
                if method == "DELETE":
                    one["status"] = "revoked"
                return _said(one)
        return _said({"detail": "Not found."}, 404)


def _course(course: str, name: str) -> dict[str, Any]:
    return {"id": course, "course_id": course, "name": name, "number": course.split("+")[1]}


def _new_uuid() -> str:
    return str(uuid.uuid4())


def _said(body: Any, status: int = 200) -> Response:
    text = b"" if body is None else msgspec.json.encode(body)
    return Response(text, status=status, content_type="application/json")
