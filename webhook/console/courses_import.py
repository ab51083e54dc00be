"""A list of courses (CSV, XLSX) into the catalogue, with a look at what it would change."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
from flask import Response, request
from flask_babel import gettext

from lms_bridge.accounts.roles import Permission
from lms_bridge.attention import outcome
from lms_bridge.bridge import utc_now
from lms_bridge.catalogue import editing
from lms_bridge.catalogue.course import Course
from lms_bridge.catalogue.courses import Change
from lms_bridge.catalogue.importing import OPTIONAL, REQUIRED, from_file
from lms_bridge.i18n import mark
from lms_bridge.objections import Unfit, objection
from lms_bridge.typed import decode
from webhook.console.site import Site
from webhook.dressing import language

_MOST = 500
"""courses in one list; what is seen is sent once more with the form that confirms it"""


def pages(site: Site) -> None:
    """Register them."""
    own = _Import(site)
    site.page("/courses/import", Permission.ACT, name="courses_import")(own.form)
    site.act("/courses/import", Permission.ACT, name="courses_imported")(own.take)


class _Import:
    def __init__(self, site: Site) -> None:
        self._site = site

    def form(self) -> str:
        """Where a file is chosen."""
        return self._shown([])

    def take(self) -> Response | str:
        """Show what the file would change; and when that was seen, change it."""
        site = self._site
        try:
            if seen := request.form.get("courses"):
                wanted = decode(seen, list[Course])
                with site.bridge.store.writing() as db:
                    change = editing.import_list(db, wanted, actor=site.actor, now=utc_now())
                outcome.judge(site.bridge)
                told = gettext(
                    "Courses added: %(added)s; changed: %(changed)s.",
                    added=change.added,
                    changed=change.changed,
                )
                return site.back("console.courses", told=told)
            wanted = self._file()
            change = editing.preview_list(site.bridge.store, wanted, utc_now())
        except Unfit as error:
            said = [one.in_language(language()) for one in error.problems]
            return Response(self._shown(said), 422)
        except msgspec.MsgspecError as error:
            return Response(self._shown([str(error)]), 422)
        return self._shown([], wanted, change)

    def _file(self) -> list[Course]:
        """The courses of the file. Raises :exc:`.Unfit`."""
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise Unfit([objection(mark("Choose a file."))])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ("list" + Path(sent.filename).suffix.lower()[:6])
            sent.save(path)
            found = from_file(path)
        if not 0 < len(found) <= _MOST:
            raise Unfit([objection(mark("A list has 1 to %(most)s courses."), most=_MOST)])
        return found

    def _shown(
        self, problems: list[str], wanted: list[Course] | None = None, change: Change | None = None
    ) -> str:
        return self._site.show(
            "console/courses_import.html",
            problems=problems[:50],
            wanted=wanted,
            change=change,
            seen=msgspec.json.encode(wanted).decode() if wanted else "",
            required=REQUIRED,
            optional=OPTIONAL,
        )
