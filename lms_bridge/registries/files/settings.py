"""The settings of ``[registry.NAME]`` with ``type = "file"``; docs/files.md explains them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec

from lms_bridge.config.problems import Problem
from lms_bridge.config.remote import OrderedSettings
from lms_bridge.mapped.settings import Scalar

Text = Annotated[str, msgspec.Meta(min_length=1)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration: no other names than the ones it declares."""


class Column(_Table, frozen=True, kw_only=True):
    """A column of the upload form."""

    heading: Text
    value: str
    """template, as in docs/simpeg.md; ``{row}`` is the number of the row, ``{batch}`` that of the
    batch"""
    cell: Literal["text", "integer", "date"] = "text"
    """what it is in an XLSX file; a date is ``{starts:PATTERN}`` or ``{ends:PATTERN}`` alone"""


class Results(_Table, frozen=True, kw_only=True):
    """Headings of the result file, and what its cells mean."""

    match: tuple[str, ...] = ()
    """headings that both files have, by whose values a row is known; left out: those of the
    columns ``{certificate_number}`` and ``{nip}``"""
    state: str = ""
    """heading of the column that says what became of the row; left out: a row with a message was
    refused"""
    accepted: tuple[str, ...] = ("berhasil", "sukses", "diterima", "valid", "success", "ok")
    """words in it, in capitals or not"""
    refused: tuple[str, ...] = ("gagal", "ditolak", "tidak valid", "failed", "error", "invalid")
    message: str = ""
    """heading of the registry's own words"""
    id: str = ""
    """heading of the registry's id of the row"""


class FileSettings(
    OrderedSettings,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="file",
):
    """A registry that takes files."""

    profile: str = ""
    """a form that is known; what stands in the configuration is laid over it"""
    format: Literal["csv", "xlsx"] = "xlsx"
    delimiter: Literal[";", ",", "\t", "|"] = ";"
    """between the cells of a CSV file"""
    encoding: Literal["utf-8-sig", "utf-8", "windows-1252"] = "utf-8-sig"
    """of a CSV file; ``utf-8-sig`` begins with a mark by which Excel knows it"""
    sheet: Annotated[str, msgspec.Meta(pattern=r"^[^\[\]:*?/\\']{1,31}$")] = "Sheet1"
    """name of the sheet of an XLSX file"""
    most_rows: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 500
    """of one batch"""
    kinds: tuple[Annotated[int, msgspec.Meta(ge=1, le=25)], ...] = ()
    """``jenisDiklatId`` that the form takes; left out: all"""
    done_when: Literal["uploaded", "result"] = "uploaded"
    """when a completion counts as recorded: as soon as an operator says that its batch was
    uploaded, or only when a result file says so"""
    columns: tuple[Column, ...]
    constants: dict[str, Scalar] = msgspec.field(default_factory=dict)
    """what templates name as ``{constants.NAME}``"""
    enumerations: dict[str, dict[str, Scalar]] = msgspec.field(default_factory=dict)
    """by NAME, what a value is called in the form; ``*`` is any other"""
    results: Results = Results()

    @classmethod
    def completed(
        cls, table: Mapping[str, Any], complain: Callable[[str, str], None]
    ) -> Mapping[str, Any]:
        """`table` laid over the form that it names."""
        from lms_bridge.registries.files import profiles

        return profiles.completed(table, complain)

    def disagreements(self, path: str) -> Iterator[Problem]:
        """What is wrong with settings whose single values are right."""
        from lms_bridge.registries.files import layout

        return layout.disagreements(self, path)
