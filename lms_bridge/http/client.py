"""One call over HTTP, done so that no remote can hold or fill the bridge.

Nothing is repeated, no redirect is followed (the credentials would go along, and a POST
would become a GET) and no cookie is kept. ``HTTPS_PROXY`` and its kin are obeyed where the settings
do not name a proxy; ``.netrc`` is not, for it would replace the headers by which the adapters sign
in.
"""

from __future__ import annotations

import datetime as dt
import http.client
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol, TypeAlias

import msgspec
import requests
import urllib3
from requests.structures import CaseInsensitiveDict

from lms_bridge import __version__
from lms_bridge.config.remote import ConnectionSettings
from lms_bridge.config.secrets import SecretMissing
from lms_bridge.http import hiding, notes, progress, proxy, rehearsal
from lms_bridge.http.gate import OPEN, Gate
from lms_bridge.redaction import redact

LARGEST_ANSWER = 16 * 1024 * 1024
"""bytes that are read of an answer; a longer one is no answer"""
PATIENCE = 4
"""read time-outs in which an answer must have come whole, however slowly it drips in"""
_DAY = 86_400.0


class Answer(msgspec.Struct, frozen=True):
    """What came back, whole, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 become U+FFFD, a byte-order mark goes."""
        return self.body.decode("utf-8-sig", "replace")

    def without(self, hidden: Sequence[str]) -> Answer:
        """It, fit to be told of: what is `hidden` is made unseen in it."""
        headers = {name: hiding.without(each, hidden) for name, each in self.headers.items()}
        return Answer(self.status, CaseInsensitiveDict(headers), hiding.without(self.body, hidden))

    def retry_after(self) -> float | None:
        """Seconds that ``Retry-After`` asks for, given in seconds or as a date; a day at most."""
        value = self.headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdigit():
            return min(float(value), _DAY)
        try:
            until = parsedate_to_datetime(value)
        except (ValueError, TypeError):
            return None
        if until.tzinfo is None:
            until = until.replace(tzinfo=dt.UTC)
        return min(max((until - dt.datetime.now(dt.UTC)).total_seconds(), 0.0), _DAY)


class Pieces(Protocol):
    """What is sent as it is read, piece by piece, and is known to be so many bytes long."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...


Body: TypeAlias = bytes | Pieces


class NoAnswerError(Exception):
    """No whole answer came.

    `what` says why, for a person. `maybe_sent` says whether the request may have reached
    the other side, and so may have taken effect.
    """

    def __init__(self, what: str, *, maybe_sent: bool) -> None:
        super().__init__(what)
        self.what = what
        self.maybe_sent = maybe_sent


class HttpClient:
    """Calls to one outside system. Threads may share it: each has connections of its own."""

    def __init__(self, settings: ConnectionSettings, gate: Gate = OPEN) -> None:
        self._timeouts = (settings.connect_timeout_seconds, settings.read_timeout_seconds)
        self._proxy = proxy.Proxy(settings)
        self._verify: str | bool = settings.ca_bundle or self._proxy.authorities() or True
        self._gate = gate
        self._local = threading.local()

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: Any = None,
        body: Body | None = None,
        noted: Any = None,
        secret: bool = False,
        writes: bool = False,
        hidden: Sequence[str] = (),
    ) -> Answer:
        """Do one call and return its answer, whatever its status.

        What is sent is one of `form`, `json` and `body`, whose ``Content-Type`` is in `headers`.
        `noted` is what the note shows of the request instead of `form` or `json`; with
        `secret` the note shows neither the request nor the answer (token exchanges). What is
        `hidden` (keys that are part of an address, say) is seen neither in the note nor in the
        error; the answer itself is returned as it came. A call that `writes` is not sent in a
        rehearsal.
        Raises :exc:`NoAnswerError` when no whole answer came, and
        :exc:`~lms_bridge.errors.NotNow` when it is not the time for a call.
        """
        if writes and rehearsal.is_on():
            if body is None and noted is not None:
                form, json = (noted, None) if form else (None, noted)
            held_back = self._prepared(method, url, headers or {}, body or form, json)
            raise rehearsal.NotSent(held_back.masked(hidden))
        request = None if secret else (noted if noted is not None else form or json)
        with self._gate.turn(writes=writes):
            begun = time.monotonic()
            try:
                answer = self._exchange(method, url, headers or {}, body or form, json, begun)
            except NoAnswerError as failure:
                spent = time.monotonic() - begun
                what = hiding.without(failure.what, hidden)
                notes.add(method, url, spent, request=request, failure=what, hidden=hidden)
                raise NoAnswerError(what, maybe_sent=failure.maybe_sent) from None
            spent = time.monotonic() - begun
        notes.add(
            method,
            url,
            spent,
            request=request,
            status=answer.status,
            answer=None if secret else answer.text(),
            hidden=hidden,
        )
        return answer

    def _prepared(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: Body | Mapping[str, str] | None,
        json: Any,
    ) -> rehearsal.Outgoing:
        """The request as it would be sent, to the last header."""
        asked = requests.Request(method, url, headers=dict(headers), json=json)
        if data is not None:
            asked.data = dict(data) if isinstance(data, Mapping) else b"".join(_pieces(data))
        sent = self._session().prepare_request(asked)
        return rehearsal.Outgoing(
            sent.method or method,
            sent.url or url,
            {str(name): _readable(value) for name, value in sent.headers.items()},
            _readable(rehearsal.without_files(sent.body or b"")),
        )

    def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: Body | Mapping[str, str] | None,
        json: Any,
        begun: float,
    ) -> Answer:
        progress.begin()
        try:
            with self._session().request(
                method,
                url,
                headers={name: _sendable(value) for name, value in headers.items()},
                data=data,
                json=json,
                timeout=self._timeouts,
                verify=self._verify,
                proxies=self._proxies(),
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code == 407:  # a proxy's own answer: it passed nothing on
                    raise NoAnswerError(proxy.WANTS, maybe_sent=False)
                body = _read(response, begun + PATIENCE * self._timeouts[1])
                return Answer(response.status_code, response.headers, body)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as error:
            # The library's own message holds the URL and with it the NIP: it must not follow
            # this one into a traceback.
            sent = progress.maybe_sent(error)
            raise NoAnswerError(self._why(error, sent=sent), maybe_sent=sent) from None

    def _proxies(self) -> dict[str, str] | None:
        try:
            return self._proxy.for_requests()
        except (SecretMissing, UnicodeError) as error:
            raise NoAnswerError(f"proxy_credentials: {error}", maybe_sent=False) from None

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = new_session()
            session.trust_env = not self._proxy.is_settled
        return session

    def _why(self, error: Exception, *, sent: bool) -> str:
        """In a few words, what hindered the call; of several causes, the one that says most."""
        connect, read = self._timeouts
        causes = list(progress.causes(error))
        if words := proxy.hindrance(causes):
            return words
        for kind, words in _WORDS:
            for cause in causes:
                if isinstance(cause, kind):
                    return words.format(cause=cause)
        if any(isinstance(cause, _TIMEOUTS) for cause in causes):
            return f"no answer within {read:g} s" if sent else f"no connection within {connect:g} s"
        for cause in causes:
            if isinstance(cause, OSError) and cause.errno and cause.strerror:
                return cause.strerror
        return redact(f"{type(error).__name__}: {error}")[:200]


_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (urllib3.exceptions.NameResolutionError, "its host name cannot be resolved"),
    (
        ssl.SSLCertVerificationError,
        "its TLS certificate is not trusted: {cause.verify_message}",
    ),
    (ConnectionRefusedError, "the connection was refused"),
    (http.client.RemoteDisconnected, "the connection was closed without an answer"),
    (ConnectionResetError, "the connection was reset"),
    (BrokenPipeError, "the connection was reset"),
    (ssl.SSLError, "the TLS connection failed: {cause.reason}"),
)
_TIMEOUTS = (requests.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError)


def new_session() -> requests.Session:
    """A session that names itself, keeps no cookies and ignores ``.netrc``."""
    session = requests.Session()
    session.headers["User-Agent"] = f"lms-bridge/{__version__}"
    session.auth = _as_it_is
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, progress.NotingAdapter())
    return session


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """The authentication that adds nothing: its being set keeps ``.netrc`` out."""
    return request


def _pieces(body: Body) -> Iterator[bytes]:
    return iter((body,)) if isinstance(body, bytes) else iter(body)


def _readable(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _sendable(value: str) -> str | bytes:
    """A header's value; a token with a stray typographic sign is for the remote to refuse."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()
    return value


def _read(response: requests.Response, deadline: float) -> bytes:
    """The body, piece by piece as it comes, so that neither its size nor its slowness holds us."""
    pieces: list[bytes] = []
    size = 0
    while piece := response.raw.read1(65_536, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            limit = LARGEST_ANSWER // 1024**2
            raise NoAnswerError(f"its answer is longer than {limit} MiB", maybe_sent=True)
        if time.monotonic() > deadline:
            raise NoAnswerError("its answer came too slowly to be waited for", maybe_sent=True)
    return b"".join(pieces)
