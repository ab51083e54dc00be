"""The form of language tags and media types: Data 2.2, 2.4.11 and 4.2."""

from __future__ import annotations

import pytest

from xapi import identifiers


@pytest.mark.parametrize(
    "tag",
    [
        "id",
        "en-US",
        "EN-us",
        "cmn",
        "zh-Hant",
        "zh-Hans-CN",
        "sr-Latn-RS",
        "es-419",
        "de-CH-1901",
        "sl-rozaj-biske-1994",
        "zh-cmn-Hans-CN",
        "de-a-value",
        "en-a-myext-b-another",
        "en-a-myext-x-a-private",
        "x-whatever",
        "de-1996-x-a",
        "i-klingon",
        "en-GB-oed",
        "sgn-BE-FR",
        "art-lojban",
        "zh-min-nan",
        "qaaa",
        "abcdefgh",
    ],
)
def test_a_language_tag_is_well_formed_by_rfc_5646(tag: str) -> None:
    assert identifiers.is_language_tag(tag)


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "e",
        "something",
        "en_US",
        "a12345",
        "en-",
        "-en",
        "en--US",
        "en-US-DE",
        "en-abcdefghi",
        "zh-z-aaa-z-bbb-c-ccc",
        "en-A-aaa-a-bbb",
        "en-a",
        "en-x",
        "x",
        "i-nonsense",
        "en US",
        "en\n",
        "für",
        "de-419-DE",
        "a-DE",
    ],
)
def test_other_sequences_of_tokens_are_no_language_tag(tag: str) -> None:
    assert not identifiers.is_language_tag(tag)


@pytest.mark.parametrize(
    "text",
    [
        "application/pdf",
        "text/plain; charset=ascii",
        'text/plain;charset="utf-8";format=flowed',
        "application/vnd.ms-excel",
        "image/svg+xml",
    ],
)
def test_a_media_type_has_a_type_a_subtype_and_maybe_parameters(text: str) -> None:
    assert identifiers.is_media_type(text)


@pytest.mark.parametrize(
    "text", ["", "pdf", "application/", "/pdf", "a/b/c", "text/plain; x", "ä/b"]
)
def test_what_lacks_one_of_them_is_no_media_type(text: str) -> None:
    assert not identifiers.is_media_type(text)
