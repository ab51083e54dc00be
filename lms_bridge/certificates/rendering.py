"""A certificate as a PDF: one page of A4, landscape.

The standard typefaces of PDF are used, which need not be in the file, so that it is small and
quickly made; for a text that they have no letters for one that has is embedded. What is long is
set smaller until it fits. The same certificate is always the same bytes.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import re
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from fpdf import FPDF
from PIL import Image
from zxingcpp import BarcodeFormat, create_barcode

from lms_bridge.certificates.certificate import Certificate, on_the_day
from lms_bridge.config.settings import Certificates
from lms_bridge.registries.base import Document

_FONTS: Final = Path(__file__).parent / "fonts"
_UNFIT: Final = re.compile(r"[^0-9A-Za-z]+")
_STANDARD: Final = "cp1252"
"""the letters that the standard typefaces have"""
_WIDTH, _HEIGHT = 297.0, 210.0  # mm
_MARGIN: Final = 24.0
_INK, _ACCENT, _FAINT = (28, 33, 40), (21, 82, 122), (96, 103, 112)
_QR_SIZE: Final = 27.0
_MODULE_PIXELS: Final = 4
_PICTURE_PIXELS: Final = 400
_FOOT: Final = 140.0
"""where signature and QR code begin; what is above has to fit in there"""


def file_name(number: str) -> str:
    """What the certificate with that `number` is called as a file.

    >>> file_name("PKA-2026/2026/00017")
    'PKA-2026-2026-00017.pdf'
    """
    return (_UNFIT.sub("-", number).strip("-")[:80] or "sertifikat") + ".pdf"


class PictureError(ValueError):
    """A picture of the configuration cannot be used."""


class Renderer:
    """Makes the certificates of one city. Threads may share it.

    Raises :exc:`PictureError`, naming the setting.
    """

    def __init__(self, settings: Certificates) -> None:
        self._settings = settings
        self._logo = _picture("logo", settings.logo)
        self._signature = _picture("signature", settings.signature)

    def pdf(self, certificate: Certificate) -> bytes:
        """`certificate` as a PDF file."""
        settings = self._settings
        text = settings.instructor_text if certificate.role == "instructor" else settings.text
        said = [certificate.said(each) for each in (settings.title, text)]
        signed = (
            settings.place,
            settings.signatory,
            settings.signatory_title,
            settings.signatory_nip,
        )
        page = _Page(certificate, [*said, *settings.letterhead, *signed])
        page.frame()
        self._letterhead(page)
        page.centred(said[0], 26, bold=True, colour=_ACCENT, space=9)
        page.centred(f"Nomor: {certificate.number}", 12, colour=_FAINT, space=1)
        page.centred("diberikan kepada", 12, space=6)
        page.centred(certificate.name, 24, bold=True, space=2)
        page.centred(f"NIP {certificate.nip}", 12, colour=_FAINT, space=1)
        page.paragraph(said[1], 14, space=4)
        if certificate.competencies:
            page.paragraph("Kompetensi: " + "; ".join(certificate.competencies), 11, space=2)
        self._signed(page, certificate)
        page.verification(certificate.address)
        return bytes(page.output())

    def document(self, certificate: Certificate) -> Document:
        """`certificate` as a file for a registry."""
        return Document(file_name(certificate.number), self.pdf(certificate))

    def _letterhead(self, page: _Page) -> None:
        lines = self._settings.letterhead
        top = page.get_y()
        for number, line in enumerate(lines):
            largest = number == (1 if len(lines) > 1 else 0)
            size = 17 if largest else 13 if number == 0 else 10
            page.centred(line, size, bold=number < 2, indent=28 if self._logo else 0)
        if self._logo:
            page.picture(self._logo, x=_MARGIN, y=top - 2, height=22, width=26)
        y = max(page.get_y(), top + 20 if self._logo else 0) + 2
        page.set_draw_color(*_ACCENT)
        page.set_line_width(0.7)
        page.line(_MARGIN, y, _WIDTH - _MARGIN, y)
        page.set_y(y)

    def _signed(self, page: _Page, certificate: Certificate) -> None:
        settings = self._settings
        where = f"{settings.place}, " if settings.place else ""
        page.set_y(_FOOT)
        page.right(where + on_the_day(certificate.ends), 11)
        page.right(settings.signatory_title, 11)
        if self._signature:
            page.picture(self._signature, x=_Page.RIGHT, y=page.get_y() + 1, height=20, width=50)
        page.set_y(max(page.get_y() + 22, _FOOT + 32))
        page.right(settings.signatory, 12, bold=True)
        if settings.signatory_nip:
            page.right(f"NIP {settings.signatory_nip}", 10)


class _Picture(NamedTuple):
    content: bytes
    width: int
    height: int


class _Page(FPDF):
    """The page, and what is set on it."""

    RIGHT: Final = _WIDTH - _MARGIN - 80

    def __init__(self, certificate: Certificate, texts: list[str]) -> None:
        super().__init__(orientation="L", format="A4")
        self.core_fonts_encoding = _STANDARD
        said = [*texts, *map(str, msgspec.structs.astuple(certificate))]
        self._typeface = "Times" if all(map(_is_standard, said)) else self._embedded()
        self.set_auto_page_break(False)
        self.set_margin(_MARGIN)
        self.set_title(f"{certificate.number} {certificate.name}")
        self.set_creator("lms-bridge")
        self.set_lang("id")
        day = certificate.ends
        self.set_creation_date(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC))
        self.add_page()
        self.set_y(_MARGIN - 3)

    def frame(self) -> None:
        for inset, width in ((8.0, 1.2), (10.5, 0.3)):
            self.set_draw_color(*_ACCENT)
            self.set_line_width(width)
            self.rect(inset, inset, _WIDTH - 2 * inset, _HEIGHT - 2 * inset)

    def centred(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = _INK,
        space: float = 0,
        indent: float = 0,
    ) -> None:
        """One line, `space` mm below what is above it."""
        width = _WIDTH - 2 * (_MARGIN + indent)
        needed = self._fitted(text, size, width, bold=bold, colour=colour)
        self._line(text, (_WIDTH - needed) / 2, self.get_y() + space, self.font_size * 1.25)

    def right(self, text: str, size: float, *, bold: bool = False) -> None:
        """One line above the signature or below it."""
        self._fitted(text, size, 80, bold=bold)
        self._line(text, self.RIGHT, self.get_y(), self.font_size * 1.25)

    def paragraph(self, text: str, size: float, *, space: float) -> None:
        """Several lines, which end above the foot."""
        width = _WIDTH - 2 * _MARGIN - 40
        top = self.get_y() + space
        while True:
            self._face(size)
            height, lines = self.font_size * 1.35, self._broken(text, width)
            if top + len(lines) * height <= _FOOT or size <= 6:
                break
            size -= 0.5
        self.set_y(top)
        for line, needed in lines:
            self._line(line, (_WIDTH - needed) / 2, self.get_y(), height)

    def picture(
        self, picture: _Picture, *, x: float, y: float, height: float, width: float
    ) -> None:
        """`picture`, no larger than that."""
        scale = min(height / picture.height, width / picture.width)
        self.image(
            io.BytesIO(picture.content),
            x=x,
            y=y,
            w=picture.width * scale,
            h=picture.height * scale,
        )

    def verification(self, address: str) -> None:
        """The QR code, and in words where it leads."""
        top, beside, height = _HEIGHT - _MARGIN - _QR_SIZE, _MARGIN + _QR_SIZE + 5, 4.5
        # As a picture: hundreds of rectangles take the library twice as long as all the rest.
        self.image(_qr_code(address), x=_MARGIN, y=top, w=_QR_SIZE, h=_QR_SIZE)
        self.link(_MARGIN, top, _QR_SIZE, _QR_SIZE, address)
        self._face(9, colour=_FAINT)
        below = top + _QR_SIZE - 2 * height
        self._line("Keaslian sertifikat ini dapat diperiksa di", beside, below, height)
        needed = self._fitted(address, 9, 110, colour=_ACCENT)
        self.link(beside, self.get_y(), needed, height, address)
        self._line(address, beside, self.get_y(), height)

    def _embedded(self) -> str:
        for style, name in (("", "Regular"), ("B", "Bold")):
            self.add_font("Liberation", style, _FONTS / f"LiberationSerif-{name}.ttf")
        return "Liberation"

    # The library's own ways to place a line, to measure it and to break it do much more than is
    # needed here, and take several times as long.

    def _line(self, text: str, x: float, y: float, height: float) -> None:
        """A line in a box of that `height`, whose left upper corner is given, in mm."""
        self.text(x, y + height / 2 + 0.3 * self.font_size, text)
        self.set_y(y + height)

    def _length(self, text: str) -> float:
        """How long `text` is in the current typeface, in mm."""
        assert self.current_font is not None
        said = self.normalize_text(text)
        points: float = self.current_font.get_text_width(said, self.font_size_pt, None)[1]
        return points / self.k

    def _broken(self, text: str, width: float) -> list[tuple[str, float]]:
        """`text` in lines of that `width`, and how long each is."""
        lines: list[tuple[str, float]] = []
        space = self._length(" ")
        for word in text.split():
            needed = self._length(word)
            if lines and lines[-1][1] + space + needed <= width:
                line, used = lines.pop()
                lines.append((f"{line} {word}", used + space + needed))
            else:
                lines.append((word, needed))
        return lines

    def _fitted(self, text: str, size: float, width: float, **face: Any) -> float:
        """Choose a typeface so small that `text` fits into that `width`; how long it is in it."""
        self._face(size, **face)
        while (needed := self._length(text)) > width and size > 5:
            size -= 0.5
            self._face(size, **face)
        return needed

    def _face(
        self, size: float, *, bold: bool = False, colour: tuple[int, int, int] = _INK
    ) -> None:
        self.set_font(self._typeface, "B" if bold else "", size)
        self.set_text_color(*colour)


def _is_standard(text: str) -> bool:
    try:
        text.encode(_STANDARD)
    except UnicodeEncodeError:
        return False
    return True


def _qr_code(text: str) -> Image.Image:
    """A QR code in black and white, its modules so large that no edge is blurred."""
    code = create_barcode(text, BarcodeFormat.QRCode, ec_level="M")
    drawn: Any = code.to_image(scale=_MODULE_PIXELS, add_quiet_zones=False)
    return Image.frombytes("L", drawn.shape[::-1], bytes(memoryview(drawn))).convert("1")


@functools.lru_cache(maxsize=8)
def _picture(setting: str, path: str) -> _Picture | None:
    """The picture that the `setting` names, no larger than a page needs it."""
    if not path:
        return None
    try:
        with Image.open(path) as opened:
            opened.thumbnail((_PICTURE_PIXELS, _PICTURE_PIXELS))
            kept = io.BytesIO()
            lossless = opened.format != "JPEG"
            image = opened.convert("RGBA" if lossless else "RGB")
            image.save(kept, "PNG" if lossless else "JPEG")
            return _Picture(kept.getvalue(), *image.size)
    except (OSError, ValueError) as error:
        raise PictureError(f"certificates.{setting}: {path} is no picture: {error}") from None
