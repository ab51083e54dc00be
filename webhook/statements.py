"""The Statements resource: ``/xapi/statements`` (Communication 2.1).

A statement that is valid is never refused for reasons of ours. A real LMS counts only a
plain 200 as received, and gives up for good on anything else (Moodle facts, section 5), so
every refusal here is one that the standard demands.
"""

from __future__ import annotations

import difflib
import hashlib
import secrets
from collections.abc import Callable, Iterable

from flask import Blueprint, Response, g, request

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.intake import Conflict, Origin
from lms_bridge.lrs.finding import Reader
from lms_bridge.lrs.indexing import catch_up, consistent_through
from lms_bridge.lrs.knowledge import definition_of
from webhook.access import authority
from webhook.lrs import PREFIX, Refused, answer, whole_body
from xapi import InvalidStatement, RequestTooLarge, canonical_uuid, is_uuid, read_statements
from xapi.canonical_format import Canonical
from xapi.cursor import Cursor
from xapi.ids_format import with_ids
from xapi.languages import Languages
from xapi.parameters import pairs_in
from xapi.query import StatementsQuery, read_query
from xapi.retrieval import last_modified, statement_result, with_attachments
from xapi.times import format_timestamp


def resource(bridge: Bridge) -> Blueprint:
    """The resource, which stores in `bridge` what it receives."""
    blueprint = Blueprint("statements", __name__, url_prefix=PREFIX)
    intake, web = bridge.intake, bridge.settings.web
    reader = Reader(bridge.store, authority(web.home_page, "lms-bridge"))
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
                200, intake.store(_origin(), read_statements(body, most=most, version=g.version))
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
            intake.store_as(_origin(), statement_id, received)
        except InvalidStatement as error:
            raise Refused(400, str(error)) from None
        except Conflict as error:
            raise Refused(409, str(error)) from None
        return Response(status=204)

    # Flask answers HEAD as it answers GET, without the body.
    @blueprint.get("/statements", strict_slashes=False)
    def get_statements() -> Response:
        """Tell one statement, or those that pass the filters (Communication 2.1.3)."""
        catch_up(bridge.store)
        query, after = _asked(request.query_string)
        response = _one(query) if query.single else _page(query, after)
        with bridge.store.reading() as db:
            through = consistent_through(db, utc_now())
        response.headers["X-Experience-API-Consistent-Through"] = format_timestamp(through)
        return response

    def _one(query: StatementsQuery) -> Response:
        assert query.single is not None
        voided = query.voided_statement_id is not None
        told = reader.one(query.single, voided=voided, sender=_only_sender())
        if told is None:
            raise Refused(404, f"there is no such statement: {query.single}")
        response = _sent([_form(query, bridge)(told.content)], query)
        response.headers["Last-Modified"] = last_modified(told.stored)
        response.set_etag(hashlib.sha1(told.content, usedforsecurity=False).hexdigest())
        response.make_conditional(request)
        return response

    def _page(query: StatementsQuery, after: int | None) -> Response:
        most = min(query.limit or web.most_told, web.most_told)
        page = reader.page(query, after=after, most=most, sender=_only_sender())
        more = (
            f"{PREFIX}/statements?more={Cursor(query, page.seqs[-1]).token()}" if page.more else ""
        )
        form = _form(query, bridge)
        told = (form(each.content) for each in reader.read(page.seqs))
        return _sent(statement_result(told, more), query)

    return blueprint


def _asked(encoded: bytes) -> tuple[StatementsQuery, int | None]:
    """What is asked, and how far the answer was told already."""
    pairs = pairs_in(encoded)
    if [name for name, _ in pairs] == ["more"]:
        cursor = Cursor.of(pairs[0][1])
        return cursor.query, cursor.after
    return read_query(pairs, version=g.version), None


def _form(query: StatementsQuery, bridge: Bridge) -> Callable[[bytes], bytes]:
    """How the bytes of a complete statement are told in the format that is asked for."""
    if query.format == "ids":
        return with_ids
    if query.format == "canonical":

        def definition(activity: str) -> bytes | None:
            with bridge.store.reading() as db:
                return definition_of(db, activity)

        return Canonical(Languages.of(request.headers.get("Accept-Language")), definition)
    return lambda content: content


def _sent(content: Iterable[bytes], query: StatementsQuery) -> Response:
    if not query.attachments:
        return Response(content, mimetype="application/json")
    boundary = secrets.token_hex(16)
    return Response(
        with_attachments(boundary.encode(), content, []),
        content_type=f"multipart/mixed; boundary={boundary}",
    )


def _only_sender() -> str | None:
    """Whose statements alone the credential may read; None for everybody's (4.2)."""
    return g.sender if g.grant.reads_only_its_own else None


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
