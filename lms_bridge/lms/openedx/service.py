"""One call of an Open edX service: signed with a JWT, and its answer judged by the status.

The token is issued by the LMS for both services. Without ``token_type=jwt`` the LMS issues one
that the Credentials service does not know (``oauth_dispatch/views.py``).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from lms_bridge.errors import DeliveryError
from lms_bridge.http import hiding
from lms_bridge.http.client import Answer, HttpClient, NoAnswerError
from lms_bridge.http.tokens import Clock, IssuedToken, RefusedBefore, ask_for_token
from lms_bridge.http.trouble import (
    by_status,
    credentials_rejected,
    excerpt,
    no_answer,
    read_secret,
    shortened,
    unreadable,
)
from lms_bridge.http.values import parsed
from lms_bridge.lms.openedx.settings import OpenEdxSettings
from lms_bridge.reasons import Reason

_MOST_PAGES = 1000
_CREDENTIAL = "client_id, client_secret"

Row = dict[str, Any]


class Service:
    """The APIs of one site. Threads may share it."""

    def __init__(
        self,
        name: str,
        settings: OpenEdxSettings,
        http: HttpClient,
        clock: Clock = time.monotonic,
    ) -> None:
        self.remote = f"lms.{name}"
        self.lms = settings.url.rstrip("/")
        self.credentials = settings.credentials_url.rstrip("/")
        self._settings = settings
        self._http = http
        self._token = IssuedToken(self._issue, clock)
        self._refused_before = RefusedBefore(clock)

    def ask(self, url: str, **query: str) -> Any:
        """What a GET of `url` brings; None where there is no such thing (404)."""
        asked = f"{url}?{urlencode(query)}" if query else url
        answer = self._signed("GET", asked)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self._error(answer, asked)
        return self._read(answer)

    def rows(self, url: str, **query: str) -> Iterator[Row]:
        """All rows of a list that comes in pages, as each of its services pages them.

        Of the address of the next page only the parameters count: behind a proxy it names another
        host, and that one gets no token of ours.
        """
        for _ in range(_MOST_PAGES):
            body = self.ask(url, **query)
            if body is None:
                return
            results = body.get("results") if isinstance(body, dict) else None
            if not isinstance(results, list) or not all(isinstance(row, dict) for row in results):
                raise unreadable(self.remote, "a list has no results")
            yield from results
            pages = body.get("pagination")
            further = (pages if isinstance(pages, dict) else body).get("next")
            if not further:
                return
            query = {**query, **dict(parse_qsl(urlsplit(str(further)).query))}
        raise unreadable(self.remote, f"a list has more than {_MOST_PAGES} pages")

    def write(self, method: str, url: str, json: Any = None) -> Row | None:
        """Write; None where there is no such thing (404).

        The error is `outcome_unknown` unless the answer proves that nothing was written.
        """
        answer = self._signed(method, url, json=json, writes=True)
        if answer.status == 404:
            return None
        if answer.status not in (200, 201):
            raise self._error(answer, url, writing=True)
        body = self._read(answer)
        if not isinstance(body, dict):
            raise unreadable(self.remote, "what was written is not told of")
        return body

    def _signed(self, method: str, url: str, *, json: Any = None, writes: bool = False) -> Answer:
        """The answer; with another token, once, if one is not accepted any more."""
        renewed = False
        while True:
            token = self._token.get()
            try:
                answer = self._http.exchange(
                    method,
                    url,
                    headers={"Authorization": f"JWT {token}", "Accept": "application/json"},
                    json=json,
                    writes=writes,
                    hidden=[*hiding.secrets_of(self._settings), token],
                )
            except NoAnswerError as failure:
                raise no_answer(self.remote, failure, writing=writes) from None
            if answer.status != 401:
                return answer
            said = shortened(_said(answer))
            self._token.refused(token, said)
            if renewed:
                raise credentials_rejected(self.remote, _CREDENTIAL, said, setting="client_secret")
            renewed = True

    def _issue(self) -> tuple[str, float]:
        pair = {
            name: read_secret(secret, self.remote, f"{self.remote}.{name}")
            for name, secret in (
                ("client_id", self._settings.client_id),
                ("client_secret", self._settings.client_secret),
            )
        }
        with self._refused_before.guard(pair):
            return ask_for_token(
                self._http,
                self.remote,
                f"{self.lms}/oauth2/access_token",
                {"grant_type": "client_credentials", "token_type": "jwt", **pair},
                {},
                credential=_CREDENTIAL,
                setting="client_secret",
                url_setting="url",
                name="jwt",
                note=lambda _issued: None,
            )

    def _read(self, answer: Answer) -> Any:
        body = parsed(answer.text())
        if not isinstance(body, dict | list):
            raise unreadable(self.remote, excerpt(answer), remote_wide=True)
        return body

    def _error(self, answer: Answer, url: str, *, writing: bool = False) -> DeliveryError:
        if answer.status == 403:
            reason = Reason(
                "openedx_permission_missing",
                remote=self.remote,
                path=_without_person(urlsplit(url).path),
                message=shortened(_said(answer)),
            )
            return DeliveryError(reason, retryable=False)
        if answer.status in (400, 405, 409):
            reason = Reason(
                "lms_request_refused", remote=self.remote, message=shortened(_said(answer))
            )
            return DeliveryError(reason, retryable=False)
        return by_status(self.remote, answer, setting=f"{self.remote}.url", writing=writing)


def _without_person(path: str) -> str:
    """The path of an API, of which the certificates have a username in it."""
    api, name, _ = path.partition("/certificates/v0/certificates/")
    return api + name


def _said(answer: Answer) -> str:
    """The words of an error: of both services, and of forms, which have one for each field."""
    body = parsed(answer.text())
    if isinstance(body, dict):
        for name in ("developer_message", "detail", "error_code"):
            if isinstance(said := body.get(name), str):
                return said
    words = list(_words(body))
    return "; ".join(words) if words else excerpt(answer)


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _words(item)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
