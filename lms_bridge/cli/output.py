"""The two forms in which commands answer: tables for people, JSON for machines."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lms_bridge.objections import Objection
from lms_bridge.reasons import Reason
from lms_bridge.redaction import mask_nip

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")


def limit_option(default: int, what: str) -> Callable[[Command], Command]:
    """``--limit``, of how many lines there are."""
    return click.option(
        "--limit", type=click.IntRange(1, 100_000), default=default, show_default=True, help=what
    )


def table(title: str, *columns: str) -> Table:
    """An empty table in the one style of all tables; rows of several lines stand apart."""
    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        header_style="dim",
        pad_edge=False,
        leading=1,
    )
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def stacked(*lines: str | Text, style: str = "dim") -> Text:
    """Lines of one cell, the first as it is and the others set back."""
    text = Text()
    for number, line in enumerate(one for one in lines if one):
        if number:
            text.append("\n")
            text.append(line, style=style) if isinstance(line, str) else text.append_text(line)
        else:
            text.append_text(Text(line) if isinstance(line, str) else line)
    return text


def rows_or_nothing(console: Console, made: Table, nothing: str) -> None:
    """Print the table, or say that there is nothing to show."""
    console.print(made if made.row_count else Text(nothing, style="dim"))


def print_json(value: Any, *, people: bool = False) -> None:
    """`value` as JSON: structs as objects, reasons with their sentences, times in ISO 8601 UTC.

    NIPs are shown in full only where the command was asked for `people`.
    """
    text = json.dumps(plain(value), ensure_ascii=False, indent=2)
    click.echo(text if people else mask_nip(text))


def plain(value: Any) -> Any:
    """`value` as what JSON knows."""
    match value:
        case Objection():
            return str(value)
        case Reason():
            return {
                "code": value.code,
                "details": value.details,
                "what": value.what("en"),
                "remedy": value.remedy("en"),
            }
        case msgspec.Struct():
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        case dict():
            return {str(name): plain(item) for name, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
        case dt.date():
            return value.isoformat()
        case _:
            return value
