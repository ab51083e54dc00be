"""Whether the certificates can be made, and how large one is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from lms_bridge.certificates.certificate import Certificate
from lms_bridge.certificates.issued import PATH
from lms_bridge.certificates.rendering import PictureError, Renderer
from lms_bridge.checks import Check
from lms_bridge.config.settings import Settings
from lms_bridge.i18n import mark
from lms_bridge.registries.base import Registry, TakesDocuments

_SUBJECT = "certificates"


def sample(settings: Settings) -> Certificate:
    """A certificate of nobody, to look at."""
    return Certificate(
        number="CONTOH/2026/00001",
        name="NAMA PEGAWAI, S.E., M.M.",
        nip="198703152010012001",
        course="Pelatihan Kepemimpinan Administrator",
        organiser="BKPSDM",
        kind="Pelatihan Manajerial",
        hours=40,
        starts=dt.date(2026, 3, 2),
        ends=dt.date(2026, 3, 20),
        competencies=("Integritas (level 3)",),
        address=f"{settings.web.home_page}{PATH}CONTOH",
    )


def checks(settings: Settings, registries: Sequence[Registry]) -> Iterator[Check]:
    """The lines of ``lms-bridge check`` on certificates."""
    if settings.certificates is None:
        return
    try:
        size = len(Renderer(settings.certificates).pdf(sample(settings)))
    except PictureError as error:
        yield Check(
            _SUBJECT,
            "failed",
            "%(error)s",
            mark("Give a picture that is PNG or JPEG."),
            {"error": str(error)},
        )
        return
    least = min(
        (
            one.most_document_bytes
            for one in registries
            if isinstance(one, TakesDocuments) and one.takes_documents
        ),
        default=None,
    )
    details = {"size": size, "most": least}
    if least is None:
        yield Check(
            _SUBJECT,
            "ok",
            mark("one is %(size)s bytes long; no registry is to get them"),
            details=details,
        )
    elif size > least:
        yield Check(
            _SUBJECT,
            "failed",
            mark("one is %(size)s bytes long, and a registry takes %(most)s"),
            mark("Use smaller pictures."),
            details,
        )
    else:
        yield Check(
            _SUBJECT,
            "ok",
            mark("one is %(size)s bytes long, and the registry takes %(most)s"),
            details=details,
        )
