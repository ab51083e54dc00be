"""The catalogue: seen by all, changed by HR, with a look at what would change before it does."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from flask import Response, request, url_for
from flask_babel import gettext

from lms_bridge.accounts.roles import Permission
from lms_bridge.attention import outcome, waiting
from lms_bridge.attention.groups import Cause, Kind
from lms_bridge.bridge import utc_now
from lms_bridge.catalogue import editing, shown
from lms_bridge.catalogue.competencies import standard
from lms_bridge.catalogue.course import KINDS, Course
from lms_bridge.catalogue.courses import CatalogueError
from lms_bridge.catalogue.editing import Outdated
from lms_bridge.catalogue.shown import Kept
from lms_bridge.store.types import AnyRow
from webhook.console import course_form
from webhook.console.course_form import Filled
from webhook.console.site import Site
from webhook.dressing import language

_LONGEST_KEY = 60


def pages(site: Site) -> None:
    """Register them."""
    own = Courses(site)
    site.page("/courses", Permission.PEOPLE, name="courses")(own.every)
    site.page("/courses/<int:number>", Permission.PEOPLE, name="course")(own.course)
    site.page("/courses/new", Permission.ACT, name="course_new")(own.new)
    site.page("/courses/<int:number>/edit", Permission.ACT, name="course_edit")(own.edit)
    site.act("/courses/save", Permission.ACT, name="course_save")(own.save)
    same = "/attention/course/<int:member>/same"
    site.act(same, Permission.ACT, name="course_same")(own.same)
    site.act("/courses/<int:number>/take-out", Permission.ACT, name="course_out")(own.take_out)


class Courses:
    """The pages."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def every(self) -> str:
        """The courses of the catalogue, or those that were taken out of it."""
        site = self._site
        words, after = request.args.get("q", "")[:100], request.args.get("after", "")[:100]
        active = request.args.get("show") != "out"
        with site.bridge.store.reading() as db:
            found = shown.page(db, words=words, active=active, after=after, limit=shown.PAGE + 1)
        listed = found[: shown.PAGE]
        query: dict[str, Any] = {"q": words or None, "show": None if active else "out"}
        return site.show(
            "console/courses.html",
            listed=listed,
            words=words,
            active=active,
            kinds=KINDS,
            next_url=url_for("console.courses", after=listed[-1].key, **query)
            if len(found) > shown.PAGE
            else "",
            first_url=url_for("console.courses", **query) if after else "",
        )

    def course(self, number: int) -> str:
        """One course, as it is."""
        kept = self._find(number)
        with self._site.bridge.store.reading() as db:
            count = shown.completions_of(db, number)
        return self._site.show("console/course.html", kept=kept, count=count, kinds=KINDS)

    def new(self) -> str:
        """The form of a new course; filled in from what waits for it, if it comes from there."""
        site = self._site
        member = request.args.get("of", type=int)
        with site.bridge.store.reading() as db:
            texts = {"organiser": shown.usual_organiser(db), "run": "once"}
            if member and (row := waiting.row_of(db, Cause(Kind.COURSE, member))):
                texts |= suggested(row)
        return self._form(Filled(texts, None, {}), None, None, member)

    def edit(self, number: int) -> str:
        """The form of a course that is there, or was taken out and is to be put back."""
        kept = self._find(number)
        if not kept.is_editable or kept.course is None:
            raise self._site.missing()
        filled = Filled(course_form.texts_of(kept.course), kept.course, {})
        return self._form(filled, kept, kept.revision, None)

    def save(self) -> Response | str:
        """Show what would change, and when that was seen, change it."""
        number, member = request.form.get("number", type=int), request.form.get("of", type=int)
        revision = request.form.get("revision", type=int)
        kept = self._find(number) if number else None
        filled = course_form.read(request.form, kept.course if kept else None)
        if filled.course is None:
            return Response(self._form(filled, kept, revision, member), 422)
        try:
            if request.form.get("sure") == "yes":
                return self._saved(filled.course, revision, member)
        except (CatalogueError, Outdated) as error:
            return Response(self._form(self._objected(filled, error), kept, revision, member), 422)
        if request.form.get("sure") == "back":
            return self._form(filled, kept, revision, member)
        return self._preview(filled, filled.course, kept, revision, member)

    def same(self, member: int) -> Response | str:
        """Show what would change if the unknown course were one that is there."""
        site = self._site
        kept = self._find(request.form.get("course", 0, type=int))
        with site.bridge.store.reading() as db:
            row = waiting.row_of(db, Cause(Kind.COURSE, member))
        if row is None or not row.object_id or kept.course is None or not kept.is_editable:
            raise site.missing()
        activities = dict.fromkeys((*kept.course.activities, row.object_id))
        course = msgspec.structs.replace(kept.course, activities=tuple(activities))
        filled = Filled(course_form.texts_of(course), course, {})
        return self._preview(filled, course, kept, kept.revision, member)

    def take_out(self, number: int) -> Response:
        """Take a course out of the catalogue."""
        site, why = self._site, request.form.get("why", "").strip()
        revision = request.form.get("revision", 0, type=int)
        if not why:
            told = gettext("Say why it is taken out.")
            return site.back("console.course", told=told, kind="bad", number=number)
        try:
            with site.bridge.store.writing() as db:
                editing.take_out(db, number, revision, actor=site.actor, why=why, now=utc_now())
        except (CatalogueError, Outdated) as error:
            told = _words_of(error)
            return site.back("console.course", told=told, kind="bad", number=number)
        told = gettext("The course was taken out of the catalogue. Its completions stay.")
        return site.back("console.course", told=told, number=number)

    def _saved(self, course: Course, revision: int | None, member: int | None) -> Response:
        site, since = self._site, utc_now()
        with site.bridge.store.reading() as db:
            found = editing.candidates(db, course)
        with site.bridge.store.writing() as db:
            editing.save(db, course, revision, actor=site.actor, now=since, candidates=found)
            kept = shown.by_key(db, course.key)
        assert kept is not None
        outcome.judge(site.bridge)
        told = gettext("The course %(key)s is saved.", key=course.key)
        if member:
            return site.back(
                "console.attention_group",
                told=told,
                what=str(Kind.COURSE),
                member=member,
                since=since.isoformat(),
            )
        return site.back("console.course", told=told, number=kept.id)

    def _preview(
        self,
        filled: Filled,
        course: Course,
        kept: Kept | None,
        revision: int | None,
        member: int | None,
    ) -> Response | str:
        try:
            with self._site.bridge.store.reading() as db:
                preview = editing.preview(db, course, revision)
        except (CatalogueError, Outdated) as error:
            return Response(self._form(self._objected(filled, error), kept, revision, member), 422)
        return self._site.show(
            "console/course_preview.html",
            course=course,
            texts=filled.texts,
            preview=preview,
            number=kept.id if kept else None,
            revision=revision,
            member=member,
            kinds=KINDS,
        )

    def _find(self, number: int) -> Kept:
        with self._site.bridge.store.reading() as db:
            kept = shown.find(db, number)
        if kept is None:
            raise self._site.missing()
        return kept

    def _form(
        self, filled: Filled, kept: Kept | None, revision: int | None, member: int | None
    ) -> str:
        return self._site.show(
            "console/course_form.html",
            texts=filled.texts,
            errors=filled.errors,
            kept=kept,
            revision=revision,
            member=member,
            **choices(self._site),
            places=course_form.fields_for_competencies(filled.texts),
        )

    @staticmethod
    def _objected(filled: Filled, error: CatalogueError | Outdated) -> Filled:
        problems = error.problems if isinstance(error, CatalogueError) else []
        errors = course_form.by_field(problems) or {"": _words_of(error)}
        return Filled(filled.texts, None, errors)


def choices(site: Site) -> dict[str, Any]:
    """What there is to choose from in the form."""
    return {
        "kinds": [(str(code), f"{code} {name}") for code, name in KINDS.items()],
        "lms": [(name, name) for name in site.bridge.settings.lms],
        "competencies": list(standard()),
    }


def suggested(row: AnyRow) -> dict[str, str]:
    """What the statements that wait tell of the course."""
    name = row.course_name or ""
    key = row.external_id or row.short_id or re.sub(r"[^A-Za-z0-9]+", "-", name.upper()).strip("-")
    return {
        "name": name,
        "key": re.sub(r"[^A-Za-z0-9._/-]+", "-", key).strip("-./_")[:_LONGEST_KEY],
        "activities": row.object_id or "",
        "external_ids": row.external_id or "",
    }


def _words_of(error: CatalogueError | Outdated) -> str:
    if isinstance(error, CatalogueError):
        return " ".join(one.sentence(language()) for one in error.problems)
    return str(
        gettext(
            "Somebody else has changed this course meanwhile. Open it again to see what it is now;"
            " nothing of yours was saved."
        )
    )
