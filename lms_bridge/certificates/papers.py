"""The certificate of a completion as a file: where the document of a registry row comes from."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from lms_bridge.certificates import issued
from lms_bridge.certificates.rendering import Renderer, file_name
from lms_bridge.deliveries.work import Work
from lms_bridge.errors import DeliveryError
from lms_bridge.http import notes
from lms_bridge.lms.base import IssuesCertificates, Lms
from lms_bridge.registries.base import Document
from lms_bridge.store.engine import Store
from lms_bridge.store.schema import completions


class Papers:
    """Gives the certificate of each completion. Threads may share it.

    It is the one that the LMS has issued, if the catalogue says which activity issues them
    (``lms_certificate`` of the course) and the learner has got one there. Otherwise it is made,
    from what the database has of the completion; so it is the same each time until that changes.
    Neither is kept.
    """

    def __init__(
        self, store: Store, renderer: Renderer, *, home_page: str, lms: Mapping[str, Lms]
    ) -> None:
        self._store = store
        self._renderer = renderer
        self._home_page = home_page
        self._lms = lms

    def __call__(self, work: Work) -> Document:
        """The certificate of `work`.

        Raises :exc:`~lms_bridge.errors.DeliveryError` when the LMS cannot be asked.
        """
        activity = work.course.lms_certificate
        if activity and (content := self._of_the_lms(work, activity)):
            return Document(file_name(work.certificate_number), content)
        with self._store.glancing() as db:
            found = issued.of_completion(db, work.completion_id, home_page=self._home_page)
        assert found is not None, "a delivery has its completion"
        return self.made(found)

    def made(self, found: issued.Issued) -> Document:
        """The certificate that is made of what was `found` in the database."""
        return self._renderer.document(found.certificate)

    def _of_the_lms(self, work: Work, activity: str) -> bytes | None:
        with self._store.reading() as db:
            query = select(completions.c.lms, completions.c.role)
            row = db.execute(query.where(completions.c.id == work.completion_id)).one()
        platform = self._lms.get(row.lms)
        # Of somebody who taught the LMS has a certificate as a learner, if any.
        if row.role != "learner" or not work.lms_user_id:
            return None
        if not isinstance(platform, IssuesCertificates):
            return None
        try:
            with notes.aside():
                return platform.certificate_of(work.lms_user_id, activity)
        except DeliveryError as error:
            # What ails the LMS is no trouble of the registry, whose other deliveries go on. What
            # ails all of the LMS passes by itself, at the latest when somebody has mended it.
            raise DeliveryError(
                error.reason,
                retryable=error.retryable or error.remote_wide,
                retry_after=error.retry_after,
            ) from None
