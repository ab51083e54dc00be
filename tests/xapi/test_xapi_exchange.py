"""Statements that come with their attachments (Communication 1.5.1 and 1.5.2, Data 2.4.11)."""

from __future__ import annotations

import hashlib
import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xapi_examples import ATTACHMENT, NESTED, SIMPLE, changed, told, without

from xapi import InvalidStatement, RequestTooLarge, read_statements
from xapi.attached import attachments_in, check_all_have_data
from xapi.attachment import Attachment
from xapi.errors import InvalidRequest, Refusal
from xapi.exchange import Exchange, ExchangeReader
from xapi.limits import Limits
from xapi.multipart import multipart
from xapi.retrieval import StoredFile, with_attachments
from xapi.versions import Version

DATA = b"here is a simple attachment"
OTHER = b"here is another one\r\n--y\r\n\0\xff"
JSON = {"Content-Type": "application/json"}


def attached(data: bytes, family: str = "sha256", **changes: Any) -> dict[str, Any]:
    """What a statement says of `data`, which it sends with it."""
    sha2 = hashlib.new(family, data).hexdigest()
    told_of = {**without(ATTACHMENT, "fileUrl"), "contentType": "text/plain", "sha2": sha2}
    return {**told_of, "length": len(data), **changes}


def part(data: bytes, family: str = "sha256", **headers: str | None) -> tuple[dict[str, str], Any]:
    """The part that has `data`, with `headers` changed or, if None, taken out."""
    all_headers: dict[str, str | None] = {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": hashlib.new(family, data).hexdigest(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return {name: value for name, value in all_headers.items() if value is not None}, [data]


WITH_ONE = {**SIMPLE, "attachments": [attached(DATA)]}
WITH_TWO = {**SIMPLE, "attachments": [attached(DATA), attached(OTHER)]}


def received(
    statements: Any, *parts: Any, piece: int = 1 << 16, **options: Any
) -> Exchange[io.BytesIO]:
    body = b"".join(multipart(b"x", [(JSON, [told(statements)]), *parts]))
    return received_from(body, piece=piece, **options)


def received_from(body: bytes, piece: int = 1 << 16, **options: Any) -> Exchange[io.BytesIO]:
    reader = ExchangeReader(b"x", lambda sha2, attachment: io.BytesIO(), **options)
    for start in range(0, len(body), piece):
        reader.feed(body[start : start + piece])
    return reader.finish()


def refused(statements: Any, *parts: Any, **options: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        received(statements, *parts, **options)
    return caught.value


def contents(exchange: Exchange[io.BytesIO]) -> set[bytes]:
    for sha2, sink in exchange.files.items():
        assert hashlib.new(_family(sha2), sink.getvalue()).hexdigest() == sha2
    return {sink.getvalue() for sink in exchange.files.values()}


def _family(sha2: str) -> str:
    return {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}[len(sha2)]


# --- what is accepted --------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [1, 7, 1 << 16])
def test_attachments_go_to_sinks_by_their_hash(piece: int) -> None:
    exchange = received([WITH_TWO, SIMPLE], part(DATA), part(OTHER), piece=piece)
    assert [one.raw for one in exchange.received] == [told(WITH_TWO), told(SIMPLE)]
    assert contents(exchange) == {DATA, OTHER}


def test_a_sink_is_opened_for_what_the_statement_says_of_the_attachment() -> None:
    opened: list[tuple[str, Attachment]] = []

    def open_sink(sha2: str, attachment: Attachment) -> io.BytesIO:
        opened.append((sha2, attachment))
        return io.BytesIO()

    reader = ExchangeReader(b"x", open_sink)
    reader.feed(b"".join(multipart(b"x", [(JSON, [told(WITH_TWO)]), part(OTHER), part(DATA)])))
    assert [sha2 for sha2, _ in opened] == [attached(OTHER)["sha2"], attached(DATA)["sha2"]]
    assert [attachment.length for _, attachment in opened] == [len(OTHER), len(DATA)]


@pytest.mark.parametrize("family", ["sha224", "sha256", "sha384", "sha512"])
def test_a_hash_is_any_of_the_sha_2_family(family: str) -> None:
    statement = {**SIMPLE, "attachments": [attached(DATA, family)]}
    assert contents(received(statement, part(DATA, family))) == {DATA}


def test_the_case_of_a_hash_does_not_count() -> None:
    sha2 = attached(DATA)["sha2"].upper()
    statement = {**SIMPLE, "attachments": [attached(DATA, sha2=sha2)]}
    assert contents(received(statement, part(DATA))) == {DATA}
    assert contents(received(WITH_ONE, part(DATA, X_Experience_API_Hash=sha2))) == {DATA}


@pytest.mark.parametrize("version", Version)
def test_parts_are_not_needed(version: Version) -> None:
    assert received(SIMPLE, version=version).files == {}
    by_url = {**SIMPLE, "attachments": [ATTACHMENT]}
    assert received(by_url, version=version).files == {}


def test_data_may_come_also_for_what_has_a_url() -> None:
    statement = {**SIMPLE, "attachments": [attached(DATA, fileUrl="https://lms.example/1")]}
    assert contents(received(statement, part(DATA))) == {DATA}


def test_several_statements_share_the_data_of_an_attachment() -> None:
    exchange = received([WITH_ONE, WITH_TWO], part(DATA), part(OTHER))
    assert contents(exchange) == {DATA, OTHER}


def test_a_second_copy_of_the_data_is_checked_and_goes_nowhere() -> None:
    assert contents(received(WITH_ONE, part(DATA), part(DATA))) == {DATA}
    error = refused(WITH_ONE, part(DATA), (part(DATA)[0], [b"something else"]))
    assert error.path == "part[3].X-Experience-API-Hash"


def test_attachments_of_a_substatement_come_with_it() -> None:
    statement = changed(NESTED, "object.attachments", [attached(DATA)])
    assert contents(received(statement, part(DATA))) == {DATA}
    assert refused(statement).path == "$.object.attachments[0]"


def test_an_encoding_that_is_not_told_is_taken_for_binary() -> None:
    assert contents(received(WITH_ONE, part(DATA, Content_Transfer_Encoding=None))) == {DATA}
    assert contents(received(WITH_ONE, part(DATA, Content_Transfer_Encoding="BINARY"))) == {DATA}
    assert contents(received(WITH_ONE, part(DATA, Content_Type=None))) == {DATA}


def test_what_a_part_says_as_well_it_says_alike() -> None:
    statement = {**SIMPLE, "attachments": [attached(DATA, contentType="text/plain; charset=ascii")]}
    headers = {"Content_Type": 'TEXT/plain;charset="ascii"', "Content_Length": str(len(DATA))}
    assert contents(received(statement, part(DATA, **headers))) == {DATA}


def test_an_empty_attachment_is_one() -> None:
    assert contents(received({**SIMPLE, "attachments": [attached(b"")]}, part(b""))) == {b""}


def test_what_is_answered_with_attachments_can_be_sent_again() -> None:
    first = received(WITH_TWO, part(DATA), part(OTHER))
    files = [
        StoredFile(sha2, "text/plain", [sink.getvalue()]) for sha2, sink in first.files.items()
    ]
    again = received_from(b"".join(with_attachments(b"x", [first.received[0].raw], files)))
    assert again.received == first.received
    assert contents(again) == contents(first)


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"X_Experience_API_Hash": None}, "X-Experience-API-Hash", "is not the SHA-2 hash"),
        ({"X_Experience_API_Hash": "abc"}, "X-Experience-API-Hash", "is not the SHA-2 hash"),
        ({"X_Experience_API_Hash": "b0" * 32}, "X-Experience-API-Hash", "of no attachment"),
        ({"Content_Transfer_Encoding": "base64"}, "Content-Transfer-Encoding", 'not "binary"'),
        ({"Content_Type": "image/jpeg"}, "Content-Type", 'is not its "contentType"'),
        ({"Content_Length": "26"}, "Content-Length", 'is not its "length"'),
    ],
)
def test_a_part_has_the_headers_that_say_what_it_is(
    changes: dict[str, str | None], path: str, rule: str
) -> None:
    error = refused(WITH_ONE, part(DATA, **changes))
    assert (error.status, error.path) == (400, f"part[2].{path}")
    assert (type(error), error.clause) == (InvalidRequest, "Communication 1.5.2")
    assert rule in error.rule


def test_data_are_what_their_hash_says() -> None:
    headers, _ = part(DATA)
    error = refused(WITH_ONE, (headers, [DATA + b"!"]))
    assert error.path == "part[2].X-Experience-API-Hash"
    assert error.rule.startswith("is not the hash of the data that came, which is ")


def test_an_attachment_has_data_or_a_url() -> None:
    error = refused([SIMPLE, WITH_TWO], part(DATA))
    assert isinstance(error, InvalidStatement)
    assert (error.index, error.path) == (1, "$.attachments[1]")
    assert 'has no "fileUrl", and has not come' in error.rule


def test_a_part_that_no_statement_speaks_of_is_refused() -> None:
    assert refused(WITH_ONE, part(DATA), part(OTHER)).path == "part[3].X-Experience-API-Hash"


@pytest.mark.parametrize("kind", ["text/plain", "application/jsonx", None])
def test_the_first_part_is_the_statements(kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    body = b"".join(multipart(b"x", [(headers, [told(SIMPLE)])]))
    with pytest.raises(InvalidRequest) as caught:
        received_from(body)
    assert caught.value.path == "part[1].Content-Type"


def test_all_statements_are_in_the_first_part() -> None:
    error = refused(WITH_ONE, (JSON, [told(SIMPLE)]), part(DATA))
    assert error.path == "part[2].X-Experience-API-Hash"


def test_a_body_without_parts_has_no_statements() -> None:
    with pytest.raises(InvalidRequest) as caught:
        received_from(b"--x--")
    assert caught.value.path == "body"
    with pytest.raises(InvalidRequest):
        received_from(b"".join(multipart(b"x", [(JSON, [told(SIMPLE)])]))[:-6])


def test_statements_are_refused_as_soon_as_they_are_there() -> None:
    reader = ExchangeReader(b"x", lambda sha2, attachment: io.BytesIO(), version=Version.V2_0)
    statement = told(changed(SIMPLE, "actor", {"mbox": "foo@x"}))
    with pytest.raises(InvalidStatement) as caught:
        reader.feed(b"".join(multipart(b"x", [(JSON, [statement])])))
    assert str(caught.value) == ('$.actor.mbox: "foo@x" is not a mailto IRI (xAPI 2.0 4.2.2.1)')


def test_errors_cite_the_edition_of_the_request() -> None:
    for bad in (
        refused(WITH_ONE, version=Version.V2_0),
        refused(WITH_ONE, part(OTHER), version=Version.V2_0),
    ):
        assert bad.cited == "xAPI 2.0 4.1.3"


def test_limits_are_those_of_statements() -> None:
    with pytest.raises(RequestTooLarge):
        received([SIMPLE] * 3, most=2)
    with pytest.raises(InvalidStatement):
        received([SIMPLE], single=True)
    received(SIMPLE, single=True, most=1)


def test_an_attachment_or_statements_can_be_too_large() -> None:
    large = b"x" * 5000
    statement = {**SIMPLE, "attachments": [attached(large)]}
    assert contents(received(statement, part(large), largest_attachment=5000)) == {large}
    error = refused(statement, part(large), largest_attachment=4999, piece=100)
    assert (error.status, error.path) == (413, "body")
    assert "octets of an attachment are more than the 4999" in error.rule
    assert "octets of statements" in refused(statement, part(large), largest=100).rule


def test_attachments_are_no_more_than_allowed() -> None:
    several = [b"1", b"2", b"3"]
    statement = {**SIMPLE, "attachments": [attached(data) for data in several]}
    parts = [part(data) for data in several]
    assert received(statement, *parts, most_parts=3)
    error = refused(statement, *parts, parts[0], most_parts=3)
    assert error.status == 413
    assert error.rule == "attachments are more than the 3 that this LRS takes at once"


def test_the_texts_of_statements_have_their_limits_as_well() -> None:
    error = refused(
        {**SIMPLE, "attachments": [attached(b"1")]}, part(b"1"), limits=Limits(identifier=10)
    )
    assert error.status == 413
    assert "of an identifier" in error.rule


def test_attachments_may_be_larger_than_statements_and_the_other_way_round() -> None:
    large = b"x" * 5000
    statement = {**SIMPLE, "attachments": [attached(large)]}
    assert contents(received(statement, part(large), largest=4000)) == {large}
    one = {**SIMPLE, "attachments": [attached(DATA)]}
    assert contents(received(one, part(DATA), largest_attachment=len(DATA))) == {DATA}


def test_an_attachment_is_not_held() -> None:
    class Nowhere:
        size = 0

        def write(self, data: bytes) -> None:
            self.size += len(data)

    chunk = bytes(1 << 16)
    sha2 = hashlib.sha256()
    for _ in range(320):
        sha2.update(chunk)
    length = 320 * len(chunk)
    statement = {**SIMPLE, "attachments": [attached(b"", sha2=sha2.hexdigest(), length=length)]}
    reader = ExchangeReader(b"x", lambda sha2, attachment: Nowhere())
    headers = part(b"", X_Experience_API_Hash=sha2.hexdigest())[0]
    data = (chunk for _ in range(320))
    tracemalloc.start()
    for piece in multipart(b"x", [(JSON, [told(statement)]), (headers, data)]):
        reader.feed(piece)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reader.finish().files[sha2.hexdigest()].size == length
    assert held < 10 * len(chunk)


LIKELY = st.lists(st.sampled_from([b"--x", b"\r\n", b"\r\n\r\n", b"--", b"{}"]))


@given(st.binary() | LIKELY.map(b"".join))
def test_any_body_is_an_exchange_or_refused(body: bytes) -> None:
    try:
        exchange = received_from(body)
    except Refusal as error:
        refusal = str(error)
    else:
        refusal = ""
        assert exchange.received
    assert len(refusal) < 400


# --- without multipart -------------------------------------------------------------------------


def test_with_json_alone_every_attachment_has_a_url() -> None:
    check_all_have_data(read_statements(told({**SIMPLE, "attachments": [ATTACHMENT]})))
    with pytest.raises(InvalidStatement) as caught:
        check_all_have_data(read_statements(told(WITH_ONE)), version=Version.V2_0)
    assert (caught.value.index, caught.value.path) == (None, "$.attachments[0]")
    assert json.loads(told(caught.value.value)) == {"sha2": attached(DATA)["sha2"]}


def test_each_place_that_speaks_of_an_attachment_is_told() -> None:
    nested = changed(NESTED, "object.attachments", [ATTACHMENT])
    statements = read_statements(told([WITH_TWO, {**nested, "attachments": [ATTACHMENT]}]))
    assert [(place.statement, place.path) for place in attachments_in(statements)] == [
        (0, "$.attachments[0]"),
        (0, "$.attachments[1]"),
        (1, "$.attachments[0]"),
        (1, "$.object.attachments[0]"),
    ]
