"""What may be seen of personal data and secrets."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.redaction import mask_nip, redact, redact_fields
from tests.logged import logged

NIP = "198703152010012001"
WHOLE = re.compile(r"(?<!\d)\d{18}(?!\d)")

digits = st.text("0123456789", min_size=18, max_size=18)
around = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=12)
places: st.SearchStrategy[Any] = st.recursive(
    st.just(None),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)


@given(digits, around, around)
def test_a_nip_is_masked_wherever_it_stands(nip: str, before: str, after: str) -> None:
    text = mask_nip(before + nip + after)
    assert nip not in text
    assert f"{nip[:4]}************{nip[-2:]}" in text


@pytest.mark.parametrize(
    "printed",
    [
        "19870315 201001 2 001",
        "19870315-201001-2-001",
        "19870315.201001.2.001",
        "19870315%20201001%202%20001",
        "19870315+201001+2+001",
        "19870315\u00a0201001\u00a02\u00a0001",
    ],
)
def test_a_nip_as_it_is_printed_is_masked_as_well(printed: str) -> None:
    assert redact(f"nip={printed}.") == "nip=1987************01."


@pytest.mark.parametrize(
    "text",
    [
        "8ae48a8a000000000000000000000003",  # the registry's row ids
        "00000003-51ad-11f0-8001-0242ac130002",
        "2026-11-24T03:00:00.000000Z",
        "12345678901234567",
        "1234567890123456789",
    ],
)
def test_other_numbers_are_left_as_they_are(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("siti.r@example.go.id wrote", "s***@example.go.id wrote"),
        ("mailto:siti@example.go.id", "mailto:s***@example.go.id"),
        ("Authorization: Bearer eyJhbGciOi.J9", "Authorization: Bearer ***"),
        ("Basic bW9vZGxlOnJhaGFzaWE=", "Basic ***"),
        ("?wstoken=9f86d0&wsfunction=x", "?wstoken=***&wsfunction=x"),
        ('{"access_token": "abc", "x": 1}', '{"access_token": "***", "x": 1}'),
        ("password: rahasia", "password: ***"),
        ("postgresql://u:rahasia@h/x", "postgresql://u:***@h/x"),
        ("consumer_secret=abc;", "consumer_secret=***;"),
    ],
)
def test_secrets_and_addresses_are_masked(text: str, seen: str) -> None:
    assert redact(text) == seen


def test_fields_that_are_secret_or_personal_are_masked_by_their_names() -> None:
    fields = {"Authorization": "x", "wstoken": 1, "nik": "1", "email": "a@b.id", "nama": "Siti"}
    assert redact_fields(fields) == {
        "Authorization": "***",
        "wstoken": "***",
        "nik": "***",
        "email": "***",
        "nama": "Siti",
    }


def test_what_is_long_is_cut_after_it_was_masked() -> None:
    assert redact_fields("x" * 490 + " " + NIP) == "x" * 490 + " 1987*****…"
    assert len(redact_fields(["x"] * 30)) == 20


@given(digits, places)
def test_no_nip_survives_in_any_field_whatever_its_type(nip: str, place: Any) -> None:
    def put(into: Any) -> Any:
        if isinstance(into, list):
            return [put(one) for one in into]
        if isinstance(into, dict):
            return {f"{name}{nip}": put(one) for name, one in into.items()}
        return [nip, int("1" + nip[1:]), nip.encode(), (nip,)]

    shown = json.dumps(redact_fields(put(place)))
    assert not WHOLE.search(shown)


@pytest.fixture(params=["text", "json"])
def lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is logged, in either format."""
    with logged(format=request.param) as written:
        yield written


class Odd:
    def __str__(self) -> str:
        return f"odd {NIP}"

    __repr__ = __str__


@pytest.mark.parametrize(
    "value",
    [NIP, int(NIP), [NIP], {"a": {NIP: NIP}}, (NIP,), NIP.encode(), Odd(), ValueError(NIP), {NIP}],
)
def test_no_nip_is_logged_whatever_carries_it(lines: io.StringIO, value: Any) -> None:
    structlog.get_logger("test").info(f"about {NIP}", value=value, **{f"n{NIP}": 1})
    assert "about 1987************01" in lines.getvalue()
    assert not WHOLE.search(lines.getvalue())


def test_no_nip_is_logged_by_a_traceback_nor_by_the_loggers_of_others(
    lines: io.StringIO,
) -> None:
    try:
        raise ValueError(f"no employee {NIP}")
    except ValueError:
        structlog.get_logger("test").exception("failed")
        logging.getLogger("other").exception("failed for %s", NIP)
    assert lines.getvalue().count("no employee 1987************01") == 2
    assert not WHOLE.search(lines.getvalue())


def test_no_secret_is_logged(lines: io.StringIO) -> None:
    structlog.get_logger("test").warning("token=rahasia", headers={"Authorization": "rahasia"})
    assert "rahasia" not in lines.getvalue()


def test_a_traceback_is_logged_at_its_full_length(lines: io.StringIO) -> None:
    try:
        raise ValueError("x" * 3000)
    except ValueError:
        structlog.get_logger("test").exception("failed")
    assert "x" * 3000 in lines.getvalue()


def test_lines_for_machines_are_json(lines: io.StringIO) -> None:
    structlog.get_logger("test").info("déjà", number=int(NIP), ok=True)
    text = lines.getvalue()
    if text.startswith("{"):
        line = json.loads(text)
        assert (line["event"], line["number"], line["ok"]) == ("déjà", "1987************01", True)
        assert (line["level"], line["logger"]) == ("info", "test")
