"""Whether the certificates can be made, and how large one is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from lms_bridge.catalogue.course import KINDS, Course
from lms_bridge.certificates.certificate import Certificate
from lms_bridge.certificates.issued import PATH
from lms_bridge.certificates.rendering import PictureError, Renderer
from lms_bridge.checks import Check
from lms_bridge.config.settings import Settings
from lms_bridge.errors import DeliveryError
from lms_bridge.i18n import mark
from lms_bridge.lms.base import IssuesCertificates, Lms
from lms_bridge.registries.base import Registry, TakesDocuments, TakesDocumentsAtOnce

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


def checks(
    settings: Settings,
    registries: Sequence[Registry],
    platforms: Mapping[str, Lms],
    courses: Sequence[Course],
) -> Iterator[Check]:
    """The lines of ``lms-bridge check`` on certificates."""
    if settings.certificates is None:
        return
    yield from _ours(settings, registries)
    for course in courses:
        if course.lms_certificate:
            yield from _of_the_lms(course, platforms)


def _of_the_lms(course: Course, platforms: Mapping[str, Lms]) -> Iterator[Check]:
    """Whether the LMS tells of the certificates that it issues for `course`, without one of them.

    A course may be of several LMSs, of which one issues them.
    """
    subject = f"{_SUBJECT}: {course.key}"
    failures = []
    for name, platform in platforms.items():
        if course.lms not in ("", name) or not isinstance(platform, IssuesCertificates):
            continue
        try:
            platform.certificate_of("", course.lms_certificate)
        except DeliveryError as error:
            failures.append(Check.that_failed(subject, error.reason))
            continue
        told = mark("those that %(lms)s issues can be fetched")
        yield Check(subject, "ok", told, details={"lms": f"lms.{name}"})
        return
    yield from failures


def _ours(settings: Settings, registries: Sequence[Registry]) -> Iterator[Check]:
    assert settings.certificates is not None
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
            if isinstance(one, TakesDocuments | TakesDocumentsAtOnce) and _takes(one)
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


def _takes(registry: TakesDocuments | TakesDocumentsAtOnce) -> bool:
    if isinstance(registry, TakesDocuments) and registry.takes_documents:
        return True
    return isinstance(registry, TakesDocumentsAtOnce) and any(map(registry.wants_document, KINDS))
