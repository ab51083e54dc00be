"""A report as a file, in one of three formats."""

from __future__ import annotations

import datetime as dt
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import msgspec

from lms_bridge.i18n import gettext, mark
from lms_bridge.reporting import showing
from lms_bridge.reporting.table import Table

Format = Literal["xlsx", "csv", "pdf"]
FORMATS: Final[tuple[Format, ...]] = ("xlsx", "csv", "pdf")
MEDIA_TYPES: Final[dict[Format, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
}
MOST_PRINTED: Final = 20_000
"""rows of a PDF, all of which is in memory while it is made: some 600 pages"""
_CUT = mark("Only the first %(count)s rows are printed here; the Excel file has all of them.")
_MADE = mark("Made on %(when)s")
_PAGE = mark("Page %(page)s of %(pages)s")
_SUM = mark("Total")


def write(table: Table, form: Format, path: Path, *, made_at: dt.datetime, zone: dt.tzinfo) -> None:
    """Write `table` to the file at `path`."""
    language = table.language
    made = gettext(_MADE, language) % {"when": showing.moment(made_at, zone, language)}
    total = gettext(_SUM, language)
    if form == "csv":
        from lms_bridge.reporting import as_csv

        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(as_csv.for_people(table))
    elif form == "xlsx":
        from lms_bridge.reporting import as_xlsx

        as_xlsx.write(table, path, made=made, total=total)
    else:
        from lms_bridge.reporting import as_pdf

        if table.count > MOST_PRINTED:
            count = showing.number(MOST_PRINTED, language)
            table = msgspec.structs.replace(
                table,
                rows=islice(table.rows, MOST_PRINTED),
                notes=[*table.notes, gettext(_CUT, language) % {"count": count}],
            )
        page_of = gettext(_PAGE, language)
        path.write_bytes(
            as_pdf.content(table, footer=made, page_of=page_of, total=total, made_at=made_at)
        )
