"""A table as a PDF to be printed: A4 across, the headings on each page, "page 2 of 9".

The standard typefaces of PDF are used, which need not be in the file; a text that they have no
letters for is set in one that is embedded. The library's own tables take a minute for ten thousand
rows, so lines are broken and placed here.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fpdf import FPDF

from lms_bridge.reporting import showing
from lms_bridge.reporting.table import Column, Row, Table

_FONTS: Final = Path(__file__).parents[1] / "certificates" / "fonts"
_STANDARD: Final = "cp1252"
_FACE, _EMBEDDED = "Helvetica", "Liberation"
_WIDTH, _HEIGHT, _MARGIN = 297.0, 210.0, 12.0  # mm
_BOTTOM: Final = _HEIGHT - 14.0
_SIZE, _LINE = 8.0, 3.6  # points, mm
_GAP: Final = 1.2
"""mm between the edge of a cell and what stands in it"""
_MOST_LINES: Final = 4
"""of a cell; what is longer is cut"""
_INK, _ACCENT, _FAINT, _RULE = (28, 33, 40), (21, 82, 122), (96, 103, 112), (205, 212, 218)
_ALL_PAGES: Final = "{pages}"


def content(table: Table, *, footer: str, page_of: str, total: str, made_at: dt.datetime) -> bytes:
    """The file. `page_of` has %(page)s and %(pages)s in it; `total` is what sums are called."""
    pdf = _Paper(table, footer, page_of, made_at)
    pdf.begin()
    empty = True
    for row in table.rows:
        empty = False
        pdf.row(row)
    if table.sums is not None and not empty:
        pdf.row([total, *table.sums[1:]], bold=True)
    return bytes(pdf.output())


class _Paper(FPDF):
    """The pages, and what is set on them."""

    def __init__(self, table: Table, footer: str, page_of: str, made_at: dt.datetime) -> None:
        super().__init__(orientation="L", format="A4")
        self._table, self._footer, self._page_of = table, footer, page_of
        self.core_fonts_encoding = _STANDARD
        self.set_auto_page_break(False)
        self.set_margin(_MARGIN)
        self.set_title(table.title)
        self.set_creator("lms-bridge")
        self.set_lang(table.language)
        self.set_creation_date(made_at)
        self.alias_nb_pages(_ALL_PAGES)
        room = _WIDTH - 2 * _MARGIN
        asked = sum(column.width for column in table.columns)
        self._widths = [column.width * room / asked for column in table.columns]
        self._broken = functools.lru_cache(maxsize=20_000)(self._break)
        self._y = 0.0

    def begin(self) -> None:
        """The first page, as far as the headings."""
        self.add_page()
        self._face(15, bold=True, colour=_ACCENT)
        self._y = _MARGIN + 5
        self._put(self._table.title, _MARGIN, self._y)
        self._y += 3
        for text in [f"{label}: {value}" for label, value in self._table.about]:
            self._paragraph(text)
        for text in self._table.notes:
            self._paragraph(text)
        self._y += 2
        self._head()

    def row(self, row: Row, *, bold: bool = False) -> None:
        """One row, on a new page if there is no room for it on this one."""
        language = self._table.language
        columns = self._table.columns
        texts = [
            showing.cell(cell, column, language) for cell, column in zip(row, columns, strict=True)
        ]
        broken = [
            self._broken(text, width, bold) for text, width in zip(texts, self._widths, strict=True)
        ]
        height = max(map(len, broken)) * _LINE + 1.4
        if self._y + height > _BOTTOM:
            self.add_page()
            self._y = _MARGIN
            self._head()
        self._cells(broken, columns, bold=bold)
        self._y += height
        self.set_draw_color(*_RULE)
        self.set_line_width(0.1)
        self.line(_MARGIN, self._y, _WIDTH - _MARGIN, self._y)

    def footer(self) -> None:
        """The library calls it when a page ends."""
        self._face(7.5, colour=_FAINT)
        y = _HEIGHT - 8
        self._put(self._footer, _MARGIN, y)
        said = self._page_of % {"page": self.page_no(), "pages": _ALL_PAGES}
        # The library's own cell, for it puts in later how many pages there are.
        self.set_xy(_MARGIN, y - 3)
        self.cell(_WIDTH - 2 * _MARGIN, 4, said, align="R")

    def _head(self) -> None:
        columns = self._table.columns
        broken = [
            self._broken(column.heading, width, True)
            for column, width in zip(columns, self._widths, strict=True)
        ]
        height = max(map(len, broken)) * _LINE + 1.8
        self.set_fill_color(232, 240, 245)
        self.rect(_MARGIN, self._y, _WIDTH - 2 * _MARGIN, height, style="F")
        self._cells(broken, columns, bold=True)
        self._y += height

    def _cells(
        self, broken: Sequence[Sequence[str]], columns: Sequence[Column], *, bold: bool
    ) -> None:
        self._face(_SIZE, bold=bold)
        x = _MARGIN
        for lines, column, width in zip(broken, columns, self._widths, strict=True):
            for number, text in enumerate(lines):
                y = self._y + (number + 1) * _LINE - 0.5
                left = x + _GAP
                if column.kind == "number":
                    left = x + width - _GAP - self._length(text, bold)
                self._put(text, left, y, bold=bold)
            x += width

    def _paragraph(self, text: str) -> None:
        self._face(9, colour=_FAINT)
        # Broken as in cells, whose letters are a little smaller.
        for line in self._break(text, (_WIDTH - 2 * _MARGIN) * _SIZE / 9, False):
            self._y += 4.2
            self._put(line, _MARGIN, self._y)

    def _face(
        self, size: float, *, bold: bool = False, colour: tuple[int, int, int] = _INK
    ) -> None:
        self.set_font(_FACE, "B" if bold else "", size)
        self.set_text_color(*colour)

    def _put(self, text: str, x: float, y: float, *, bold: bool = False) -> None:
        """`text` on the line at `y`, in letters that have it."""
        if not text:
            return
        if _is_standard(text):
            self.text(x, y, text)
            return
        family, style, points = self.font_family, self.font_style, self.font_size_pt
        self._embed()
        self.set_font(_EMBEDDED, "B" if bold else "", points)
        self.text(x, y, text)
        self.set_font(family, style, points)

    def _embed(self) -> None:
        if _EMBEDDED.lower() not in self.fonts:
            self.add_font(_EMBEDDED, "", _FONTS / "LiberationSerif-Regular.ttf")
            self.add_font(_EMBEDDED, "B", _FONTS / "LiberationSerif-Bold.ttf")

    def _break(self, text: str, width: float, bold: bool) -> list[str]:
        """`text` in lines that fit into a cell of that `width`."""
        room = width - 2 * _GAP
        if self._length(text, bold) <= room:
            return [text]
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self._length(longer, bold) <= room:
                lines[-1] = longer
                continue
            while self._length(word, bold) > room and len(word) > 1:
                cut = max(1, int(len(word) * room / self._length(word, bold)))
                lines.append(word[:cut])
                word = word[cut:]
            lines.append(word)
        if len(lines) > _MOST_LINES:
            del lines[_MOST_LINES:]
            lines[-1] = lines[-1][:-1] + "…"
        return lines or [""]

    def _length(self, text: str, bold: bool) -> float:
        """How long `text` is in a cell, in mm."""
        widths = _widths(bold)
        return sum(widths.get(letter, 0.6) for letter in text) * _SIZE / self.k


@functools.cache
def _widths(bold: bool) -> dict[str, float]:
    """How wide each letter of the standard typeface is, as a share of its size."""
    pdf = FPDF()
    pdf.core_fonts_encoding = _STANDARD
    pdf.set_font(_FACE, "B" if bold else "", 1000)
    letters = bytes(range(32, 256)).decode(_STANDARD, "ignore")
    return {letter: pdf.get_string_width(letter) * pdf.k / 1000 for letter in letters}


@functools.lru_cache(maxsize=20_000)
def _is_standard(text: str) -> bool:
    try:
        text.encode(_STANDARD)
    except UnicodeEncodeError:
        return False
    return True
