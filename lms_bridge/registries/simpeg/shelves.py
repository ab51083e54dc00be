"""The histories of a registry in TOML with their requests made ready, found by kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from lms_bridge.mapped.requests import Prepared
from lms_bridge.registries.simpeg.fields import (
    TO_ATTACH,
    TO_CHANGE,
    TO_READ,
    TO_RECORD,
    TO_REMOVE,
    TO_UPLOAD,
    with_upload,
)
from lms_bridge.registries.simpeg.reading import Rows
from lms_bridge.registries.simpeg.settings import History, SimpegSettings


class Shelf:
    """One history with its requests made ready; None for one that is not described."""

    def __init__(
        self, name: str, history: History, settings: SimpegSettings, zone: dt.tzinfo
    ) -> None:
        self.name = name
        self.history = history
        self.read = Prepared(history.read, settings, TO_READ)
        self.record = Prepared(history.record, settings, with_upload(TO_RECORD, history))
        self.remove = Prepared(history.remove, settings, TO_REMOVE) if history.remove else None
        changing = with_upload(TO_CHANGE, history)
        self.change = Prepared(history.change, settings, changing) if history.change else None
        self.upload = Prepared(history.upload, settings, TO_UPLOAD) if history.upload else None
        self.document = (
            Prepared(history.document, settings, TO_ATTACH) if history.document else None
        )
        self.rows = Rows(history, settings, zone)
        self.brings_document = self.upload is not None or "document" in self.record.names()
        """whether the certificate is sent with the row, or just before"""


class Shelves:
    """All histories of a registry."""

    def __init__(self, settings: SimpegSettings, zone: dt.tzinfo) -> None:
        self._all = [Shelf(*each, settings, zone) for each in settings.histories.items()]

    def of(self, kind: int) -> Shelf | None:
        """The one that a training of `kind` belongs to: one that names it, or takes the rest."""
        rest = None
        for shelf in self._all:
            if kind in shelf.history.kinds:
                return shelf
            if not shelf.history.kinds:
                rest = shelf
        return rest

    def kinds(self) -> Mapping[str, int]:
        """A kind of training by the name of the history that it belongs to, for each history."""
        return {
            shelf.name: (shelf.history.kinds or (self._other_kind(),))[0] for shelf in self._all
        }

    def any_changes(self) -> bool:
        """Whether rows can be changed in any."""
        return any(shelf.change for shelf in self._all)

    def any_keeps(self) -> bool:
        """Whether any has a request that keeps certificates."""
        return any(shelf.document for shelf in self._all)

    def _other_kind(self) -> int:
        """A kind that belongs to the history that has no kinds of its own."""
        taken = {kind for shelf in self._all for kind in shelf.history.kinds}
        return next(kind for kind in range(25, 0, -1) if kind not in taken)
