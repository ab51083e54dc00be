"""How parts are found in what arrives, however it is cut (RFC 2046, section 5.1)."""

from __future__ import annotations

import contextlib
import random
import tracemalloc
from collections.abc import Iterable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi.errors import InvalidRequest, Refusal, RequestTooLarge
from xapi.media import ContentType, is_json, same_media_type
from xapi.multipart import MultipartReader, PartBegins, PartEnds, boundary_in, multipart


class Part(NamedTuple):
    headers: dict[str, str]
    data: bytes


def parts_of(body: bytes, boundary: bytes = b"x", cuts: Iterable[int] = ()) -> list[Part]:
    """The parts of `body`, which arrives in pieces that end at `cuts`."""
    reader = MultipartReader(boundary)
    found: list[Part] = []
    open_part = 0
    start = 0
    for end in [*sorted(cuts), len(body)]:
        for event in reader.feed(body[start:end]):
            if isinstance(event, PartBegins):
                assert open_part == 0
                open_part = event.number
                found.append(Part(event.headers, b""))
            elif isinstance(event, PartEnds):
                assert event.number == open_part == len(found)
                open_part = 0
            else:
                assert open_part
                assert event
                found[-1] = Part(found[-1].headers, found[-1].data + event)
        start = end
    reader.finish()
    return found


def refused(body: bytes, boundary: bytes = b"x") -> Refusal:
    with pytest.raises(Refusal) as caught:
        parts_of(body, boundary)
    return caught.value


HELLO = Part({"a": "b"}, b"hello")
BODY = b"--x\r\nA: b\r\n\r\nhello\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (BODY, [HELLO]),
        (BODY.removesuffix(b"\r\n"), [HELLO]),
        (b"\r\n" + BODY, [HELLO]),
        (b"to be passed over\r\n" + BODY, [HELLO]),
        (b"--y\r\n--xy\r\n" + BODY, [HELLO]),
        (BODY + b"to be passed over\r\n--x\r\n\r\nnothing", [HELLO]),
        (BODY.replace(b"--x\r\nA", b"--x \t \r\nA"), [HELLO]),
        (BODY.replace(b"--x--", b"--x-- \t"), [HELLO]),
        (BODY.replace(b"A: b", b"A:b \t"), [HELLO]),
        (BODY.replace(b"A: b", b"a: b"), [HELLO]),
        (BODY.replace(b"A: b", b"A:\r\n b"), [HELLO]),
        (BODY.replace(b"A: b", b"A: b\r\n\t c"), [Part({"a": "b c"}, b"hello")]),
        (BODY.replace(b"A: b\r\n", b""), [Part({}, b"hello")]),
        (BODY.replace(b"A: b", b"A: \xe9"), [Part({"a": "\xe9"}, b"hello")]),
        (BODY.replace(b"hello", b""), [Part({"a": "b"}, b"")]),
        (b"--x\r\nA: b\r\n\r\n--x--", [Part({"a": "b"}, b"")]),
        (b"--x\r\n\r\n--x\r\n\r\n\r\n--x--", [Part({}, b""), Part({}, b"")]),
        (
            BODY.replace(b"hello", b"\r\n\r\n-\r\n--\r\n--y\r\r\n"),
            [Part({"a": "b"}, b"\r\n\r\n-\r\n--\r\n--y\r\r\n")],
        ),
        (BODY.replace(b"hello", b"\r\n--xy\r\n--x y"), [Part({"a": "b"}, b"\r\n--xy\r\n--x y")]),
        (
            BODY.replace(b"hello", b"\r\n--x" + b" " * 200),
            [Part({"a": "b"}, b"\r\n--x" + b" " * 200)],
        ),
        (b"--x--", []),
    ],
    ids=str,
)
def test_parts_are_found_however_the_body_is_cut(body: bytes, parts: list[Part]) -> None:
    assert parts_of(body) == parts
    assert parts_of(body, cuts=range(len(body))) == parts
    for cut in range(len(body)):
        assert parts_of(body, cuts=[cut]) == parts


HEADERS = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9\-]{0,8}", fullmatch=True),
    st.from_regex(r"[!-~]([ -~]{0,20}[!-~])?", fullmatch=True),
    max_size=3,
)
PIECES = st.lists(st.sampled_from([b"\r\n", b"--", b"x", b"b", b"-", b" ", b"data", b"\0\xff"]))
DATA = st.binary() | PIECES.map(b"".join)
BOUNDARIES = st.from_regex(r"[0-9A-Za-z'()+_,\-./:=?]{1,12}", fullmatch=True).map(str.encode)


@given(st.lists(st.tuples(HEADERS, DATA), max_size=4), BOUNDARIES, st.data())
def test_what_is_written_is_read_again(
    parts: list[tuple[dict[str, str], bytes]], boundary: bytes, data: st.DataObject
) -> None:
    if any(b"\r\n--" + boundary in b"\r\n" + content for _, content in parts):
        return
    body = b"".join(multipart(boundary, [(headers, [content]) for headers, content in parts]))
    cuts = data.draw(st.lists(st.integers(0, len(body))))
    assert parts_of(body, boundary, cuts) == parts


@pytest.mark.parametrize("space", ["\r\n", "\n", "\r\n\r\n", "\r\nX-Other: a\r\n\r\n", "\0"])
def test_what_a_header_says_ends_with_its_line(space: str) -> None:
    headers = {"Content-Type": f"text/plain;{space}a=b", "X-Experience-API-Hash": "ab"}
    reader = MultipartReader(b"x")
    begins, data, ends = reader.feed(b"".join(multipart(b"x", [(headers, [b"hello"])])))
    assert isinstance(begins, PartBegins)
    assert begins.headers.keys() == {"content-type", "x-experience-api-hash"}
    assert (data, ends) == (b"hello", PartEnds(1))


@given(
    st.binary() | st.lists(st.sampled_from([b"--x", b"\r\n", b"A: b", b"--", b"hi"])).map(b"".join)
)
def test_any_body_is_parts_or_refused_and_the_same_however_it_is_cut(body: bytes) -> None:
    try:
        whole: object = parts_of(body)
    except (InvalidRequest, RequestTooLarge) as error:
        whole = error.rule
    try:
        piecewise: object = parts_of(body, cuts=range(len(body)))
    except (InvalidRequest, RequestTooLarge) as error:
        piecewise = error.rule
    assert whole == piecewise


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"--y--", BODY[:-4], BODY[:20], BODY.replace(b"\r\n", b"\n")]
)
def test_a_body_without_its_last_boundary_is_refused(body: bytes) -> None:
    error = refused(body)
    assert (error.path, error.clause) == ("body", "Communication 1.5.2")
    assert error.rule == "ends before the boundary that ends the last part"


@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        (b"no header", "is not a header"),
        (b" A: b", "is not a header"),
        (b": b", "is not a header"),
        (b"A B: c", "is not a header"),
        (b"A : b", "is not a header"),
        (b"A: b\x00", "is not a header"),
        (b"A: b\nC: d", "is not a header"),
        (b"A: b\r\na: c", "is a header that the part has already"),
    ],
)
def test_what_is_no_header_is_refused(headers: bytes, rule: str) -> None:
    error = refused(BODY.replace(b"A: b", headers))
    assert (error.path, error.rule, error.status) == ("part[1]", rule, 400)


def test_more_headers_than_anybody_needs_are_too_large() -> None:
    for headers in (
        b"A: " + b"b" * 9000,
        b"a" * 9000,
        b"".join(b"h%d: x\r\n" % n for n in range(999)),
    ):
        error = refused(BODY.replace(b"A: b", headers))
        assert isinstance(error, RequestTooLarge)
        assert error.status == 413
        endless = MultipartReader(b"x")
        with pytest.raises(RequestTooLarge):
            list(endless.feed(b"--x\r\n" + headers))


def test_data_pass_through_and_are_not_held() -> None:
    piece = random.Random(1).randbytes(1 << 16)
    reader = MultipartReader(b"x")
    list(reader.feed(b"--x\r\n\r\n"))
    size = 0
    tracemalloc.start()
    for _ in range(160):
        size += sum(len(event) for event in reader.feed(piece) if isinstance(event, bytes))
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 159 * len(piece)
    assert held < 6 * len(piece)


# --- boundaries and media types ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/mixed; boundary=-------314159265358979323846", b"-------314159265358979323846"),
        ('multipart/mixed;boundary="abcABC0123\'()+_,-./:=?"', b"abcABC0123'()+_,-./:=?"),
        ('Multipart/Mixed; charset=utf-8; Boundary="a b"', b"a b"),
        (" multipart/mixed ; boundary=x ; ", b"x"),
        (f"multipart/mixed; boundary={'x' * 70}", b"x" * 70),
    ],
)
def test_a_boundary_is_named_in_the_content_type(header: str, boundary: bytes) -> None:
    assert boundary_in(header) == boundary


@pytest.mark.parametrize(
    "header",
    [
        "",
        "multipart/mixed",
        "multipart/mixed;",
        "multipart/mixed; boundary=",
        'multipart/mixed; boundary=""',
        'multipart/mixed; boundary="x "',
        'multipart/mixed; boundary="é"',
        f"multipart/mixed; boundary={'x' * 71}",
        "multipart/mixed; boundary=a b",
        "boundary=x",
    ],
)
def test_without_a_boundary_no_part_can_be_found(header: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        boundary_in(header)
    assert caught.value.path == "header.Content-Type"


@pytest.mark.parametrize(
    ("header", "json"),
    [
        ("application/json", True),
        ("Application/JSON; charset=UTF-8", True),
        (" application/json ;", True),
        ("application/json5", False),
        ("application/vnd.api+json", False),
        ("text/plain; x=application/json", False),
        ("json", False),
        ("", False),
        (None, False),
    ],
)
def test_json_is_known_by_its_media_type(header: str | None, json: bool) -> None:
    assert is_json(header) is json


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("text/plain", "TEXT/plain", True),
        ('a/b;x=1; y="2"', "a/b; Y=2 ;X=1", True),
        ('a/b; x="\\"q\\""', 'a/b;x="\\"\\q\\""', True),
        ("a/b; x=A", "a/b; x=a", False),
        ("a/b", "a/b; x=a", False),
        ("nonsense", "nonsense", True),
        ("nonsense", "Nonsense", False),
    ],
)
def test_media_types_are_the_same_however_they_are_written(a: str, b: str, same: bool) -> None:
    assert same_media_type(a, b) is same_media_type(b, a) is same


@given(st.text())
def test_any_header_is_a_content_type_or_none(header: str) -> None:
    found = ContentType.of(header)
    assert found is None or found.kind == found.kind.strip().lower()
    with contextlib.suppress(InvalidRequest):
        assert boundary_in(header)
