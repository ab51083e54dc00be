"""One call of a system that is described in TOML: signed, sent, and its answer judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple
from urllib.parse import unquote

from lms_bridge.errors import DeliveryError
from lms_bridge.http import hiding
from lms_bridge.http.client import Answer, HttpClient, NoAnswerError
from lms_bridge.http.surroundings import Issued
from lms_bridge.http.trouble import (
    by_status,
    credentials_rejected,
    no_answer,
    outcome_unknown,
    unavailable,
)
from lms_bridge.http.values import text
from lms_bridge.mapped.answers import Judgement, judge, rules_of
from lms_bridge.mapped.reading import first
from lms_bridge.mapped.requests import Prepared
from lms_bridge.mapped.settings import HEADER, Described, Path, Request
from lms_bridge.mapped.signing import Signing
from lms_bridge.mapped.templates import WordMissing
from lms_bridge.reasons import Reason


class Written(NamedTuple):
    """What an answer says of what was written."""

    body: Any
    headers: Mapping[str, str]

    def named(self, path: Path) -> str:
        """What it is called at `path`, or by the last part of a header (``header:Location``)."""
        for one in (path,) if isinstance(path, str) else path:
            kind, _, header = one.partition(":")
            if kind == HEADER:
                name = self.headers.get(header, "").partition("?")[0].rstrip("/").rpartition("/")[2]
                found = unquote(name).strip()
            else:
                found = text(first(self.body, one))
            if found:
                return found
        return ""


class Refusals(NamedTuple):
    """The reasons by which it is told that a system of some kind has refused something."""

    of_a_request: str = "registry_refused"
    of_a_removal: str = "removal_refused"


class Api:
    """The API of one system, the `remote`. Threads may share it."""

    def __init__(
        self,
        remote: str,
        settings: Described,
        http: HttpClient,
        note: Callable[[Issued], None],
        refusals: Refusals = Refusals(),  # noqa: B008
    ) -> None:
        self.remote = remote
        self.url = settings.url.rstrip("/")
        self.http = http
        self.signing = Signing(remote, settings, http, note=note)
        self._settings = settings
        self._refusals = refusals

    def ask(self, request: Request, prepared: Prepared, values: Mapping[str, Any]) -> Judgement:
        """Ask: a judgement of "success" or "none"."""
        judged, answer = self._call(request, prepared, values, writing=False)
        if judged.means in ("success", "none"):
            return judged
        raise self._error(judged, answer, writing=False)

    def write(self, request: Request, prepared: Prepared, values: Mapping[str, Any]) -> Written:
        """Write: an answer of "success".

        The error is `outcome_unknown` unless the answer proves that nothing was written.
        """
        judged, answer = self._call(request, prepared, values, writing=True)
        if judged.means == "success":
            return Written(judged.body, answer.headers)
        raise self._error(judged, answer, writing=True)

    def delete(self, request: Request, prepared: Prepared, values: Mapping[str, Any]) -> None:
        """Delete; whether it is gone has to be looked up.

        An answer that says nothing, or that there is nothing of the kind, is no error.
        """
        judged, answer = self._call(request, prepared, values, writing=True)
        says_nothing = answer.status in (200, 204) and not answer.text().strip()
        if judged.means in ("success", "none") or says_nothing:
            return
        if judged.means == "refused" or answer.status in (405, 501):
            raise DeliveryError(
                Reason(self._refusals.of_a_removal, remote=self.remote, message=judged.message),
                retryable=False,
            )
        raise self._error(judged, answer, writing=True)

    def _call(
        self, request: Request, prepared: Prepared, values: Mapping[str, Any], *, writing: bool
    ) -> tuple[Judgement, Answer]:
        """Call, and once more with another token if one is refused that can be renewed.

        Secrets are taken out of what is said to people only: rows must be read as they are,
        whatever word a username is.
        """
        rules = rules_of(request, self._settings.answers)
        renewed = False
        while True:
            token = self.signing.token()
            # A password that was refused is not tried again and again: that locks accounts.
            with self._unless_refused(token):
                hidden = [*self.signing.hidden(), *(hiding.forms(token) if len(token) > 3 else ())]
                answer = self._send(prepared, values, token, hidden, writing=writing)
                judged = judge(answer, rules, self._settings.messages)
                judged = judged.without(hidden)
                answer = answer.without(hidden)
                if judged.means != "credentials":
                    return judged, answer
                self.signing.refused(token, judged.message)
                if renewed or not self.signing.renews:
                    raise self._rejected(judged.message)
            renewed = True

    def _unless_refused(self, token: str) -> AbstractContextManager[None]:
        if self._settings.auth.way == "basic":
            return self.signing.bad_password.guard(token)
        return nullcontext()

    def _send(
        self,
        prepared: Prepared,
        values: Mapping[str, Any],
        token: str,
        hidden: Sequence[str],
        *,
        writing: bool,
    ) -> Answer:
        try:
            filled = prepared.fill(
                {**values, **self.signing.constants, **self.signing.keys(), "token": token}
            )
        except WordMissing as error:
            raise DeliveryError(
                Reason(
                    "word_missing",
                    remote=self.remote,
                    enumeration=error.enumeration,
                    value=error.value,
                ),
                retryable=False,
            ) from None
        try:
            return self.http.exchange(
                filled.method,
                filled.url,
                headers={**filled.headers, **self.signing.headers(token)},
                json=filled.json,
                form=filled.form,
                body=filled.body,
                noted=filled.noted,
                writes=writing,
                hidden=hidden,
            )
        except NoAnswerError as failure:
            raise no_answer(self.remote, failure, writing=writing) from None

    def _error(self, judged: Judgement, answer: Answer, *, writing: bool) -> DeliveryError:
        """What an answer that cannot be used is."""
        said = judged.message
        match judged.means:
            case "refused" | "none":
                reason = Reason(self._refusals.of_a_request, remote=self.remote, message=said)
                return DeliveryError(reason, retryable=False)
            case "unanswered" if writing:
                return outcome_unknown(self.remote, said)
            case "retry" | "unanswered":
                return unavailable(self.remote, said, retry_after=answer.retry_after())
        if not writing and answer.status == 200 and not answer.text().strip(' \r\n\t"0'):
            return unavailable(self.remote, said)  # what is seen while something behind it is down
        return by_status(self.remote, answer, setting=f"{self.remote}.url", writing=writing)

    def _rejected(self, message: str) -> DeliveryError:
        """The registry does not let the bridge in: only a person can mend it.

        An issued token may only not be known everywhere yet; so that is not certain at once.
        """
        signing = self.signing
        return credentials_rejected(
            self.remote, signing.credential, message, retryable=signing.renews
        )
