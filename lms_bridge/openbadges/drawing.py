"""A badge's picture, for those that have none: a rosette with its name, and stars for its level.

It is laid out once and drawn twice, as SVG and as PNG. The same badge is always the same bytes.
"""

from __future__ import annotations

import base64
import functools
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias
from xml.sax.saxutils import escape, quoteattr

import msgspec
from PIL import Image, ImageDraw, ImageFont

from lms_bridge.openbadges.earned import Badge

SIZE: Final = 512
_FINER: Final = 2
"""how much larger the PNG is drawn, so that its edges become smooth"""
_FONTS: Final = Path(__file__).parent.parent / "certificates" / "fonts"
_MIDDLE: Final = SIZE / 2
_DEEP, _BLUE, _GOLD, _PAPER, _INK, _FAINT = (
    "#0f3d5c",
    "#15527a",
    "#d9a520",
    "#fffdf7",
    "#1c2128",
    "#606770",
)
_STARS: Final = 5
_LINES: Final = 4
_LARGEST, _SMALLEST = 58, 20
_LEADING: Final = 1.16

Point: TypeAlias = tuple[float, float]


class _Shape(msgspec.Struct, frozen=True):
    points: tuple[Point, ...]
    fill: str


class _Disc(msgspec.Struct, frozen=True):
    radius: float
    fill: str


class _Line(msgspec.Struct, frozen=True):
    text: str
    y: float
    """of the line that the letters stand on"""
    size: int
    bold: bool
    fill: str


_Part: TypeAlias = _Shape | _Disc | _Line


def svg(badge: Badge) -> bytes:
    """The picture of `badge` as SVG: its own, or one that is drawn."""
    if badge.picture and badge.picture.kind == "svg":
        return badge.picture.content
    said = quoteattr(badge.name)
    if badge.picture:
        inside = base64.b64encode(badge.picture.content).decode()
        parts = f'<image width="{SIZE}" height="{SIZE}" href="data:image/png;base64,{inside}"/>'
    else:
        parts = "".join(map(_as_svg, _laid_out(badge)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}"'
        f' height="{SIZE}" role="img" aria-label={said}>{parts}</svg>\n'
    ).encode()


def png(badge: Badge) -> bytes:
    """The picture of `badge` as PNG: its own, or one that is drawn."""
    if badge.picture and badge.picture.kind == "png":
        return badge.picture.content
    image = Image.new("RGBA", (SIZE * _FINER, SIZE * _FINER), (255, 255, 255, 0))
    pen = ImageDraw.Draw(image)
    for part in _laid_out(badge):
        _draw(pen, part)
    kept = io.BytesIO()
    image.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _laid_out(badge: Badge) -> Iterator[_Part]:
    yield _Shape(tuple(_rosette(250, 9)), _DEEP)
    yield _Shape(tuple(_rosette(238, 8)), _BLUE)
    yield _Disc(206, _GOLD)
    yield _Disc(199, _PAPER)
    yield _Disc(190, _GOLD)
    yield _Disc(188, _PAPER)
    level = badge.level
    middle = _MIDDLE - (22 if level else 0)
    lines, size = _fitted(badge.name, middle)
    top = middle - len(lines) * size * _LEADING / 2
    for number, text in enumerate(lines):
        yield _Line(text, top + size * (0.9 + number * _LEADING), size, True, _INK)
    if level:
        for number in range(_STARS):
            x = _MIDDLE + (number - (_STARS - 1) / 2) * 44
            yield _Shape(tuple(_star(x, 368, 19)), _GOLD if number < level else "#e3e0d6")
        yield _Line(f"LEVEL {level}", 418, 22, False, _FAINT)


def _rosette(radius: float, depth: float) -> Iterator[Point]:
    for step in range(480):
        angle = step / 480 * 2 * math.pi
        reach = radius - depth * (1 - math.cos(angle * 24)) / 2
        yield _rounded(_MIDDLE + reach * math.sin(angle), _MIDDLE - reach * math.cos(angle))


def _star(x: float, y: float, radius: float) -> Iterator[Point]:
    for step in range(10):
        angle = step / 10 * 2 * math.pi
        reach = radius if step % 2 == 0 else radius * 0.42
        yield _rounded(x + reach * math.sin(angle), y - reach * math.cos(angle))


def _rounded(x: float, y: float) -> Point:
    return round(x, 1), round(y, 1)


def _fitted(name: str, middle: float) -> tuple[list[str], int]:
    """`name` in lines that fit into the disc, as large as may be; what is too long is cut off."""
    for size in range(_LARGEST, _SMALLEST - 1, -2):
        for count in range(1, _LINES + 1):
            if (lines := _broken(name.split(), size, count, middle)) is not None:
                return lines, size
    words = name.split()
    while words and (lines := _broken([*words, "…"], _SMALLEST, _LINES, middle)) is None:
        words.pop()
    return (lines or ["…"]) if words else ["…"], _SMALLEST


def _broken(words: list[str], size: int, count: int, middle: float) -> list[str] | None:
    """`words` in so many lines of that `size`, or fewer; None if they are too long for that."""
    height = size * _LEADING
    lines: list[str] = []
    for number in range(count):
        above = middle + (number - count / 2) * height
        # The corner of the line that is farthest from the middle has to be within the disc.
        farthest = max(abs(above - _MIDDLE), abs(above + height - _MIDDLE))
        room = 2 * math.sqrt(max(172**2 - farthest**2, 0))
        taken = 0
        while taken < len(words) and _width(" ".join(words[: taken + 1]), size) <= room:
            taken += 1
        if not taken:
            return None if words else lines
        lines.append(" ".join(words[:taken]))
        words = words[taken:]
    return None if words else lines


def _width(text: str, size: int) -> float:
    return _font(size, True).getlength(text)


@functools.lru_cache(maxsize=64)
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    name = f"LiberationSerif-{'Bold' if bold else 'Regular'}.ttf"
    # The plain way to set letters, so that the picture is the same wherever it is drawn.
    return ImageFont.truetype(_FONTS / name, size, layout_engine=ImageFont.Layout.BASIC)


def _as_svg(part: _Part) -> str:
    match part:
        case _Disc():
            return f'<circle cx="{_MIDDLE}" cy="{_MIDDLE}" r="{part.radius}" fill="{part.fill}"/>'
        case _Shape():
            points = " ".join(f"{x},{y}" for x, y in part.points)
            return f'<polygon points="{points}" fill="{part.fill}"/>'
        case _Line():
            weight = ' font-weight="bold"' if part.bold else ""
            # As long as it was measured, whatever typeface is there to draw it with.
            length = _font(part.size, part.bold).getlength(part.text)
            return (
                f'<text x="{_MIDDLE}" y="{part.y:.1f}" font-size="{part.size}"{weight}'
                f' textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs"'
                f' fill="{part.fill}" text-anchor="middle"'
                f" font-family=\"'Liberation Serif', 'Times New Roman', serif\">"
                f"{escape(part.text)}</text>"
            )


def _draw(pen: ImageDraw.ImageDraw, part: _Part) -> None:
    match part:
        case _Disc():
            near, far = _MIDDLE - part.radius, _MIDDLE + part.radius
            pen.ellipse([near * _FINER, near * _FINER, far * _FINER, far * _FINER], part.fill)
        case _Shape():
            pen.polygon([(x * _FINER, y * _FINER) for x, y in part.points], part.fill)
        case _Line():
            font = _font(part.size * _FINER, part.bold)
            pen.text(
                (_MIDDLE * _FINER, part.y * _FINER), part.text, part.fill, font=font, anchor="ms"
            )
