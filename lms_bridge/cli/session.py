"""One call of the command line: its configuration, its bridge, and how it speaks.

Every call loads this, be it only for ``--version``. So what is large is imported where it is used.
"""

from __future__ import annotations

import datetime as dt
import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from zoneinfo import ZoneInfo

import click

from lms_bridge.i18n import gettext, language_of_system
from lms_bridge.redaction import mask_nip
from lms_bridge.refusing import Refused
from lms_bridge.wording import word

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from lms_bridge.bridge import Bridge
    from lms_bridge.reasons import Reason

SIGNS = {
    "good": ("✓", "green"),
    "moving": ("○", "cyan"),
    "later": ("↻", "yellow"),
    "amiss": ("✗", "bold red"),
    "person": ("!", "bold yellow"),
    "over": ("–", "dim"),
}
_STANDING = {
    "done": "good",
    "recognised": "good",
    "succeed": "good",
    "sent": "good",
    "ok": "good",
    "up": "good",
    "waiting": "moving",
    "running": "moving",
    "new": "moving",
    "asking": "moving",
    "retrying": "later",
    "postpone": "later",
    "unknown": "later",
    "hold": "later",
    "interrupted": "later",
    "attention": "person",
    "delegated": "person",
    "delegate": "person",
    "warning": "person",
    "blocked": "amiss",
    "block": "amiss",
    "failed": "amiss",
    "down": "amiss",
    "cancelled": "over",
    "open": "person",
    "approved": "moving",
    "repaired": "good",
    "made": "person",
    "downloaded": "person",
    "uploaded": "moving",
    "answered": "good",
    "discarded": "over",
    "listed": "moving",
    "accepted": "good",
    "refused": "amiss",
    "dropped": "over",
    "removed": "over",
    "due": "moving",
    "to_decide": "person",
    "taken": "good",
    "left": "over",
    "none": "over",
    "idle": "over",
}
"""what a code means to whoever looks for trouble"""


class Session:
    """Where the configuration is, what the bridge is, and in which language it is told."""

    def __init__(self, config: Path, language: str | None) -> None:
        self.config = config
        self._language = language
        self._bridge: Bridge | None = None

    @functools.cached_property
    def console(self) -> Console:
        """Where more than a line is printed. What is shown comes from outside: none is markup."""
        from rich.console import Console

        return Console(highlight=False, markup=False, emoji=False)

    @functools.cached_property
    def bridge(self) -> Bridge:
        """The bridge, opened; what hinders it ends the command with a sentence."""
        from lms_bridge import logs
        from lms_bridge.bridge import Bridge

        bridge = Bridge.open(self.config)
        self._bridge = bridge
        logs.set_up(bridge.settings.log)
        return bridge

    @property
    def language(self) -> str:
        """The language of what is printed: as asked for, as configured, or the system's."""
        if self._language:
            return self._language
        return self._bridge.settings.language if self._bridge else self._language_as_written

    @functools.cached_property
    def _language_as_written(self) -> str:
        """What the configuration says of it, whatever is wrong with the rest; or the system's."""
        import tomllib

        try:
            said = tomllib.loads(self.config.read_text("utf-8")).get("language")
        except (OSError, ValueError):
            return language_of_system()
        return said if said in ("id", "en") else language_of_system()

    def say(self, message: str, **details: Any) -> str:
        """`message` in the language of the session."""
        text = gettext(message, self.language)
        return text % details if details else text

    def tell(self, message: str, **details: Any) -> None:
        """Print `message` on a line of its own."""
        click.echo(self.say(message, **details))

    def fail(self, message: str, *, code: int = 1, **details: Any) -> NoReturn:
        """End the command with `message` on standard error; `code` 2: it was not given rightly."""
        fail(self.say(message, **details), code=code)

    def refuse(self, why: Refused) -> NoReturn:
        """End the command with why what it asks for is not done."""
        fail(why.in_language(self.language))

    def word(self, code: str) -> str:
        """What a state, a step or an outcome is called."""
        return word(code, self.language)

    def state(self, code: str) -> Text:
        """The name of a state with its sign, in its colour."""
        from rich.text import Text

        sign, style = SIGNS[_STANDING.get(code, "over")]
        return Text(f"{sign} {self.word(code)}", style=style)

    def when(self, moment: dt.datetime | None) -> str:
        """`moment` in the configured zone."""
        if moment is None:
            return "–"
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    @property
    def zone(self) -> ZoneInfo:
        """The configured time zone."""
        return ZoneInfo(self.bridge.settings.time_zone)

    def reason(self, reason: Reason | None, *, people: bool = False) -> Text:
        """A reason in two colours: what is so, and what to do.

        NIPs are shown in full only where the command was asked for `people`.
        """
        from rich.text import Text

        if reason is None:
            return Text("")
        shown = str if people else mask_nip
        text = Text(shown(reason.what(self.language)))
        if remedy := shown(reason.remedy(self.language)):
            text.append(f"\n→ {remedy}", style="cyan")
        return text

    def close(self) -> None:
        """Let go of the database."""
        if self._bridge is not None:
            self._bridge.close()


class InOrder(click.Group):
    """A group that lists its commands in the order in which they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


pass_session = click.make_pass_decorator(Session)


def fail(message: str, *, code: int = 1) -> NoReturn:
    """End the command with `message` on standard error."""
    click.echo(f"lms-bridge: {message}", err=True)
    raise SystemExit(code)


def whoami() -> str:
    """Who gives the command, for what is written down about it."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.getuid()}"


def quiet() -> None:
    """Log only what went wrong: for commands whose output is the answer."""
    from lms_bridge import logs
    from lms_bridge.config.settings import Log

    logs.set_up(Log(level="error"))
