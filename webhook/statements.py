"""The Statements resource: ``POST`` and ``PUT /xapi/statements`` (Communication 2.1).

A statement that is valid is never refused for reasons of ours. A real LMS counts only a
plain 200 as received, and gives up for good on anything else (Moodle facts, section 5), so
every refusal here is one that the standard demands.
"""

from __future__ import annotations

import difflib

from flask import Blueprint, Response, g, request

from lms_bridge.bridge import Bridge
from lms_bridge.intake import Conflict
from webhook.lrs import PREFIX, Refused, answer, whole_body
from xapi import InvalidStatement, RequestTooLarge, canonical_uuid, is_uuid, read_statements


def resource(bridge: Bridge) -> Blueprint:
    """The resource, which stores in `bridge` what it receives."""
    blueprint = Blueprint("statements", __name__, url_prefix=PREFIX)
    intake, web = bridge.intake, bridge.settings.web
    most, most_bytes = web.most_statements, web.most_request_bytes

    # Without strict_slashes it has a slash at its end as well: to redirect would be to lose.
    @blueprint.post("/statements", strict_slashes=False)
    def post_statements() -> Response:
        """Store one statement or a batch; answers with their ids (Communication 2.1.2)."""
        _check_parameters()
        _check_type()
        body = whole_body(most_bytes)
        try:
            return answer(
                200, intake.store(g.sender, read_statements(body, most=most, version=g.version))
            )
        except RequestTooLarge as error:
            raise Refused(413, str(error)) from None
        except InvalidStatement as error:
            raise Refused(400, str(error)) from None
        except Conflict as error:
            raise Refused(409, str(error)) from None

    @blueprint.put("/statements", strict_slashes=False)
    def put_statement() -> Response:
        """Store one statement under the id in ``statementId`` (Communication 2.1.1)."""
        _check_parameters("statementId")
        _check_type()
        statement_id = _statement_id()
        body = whole_body(most_bytes)
        if body.lstrip(b" \t\r\n")[:1] == b"[":
            raise Refused(400, "PUT takes one statement, not an array (Communication 2.1.1)")
        try:
            [received] = read_statements(body, version=g.version)
            inner = received.statement.id
            if inner and canonical_uuid(inner) != canonical_uuid(statement_id):
                raise Refused(
                    400,
                    f"$.id: {inner} is not the statementId of the request, {statement_id}"
                    " (Communication 2.1.1)",
                )
            intake.store_as(g.sender, statement_id, received)
        except InvalidStatement as error:
            raise Refused(400, str(error)) from None
        except Conflict as error:
            raise Refused(409, str(error)) from None
        return Response(status=204)

    return blueprint


def _check_parameters(*known: str) -> None:
    """Refuse every parameter that is none of `known` in just this case (Communication 3.2)."""
    for name, values in request.args.lists():
        if name not in known:
            close = difflib.get_close_matches(name.lower(), map(str.lower, known), n=1)
            meant = next((f"; is {one} meant?" for one in known if [one.lower()] == close), "")
            raise Refused(
                400,
                f"there is no parameter {name[:40]!r} for {request.method}{meant}"
                " (Communication 3.2)",
            )
        if len(values) > 1:
            raise Refused(400, f"the parameter {name} stands there twice (Communication 3.2)")


def _statement_id() -> str:
    statement_id = request.args.get("statementId")
    if statement_id is None:
        raise Refused(400, "PUT needs the parameter statementId (Communication 2.1.1)")
    if not is_uuid(statement_id):
        raise Refused(400, f"statementId {statement_id[:60]!r} is not a UUID (Data 2.4.1)")
    return statement_id


def _check_type() -> None:
    """Refuse a body whose headers say that it is no plain JSON (Communication 1.5)."""
    coding = request.headers.get("Content-Encoding", "identity")
    if coding.lower() != "identity":
        raise Refused(
            400,
            f"Content-Encoding {coding[:20]!r} is not taken here; send the body as it is",
            Accept_Encoding="identity",
        )
    kind = request.mimetype
    if kind != "application/json":
        shown = f"Content-Type {kind[:60]!r} is not" if kind else "Content-Type is missing, not"
        hint = ", without the data of attachments" if kind == "multipart/mixed" else ""
        raise Refused(
            400, f"{shown} application/json; send the statements as that{hint} (Communication 1.5)"
        )
