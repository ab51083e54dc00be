"""The pictures of badges, and the credential in them."""

from __future__ import annotations

import contextlib
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import settings as settings_
from hypothesis import strategies as st
from PIL import Image

from lms_bridge.openbadges import baking, drawing
from lms_bridge.openbadges.earned import Badge, Competency, Picture
from lms_bridge.openbadges.untrue import Untrue
from tests.openbadges.world import BADGE
from tests.trials import times

SVG = b"""<?xml version="1.0"?><!-- <svg> --><svg:svg xmlns:svg="http://www.w3.org/2000/svg"
 aria-label="a > b"><svg:rect/></svg:svg>"""


def a_png() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(kept, "PNG")
    return kept.getvalue()


printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip)


@settings_(max_examples=times(1))
@given(text=printable.filter(bool) | st.just("a ]]> b ]]]]>"))
def test_what_is_put_into_a_picture_comes_out_again(text: str) -> None:
    assert baking.out_of_png(baking.into_png(a_png(), text)) == text
    assert baking.out_of_svg(baking.into_svg(SVG, text)) == text


def test_the_picture_stays_what_it_was() -> None:
    baked = baking.into_png(a_png(), "{}")
    assert Image.open(io.BytesIO(baked)).getpixel((2, 1)) == (255, 0, 0)
    assert len(baking.into_png(baked, "{}")) == len(baked)


def test_a_credential_that_was_compressed_is_read_as_well() -> None:
    plain = baking.into_png(a_png(), "{}")
    head = b"openbadgecredential\0"
    chunk = head + b"\1\0id\0\0" + zlib.compress(b'{"a": 1}')
    start = plain.index(b"iTXt" + head) - 4
    end = plain.index(b"IEND") - 4
    framed = len(chunk).to_bytes(4) + b"iTXt" + chunk + zlib.crc32(b"iTXt" + chunk).to_bytes(4)
    assert baking.out_of_png(plain[:start] + framed + plain[end:]) == '{"a": 1}'


@settings_(max_examples=times(1))
@given(cut=st.integers(0, 200), other=st.binary(min_size=1, max_size=3))
def test_a_damaged_picture_is_said_to_be_one(cut: int, other: bytes) -> None:
    png = baking.into_png(a_png(), "{}")
    svg = baking.into_svg(SVG, "{}")
    for content, out in ((png, baking.out_of_png), (svg, baking.out_of_svg)):
        at = cut % len(content)
        with contextlib.suppress(Untrue):
            assert out(content[:at] + other + content[at + len(other) :]) is not None


def test_a_picture_holds_one_credential() -> None:
    with pytest.raises(Untrue, match="already"):
        baking.into_svg(baking.into_svg(SVG, "{}"), "{}")


@pytest.mark.parametrize("content", [b"<html/>", b"<svg", SVG.replace(b"svg:", b"x:"), b"\xff\xfe"])
def test_what_is_no_svg_is_refused(content: bytes) -> None:
    with pytest.raises(Untrue, match="SVG"):
        baking.into_svg(content, "{}")


def test_entities_of_strangers_are_not_followed() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>'
    with pytest.raises(Untrue):
        baking.out_of_svg(bomb)


@pytest.mark.parametrize(
    "name",
    ["Pengembangan Diri dan Orang Lain", "Kata " * 30, "W" * 90 + "<b>&\"'"],
)
def test_every_name_finds_room_on_the_badge(name: str) -> None:
    badge = Badge(key="x", name=name, competencies=(Competency(name=name, level=4),))
    image = Image.open(io.BytesIO(drawing.png(badge)))
    assert image.size == (512, 512)
    assert image.getpixel((1, 1))[3] == 0  # around it nothing is drawn
    svg = drawing.svg(badge).decode()
    assert svg.count("<polygon") == 2 + 5
    assert ">LEVEL 4<" in svg
    baking.into_svg(svg.encode(), "{}")


def test_a_badge_may_have_a_picture_of_its_own() -> None:
    own = Badge(key="x", name="x", picture=Picture("png", a_png()))
    assert drawing.png(own) == a_png()
    assert b"data:image/png;base64," in drawing.svg(own)
    own = Badge(key="x", name="x", picture=Picture("svg", SVG))
    assert drawing.svg(own) == SVG
    assert drawing.png(own) != drawing.png(BADGE)
