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

    Raises :exc:`TableError` when the file is not UTF-8 text, lacks a required column, has
    one that is not known or stands there twice, or has a row with more values than columns,
    whose values would stand in the wrong ones.
    """
    text = _text_of(path)
    # A sheet saved in Indonesia is separated by semicolons.
    head = text.partition("\n")[0]
    separator = max(";,\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if problems := list(_problems(names, required, optional)):
            raise TableError(path.name, problems)
        for values in reader:
            row = [value.strip() for value in values]
            if any(row[len(names) :]):
                problem = f"has {len(row)} values for {len(names)} columns"
                raise TableError(path.name, [f"line {reader.line_num}: {problem}"])
            if any(row):
                row += [""] * (len(names) - len(row))
                yield (
                    reader.line_num,
                    {name: value for name, value in zip(names, row, strict=False) if name},
                )
    except csv.Error as error:
        raise TableError(path.name, [f"line {reader.line_num}: {error}"]) from error


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8 text ({error}); save it as “CSV UTF-8”"
        raise TableError(path.name, [problem]) from error
    except OSError as error:
        raise TableError(path.name, [error.strerror or str(error)]) from error


def _problems(
    names: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> Iterator[str]:
    known = [*required, *optional]
    yield from (f"lacks the column {name}" for name in required if name not in names)
    for place, name in enumerate(names):
        if name and name not in known:
            yield f"has an unknown column {name!r}; there are {', '.join(known)}"
        elif name and name in names[:place]:
            yield f"has the column {name} twice"
