"""Statements that come with their attachments, in ``multipart/mixed`` (Communication 1.5.2).

The first part has the statements, each further one the data of an attachment, which it names
by its hash. The statements are read as soon as they are there; after them only data that they
ask for are taken, and given to a sink as they come, so that no attachment is ever held:

>>> import io
>>> body = (b'--x\\r\\nContent-Type: application/json\\r\\n\\r\\n{"actor":{"mbox":"mailto:a@b.id"},'
...     b'"verb":{"id":"x:y"},"object":{"id":"x:z"},"attachments":[{"usageType":"x:u",'
...     b'"display":{},"contentType":"text/plain","length":2,"sha2":'
...     b'"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"}]}\\r\\n'
...     b'--x\\r\\nContent-Transfer-Encoding: binary\\r\\nX-Experience-API-Hash:'
...     b'8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4\\r\\n\\r\\n'
...     b'hi\\r\\n--x--')
>>> reader = ExchangeReader(b"x", lambda sha2, attachment: io.BytesIO())
>>> reader.feed(body)
>>> exchange = reader.finish()
>>> len(exchange.received), [sink.getvalue() for sink in exchange.files.values()]
(1, [b'hi'])
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, NoReturn, Protocol, TypeVar

from xapi.attached import HASH, attachments_in, check_all_have_data
from xapi.attachment import Attachment
from xapi.errors import InvalidRequest, InvalidStatement, RequestTooLarge
from xapi.identifiers import is_sha2
from xapi.limits import Limits
from xapi.media import is_json, same_media_type
from xapi.multipart import MultipartReader, PartBegins, PartEnds
from xapi.reading import Received, read_statements
from xapi.signing import check_signature
from xapi.versions import Version

_CLAUSE: Final = "Communication 1.5.2"
_HASHES: Final = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
"""which of the SHA-2 family a hash is from, by its number of digits"""
_LARGEST_SIGNATURE: Final = 1 << 20
"""how large a signature may be; it is the one attachment that is held, to be checked"""


class Sink(Protocol):
    """Where the data of an attachment go, such as a file that was opened for writing."""

    def write(self, data: bytes, /) -> Any:
        """Take the next octets."""


_Sink = TypeVar("_Sink", bound=Sink)


class Exchange(NamedTuple, Generic[_Sink]):
    """What a request brought."""

    received: list[Received]
    files: dict[str, _Sink]
    """the sinks that have all data of an attachment, by its hash in lower case"""


class ExchangeReader(Generic[_Sink]):
    """Reads the body of a request while it arrives.

    `open_sink` is called with the hash of an attachment, in lower case, and what the statement
    says of it, when its data begin. If the request is refused in the end, what has been
    written to sinks counts for nothing, and is the caller's to throw away.
    """

    def __init__(
        self,
        boundary: bytes,
        open_sink: Callable[[str, Attachment], _Sink],
        *,
        version: Version = Version.V1_0,
        most: int | None = None,
        single: bool = False,
        largest: int | None = None,
        largest_attachment: int | None = None,
        most_parts: int | None = None,
        limits: Limits = Limits(),  # noqa: B008 - it is frozen
    ) -> None:
        """Read parts between `boundary`.

        `most`, `single` and `limits` are as in :func:`~xapi.read_statements`; `largest` is how
        many octets this LRS takes of the statements, and `largest_attachment` of each
        attachment, of which it takes `most_parts`.
        """
        self._parts = MultipartReader(boundary)
        self._open_sink = open_sink
        self._version = version
        self._most = most
        self._single = single
        self._largest = largest
        self._largest_attachment = largest_attachment
        self._most_parts = most_parts
        self._limits = limits
        self._received: list[Received] | None = None
        self._described: dict[str, list[Attachment]] = {}
        self._files: dict[str, _Sink] = {}
        self._signatures: dict[str, bytes] = {}
        self._part: _Statements | _Data[_Sink] = _Statements()

    def feed(self, piece: bytes) -> None:
        """Go on reading with `piece`; raises what :meth:`finish` does, as soon as it is clear."""
        try:
            for event in self._parts.feed(piece):
                if isinstance(event, bytes):
                    self._take(event)
                elif isinstance(event, PartBegins):
                    self._begin(event)
                else:
                    self._end(event)
        except (InvalidRequest, RequestTooLarge) as error:
            raise error.of_version(self._version) from None

    def finish(self) -> Exchange[_Sink]:
        """All that the request brought, now that nothing follows.

        Raises :exc:`InvalidRequest` for a body that breaks the rules of the exchange,
        :exc:`InvalidStatement` for statements that break theirs or lack an attachment, and
        :exc:`RequestTooLarge` for what is beyond a limit.
        """
        try:
            self._parts.finish()
        except InvalidRequest as error:
            raise error.of_version(self._version) from None
        if self._received is None:
            rule = "has no part, of which the first would be the statements"
            raise InvalidRequest("body", {"parts": 0}, rule, _CLAUSE, self._version)
        received = self._received
        check_all_have_data(received, self._files, version=self._version)
        self._check_signatures(received)
        return Exchange(received, self._files)

    def _begin(self, part: PartBegins) -> None:
        if part.number == 1:
            sent = part.headers.get("content-type")
            if not is_json(sent):
                rule = 'is not "application/json", which the statements are'
                _refuse(part, "Content-Type", sent, rule)
            self._part = _Statements()
            return
        if self._most_parts is not None and part.number - 1 > self._most_parts:
            rule = f"attachments are more than the {self._most_parts} that this LRS takes at once"
            raise RequestTooLarge(None, "body", part.number - 1, rule, "Communication 3.2")
        encoding = part.headers.get("content-transfer-encoding", "binary")
        if encoding.lower() != "binary":
            _refuse(part, "Content-Transfer-Encoding", encoding, 'is not "binary"')
        sha2 = part.headers.get(HASH.lower())
        if sha2 is None or not is_sha2(sha2):
            _refuse(part, HASH, sha2, "is not the SHA-2 hash that tells whose data these are")
        described = self._described.get(sha2.lower())
        if described is None:
            _refuse(part, HASH, sha2, "is the hash of no attachment that a statement describes")
        _check_headers(part, described)
        self._part = self._data_of(sha2.lower(), described)

    def _data_of(self, sha2: str, described: list[Attachment]) -> _Data[_Sink]:
        # A second copy of the same data is checked like the first, and goes nowhere.
        sink = None if sha2 in self._files else self._open_sink(sha2, described[0])
        if sink is not None:
            self._files[sha2] = sink
        signature = bytearray() if any(one.is_signature for one in described) else None
        return _Data(sha2, sink, signature)

    def _take(self, data: bytes) -> None:
        self._part.take(data)
        what, limit = "statements", self._largest
        if self._received is not None:
            what, limit = "an attachment", self._largest_attachment
        if limit is not None and self._part.size > limit:
            self._too_large(what, limit)
        if self._part.signature and len(self._part.signature) > _LARGEST_SIGNATURE:
            self._too_large("a signature", _LARGEST_SIGNATURE)

    def _too_large(self, what: str, limit: int) -> NoReturn:
        rule = f"octets of {what} are more than the {limit} that this LRS takes"
        raise RequestTooLarge(None, "body", self._part.size, rule, "Communication 3.2")

    def _end(self, part: PartEnds) -> None:
        if isinstance(self._part, _Statements):
            self._received = read_statements(
                bytes(self._part.body),
                most=self._most,
                single=self._single,
                version=self._version,
                limits=self._limits,
            )
            for _, _, attachment in attachments_in(self._received):
                self._described.setdefault(attachment.sha2.lower(), []).append(attachment)
            return
        data = self._part
        if (found := data.hash.hexdigest()) != data.sha2:
            rule = f"is not the hash of the data that came, which is {found}"
            raise InvalidRequest(f"part[{part.number}].{HASH}", data.sha2, rule, _CLAUSE)
        if data.signature is not None:
            self._signatures[data.sha2] = bytes(data.signature)

    def _check_signatures(self, received: list[Received]) -> None:
        for index, path, attachment in attachments_in(received):
            jws = self._signatures.get(attachment.sha2.lower())
            if not attachment.is_signature or jws is None or not path.startswith("$.attachments"):
                continue
            try:
                check_signature(jws, received[index or 0].raw)
            except InvalidStatement as error:
                told = error.inside(path).of_statement(index)
                raise told.of_version(self._version) from None


class _Statements:
    """The first part, while it arrives."""

    signature = None

    def __init__(self) -> None:
        self.body = bytearray()

    @property
    def size(self) -> int:
        return len(self.body)

    def take(self, data: bytes) -> None:
        self.body += data


class _Data(Generic[_Sink]):
    """The data of an attachment, while they arrive."""

    def __init__(self, sha2: str, sink: _Sink | None, signature: bytearray | None) -> None:
        self.sha2 = sha2
        self.signature = signature
        self.size = 0
        self.hash = hashlib.new(_HASHES[len(sha2)], usedforsecurity=False)
        self._sink = sink

    def take(self, data: bytes) -> None:
        self.size += len(data)
        self.hash.update(data)
        if self.signature is not None:
            self.signature += data
        if self._sink is not None:
            self._sink.write(data)


def _check_headers(part: PartBegins, described: list[Attachment]) -> None:
    """Refuse headers that say otherwise than the statement does of the same attachment."""
    kind = part.headers.get("content-type")
    if kind is not None and not any(same_media_type(kind, one.content_type) for one in described):
        rule = f'is not its "contentType" in the statement, {described[0].content_type}'
        _refuse(part, "Content-Type", kind, rule)
    length = part.headers.get("content-length")
    if length is not None and length not in {str(one.length) for one in described}:
        rule = f'is not its "length" in the statement, {described[0].length}'
        _refuse(part, "Content-Length", length, rule)


def _refuse(part: PartBegins, header: str, value: Any, rule: str) -> NoReturn:
    raise InvalidRequest(f"part[{part.number}].{header}", value, rule, _CLAUSE)
