"""The resources that keep documents: State, Activity Profile and Agent Profile.

They differ in their parameters only (:mod:`xapi.documents`), so that one view is all three
(Communication 2.2, 2.3, 2.6 and 2.7). A document is given back as it was sent, byte for byte
and with its ``Content-Type``, unless a POST merged it.
"""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Response, g, request
from flask.views import MethodView

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.lrs.documents import Documents
from webhook.lrs import PREFIX, Refused, answer, nothing, refused, whole_body
from xapi.concurrency import Preconditions, is_unchanged
from xapi.documents import DocumentQuery, Resource, read_document_query
from xapi.errors import Conflict, InvalidRequest
from xapi.merging import Document
from xapi.parameters import pairs_in
from xapi.versions import Version

_ANYTHING = "application/octet-stream"
_FROM_OUTSIDE = {
    # A sender may store a page with a script in it; a browser that is led to it is not to run
    # it as if it were one of the bridge's own.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


def resources(bridge: Bridge) -> Blueprint:
    """The three resources, which keep their documents in the database of `bridge`."""
    blueprint = Blueprint("documents", __name__, url_prefix=PREFIX)
    most_bytes = bridge.settings.web.most_request_bytes
    documents = Documents(bridge.store, clock=utc_now, most_bytes=most_bytes)
    for resource in Resource:
        view = _View.as_view(resource.name.lower(), resource, documents, most_bytes)
        blueprint.add_url_rule(f"/{resource.value}", view_func=view, strict_slashes=False)

    @blueprint.errorhandler(Conflict)
    def explain(conflict: Conflict) -> Response:
        """In plain text, which clients of the editions before 1.0.3 were promised (3.1)."""
        response = refused(conflict.status, str(conflict))
        response.set_data(str(conflict))
        response.mimetype = "text/plain"
        return response

    return blueprint


class _View(MethodView):
    init_every_request = False

    def __init__(self, resource: Resource, documents: Documents, most_bytes: int) -> None:
        self._resource = resource
        self._documents = documents
        self._most_bytes = most_bytes

    def get(self) -> Response:
        """A document by its id, or the ids of all of them (2.3, 2.6, 2.7); HEAD as well."""
        asked = self._asked()
        if asked.id is None:
            listed = self._documents.ids(asked)
            return _shown(listed.ids, "application/json", listed.etag, listed.stored)
        kept = self._documents.get(asked)
        if kept is None:
            return answer(404, {"error": f"there is no such document ({_cited(asked)})"})
        return _shown(kept.document.contents, kept.document.content_type, kept.etag, kept.stored)

    def put(self) -> Response:
        """Store a document in place of what is there (2.2)."""
        asked, sent = self._asked(), self._sent()
        kept = self._documents.put(asked, sent, _said(), version=g.version)
        return _done(kept.etag, kept.stored)

    def post(self) -> Response:
        """Store a document, or merge it into the one that is there (2.2)."""
        asked, sent = self._asked(), self._sent()
        kept = self._documents.post(asked, sent, _said(), version=g.version)
        return _done(kept.etag, kept.stored)

    def delete(self) -> Response:
        """Delete a document, or all states of an Activity and an Agent (2.3, 2.6, 2.7)."""
        self._documents.delete(self._asked(), _said(), version=g.version)
        return _done()

    def _asked(self) -> DocumentQuery:
        pairs = pairs_in(request.query_string)
        return read_document_query(self._resource, request.method, pairs, version=g.version)

    def _sent(self) -> Document:
        coding = request.headers.get("Content-Encoding", "identity")
        if coding.lower() != "identity":
            rule = "is not taken here; send the document as it is"
            raise InvalidRequest(
                "header.Content-Encoding", coding, rule, "Communication 1.5", g.version
            )
        if request.content_length is None and "Transfer-Encoding" in request.headers:
            # Of chunks the server does not say whether all of them came, and nothing in a
            # document would show that half of it is missing.
            raise Refused(
                411,
                "a document needs a Content-Length, by which it is known to be whole"
                " (Communication 2.2)",
                Connection="close",
            )
        return Document(whole_body(self._most_bytes), request.content_type or _ANYTHING)


def _cited(asked: DocumentQuery) -> str:
    version: Version = g.version
    return version.cited(asked.resource.clause)


def _said() -> Preconditions:
    return Preconditions(
        if_match=request.headers.get("If-Match"),
        if_none_match=request.headers.get("If-None-Match"),
    )


def _shown(contents: bytes, content_type: str, etag: str, stored: dt.datetime | None) -> Response:
    if is_unchanged(etag, request.headers.get("If-None-Match")):
        return _marked(nothing(304), etag, stored)
    response = Response(contents, content_type=content_type, headers=_FROM_OUTSIDE)
    return _marked(response, etag, stored)


def _done(etag: str | None = None, stored: dt.datetime | None = None) -> Response:
    return _marked(nothing(), etag, stored)


def _marked(response: Response, etag: str | None, stored: dt.datetime | None) -> Response:
    """`response`, which says which version of a document it is about (Communication 3.1)."""
    if etag is not None:
        response.headers["ETag"] = etag
    if stored is not None:
        response.last_modified = stored
    return response
