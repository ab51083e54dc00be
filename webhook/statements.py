"""The Statements resource: ``POST`` and ``PUT /xapi/statements`` (Communication 2.1).

A statement that is valid is never refused for reasons of ours. A real LMS counts only a
plain 200 as received, and gives up for good on anything else (Moodle facts, section 5), so
every answer other than 200 here is one that the standard demands.
"""

from __future__ import annotations

import re
from typing import Any, cast

import msgspec
import structlog
from flask import Blueprint, Response, current_app, g, request

from lms_bridge.bridge import Bridge
from lms_bridge.intake import Conflict
from webhook.access import Senders
from xapi import InvalidStatement, RequestTooLarge, read_statements
from xapi.identifiers import is_uuid

log = structlog.get_logger(__name__)

VERSION = "1.0.3"
_ACCEPTED = re.compile(r"1\.0(\.\d+)?")

blueprint = Blueprint("statements", __name__, url_prefix="/xapi")


@blueprint.before_request
def authenticate() -> Response | None:
    """Every request carries credentials and names its version (Communication 3.3, 4.0)."""
    senders = cast(Senders, current_app.extensions["senders"])
    sender = senders.of(request.headers.get("Authorization"))
    if sender is None:
        refused = _error(401, "a sender's username and password are required (HTTP Basic)")
        refused.headers["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
        return refused
    g.sender = sender
    version = request.headers.get("X-Experience-API-Version")
    if version is None:
        return _error(400, "the header X-Experience-API-Version is missing (Communication 3.3)")
    if not _ACCEPTED.fullmatch(version):
        return _error(
            400, f"X-Experience-API-Version {version[:20]!r} is not spoken here; 1.0.3 is"
        )
    return None


@blueprint.after_request
def name_version(response: Response) -> Response:
    """Every answer names the version that was spoken (Communication 3.3)."""
    response.headers["X-Experience-API-Version"] = VERSION
    return response


@blueprint.post("/statements")
def post_statements() -> Response:
    """Store one statement or a batch; answers with their ids (Communication 2.1.2)."""
    problem = _refused_arguments(()) or _refused_type()
    if problem:
        return problem
    bridge = _bridge()
    body = _body(bridge.settings.web.most_request_bytes)
    if isinstance(body, Response):
        return body
    try:
        received = read_statements(body, most=bridge.settings.web.most_statements)
        ids = bridge.intake.store(g.sender.name, received)
    except RequestTooLarge as error:
        return _error(413, str(error))
    except InvalidStatement as error:
        return _error(400, str(error))
    except Conflict as error:
        return _error(409, str(error))
    return _json(200, ids)


@blueprint.put("/statements")
def put_statement() -> Response:
    """Store one statement under the id in ``statementId`` (Communication 2.1.1)."""
    problem = _refused_arguments(("statementId",)) or _refused_type()
    if problem:
        return problem
    statement_id = request.args.get("statementId", "")
    if not is_uuid(statement_id):
        return _error(400, f"statementId {statement_id[:60]!r} is not a UUID (Communication 2.1.1)")
    bridge = _bridge()
    body = _body(bridge.settings.web.most_request_bytes)
    if isinstance(body, Response):
        return body
    try:
        received = read_statements(body)
        if body.lstrip()[:1] == b"[" or len(received) != 1:
            return _error(400, "PUT takes one statement, not an array (Communication 2.1.1)")
        inner = received[0].statement.id
        if inner and inner.lower() != statement_id.lower():
            return _error(400, f"the statement's id {inner} is not its statementId {statement_id}")
        bridge.intake.store_as(g.sender.name, statement_id, received[0])
    except InvalidStatement as error:
        return _error(400, str(error))
    except Conflict as error:
        return _error(409, str(error))
    return Response(status=204)


def _bridge() -> Bridge:
    return cast(Bridge, current_app.extensions["bridge"])


def _body(most: int) -> bytes | Response:
    """The body of the request, read no further than `most` bytes."""
    length = request.content_length
    if length is not None and length > most:
        return _too_large(most)
    body = request.stream.read(most + 1) if length is None else request.get_data(cache=False)
    return _too_large(most) if len(body) > most else body


def _too_large(most: int) -> Response:
    return _error(
        413, f"the request is larger than {most} bytes; send the statements in smaller batches"
    )


def _refused_arguments(known: tuple[str, ...]) -> Response | None:
    for name in request.args:
        if name not in known:
            return _error(400, f"the parameter {name[:40]!r} is not known here (Communication 1.3)")
    return None


def _refused_type() -> Response | None:
    if request.mimetype != "application/json":
        return _error(400, f"Content-Type {request.mimetype[:60]!r} is not application/json")
    return None


def _json(status: int, value: Any) -> Response:
    return Response(msgspec.json.encode(value), status, mimetype="application/json")


def _error(status: int, message: str) -> Response:
    log.info("request refused", status=status, path=request.path, reason=message)
    return _json(status, {"error": message})
