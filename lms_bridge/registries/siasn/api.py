"""One call of the WS SIASN API: both tokens on it, renewed at need, its answer judged."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from urllib3.filepost import encode_multipart_formdata

from lms_bridge.errors import DeliveryError
from lms_bridge.http import phrases
from lms_bridge.http.client import Answer, HttpClient, NoAnswerError
from lms_bridge.http.surroundings import Surroundings
from lms_bridge.http.trouble import (
    by_status,
    credentials_rejected,
    no_answer,
    outcome_unknown,
    read_secret,
    unavailable,
)
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import Document
from lms_bridge.registries.siasn.settings import SiasnSettings
from lms_bridge.registries.siasn.tokens import Tokens
from lms_bridge.registries.siasn.verdict import Verdict, judge, judge_upload


class Api:
    """The API of one registry. Threads may share it."""

    def __init__(self, name: str, settings: SiasnSettings, surroundings: Surroundings) -> None:
        self.remote = f"registry.{name}"
        self.url = settings.api_url.rstrip("/")
        self.http = HttpClient(settings, surroundings.gate)
        self.tokens = Tokens(name, settings, self.http, note=surroundings.note_token)
        self._cookies = settings.cookies

    def get(self, path: str) -> Verdict:
        """Ask for `path`: a verdict of kind "success" or "none", with the data."""
        return self._call("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Verdict:
        """Write `body`: a verdict of kind "success".

        The error is `outcome_unknown` unless the answer proves that nothing was written.
        """
        return self._call("POST", path, body)

    def upload(self, path: str, fields: Mapping[str, str], file: Document) -> Verdict:
        """Write a file and the `fields` that go with it: a verdict of kind "success".

        The error is `outcome_unknown` unless the answer proves that nothing was written.
        """
        parts: dict[str, Any] = {**fields, "file": (file.name, file.content, "application/pdf")}
        body, kind = encode_multipart_formdata(parts, boundary=secrets.token_hex(16))
        seen = {**fields, "file": f"{file.name}, {len(file.content)} bytes"}
        return self._call("POST", path, None, upload=_Upload(body, kind, seen))

    def delete(self, path: str) -> None:
        """Delete what `path` names; whether it is gone has to be looked up.

        What an answer to a deletion looks like is not known (registry facts, section 2): one
        that says nothing, or that there is nothing of the kind, is no error.
        """
        self._call("DELETE", path, None)

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        *,
        upload: _Upload | None = None,
    ) -> Verdict:
        """Call, and once more for each token that is refused, renewed."""
        writing = method != "GET"
        renewed: set[str] = set()
        while True:
            apim, sso = self.tokens.apim.get(), self.tokens.sso.get()
            try:
                answer = self.http.exchange(
                    method,
                    self.url + path,
                    headers=self._headers(apim, sso)
                    | ({"Content-Type": upload.kind} if upload else {}),
                    json=body,
                    body=upload.body if upload else None,
                    noted=upload.seen if upload else None,
                    writes=writing,
                )
            except NoAnswerError as failure:
                raise no_answer(self.remote, failure, writing=writing) from None
            verdict = judge(answer)
            if upload and verdict.kind == "unreadable":
                verdict = judge_upload(answer) or verdict
            if method == "DELETE" and (settled := self._deleted(verdict, answer)):
                return settled
            if verdict.kind == "mismatch":  # clients have been seen to log in anew (section 1)
                self.tokens.sso.doubted(sso)
            if verdict.kind != "token":
                return self._settled(verdict, answer, writing=writing, upload=bool(upload))
            token = verdict.token
            if token == "either":  # noqa: S105 - it does not say which: one after the other
                token = "sso" if "apim" in renewed else "apim"
            if token == "apim":  # noqa: S105
                self.tokens.apim.refused(apim, verdict.message)
            else:
                self.tokens.sso.refused(sso, verdict.message)
            if writing and not verdict.proven:
                raise outcome_unknown(self.remote, verdict.message)
            if token in renewed and not verdict.proven:  # so it was not the token
                raise unavailable(self.remote, verdict.message)
            if token in renewed:
                raise self._rejected(token, verdict.message)
            renewed.add(token)

    def _headers(self, apim: str, sso: str) -> dict[str, str]:
        """What each call carries."""
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {apim}",
            "Auth": f"bearer {sso}",
        }
        if self._cookies:
            cookies = read_secret(self._cookies, self.remote, f"{self.remote}.cookies")
            # As it is copied out of a browser, with the name of the header and broken lines.
            headers["Cookie"] = " ".join(cookies.split()).removeprefix("Cookie:").strip()
        return headers

    def _deleted(self, verdict: Verdict, answer: Answer) -> Verdict | None:
        """The verdict on a deletion, where it is another than on other writes."""
        if verdict.kind == "none" or (answer.status in (200, 204) and not answer.text().strip()):
            return Verdict("none", message=verdict.message)
        if verdict.kind == "refused" or (
            # No such way in: one public list of the API has no deletion of diklat.
            verdict.kind == "unreadable" and answer.status in (404, 405, 501)
        ):
            raise DeliveryError(
                Reason("removal_refused", remote=self.remote, message=verdict.message),
                retryable=False,
            )
        return None

    def _settled(self, verdict: Verdict, answer: Answer, *, writing: bool, upload: bool) -> Verdict:
        """The verdict that the caller can use; every other one as the error that it is."""
        said = verdict.message
        match verdict.kind:
            case "success":
                return verdict
            case "none" if not writing:
                return verdict
            case "refused" if not writing and not phrases.RULE.search(said):
                raise unavailable(self.remote, said)  # a question breaks no rule
            case "none" | "refused":
                raise DeliveryError(
                    Reason("registry_refused", remote=self.remote, message=said),
                    retryable=False,
                    # What a document is uploaded to was there, or is only shown a little later.
                    doubtful=(upload and verdict.kind == "none") or not phrases.RULE.search(said),
                )
            case "busy" if writing and not verdict.proven:
                raise outcome_unknown(self.remote, said)
            case "mismatch":
                raise DeliveryError(
                    Reason("sso_mismatch", remote=self.remote, message=said),
                    retryable=False,
                    remote_wide=True,
                )
            case "suspended":
                raise DeliveryError(
                    Reason("backend_suspended", remote=self.remote, message=said),
                    retryable=True,
                    remote_wide=True,
                    retry_after=answer.retry_after(),
                )
            case "busy" | "throttled":
                raise unavailable(self.remote, said, retry_after=answer.retry_after())
            case "unavailable" if not writing:
                raise unavailable(self.remote, said, retry_after=answer.retry_after())
        setting = f"{self.remote}.api_url"
        raise by_status(self.remote, answer, setting=setting, writing=writing)

    def _rejected(self, token: str, message: str) -> DeliveryError:
        """A token that was only just issued is refused too: its account may be no good.

        It may also be that the gateway's nodes do not know it yet; so it is not taken for
        certain (not `retryable`) at the first time.
        """
        setting = "consumer_key" if token == "apim" else "sso_username"  # noqa: S105
        return credentials_rejected(self.remote, setting, message, retryable=True)


class _Upload(NamedTuple):
    body: bytes
    kind: str
    seen: Mapping[str, str]
    """what may be told of it"""
