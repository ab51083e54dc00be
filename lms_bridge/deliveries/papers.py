"""The certificate of a completion, as the steps get it that send it to a registry."""

from __future__ import annotations

from collections.abc import Callable

from lms_bridge.deliveries import places
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import Document, Registry, TakesDocumentsAtOnce

Papers = Callable[[Work], Document]
"""gives the certificate of a completion; may raise DeliveryError"""


def paper(papers: Papers, work: Work, most_bytes: int) -> Document:
    """The certificate of `work`. Raises a DeliveryError if it is longer than `most_bytes`."""
    with places.left():
        document = papers(work)
    size = len(document.content)
    if size > most_bytes:
        reason = Reason("document_too_large", remote=work.remote, size=size, most=most_bytes)
        raise DeliveryError(reason, retryable=False)
    return document


def comes_with_the_row(registry: Registry, kind: int) -> bool:
    """Whether `registry` takes the certificate in the request that writes a row of `kind`."""
    return _taker(registry, kind) is not None


def with_the_row(
    registry: Registry, kind: int, papers: Papers | None, work: Work
) -> tuple[TakesDocumentsAtOnce, Document] | None:
    """The certificate of `work` and who takes it, if it goes to `registry` with the row."""
    taker = _taker(registry, kind)
    if papers is None or taker is None:
        return None
    return taker, paper(papers, work, taker.most_document_bytes)


def _taker(registry: Registry, kind: int) -> TakesDocumentsAtOnce | None:
    if isinstance(registry, TakesDocumentsAtOnce) and registry.wants_document(kind):
        return registry
    return None
