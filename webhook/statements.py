"""The Statements resource: ``/xapi/statements`` (Communication 2.1).

A statement that is valid is never refused for reasons of ours. A real LMS counts only a
plain 200 as received, and gives up for good on anything else (Moodle facts, section 5), so
every refusal here is one that the standard demands.
"""

from __future__ import annotations

import difflib

from flask import Blueprint, Response, g, request

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.intake import Conflict, Origin
from lms_bridge.lrs import attachments
from lms_bridge.lrs.indexing import PATIENCE_SECONDS, consistent_through
from webhook.bodies import JSON, read_statements_request, with_files
from webhook.lrs import PREFIX, Refused, answer, nothing, refused
from webhook.peer import address
from webhook.readers import Readers
from webhook.telling import THROUGH, Teller, asked
from xapi import canonical_uuid, is_uuid
from xapi.query import check_put
from xapi.times import format_timestamp


def resource(bridge: Bridge, readers: Readers) -> Blueprint:
    """The resource, which stores in `bridge` what it receives."""
    blueprint = Blueprint("statements", __name__, url_prefix=PREFIX)
    intake, web = bridge.intake, bridge.settings.web
    teller = Teller(bridge)

    # Without strict_slashes it has a slash at its end as well: to redirect would be to lose.
    @blueprint.post("/statements", strict_slashes=False)
    def post_statements() -> Response:
        """Store one statement or a batch; answers with their ids (Communication 2.1.2)."""
        _check_parameters()
        with read_statements_request(g.version, single=False, web=web) as sent:
            attachments.store(bridge.store, sent.files, clock=utc_now)
            return answer(200, intake.store(_origin(), sent.received))

    @blueprint.put("/statements", strict_slashes=False)
    def put_statement() -> Response:
        """Store one statement under the id in ``statementId`` (Communication 2.1.1)."""
        _check_parameters("statementId")
        statement_id = _statement_id()
        with read_statements_request(g.version, single=True, web=web) as sent:
            [received] = sent.received
            check_put(received, statement_id, version=g.version)
            attachments.store(bridge.store, sent.files, clock=utc_now)
            intake.store(_origin(), [received], under=statement_id)
        return nothing()

    @blueprint.errorhandler(Conflict)
    def conflict(error: Conflict) -> Response:
        return refused(409, str(error))

    # Flask answers HEAD as it answers GET, without the body.
    @blueprint.get("/statements", strict_slashes=False)
    def get_statements() -> Response:
        """Tell one statement, or those that pass the filters (Communication 2.1.3)."""
        g.through = bridge.index.catch_up(utc_now(), seconds=PATIENCE_SECONDS)
        query, after = asked(request.query_string, g.version)
        sender = g.sender if g.grant.reads_only_its_own else None
        if sender is None:
            readers.note(g.grant, address(), query.agent)
        noted: dict[str, str] = {}
        told = teller.tell(
            query,
            after,
            sender=sender,
            language=request.headers.get("Accept-Language"),
            passing=lambda told: attachments.noting(told, noted) if query.attachments else told,
        )
        if query.attachments:
            response = with_files(told.body, attachments.files(bridge.store, noted))
        else:
            response = Response(told.body, mimetype=JSON)
        response.headers.update(told.headers)
        if query.single:
            response.make_conditional(request)
        return response

    @blueprint.after_request
    def tell_how_far(response: Response) -> Response:
        """Up to when everything can be found, whatever the answer is (Communication 2.1.3)."""
        if request.method in ("GET", "HEAD"):
            if (through := g.get("through")) is None:
                through = consistent_through(bridge.store, utc_now())
            response.headers[THROUGH] = format_timestamp(through)
        return response

    return blueprint


def _origin() -> Origin:
    return Origin(g.sender, g.grant.authority, g.version)


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
    return canonical_uuid(statement_id)
