"""Statements with and without attachments, as requests bring and answers carry them (1.5)."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from flask import Flask, Response, g, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, TestResponse

from lms_bridge.config.settings import Web
from lms_bridge.lrs import attachments
from lms_bridge.store.engine import Store
from tests.conftest import NOW
from tests.webhook.examples import statement
from webhook.bodies import read_statements_request, with_files
from webhook.lrs import hold_to_the_rules
from xapi.exchange import ExchangeReader
from xapi.multipart import boundary_in, multipart
from xapi.retrieval import StoredFile, statement_result

WEB = Web(
    most_request_bytes=20_000,
    most_attachment_bytes=300_000,
    most_attachments=9,
    most_upload_bytes=1_500_000,
    most_statements=5,
    longest_text=3000,
)
PATH = "/xapi/statements"
DATA = b"here is a simple attachment"
OTHER = b"\r\n--x is how it begins\r\n--y\0\xff"
LARGE = bytes(range(256)) * 1000
MULTIPART = "multipart/mixed; boundary=x"
JSON = "application/json"


def sha2(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def told(*all_data: bytes, **changes: Any) -> dict[str, Any]:
    """A statement that tells of attachments."""
    described = [
        {
            "usageType": "http://id.tincanapi.com/attachment/certificate-of-completion",
            "display": {"en": "a certificate"},
            "contentType": "text/plain",
            "length": len(data),
            "sha2": sha2(data),
        }
        | changes
        for data in all_data
    ]
    return statement(attachments=described)


def body_of(statements: Any, *all_data: bytes, **changes: str) -> bytes:
    """A body of parts: the statements, then what belongs to them."""
    headers = {"Content-Type": "text/plain", "Content-Transfer-Encoding": "binary"} | changes
    parts = [({**headers, "X-Experience-API-Hash": sha2(data)}, [data]) for data in all_data]
    first = {"Content-Type": JSON}, [json.dumps(statements).encode()]
    return b"".join(multipart(b"x", [first, *parts]))


BODY = body_of([told(DATA, OTHER), told(LARGE)], DATA, OTHER, LARGE)


class Lrs:
    """An application that only takes what is sent, and tells what it was."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[bytes], dict[str, bytes]]] = []
        self.app = Flask(__name__)
        hold_to_the_rules(self.app)
        self.app.add_url_rule(PATH, view_func=self._take, methods=["POST", "PUT"])

    def _take(self) -> Response:
        single = request.method == "PUT"
        with read_statements_request(g.version, single=single, web=WEB) as sent:
            files = {file.sha2: b"".join(file.chunks()) for file in sent.files}
            self.taken.append(([one.raw for one in sent.received], files))
        return Response(status=204)

    def send(
        self,
        body: bytes | Cut,
        content_type: str | None = MULTIPART,
        *,
        method: str = "POST",
        length: int | None = None,
        **headers: str,
    ) -> TestResponse:
        """Send `body`; `length` is what is announced, of one that comes in pieces if anything."""
        if isinstance(body, bytes):
            length, body = length or len(body), io.BytesIO(body)
        headers = {"X_Experience_API_Version": "1.0.3"} | headers
        return self.app.test_client().open(
            PATH,
            method=method,
            content_type=content_type,
            headers=[(name.replace("_", "-"), value) for name, value in headers.items()],
            environ_overrides={
                "wsgi.input": body,
                **({"HTTP_TRANSFER_ENCODING": "chunked"} if length is None else {}),
                "CONTENT_LENGTH": "" if length is None else str(length),
                # The server says that it ends the body itself, and Werkzeug leaves it alone.
                "wsgi.input_terminated": True,
            },
        )


@pytest.fixture
def lrs() -> Lrs:
    return Lrs()


class Cut:
    """A body that comes in pieces of these sizes, over and over; it counts what was read."""

    def __init__(self, body: Iterable[bytes]) -> None:
        self._pieces = iter(body)
        self._rest = b""
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "a body is not read as a whole"
        self._rest = self._rest or next(self._pieces, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        self.count += len(piece)
        return piece


def cut(body: bytes, sizes: list[int]) -> Cut:
    def pieces() -> Iterator[bytes]:
        start = 0
        while start < len(body):
            for size in sizes:
                yield body[start : start + size]
                start += size

    return Cut(filter(None, pieces()))


def error(answer: TestResponse, status: int = 400) -> str:
    assert answer.status_code == status, answer.data
    said: str = json.loads(answer.data)["error"]
    return said


# --- alone ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [JSON, "Application/JSON; charset=utf-8"])
def test_statements_come_alone(lrs: Lrs, kind: str) -> None:
    raw = json.dumps(statement()).encode()
    assert lrs.send(b"[%b, %b]" % (raw, raw), kind).status_code == 204
    assert lrs.taken == [([raw, raw], {})]


def test_an_attachment_that_is_elsewhere_need_not_come(lrs: Lrs) -> None:
    raw = json.dumps(told(DATA, fileUrl="https://lms.example.go.id/file/7")).encode()
    assert lrs.send(raw, JSON).status_code == 204


def test_an_attachment_without_its_data_is_refused(lrs: Lrs) -> None:
    answer = lrs.send(json.dumps([statement(), told(DATA)]).encode(), JSON)
    assert error(answer).startswith("statement 1, $.attachments[0]: ")


def test_put_takes_one_statement(lrs: Lrs) -> None:
    raw = json.dumps(statement()).encode()
    assert lrs.send(raw, JSON, method="PUT").status_code == 204
    assert "single statement" in error(lrs.send(b"[%b]" % raw, JSON, method="PUT"))
    assert "single statement" in error(lrs.send(body_of([told(DATA)], DATA), method="PUT"))
    assert lrs.send(body_of(told(DATA), DATA), method="PUT").status_code == 204


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "json", None])
def test_anything_else_is_refused(lrs: Lrs, kind: str | None) -> None:
    said = error(lrs.send(BODY, kind))
    assert "application/json" in said
    assert "multipart/mixed" in said
    assert "Communication 1.5" in said


def test_a_body_that_is_packed_is_refused(lrs: Lrs) -> None:
    assert "gzip" in error(lrs.send(BODY, Content_Encoding="gzip"))


def test_clauses_are_told_in_the_numbers_of_the_edition(lrs: Lrs) -> None:
    said = error(lrs.send(BODY, "multipart/mixed", X_Experience_API_Version="2.0.0"))
    assert "xAPI 2.0 " in said
    assert "boundary" in said


# --- with attachments ----------------------------------------------------------------------------


@given(st.lists(st.integers(100, 100_000), min_size=1, max_size=20))
def test_attachments_come_with_statements_however_the_body_is_cut(sizes: list[int]) -> None:
    lrs = Lrs()
    assert lrs.send(cut(BODY, sizes), length=len(BODY)).status_code == 204
    [(raws, files)] = lrs.taken
    assert len(raws) == 2
    assert files == {sha2(data): data for data in (DATA, OTHER, LARGE)}


SMALL = body_of(told(DATA, OTHER), DATA, OTHER)


@given(st.integers(0, len(SMALL) - 1), st.integers(1, 2000))
def test_a_body_that_ends_before_its_time_is_refused_wherever_that_is(end: int, size: int) -> None:
    lrs = Lrs()
    answer = lrs.send(cut(SMALL[:end], [size]), length=len(SMALL))
    assert error(answer) == f"the body ends after {end} of {len(SMALL)} bytes"
    assert lrs.taken == []


@given(st.integers(0, len(SMALL) - 3), st.integers(1, 2000))
def test_also_one_that_announced_no_length(end: int, size: int) -> None:
    lrs = Lrs()
    error(lrs.send(cut(SMALL[:end], [size])))
    assert lrs.taken == []
    assert lrs.send(cut(SMALL, [size])).status_code == 204


@given(st.integers(0, len(SMALL) - 1), st.binary(max_size=3), st.integers(1, 2000))
def test_a_damaged_body_is_refused_or_means_the_same(place: int, by: bytes, size: int) -> None:
    lrs = Lrs()
    damaged = SMALL[:place] + by + SMALL[place + 1 :]
    answer = lrs.send(cut(damaged, [size]), length=len(damaged))
    assert answer.status_code in (204, 400)
    for _, files in lrs.taken:
        assert all(sha2(data) == hash_of for hash_of, data in files.items())


def test_a_body_that_is_refused_early_is_not_read_on(lrs: Lrs) -> None:
    body = Cut([body_of([{"actor": 1}], LARGE)] * 50)
    answer = lrs.send(body)
    assert "actor" in error(answer)
    assert answer.headers["Connection"] == "close"
    assert body.count == 1 << 16


def test_a_connection_goes_on_after_a_refusal_of_what_was_read(lrs: Lrs) -> None:
    answer = lrs.send(body_of(told(DATA), OTHER))
    assert "is the hash of no attachment" in error(answer)
    assert "Connection" not in answer.headers


# --- limits --------------------------------------------------------------------------------------


def test_the_limit_of_one_attachment_is_not_that_of_all(lrs: Lrs) -> None:
    several = [bytes([number]) * 300_000 for number in range(4)]
    assert lrs.send(body_of(told(*several), *several)).status_code == 204
    larger = bytes(300_001)
    answer = lrs.send(body_of(told(larger), larger))
    assert "of an attachment are more than the 300000" in error(answer, 413)


@pytest.mark.parametrize("length", [10_000_000, None])
def test_an_attachment_that_is_too_large_is_not_read_to_its_end(
    lrs: Lrs, length: int | None
) -> None:
    start = body_of(told(LARGE), LARGE).partition(LARGE)[0]
    body = Cut([start, *[bytes(1 << 16)] * 150])
    answer = lrs.send(body, length=length)
    error(answer, 413)
    assert answer.headers["Connection"] == "close"
    assert body.count < 500_000
    assert lrs.taken == []


def test_the_limit_of_statements_is_the_same_with_attachments(lrs: Lrs) -> None:
    long = statement(result={"extensions": {"https://example.org/x": ["x"] * 5000}})
    answer = lrs.send(json.dumps(long).encode(), JSON)
    assert "20000" in error(answer, 413)
    assert "of statements are more than the 20000" in error(lrs.send(body_of(long)), 413)
    error(lrs.send(body_of([statement()] * 6)), 413)
    error(lrs.send(json.dumps([statement()] * 6).encode(), JSON), 413)


def test_the_limit_of_a_text_is_the_same_with_attachments(lrs: Lrs) -> None:
    long = statement(result={"response": "x" * 3001})
    for body, kind in ((json.dumps(long).encode(), JSON), (body_of(long), MULTIPART)):
        said = error(lrs.send(body, kind), 413)
        assert said.startswith('$.result.response: {"characters":3001} are more than the 3000')


def test_all_attachments_together_have_a_limit(lrs: Lrs) -> None:
    several = [bytes([number]) * 300_000 for number in range(5)]
    said = error(lrs.send(body_of(told(*several), *several)), 413)
    assert "larger than the 1500000 bytes" in said
    several = [bytes([number]) for number in range(10)]
    said = error(lrs.send(body_of(told(*several), *several)), 413)
    assert "more than the 9" in said


@pytest.mark.parametrize("length", [2_000_000, None])
def test_a_request_that_is_too_large_is_not_read_to_its_end(lrs: Lrs, length: int | None) -> None:
    body = Cut([body_of(told(DATA), DATA), *[bytes(1 << 16)] * 50])
    answer = lrs.send(body, length=length)
    error(answer, 413)
    assert answer.headers["Connection"] == "close"
    assert body.count == 0 if length else body.count < 1_600_000


# --- answers -------------------------------------------------------------------------------------


def read_back(answer: Response, size: int = 1000) -> tuple[list[bytes], dict[str, bytes]]:
    """An answer's statements and files, read as another LRS would."""
    reader = ExchangeReader(
        boundary_in(answer.headers["Content-Type"]), lambda sha2, attachment: io.BytesIO()
    )
    body = b"".join(answer.iter_encoded())
    for start in range(0, len(body), size):
        reader.feed(body[start : start + size])
    exchange = reader.finish()
    files = {sha2: sink.getvalue() for sha2, sink in exchange.files.items()}
    return [one.raw for one in exchange.received], files


def test_an_answer_has_the_statements_and_then_their_attachments() -> None:
    raw = json.dumps(told(DATA, OTHER)).encode()
    files = [StoredFile(sha2(data), "text/plain", [data]) for data in (DATA, OTHER)]
    answer = with_files([raw], files)
    assert answer.status_code == 200
    assert answer.mimetype == "multipart/mixed"
    assert read_back(answer) == ([raw], {sha2(DATA): DATA, sha2(OTHER): OTHER})


def test_an_answer_begins_before_the_rest_is_known() -> None:
    asked: list[str] = []

    def body() -> Iterator[bytes]:
        yield b'{"statements":['
        asked.append("statements")
        yield b'],"more":""}'

    def files() -> Iterator[StoredFile]:
        asked.append("files")
        yield StoredFile(sha2(DATA), "text/plain", data())

    def data() -> Iterator[bytes]:
        asked.append("data")
        yield DATA

    pieces = with_files(body(), files()).iter_encoded()
    assert asked == []
    assert b"application/json" in next(pieces)
    assert next(pieces) == b'{"statements":['
    assert asked == []
    rest = iter(pieces)
    next(rest)
    assert asked == ["statements"]
    b"".join(rest)
    assert asked == ["statements", "files", "data"]


def test_an_answer_is_not_held_to_say_how_long_it_is() -> None:
    def data() -> Iterator[bytes]:
        raise AssertionError("nobody has asked for it")
        yield b""

    answer = with_files([b"{}"], [StoredFile(sha2(DATA), "text/plain", data())])
    answer.make_conditional(EnvironBuilder().get_environ())
    assert answer.is_streamed
    assert "Content-Length" not in answer.headers


def test_what_fails_before_the_first_statement_is_no_answer_that_breaks_off() -> None:
    def body() -> Iterator[bytes]:
        raise ConnectionError
        yield b""

    with pytest.raises(ConnectionError):
        with_files(body(), [])


def test_an_answer_without_anything_is_one() -> None:
    assert b"".join(with_files([], []).iter_encoded()).count(b"application/json") == 1


def test_two_answers_have_different_boundaries() -> None:
    kinds = {with_files([b"{}"], []).headers["Content-Type"] for _ in range(2)}
    assert len(kinds) == 2


# --- there and back ------------------------------------------------------------------------------


def test_what_was_sent_comes_back_from_the_database(store: Store) -> None:
    kept: list[bytes] = []
    app = Flask(__name__)
    hold_to_the_rules(app)

    @app.post(PATH)
    def take() -> Response:
        with read_statements_request(g.version, single=False, web=WEB) as sent:
            attachments.store(store, sent.files, clock=lambda: NOW)
            kept.extend(one.raw for one in sent.received)
        return Response(status=204)

    @app.get(PATH)
    def tell() -> Response:
        noted: dict[str, str] = {}
        body = statement_result(attachments.noting(kept, noted))
        return with_files(body, attachments.files(store, noted))

    client, version = app.test_client(), {"X-Experience-API-Version": "1.0.3"}
    client.post(PATH, data=BODY, headers=version, content_type=MULTIPART)
    assert len(kept) == 2
    answer = client.get(PATH, headers=version)
    boundary = boundary_in(answer.headers["Content-Type"])
    first, *parts = answer.data.split(b"--" + boundary)[1:-1]
    assert json.loads(first.partition(b"\r\n\r\n")[2])["statements"] == list(map(json.loads, kept))
    assert [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts] == [
        DATA,
        OTHER,
        LARGE,
    ]
