"""What the commands have in common: the open bridge, tables, JSON, errors in one line."""

from __future__ import annotations

import datetime as dt
import functools
import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lms_bridge import logs
from lms_bridge.bridge import Bridge
from lms_bridge.config.loading import ConfigError
from lms_bridge.config.settings import Log
from lms_bridge.i18n import gettext
from lms_bridge.reasons import Reason
from lms_bridge.store.migrations import SchemaTooNew

Command = TypeVar("Command", bound=Callable[..., Any])

STATE_STYLES = {
    "done": "green",
    "recognised": "green",
    "ok": "green",
    "up": "green",
    "waiting": "cyan",
    "running": "cyan",
    "new": "cyan",
    "asking": "cyan",
    "idle": "dim",
    "none": "dim",
    "cancelled": "dim",
    "retrying": "yellow",
    "warning": "yellow",
    "attention": "bold yellow",
    "blocked": "bold red",
    "failed": "bold red",
    "down": "bold red",
}


class Session:
    """One call of the command line: where its configuration is, and how it speaks."""

    def __init__(self, config: Path, language: str | None) -> None:
        self.config = config
        self._language = language
        self.console = Console(highlight=False, soft_wrap=False)
        self._bridge: Bridge | None = None

    @functools.cached_property
    def bridge(self) -> Bridge:
        """The bridge, opened; a configuration that cannot be used ends the command."""
        try:
            bridge = Bridge.open(self.config)
        except ConfigError as error:
            fail(str(error), code=2)
        except SchemaTooNew as error:
            fail(str(error))
        logs.set_up(bridge.settings.log)
        self._bridge = bridge
        return bridge

    @property
    def language(self) -> str:
        """The language of what is printed: as asked for, else as configured."""
        if self._language:
            return self._language
        return self._bridge.settings.language if self._bridge else "en"

    def say(self, message: str, **details: Any) -> str:
        """`message` in the language of the session."""
        return (
            gettext(message, self.language) % details
            if details
            else gettext(message, self.language)
        )

    def when(self, moment: dt.datetime | None) -> str:
        """`moment` in the configured zone."""
        if moment is None:
            return "–"
        return moment.astimezone(ZoneInfo(self.bridge.settings.time_zone)).strftime(
            "%Y-%m-%d %H:%M:%S"
        )

    def reason(self, reason: Reason | None) -> Text:
        """A reason in two colours: what is so, and what to do."""
        if reason is None:
            return Text("")
        text = Text(reason.what(self.language))
        if remedy := reason.remedy(self.language):
            text.append("\n→ " + remedy, style="italic cyan")
        return text

    def close(self) -> None:
        """Let go of the database."""
        if self._bridge is not None:
            self._bridge.close()


pass_session = click.make_pass_decorator(Session)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")


def table(title: str, *columns: str) -> Table:
    """An empty table in the one style of all tables."""
    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def state_text(state: str) -> Text:
    """The name of a state, in its colour."""
    return Text(state, style=STATE_STYLES.get(state, ""))


def print_json(value: Any) -> None:
    """`value` as JSON: structs as objects, reasons with their sentences, times in ISO 8601."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def plain(value: Any) -> Any:
    """`value` as what JSON knows."""
    if isinstance(value, Reason):
        return {
            "code": value.code,
            "details": value.details,
            "what": value.what("en"),
            "remedy": value.remedy("en"),
        }
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return value


def fail(message: str, *, code: int = 1) -> NoReturn:
    """End the command with `message` on standard error."""
    click.echo(f"lms-bridge: {message}", err=True)
    raise SystemExit(code)


def rows_or_nothing(console: Console, made: Table, nothing: str) -> None:
    """Print the table, or say that there is nothing to show."""
    console.print(made if made.row_count else Text(nothing, style="dim"))


def whoami() -> str:
    """Who gives the command, for what is written down about it."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.getuid()}"


def ids(values: Iterable[str]) -> Sequence[int]:
    """Numbers given on the command line."""
    return [int(value) for value in values]


def quiet() -> None:
    """Log only what went wrong: for commands whose output is the answer."""
    logs.set_up(Log(level="error"))
