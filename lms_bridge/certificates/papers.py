"""The certificate of a completion as a file: where the document of a registry row comes from."""

from __future__ import annotations

from lms_bridge.certificates import issued
from lms_bridge.certificates.rendering import Renderer
from lms_bridge.deliveries.work import Work
from lms_bridge.registries.base import Document
from lms_bridge.store.engine import Store


class Papers:
    """Gives the certificate of each completion. Threads may share it.

    It is made from what the database has of the completion, so it is the same each time until
    that changes; it is not kept.
    """

    def __init__(self, store: Store, renderer: Renderer, *, home_page: str) -> None:
        self._store = store
        self._renderer = renderer
        self._home_page = home_page

    def __call__(self, work: Work) -> Document:
        with self._store.reading() as db:
            found = issued.of_completion(db, work.completion_id, home_page=self._home_page)
        assert found is not None, "a delivery has its completion"
        return self._renderer.document(found.certificate)
