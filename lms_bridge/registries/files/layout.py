"""The columns of an upload form, made ready once and filled in for each completion."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lms_bridge.config.problems import Problem, nearest
from lms_bridge.mapped.dates import TemplateError, dated
from lms_bridge.mapped.templates import (
    DATES,
    Template,
    WordMissing,
    compiled,
)
from lms_bridge.registries.base import Training
from lms_bridge.registries.files.settings import Column, FileSettings
from lms_bridge.registries.simpeg.fields import TRAINING

PERSON = ("nip", "employee_name", "unit_id", "unit_name", "status")
PLACE = ("row", "batch")
"""the fields that a template may name besides those of a training and the constants"""
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]+")
_LONGEST = 32_767
"""characters that a cell of an XLSX file holds"""
_SPREADSHEET_DATES = {"%d": "dd", "%m": "mm", "%Y": "yyyy", "%y": "yy"}

Value = str | int | dt.date


class Cell(msgspec.Struct, frozen=True):
    """One cell: what it is, and how that is read; they differ for dates and numbers only."""

    value: Value
    shown: str


class Layout:
    """The form of one registry. `wrong` has what is wrong with it, by setting."""

    def __init__(self, settings: FileSettings) -> None:
        self.wrong: list[tuple[str, str]] = []
        self.settings = settings
        self.headings = [column.heading for column in settings.columns]
        self._constants = {f"constants.{name}": each for name, each in settings.constants.items()}
        fields = (*PERSON, *TRAINING, *PLACE, *self._constants)
        self._columns = [
            (column, self._template(number, column, fields))
            for number, column in enumerate(settings.columns, start=1)
        ]

    def names(self) -> set[str]:
        """The fields that it names."""
        return {hole.field for _, template in self._columns for hole in template.holes()}

    def match(self) -> list[str]:
        """The headings by which a row of a result file is known."""
        if self.settings.results.match:
            return list(self.settings.results.match)
        return [
            column.heading
            for column in self.settings.columns
            if column.value in ("{nip}", "{certificate_number}")
        ]

    def number_formats(self) -> list[str]:
        """How a spreadsheet shows what is in each column; ``@`` is text."""
        return [
            spreadsheet_format(next(iter(template.holes())).pattern)
            if column.cell == "date"
            else {"integer": "0", "text": "@"}[column.cell]
            for column, template in self._columns
        ]

    def fill(
        self, person: Mapping[str, str], training: Training, *, batch: int, row: int
    ) -> list[Cell]:
        """The cells of a completion.

        Raises :exc:`~lms_bridge.mapped.templates.WordMissing` for a value that an
        enumeration or the encoding of the file does not have.
        """
        values: dict[str, Any] = {
            **self._constants,
            **person,
            **{name: getattr(training, name) for name in TRAINING},
            "batch": batch,
            "row": row,
        }
        return [self._cell(column, template, values) for column, template in self._columns]

    def _cell(self, column: Column, template: Template, values: Mapping[str, Any]) -> Cell:
        if column.cell == "date":
            hole = next(iter(template.holes()))
            day: dt.date = values[hole.field]
            return Cell(day, dated(day, hole.pattern))
        text = _UNSHOWN.sub(" ", template.text(values)).strip()[:_LONGEST]
        if column.cell == "integer":
            if not re.fullmatch(r"\d{1,15}", text, re.ASCII):
                raise WordMissing("integer", text)
            return Cell(int(text), text)
        if self.settings.format == "csv":
            try:
                text.encode(self.settings.encoding)
            except UnicodeEncodeError as error:
                raise WordMissing(self.settings.encoding, text[error.start : error.end]) from None
        return Cell(text, text)

    def _template(self, number: int, column: Column, fields: tuple[str, ...]) -> Template:
        try:
            found = compiled(column.value, self.settings.enumerations, fields)
            assert isinstance(found, Template)
            if column.cell == "date":
                _check_date(column.value, found)
        except TemplateError as error:
            self.wrong.append((f"columns #{number}.value", str(error)))
            return Template([], {})
        return found


def spreadsheet_format(pattern: str) -> str:
    """A date pattern as a spreadsheet has it.

    >>> spreadsheet_format("%d-%m-%Y")
    'dd-mm-yyyy'
    """
    for mark, letters in _SPREADSHEET_DATES.items():
        pattern = pattern.replace(mark, letters)
    return pattern


def disagreements(settings: FileSettings, path: str) -> Iterator[Problem]:
    """Everything that could only go wrong later, by the place where it stands."""
    layout = Layout(settings)
    yield from (Problem(f"{path}.{setting}", message) for setting, message in layout.wrong)
    if not settings.columns:
        yield Problem(f"{path}.columns", "there is none; add { heading = …, value = … }")
    elif "nip" not in layout.names():
        yield Problem(f"{path}.columns", "none names {nip}: whose rows are they?")
    for heading, count in Counter(map(known_as, layout.headings)).items():
        if count > 1:
            yield Problem(f"{path}.columns", f"the heading {heading!r} stands there {count} times")
    for heading in layout.headings if settings.format == "csv" else ():
        if heading.encode(settings.encoding, "replace").decode(settings.encoding) != heading:
            yield Problem(f"{path}.encoding", f"has not all letters of the heading {heading!r}")
    known = {known_as(heading) for heading in layout.headings}
    for heading in settings.results.match:
        if known_as(heading) not in known:
            yield Problem(
                f"{path}.results.match",
                f"there is no column {heading!r}{nearest(heading, layout.headings, quoted=True)}",
            )
    if both := sorted(
        {*map(known_as, settings.results.accepted)} & {*map(known_as, settings.results.refused)}
    ):
        yield Problem(f"{path}.results.refused", f"{both[0]!r} is in accepted as well")


def known_as(text: str) -> str:
    """`text` as it is compared: without capitals, and with single blanks."""
    return " ".join(text.split()).casefold()


def _check_date(text: str, template: Template) -> None:
    holes = list(template.holes())
    alone = len(holes) == 1 and holes[0].field in DATES
    if not alone or text != f"{{{holes[0].field}:{holes[0].pattern}}}":
        raise TemplateError('with cell = "date" it is one date alone, such as {starts:%d-%m-%Y}')
    if not re.fullmatch(r"[-/. ]*(%[dmYy][-/. ]*)+", holes[0].pattern):
        raise TemplateError('with cell = "date" its pattern has %d, %m, %Y and - / . or blanks')
