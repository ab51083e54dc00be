"""What every route of the API has in common: how it is declared, who may use it, how it answers.

>>> def routes(service: Service) -> None:
...     @service.get("/courses", Permission.PEOPLE, asks=Courses, answers=Page[Course])
...     def courses(asked: Courses) -> Page[Course]:
...         "The courses of the catalogue."

The first line of a view's docstring is its summary in the description, the rest what more there is
to say. What is asked stands in the address or, for what must not stand there, in a body of JSON.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
import structlog
from flask import Blueprint, Flask, Response, g, request
from sqlalchemy import Connection

from lms_bridge.accounts.accesses import Looks
from lms_bridge.accounts.api_tokens import ApiToken
from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.sight import Sight
from lms_bridge.api.paging import LARGEST
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.i18n import LANGUAGES
from lms_bridge.typed import convert, decode
from webhook.api import PATH, problems
from webhook.api.door import Door
from webhook.api.problems import Problem
from webhook.peer import address

log = structlog.get_logger(__name__)

View: TypeAlias = Callable[..., Any]
MOST_BYTES = 65_536
"""of the body of a request"""

_NUMBER = re.compile(r"<number>")


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be asked, as it is described and as it is held to that."""

    name: str
    method: str
    path: str
    """with ``{number}`` where a number stands"""
    needs: Permission | None
    """None: it is open to everybody"""
    summary: str
    description: str
    asks: type[msgspec.Struct] | None
    """what it takes: of a GET in the address, of a POST in the body"""
    answers: Any
    """the type of what it answers; None: something else than JSON"""
    status: int


class Service:
    """The API of one bridge, to which modules add their routes."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.operations: dict[str, Operation] = {}
        """by endpoint"""
        self.blueprint = Blueprint(
            "api", __name__, url_prefix=PATH, static_folder="../static", static_url_path="/static"
        )
        self._looks = Looks(bridge.store, clock=utc_now)
        self._door = Door(bridge.store)
        self.blueprint.before_request(self._admit)
        self.blueprint.after_request(self._protect)
        self.blueprint.register_error_handler(Problem, problems.answer)

    def get(
        self,
        path: str,
        needs: Permission | None,
        *,
        answers: Any,
        asks: type[msgspec.Struct] | None = None,
    ) -> Callable[[View], View]:
        """Register a view that tells something."""
        return self._add("GET", path, needs, asks, answers, 200)

    def post(
        self,
        path: str,
        needs: Permission,
        *,
        answers: Any,
        asks: type[msgspec.Struct] | None = None,
        status: int = 200,
    ) -> Callable[[View], View]:
        """Register a view that does something, or is asked what must not stand in an address."""
        return self._add("POST", path, needs, asks, answers, status)

    def _add(
        self,
        method: str,
        path: str,
        needs: Permission | None,
        asks: type[msgspec.Struct] | None,
        answers: Any,
        status: int,
    ) -> Callable[[View], View]:
        def register(view: View) -> View:
            summary, _, rest = (view.__doc__ or "").partition("\n")
            operation = Operation(
                name=view.__name__,
                method=method,
                path=re.sub(r"<(\w+)>", r"{\1}", path),
                needs=needs,
                summary=summary,
                description=" ".join(rest.split()),
                asks=asks,
                answers=answers,
                status=status,
            )
            self.operations[f"api.{view.__name__}"] = operation
            # Larger numbers than the databases have are nobody's.
            rule = _NUMBER.sub(f"<int(min=1, max={LARGEST}):number>", path)

            def answer(**places: Any) -> Any:
                given = {"asked": _asked(method, asks)} if asks else {}
                return self._answer(operation, view(**places, **given))

            self.blueprint.add_url_rule(rule, view.__name__, answer, methods=[method])
            return view

        return register

    def join(self, app: Flask) -> None:
        """Have `app` answer what was registered."""
        app.register_blueprint(self.blueprint)
        app.extensions["api"] = self

    # --- what a view asks ----------------------------------------------------------------

    @property
    def token(self) -> ApiToken:
        """The token of the request."""
        found: ApiToken = g.api_token
        return found

    @property
    def actor(self) -> Actor:
        """Whose token it is, for the audit log."""
        return Actor(name=f"token:{self.token.name}", role="token", address=address())

    def sight(self, db: Connection) -> Sight:
        """Of whom the token shows anything."""
        return self.token.sight(db)

    def looked(self, what: str, employee_id: int | None = None, **details: Any) -> None:
        """Note that whoever has the token is shown `what` of that employee, or of many."""
        self._looks.note(self.actor, what, employee_id, **details)

    @property
    def language(self) -> str:
        """The language of reasons: that which is asked for, else that of the bridge."""
        asked = request.accept_languages.best_match(LANGUAGES)
        return asked or self.bridge.settings.language

    # --- letting in and answering --------------------------------------------------------

    def _admit(self) -> None:
        endpoint = request.endpoint or ""
        operation = self.operations.get(endpoint)
        if endpoint == "api.static" or (operation is not None and operation.needs is None):
            return
        g.api_token = self._door.admit(request.headers.get("Authorization"))
        needs = operation.needs if operation else None
        if needs is None or needs not in self.token.scopes:
            log.warning("refused", token=self.token.name, endpoint=endpoint)
            raise Problem(
                403,
                "scope",
                f"The token {self.token.name} lacks the scope {needs}; it has"
                f" {', '.join(self.token.scopes)}.",
                headers={
                    "WWW-Authenticate": 'Bearer realm="lms-bridge", error="insufficient_scope",'
                    f' scope="{needs}"'
                },
            )

    def _answer(self, operation: Operation, told: Any) -> Any:
        if operation.answers is None or isinstance(told, Response):
            return told
        body = msgspec.json.encode(told)
        response = Response(body, operation.status, mimetype="application/json")
        response.headers["Content-Language"] = self.language
        if operation.method == "GET":
            response.set_etag(hashlib.sha256(body).hexdigest()[:32])
            response.headers["Cache-Control"] = "private, no-cache"
            return response.make_conditional(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _protect(self, response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.vary.update(("Authorization", "Accept-Language"))
        return response


def _asked(method: str, kind: type[msgspec.Struct]) -> msgspec.Struct:
    """What is asked, in the address or in the body. Raises :exc:`.Problem`."""
    try:
        if method == "GET":
            return convert(_address(), kind, strict=False)
        return decode(_body(), kind)
    except msgspec.DecodeError as error:
        raise problems.of_invalid(error) from None
    except UnicodeDecodeError:
        raise Problem(400, "request", "The body is not UTF-8.") from None


def _address() -> dict[str, str]:
    for name, values in request.args.lists():
        if len(values) > 1:
            raise problems.of_field(name, "stands there twice")
    return request.args.to_dict()


def _body() -> bytes:
    request.max_content_length = MOST_BYTES
    body = request.get_data()
    if not body:
        return b"{}"
    if not request.is_json:
        raise Problem(415, "media-type", "Content-Type: application/json is required.")
    return body
