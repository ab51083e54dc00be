"""Uploading the certificate to the row that a completion became.

It is a step of its own, after *record*, so that a row whose upload failed is finished later and
never written again. The registry keeps one document of the kind with a row, so to upload it
again does no harm; what is avoided is to put ours in place of one that somebody else put there.
So a row that the bridge has not just written is looked at first, and left as it is if it has a
document.

After an answer that did not come the row is looked at as soon as the upload must have taken
effect if it ever will (:mod:`~lms_bridge.deliveries.settling`).

Entries of its notebook, besides those of :mod:`~lms_bridge.deliveries.settling`:

``fresh``
    that the bridge has just written the row: there is no need to look at it.
``replaces``
    that the bridge has changed the row, and so the document: one that is there is the old one.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from lms_bridge.deliveries.papers import Papers, paper
from lms_bridge.deliveries.registered import Registered
from lms_bridge.deliveries.settling import Settling
from lms_bridge.deliveries.step import Clock, Notebook, Outcome
from lms_bridge.deliveries.work import Work
from lms_bridge.deliveries.written import Written, row_there, written
from lms_bridge.errors import DeliveryError
from lms_bridge.reasons import Reason
from lms_bridge.registries.base import Registry, TakesDocuments
from lms_bridge.store.engine import Store


class DocumentStep:
    """The step "document" at one registry, which is `keeper` as well."""

    def __init__(
        self,
        registry: Registry,
        keeper: TakesDocuments,
        papers: Papers,
        store: Store,
        *,
        clock: Clock,
        settle_seconds: float,
    ) -> None:
        self._registry = registry
        self._keeper = keeper
        self._papers = papers
        self._store = store
        self._clock = clock
        self._settling = Settling(clock, settle_seconds)

    def perform(self, work: Work, notebook: Notebook) -> Outcome:
        self._settling.enter(work, notebook)
        row = written(self._store, work)
        kind = row.training.kind
        if not self._keeper.takes_document_of(kind):
            return Outcome(row.row_id, reason=Reason("document_not_taken", remote=work.remote))
        person = Registered(self._registry, work, notebook, self._clock)
        if self._is_there(person, row, work, notebook):
            found = notebook.time("sent_at") is None
            self._settling.over(notebook)
            return Outcome(row.row_id, found=found)
        self._settling.again(notebook)
        if not work.is_wanted:
            self._settling.over(notebook)
            raise DeliveryError(Reason("withdrawn"), retryable=False)
        document = paper(self._papers, work, self._keeper.most_document_bytes)
        notebook.note(sent_at=self._clock())
        try:
            name = self._keeper.attach(person.employee, kind, row.row_id, document)
        except DeliveryError as error:
            self._settling.failed(error, notebook)
            raise
        self._settling.over(notebook)
        notebook.strike("fresh", "replaces")
        sha256 = hashlib.sha256(document.content).hexdigest()
        return Outcome(name or row.row_id, found=False, sha256=sha256)

    def not_before(self, notebook: Notebook) -> dt.datetime | None:
        return self._settling.not_before(notebook)

    def _is_there(self, person: Registered, row: Written, work: Work, notebook: Notebook) -> bool:
        """Whether the row has a document that is to be left there."""
        unanswered = notebook.time("sent_at") is not None
        if (notebook.get("fresh") or notebook.get("replaces")) and not unanswered:
            return False
        found = row_there(person, row, work)
        return bool(found.document) and not (unanswered and notebook.get("replaces"))
