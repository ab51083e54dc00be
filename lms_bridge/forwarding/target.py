"""One other LRS: sending it statements, and judging what it answers (Communication 2.1.2).

>>> lrs = Lrs("pusat", settings, store)
>>> lrs.send([outgoing, another])

raises a :exc:`~lms_bridge.errors.DeliveryError` where they were not taken. If that is not
`remote_wide`, the trouble is with one of the statements, and it was refused with all that came
along.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Iterator, Sequence

import msgspec

from lms_bridge.checks import Check
from lms_bridge.config.settings import Forward
from lms_bridge.errors import DeliveryError
from lms_bridge.forwarding.outgoing import Enclosed, Outgoing, remote_of
from lms_bridge.http.client import Answer, Body, HttpClient, NoAnswerError
from lms_bridge.http.trouble import excerpt, moved, read_secret, unavailable, unreadable
from lms_bridge.i18n import mark
from lms_bridge.lrs import attachments
from lms_bridge.reasons import Reason
from lms_bridge.store.engine import Store
from xapi import InvalidStatement, canonical_uuid, same_statement
from xapi.retrieval import StoredFile, with_attachments
from xapi.versions import Version, edition

_JSON = "application/json"
_REFUSED = (400, 409, 413, 422)
"""what an LRS answers when it is the statements that it does not take (Communication 3.2)"""


class Lrs:
    """The target ``[forward.NAME]``."""

    def __init__(self, name: str, settings: Forward, store: Store) -> None:
        self.name = name
        self.remote = remote_of(name)
        self._settings = settings
        self._store = store
        self._url = settings.url.rstrip("/")
        self._http = HttpClient(settings)

    def send(self, some: Sequence[Outgoing]) -> None:
        """Have it store `some`, all in one request and so of one edition.

        Raises :exc:`~lms_bridge.errors.DeliveryError`.
        """
        kind, body = _body(some, self._store)
        try:
            answer = self._call("POST", "statements", some[0].version, body=body, kind=kind)
        except attachments.Damaged as error:
            raise self._refusal("attachment_damaged", some, error=error) from error
        if answer.status == 200:
            self._see_that_it_has(some, answer)
        elif answer.status == 409 and len(some) == 1:
            self._compare(some[0], answer)
        elif answer.status in _REFUSED:
            raise self._refusal("statement_refused", some, message=excerpt(answer))
        else:
            raise self._trouble(answer)

    def check(self) -> Iterator[Check]:
        """Prove address, edition and credentials, storing nothing."""
        version = Version(self._settings.version)
        subject = f"{self.remote}: address"
        try:
            about = self._call("GET", "about", version)
            editions = _editions(about)
            if about.status != 200 or not editions:
                raise self._trouble(about)
            yield Check(
                subject,
                "ok",
                mark("It is an LRS that speaks xAPI %(versions)s."),
                details={"versions": ", ".join(editions)},
            )
            if version not in map(edition, editions):
                yield Check(
                    f"{self.remote}: version",
                    "failed",
                    mark("It does not speak xAPI %(version)s."),
                    mark("Set %(setting)s to a version that it speaks."),
                    {"version": version.value, "setting": f"forward.{self.name}.version"},
                )
                return
            if version is Version.V1_0 and self._speaks(Version.V2_0):
                yield Check(
                    f"{self.remote}: version",
                    "warning",
                    mark(
                        "It speaks xAPI 2.0.0 as well, and would refuse statements of it as 1.0.3."
                    ),
                    mark('Set %(setting)s = "2.0.0".'),
                    {"setting": f"forward.{self.name}.version"},
                )
            subject = f"{self.remote}: credentials"
            # Nothing is stored by it, and some call it a mistake; but who may not store is told so.
            answer = self._call("POST", "statements", version, body=b"[]")
            if answer.status not in (200, 400):
                raise self._trouble(answer)
            yield Check(subject, "ok", mark("It takes statements from the bridge."))
        except DeliveryError as error:
            yield Check.that_failed(subject, error.reason)

    def _speaks(self, version: Version) -> bool:
        """Whether it says so to who speaks it: to others an LRS may tell of older ones only."""
        about = self._call("GET", "about", version)
        return about.status == 200 and version in map(edition, _editions(about))

    # --- what is answered

    def _see_that_it_has(self, some: Sequence[Outgoing], answer: Answer) -> None:
        """The ids that were stored are answered, so another answer is not an LRS's."""
        try:
            ids = msgspec.json.decode(answer.body, type=list[str])
        except msgspec.DecodeError:
            ids = []
        if sorted(map(canonical_uuid, ids)) != sorted(one.id for one in some):
            raise unreadable(self.remote, excerpt(answer), remote_wide=True)

    def _compare(self, one: Outgoing, conflict: Answer) -> None:
        """An LRS may answer so of any statement that it has (Communication 2.1.2): has it this one?

        If not, another statement has its id there.
        """
        for parameter in ("statementId", "voidedStatementId"):
            answer = self._call("GET", f"statements?{parameter}={one.id}", one.version)
            if answer.status == 200 and _is_same(answer.body, one.raw):
                return
            if answer.status != 404:
                break
        raise self._refusal("statement_conflicts", [one], message=excerpt(conflict))

    def _refusal(self, code: str, some: Sequence[Outgoing], **details: object) -> DeliveryError:
        """The error for what has to do with one of `some` statements, and with nothing else."""
        about = {"remote": self.remote, "name": self.name, "statement": some[0].id}
        return DeliveryError(Reason(code, **about, **details), retryable=False)

    def _trouble(self, answer: Answer) -> DeliveryError:
        """The error for an answer that has nothing to do with what was sent."""
        if answer.status in (401, 403):
            return DeliveryError(
                Reason(
                    "lrs_credentials_rejected",
                    remote=self.remote,
                    name=self.name,
                    message=excerpt(answer),
                ),
                retryable=False,
                remote_wide=True,
            )
        if 300 <= answer.status < 400:
            elsewhere = answer.headers.get("Location", "another address")
            return moved(self.remote, f"forward.{self.name}.url", elsewhere)
        if answer.status == 429 or answer.status >= 500:
            return unavailable(self.remote, excerpt(answer), retry_after=answer.retry_after())
        return unreadable(self.remote, excerpt(answer), remote_wide=True)

    def _call(
        self,
        method: str,
        path: str,
        version: Version,
        *,
        body: Body | None = None,
        kind: str = _JSON,
    ) -> Answer:
        try:
            return self._http.exchange(
                method,
                f"{self._url}/{path}",
                headers={
                    "Authorization": self._authorization(),
                    "X-Experience-API-Version": version.value,
                    "Accept": _JSON,
                    **({"Content-Type": kind} if body else {}),
                },
                body=body,
            )
        except NoAnswerError as failure:
            # Whether it was sent is all the same: it is sent again, and stored once.
            raise unavailable(self.remote, failure.what) from None

    def _authorization(self) -> str:
        place = f"forward.{self.name}"
        username = read_secret(self._settings.username, self.remote, f"{place}.username")
        password = read_secret(self._settings.password, self.remote, f"{place}.password")
        return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _editions(about: Answer) -> list[str]:
    """The versions that an answer of the About resource names (Communication 2.8)."""
    try:
        found = msgspec.json.decode(about.body, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(found.get("version", b"[]"), type=list[str])
    except msgspec.DecodeError:
        return []


def _is_same(theirs: bytes, ours: bytes) -> bool:
    try:
        return same_statement(theirs, ours)
    except InvalidStatement:
        return False


# --- what is sent -------------------------------------------------------------------------------


def _body(some: Sequence[Outgoing], store: Store) -> tuple[str, Body]:
    """The media type and the body of a request with `some` statements (Communication 1.5)."""
    statements = b"[%b]" % b",".join(one.raw for one in some)
    enclosed = {each.sha2.lower(): each for one in reversed(some) for each in one.enclosed}
    if not enclosed:
        return _JSON, statements
    boundary = secrets.token_hex(16)
    body = _WithFiles(boundary.encode(), statements, enclosed.values(), store)
    return f"multipart/mixed; boundary={boundary}", body


class _WithFiles:
    """The body of a request whose attachments are read when they are sent."""

    def __init__(
        self, boundary: bytes, statements: bytes, enclosed: Collection[Enclosed], store: Store
    ) -> None:
        self._boundary = boundary
        self._statements = statements
        self._told = {one.sha2: one.content_type for one in enclosed}
        self._store = store
        without_data = [StoredFile(sha2, kind, ()) for sha2, kind in self._told.items()]
        frame = with_attachments(boundary, [statements], without_data)
        self._length = sum(map(len, frame)) + sum(one.length for one in enclosed)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        files = attachments.files(self._store, self._told)
        return with_attachments(self._boundary, [self._statements], files)
