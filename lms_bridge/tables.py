"""Reading the CSV files that offices make: any of the usual separators, with or without a BOM."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path


class TableError(Exception):
    """The file cannot be imported; `problems` says why, a line each. Nothing was imported."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(f"{source}: {problem}" for problem in self.problems))


def read_csv(
    path: Path, *, required: Sequence[str], optional: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, row) for each row that is not empty; column names are lower-cased.

    Raises :exc:`TableError` when the file is not UTF-8 text, lacks a required column or has
    one that is not known.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(
            path.name, [f"is not UTF-8 text ({error}); save it as “CSV UTF-8”"]
        ) from error
    except OSError as error:
        raise TableError(path.name, [error.strerror or str(error)]) from error
    # A sheet saved in Indonesia is separated by semicolons.
    head = text.partition("\n")[0]
    separator = max(";,\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = [name.strip().lower() for name in next(reader, [])]
    problems = [f"lacks the column {name}" for name in required if name not in names]
    known = [*required, *optional]
    problems += [
        f"has an unknown column {name!r}; there are {', '.join(known)}"
        for name in names
        if name and name not in known
    ]
    if problems:
        raise TableError(path.name, problems)
    for values in reader:
        row = {name: value.strip() for name, value in zip(names, values, strict=False) if name}
        if any(row.values()):
            yield reader.line_num, row
