"""Telling statements to who asks for them (Communication 2.1.3), whichever way the request came.

>>> query, after = asked(b"verb=http://adlnet.gov/expapi/verbs/completed&limit=50", g.version)
>>> answer = Teller(bridge).tell(query, after, sender=None, language="id")

Nearly every request is answered by :func:`short_way`, which spares it Flask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.lrs.authority import BRIDGE, authority
from lms_bridge.lrs.finding import Page, Reader
from lms_bridge.lrs.indexing import PATIENCE_SECONDS
from lms_bridge.lrs.knowledge import definitions_of
from lms_bridge.store.engine import Store
from webhook import scopes
from webhook.access import Access
from webhook.admission import at_once
from webhook.lrs import KEPT, PREFIX, Refused
from webhook.peer import address_in
from webhook.readers import Readers
from xapi.canonical_format import Canonical
from xapi.concurrency import etag
from xapi.cursor import Cursor
from xapi.definitions import activities_in
from xapi.ids_format import with_ids
from xapi.languages import Languages
from xapi.negotiation import HEADER
from xapi.outline import outline
from xapi.parameters import pairs_in
from xapi.query import StatementsQuery, read_query
from xapi.retrieval import last_modified, statement_result
from xapi.times import format_timestamp
from xapi.versions import Version

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THROUGH: Final = "X-Experience-API-Consistent-Through"
"""the header that says up to when everything can be found"""
_TO_THINK_OVER: Final = (
    "HTTP_IF_MATCH",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_UNMODIFIED_SINCE",
)

_Contents: TypeAlias = Iterable[bytes]
_Form: TypeAlias = Callable[[Sequence[bytes]], _Contents]


class Told(NamedTuple):
    """What is answered."""

    body: _Contents
    """the JSON; a list if all of it is there already"""
    headers: Mapping[str, str]
    """what is to be said besides"""


def asked(encoded: bytes, version: Version) -> tuple[StatementsQuery, int | None]:
    """What a query string asks for, and how far the answer was told already."""
    pairs = pairs_in(encoded)
    if [name for name, _ in pairs] == ["more"]:
        cursor = Cursor.of(pairs[0][1])
        return cursor.query, cursor.after
    return read_query(pairs, version=version), None


class Teller:
    """Tells the statements that are stored in `bridge`."""

    def __init__(self, bridge: Bridge) -> None:
        web = bridge.settings.web
        self._store = bridge.store
        self._most = web.most_told
        self._reader = Reader(bridge.store, authority(web.home_page, BRIDGE))

    def tell(
        self,
        query: StatementsQuery,
        after: int | None,
        *,
        sender: str | None,
        language: str | None,
        passing: Callable[[_Contents], _Contents] = lambda told: told,
    ) -> Told:
        """What `query` asks for, after the place `after`; of `sender` alone if that is given.

        `language` is the ``Accept-Language`` of the request. The statements are led through
        `passing` on their way. Raises :exc:`~webhook.lrs.Refused` when the one is not there.
        """
        form = _form(query, self._store, language)
        if query.single is None:
            most = min(query.limit or self._most, self._most)
            page = self._reader.page(query, after=after, most=most, sender=sender)
            found = passing(told for some in page for told in form(some))
            chunks = statement_result(found, lambda: _more(query, page))
            return Told([b"".join(chunks)] if page.is_read else chunks, {})
        voided = query.voided_statement_id is not None
        told = self._reader.one(query.single, voided=voided, sender=sender)
        if told is None:
            raise Refused(404, f"there is no such statement: {query.single}")
        headers = {"Last-Modified": last_modified(told.stored), "ETag": etag(told.content)}
        return Told(list(passing(form([told.content]))), headers)


def _more(query: StatementsQuery, page: Page) -> str:
    if page.last is None:
        return ""
    return f"{PREFIX}/statements?more={Cursor(query, page.last).token()}"


def _form(query: StatementsQuery, store: Store, language: str | None) -> _Form:
    """How the bytes of complete statements are told in the format that is asked for."""
    if query.format == "ids":
        return lambda contents: map(with_ids, contents)
    if query.format == "exact":
        return lambda contents: contents
    definitions: dict[str, bytes] = {}
    tell = Canonical(Languages.of(language), definitions.get)

    def canonical(contents: Sequence[bytes]) -> _Contents:
        activities = (each for content in contents for each in activities_in(outline(content)))
        unknown = {activity.id for activity in activities if activity.id} - definitions.keys()
        with store.glancing() as db:
            definitions.update(definitions_of(db, unknown))
        return map(tell, contents)

    return canonical


def short_way(
    ordinary: WSGIApplication, bridge: Bridge, access: Access, readers: Readers
) -> WSGIApplication:
    """`ordinary`, but for requests for statements about which nothing has to be thought over.

    As with :func:`webhook.storing.short_way`, any other goes the ordinary way, and so does one
    that turns out to be refused.
    """
    teller, index, proxies = Teller(bridge), bridge.index, bridge.settings.web.networks

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            told = answer(environ)
        except Exception:  # whatever it is: it comes up once more where it is answered
            told = None
        if told is None:
            return ordinary(environ, start_response)
        if isinstance(told.body, list):
            length = str(sum(map(len, told.body)))
            start_response("200 OK", [*told.headers.items(), ("Content-Length", length)])
        else:
            start_response("200 OK", list(told.headers.items()))
        return told.body

    def answer(environ: WSGIEnvironment) -> Told | None:
        if environ["REQUEST_METHOD"] != "GET" or environ["PATH_INFO"] != f"{PREFIX}/statements":
            return None
        admitted = at_once(environ, access, scopes.READS, unless=_TO_THINK_OVER)
        if admitted is None:
            return None
        grant, version = admitted
        query, after = asked(environ["QUERY_STRING"].encode("latin-1"), version)
        if query.attachments:
            return None
        through = index.catch_up(utc_now(), seconds=PATIENCE_SECONDS)
        sender = grant.name if grant.reads_only_its_own else None
        if sender is None:
            readers.note(grant, address_in(environ, proxies), query.agent)
        language = environ.get("HTTP_ACCEPT_LANGUAGE")
        told = teller.tell(query, after, sender=sender, language=language)
        headers = {
            "Content-Type": "application/json",
            "Vary": "Origin",
            "Cache-Control": KEPT,
            HEADER: version.value,
            THROUGH: format_timestamp(through),
        }
        return told._replace(headers=headers | dict(told.headers))

    return call
