"""The form of UUIDs, IRIs, mailboxes and hashes: Data 2.2, 2.4.1, 2.4.2.3, 2.4.11, 4.3, 4.4."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi import identifiers


@pytest.mark.parametrize(
    "text",
    [
        "fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
        "FD41C918-B88B-4B20-A0A5-A4C32391AAA0",
        "6f5a560e-b03a-5e96-a003-6fe274fb6cfa",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ],
)
def test_a_uuid_is_one_in_either_case_and_of_any_version(text: str) -> None:
    assert identifiers.is_uuid(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fd41c918b88b4b20a0a5a4c32391aaa0",
        "{fd41c918-b88b-4b20-a0a5-a4c32391aaa0}",
        "urn:uuid:fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
        "fd41c918-b88b-4b20-a0a5-a4c32391aaa01",
        "gd41c918-b88b-4b20-a0a5-a4c32391aaa0",
        "fd41c918-b88b-4b20-a0a5-a4c32391aaa0\n",
        "fd41c918-b88b-4b20-a0a5-a4c32391aa٣0",
    ],
)
def test_another_form_of_a_uuid_is_not_its_standard_string_form(text: str) -> None:
    assert not identifiers.is_uuid(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://lms.example",
        "http://adlnet.gov/expapi/verbs/completed",
        "http://example.com/xapi/verbs#defenestrated",
        "http://example.com/فعل/خواندن",
        "https://lms.example/course/view.php?id=2&section=3#here",
        "https://lms.example/report?filter[0]=x",
        "https://user:secret@lms.example:8443/a%20b",
        "http://[2001:db8::1]/x",
        "http://münchen.example/ä?ö#ü",
        "urn:uuid:fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
        "tag:example.org,2026:course",
        "mailto:siti@example.id",
        "act:course",
        "file:///c/course.html",
        "x-my.scheme+1:/a",
        "https://lms.example/\U0001f393",
    ],
)
def test_an_iri_has_a_scheme_and_what_rfc_3987_allows_after_it(text: str) -> None:
    assert identifiers.is_iri(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lms.example/course/7",
        "/course/7",
        "//lms.example/course/7",
        "#verb",
        "completed",
        ":no-scheme",
        "1st:x",
        "ab=c://should.fail.com",
        "https://lms.example/a b",
        "https://lms.example/a\n",
        "https://lms.example/<id>",
        'https://lms.example/"',
        "https://lms.example/{id}",
        "https://lms.example/a|b",
        "https://lms.example/a\\b",
        "https://lms.example/a^b",
        "https://lms.example/a`b",
        "https://lms.example/100%",
        "https://lms.example/%zz",
        "https://lms.example/a#b#c",
        "https://lms.example:port/",
        "https://lms.example/\ue000",
        "https://lms.example/\x00",
        " https://lms.example",
        "http://[::1",
    ],
)
def test_what_has_no_scheme_or_an_unescaped_character_is_no_iri(text: str) -> None:
    assert not identifiers.is_iri(text)


def test_a_uri_is_an_iri_of_ascii() -> None:
    assert identifiers.is_uri("https://id.example/budi")
    assert not identifiers.is_uri("https://id.example/bûdi")
    assert not identifiers.is_uri("id.example/budi")


@pytest.mark.parametrize(
    "text",
    [
        "mailto:siti@example.id",
        "mailto:Siti.Rahmawati+lms@sub.example.go.id",
        "mailto:siti@localhost",
        "mailto:o'brien@example.org",
        "mailto:%22a%20b%22@example.org",
        "mailto:用户@例子.广告",
        "mailto:siti@[192.0.2.1]",
        "mailto:a..b@docomo.example",
    ],
)
def test_a_mailto_iri_is_one_address(text: str) -> None:
    assert identifiers.is_mailto(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "siti@example.id",
        "mailto:",
        "mailto:should.fail.com",
        "http://should.fail.com",
        "mailto:@example.id",
        "mailto:siti@",
        "mailto:siti@example.id,budi@example.id",
        "mailto:siti@example.id?subject=x",
        "mailto:siti@exa mple.id",
        "mailto:si ti@example.id",
        "mailto:siti@@example.id",
        "mailto:siti@budi@example.id",
        "mailto:siti@.example.id",
        "mailto:siti@example..id",
        "mailto:siti@-example.id",
        "mailto:siti@example.id\n",
        "mailto: siti@example.id",
        "MAILTO:siti@example.id",
    ],
)
def test_what_is_not_one_address_is_no_mailto_iri(text: str) -> None:
    assert not identifiers.is_mailto(text)


def test_the_domain_of_a_mailto_iri_has_no_case_and_the_rest_has() -> None:
    assert identifiers.canonical_mailto("mailto:Siti@Example.ID") == "mailto:Siti@example.id"


@pytest.mark.parametrize(
    ("text", "sha1", "sha2"),
    [
        ("ebd31e95054c018b10727ccffd2ef2ec3a016ee9", True, False),
        ("EBD31E95054C018B10727CCFFD2EF2EC3A016EE9", True, False),
        ("ebd31e95054c018b10727ccffd2ef2ec3a016ee", False, False),
        ("gbd31e95054c018b10727ccffd2ef2ec3a016ee9", False, False),
        ("a" * 56, False, True),
        ("A" * 64, False, True),
        ("a" * 96, False, True),
        ("a" * 128, False, True),
        ("a" * 63, False, False),
        ("a" * 160, False, False),
        ("", False, False),
    ],
)
def test_a_hash_has_as_many_hexadecimal_digits_as_its_kind(
    text: str, sha1: bool, sha2: bool
) -> None:
    assert identifiers.is_sha1(text) is sha1
    assert identifiers.is_sha2(text) is sha2


PREDICATES = [
    identifiers.is_uuid,
    identifiers.is_iri,
    identifiers.is_uri,
    identifiers.is_mailto,
    identifiers.is_sha1,
    identifiers.is_sha2,
    identifiers.is_language_tag,
    identifiers.is_media_type,
]


@given(st.text())
def test_every_text_has_a_form_or_has_not_and_is_told_the_same_again(text: str) -> None:
    for has_form in PREDICATES:
        assert has_form(text) is has_form(text)


@given(st.text(alphabet='aA1-:/@.%[]; ="\\?#\u00e4 '))
def test_texts_near_the_grammar_are_told_as_well(text: str) -> None:
    for has_form in PREDICATES:
        assert has_form(text) in (True, False)


@pytest.mark.parametrize("has_form", PREDICATES, ids=lambda predicate: predicate.__name__)
@pytest.mark.parametrize(
    ("start", "again", "end"),
    [
        ("a:", "b", "\n"),
        ("https://", "a", "|"),
        ("https://", "a@", "|"),
        ("https://x/", "%20", "%"),
        ("mailto:", "a", "@"),
        ("mailto:a@", "b", "!"),
        ("mailto:a@", "b.", "!"),
        ("mailto:a@", "b-", "!"),
        ("en", "-abcde", "-"),
        ("en", "-a-bb", "-"),
        ("a/b", " ", "x"),
        ("a/b", ";c=d", "x"),
        ('a/b;c="', "\\\\", "x"),
        ("", "0123456789abcdef", "-"),
    ],
)
def test_no_long_text_keeps_a_predicate_busy(
    has_form: Callable[[str], bool], start: str, again: str, end: str
) -> None:
    began = time.perf_counter()
    has_form(start + again * 20_000 + end)
    assert time.perf_counter() - began < 1


def test_good_texts_beyond_number_are_still_told_right() -> None:
    for number in range(10_000):
        assert identifiers.is_iri(f"https://lms.example/course/{number}")
    assert not identifiers.is_iri("lms.example")


def uuids(count: int) -> list[str]:
    return [identifiers.new_uuid() for _ in range(count)]


def test_new_uuids_are_unlike_each_other_and_sort_by_when_they_were_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []
    for moment in (1_795_500_568_000, 1_795_500_568_001):
        monkeypatch.setattr("time.time_ns", lambda moment=moment: moment * 1_000_000)
        made += sorted(uuids(500))
    assert made == sorted(set(made))
    assert len(made) == 1000
    assert all(str(uuid.UUID(one)) == one for one in made)
    assert {(uuid.UUID(one).version, uuid.UUID(one).variant) for one in made} == {
        (4, uuid.RFC_4122)
    }


def test_a_process_that_is_forked_makes_up_uuids_of_its_own() -> None:
    uuids(1)
    reads, writes = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writes, "".join(uuids(20)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reads, 10_000).decode()
    os.close(reads)
    os.close(writes)
    assert len(theirs) == 20 * 36
    assert {one[14:] for one in uuids(20)}.isdisjoint(
        {theirs[at + 14 : at + 36] for at in range(0, len(theirs), 36)}
    )


def test_threads_never_get_the_same_uuid() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = [one for some in threads.map(uuids, [10_000] * 8) for one in some]
    assert len(set(made)) == 80_000
