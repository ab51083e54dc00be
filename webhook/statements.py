"""The Statements resource: ``/xapi/statements`` (Communication 2.1).

A statement that is valid is never refused for reasons of ours. A real LMS counts only a
plain 200 as received, and gives up for good on anything else (Moodle facts, section 5), so
every refusal here is one that the standard demands.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from flask import Blueprint, Response, g, request

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.intake import Conflict, Origin
from lms_bridge.lrs import attachments
from lms_bridge.lrs.finding import Reader
from lms_bridge.lrs.indexing import PATIENCE_SECONDS, consistent_through
from lms_bridge.lrs.knowledge import definitions_of
from webhook.access import authority
from webhook.bodies import JSON, read_statements_request, with_files
from webhook.lrs import PREFIX, Refused, answer, nothing, refused
from xapi import canonical_uuid, is_uuid
from xapi.canonical_format import Canonical
from xapi.concurrency import etag
from xapi.cursor import Cursor
from xapi.definitions import activities_in
from xapi.ids_format import with_ids
from xapi.languages import Languages
from xapi.outline import outline
from xapi.parameters import pairs_in
from xapi.query import StatementsQuery, check_put, read_query
from xapi.retrieval import last_modified, statement_result
from xapi.times import format_timestamp

_Form: TypeAlias = Callable[[Sequence[bytes]], Iterable[bytes]]


def resource(bridge: Bridge) -> Blueprint:
    """The resource, which stores in `bridge` what it receives."""
    blueprint = Blueprint("statements", __name__, url_prefix=PREFIX)
    intake, web = bridge.intake, bridge.settings.web
    reader = Reader(bridge.store, authority(web.home_page, "lms-bridge"))

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
            intake.store_as(_origin(), statement_id, received)
        return nothing()

    @blueprint.errorhandler(Conflict)
    def conflict(error: Conflict) -> Response:
        return refused(409, str(error))

    # Flask answers HEAD as it answers GET, without the body.
    @blueprint.get("/statements", strict_slashes=False)
    def get_statements() -> Response:
        """Tell one statement, or those that pass the filters (Communication 2.1.3)."""
        g.through = bridge.index.catch_up(utc_now(), seconds=PATIENCE_SECONDS)
        query, after = _asked(request.query_string)
        return _one(query) if query.single else _page(query, after)

    @blueprint.after_request
    def tell_how_far(response: Response) -> Response:
        """Up to when everything can be found, whatever the answer is (Communication 2.1.3)."""
        if request.method in ("GET", "HEAD"):
            if (through := g.get("through")) is None:
                through = consistent_through(bridge.store, utc_now())
            response.headers["X-Experience-API-Consistent-Through"] = format_timestamp(through)
        return response

    def _one(query: StatementsQuery) -> Response:
        assert query.single is not None
        voided = query.voided_statement_id is not None
        told = reader.one(query.single, voided=voided, sender=_only_sender())
        if told is None:
            raise Refused(404, f"there is no such statement: {query.single}")
        response = _sent(list(_form(query, bridge)([told.content])), query, bridge)
        response.headers["Last-Modified"] = last_modified(told.stored)
        response.headers["ETag"] = etag(told.content)
        response.make_conditional(request)
        return response

    def _page(query: StatementsQuery, after: int | None) -> Response:
        most = min(query.limit or web.most_told, web.most_told)
        page = reader.page(query, after=after, most=most, sender=_only_sender())
        form = _form(query, bridge)
        found = (told for some in page for told in form(some))

        def more() -> str:
            if page.last is None:
                return ""
            return f"{PREFIX}/statements?more={Cursor(query, page.last).token()}"

        def framed(told: Iterable[bytes]) -> Iterable[bytes]:
            chunks = statement_result(told, more)
            return [b"".join(chunks)] if page.is_read else chunks

        return _sent(found, query, bridge, framed)

    return blueprint


def _asked(encoded: bytes) -> tuple[StatementsQuery, int | None]:
    """What is asked, and how far the answer was told already."""
    pairs = pairs_in(encoded)
    if [name for name, _ in pairs] == ["more"]:
        cursor = Cursor.of(pairs[0][1])
        return cursor.query, cursor.after
    return read_query(pairs, version=g.version), None


def _form(query: StatementsQuery, bridge: Bridge) -> _Form:
    """How the bytes of complete statements are told in the format that is asked for."""
    if query.format == "ids":
        return lambda contents: map(with_ids, contents)
    if query.format == "exact":
        return lambda contents: contents
    definitions: dict[str, bytes] = {}
    tell = Canonical(Languages.of(request.headers.get("Accept-Language")), definitions.get)

    def canonical(contents: Sequence[bytes]) -> Iterable[bytes]:
        activities = (each for content in contents for each in activities_in(outline(content)))
        unknown = {activity.id for activity in activities if activity.id} - definitions.keys()
        with bridge.store.glancing() as db:
            definitions.update(definitions_of(db, unknown))
        return map(tell, contents)

    return canonical


def _sent(
    told: Iterable[bytes],
    query: StatementsQuery,
    bridge: Bridge,
    framed: Callable[[Iterable[bytes]], Iterable[bytes]] = lambda told: told,
) -> Response:
    """The statements `told`, `framed` as a body, and their attachments if those are asked for."""
    if not query.attachments:
        return Response(framed(told), mimetype=JSON)
    noted: dict[str, str] = {}
    body = framed(attachments.noting(told, noted))
    return with_files(body, attachments.files(bridge.store, noted))


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
    return canonical_uuid(statement_id)
