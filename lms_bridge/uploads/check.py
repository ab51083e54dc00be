"""What ``lms-bridge check`` says of a registry that takes files: nothing can be asked of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from lms_bridge.checks import Check
from lms_bridge.i18n import mark
from lms_bridge.registries.files.layout import Layout
from lms_bridge.store.engine import Store
from lms_bridge.uploads.looking import list_uploads
from lms_bridge.uploads.states import OPEN

_LONG = dt.timedelta(days=14)


class FileCheck:
    """The lines of one registry."""

    def __init__(self, name: str, layout: Layout, store: Store, now: dt.datetime) -> None:
        self._name = name
        self._layout = layout
        self._store = store
        self._now = now

    def check(self) -> Iterator[Check]:
        """Its form, and what has been left lying."""
        remote = f"registry.{self._name}"
        yield Check(
            f"{remote}: form",
            "ok",
            mark("columns: %(count)s, written as %(format)s"),
            details={
                "count": len(self._layout.headings),
                "format": self._layout.settings.format.upper(),
            },
        )
        with self._store.reading() as db:
            known = list_uploads(db, self._name)
        for upload in known:
            if upload.state in OPEN and upload.made_at < self._now - _LONG:
                yield Check(
                    f"{remote}: batch {upload.number}",
                    "warning",
                    mark("it was made on %(day)s, and nobody has said that it was uploaded"),
                    mark(
                        "Upload it, then: lms-bridge registry uploaded %(name)s %(number)s; or"
                        " lms-bridge registry discard %(name)s %(number)s"
                    ),
                    {
                        "day": upload.made_at.date().isoformat(),
                        "name": self._name,
                        "number": upload.number,
                    },
                )
