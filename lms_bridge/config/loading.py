"""Reading the configuration file, and telling every error of it at once.

An error names the path of the setting, the value, what was expected and, for a name that
does not exist, the nearest one that does.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
from apscheduler.triggers.cron import CronTrigger

from lms_bridge import lms, registries
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Settings


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with the configuration."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ConfigError(Exception):
    """The configuration cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = list(problems)
        lines = "".join(f"\n  {problem}" for problem in self.problems)
        super().__init__(f"{source}:{lines}")


def load(path: Path) -> Settings:
    """The settings of the TOML file at `path`. Raises :exc:`ConfigError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(
            str(path), [Problem("", f"{reason}; lms-bridge init writes a first configuration")]
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), [Problem("", f"not UTF-8 text: {error}")]) from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), [Problem("", f"not TOML: {error}")]) from error
    return read(document, base=path.parent, source=str(path))


def read(document: Mapping[str, Any], *, base: Path, source: str = "configuration") -> Settings:
    """The settings of a parsed `document`; files that it names are relative to `base`."""
    problems = list(_unknown_names(document, Settings, ""))
    remotes: dict[str, dict[str, Any]] = {}
    for section, kinds in (("lms", lms.KINDS), ("registry", registries.KINDS)):
        remotes[section] = {}
        for name, table in _tables(document.get(section, {}), section, problems):
            kind = kinds.get(str(table.get("type", "")))
            if kind is None:
                problems.append(
                    Problem(f"{section}.{name}.type", _one_of(table.get("type"), kinds))
                )
                continue
            problems += _unknown_names(table, kind.settings, f"{section}.{name}", extra=("type",))
            remotes[section][name] = _convert(
                table, kind.settings, f"{section}.{name}", base, problems
            )
    settings: Settings | None = None
    plain = {name: value for name, value in document.items() if name not in remotes}
    if not problems:
        settings = _convert(plain | {"lms": {}, "registry": {}}, Settings, "", base, problems)
    if settings is not None and not problems:
        settings = msgspec.structs.replace(
            settings, lms=remotes["lms"], registry=remotes["registry"]
        )
        problems += _contradictions(settings)
    if problems or settings is None:
        raise ConfigError(source, problems)
    return settings


def _tables(
    value: Any, section: str, problems: list[Problem]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, Mapping):
        problems.append(Problem(section, f"expected tables [{section}.NAME], got {value!r}"))
        return
    for name, table in value.items():
        if not isinstance(table, Mapping):
            problems.append(
                Problem(f"{section}.{name}", f"expected a table [{section}.NAME], got {table!r}")
            )
        elif not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
            problems.append(
                Problem(f"{section}.{name}", "a name is made of a-z, 0-9, - and _, 40 at the most")
            )
        else:
            yield name, table


def _unknown_names(
    table: Any, struct: Any, path: str, extra: tuple[str, ...] = ()
) -> Iterator[Problem]:
    """Every name in `table`, however deep, that `struct` does not have, with the nearest."""
    if not isinstance(table, Mapping):
        return
    hints = get_type_hints(struct)
    known = [*struct.__struct_fields__, *extra]
    for name, value in table.items():
        place = f"{path}.{name}" if path else name
        if name not in known:
            yield Problem(place, f"there is no such setting{_nearest(name, known)}")
            continue
        for inner in _structs(hints.get(name)):
            if isinstance(value, list):
                for number, item in enumerate(value):
                    yield from _unknown_names(item, inner, f"{place}[{number}]")
            else:
                yield from _unknown_names(value, inner, place)


def _structs(hint: Any) -> Iterator[Any]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for inner in get_args(hint):
        yield from _structs(inner)


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(sorted(known))}"


def _one_of(value: Any, known: Iterable[str]) -> str:
    names = ", ".join(f'"{name}"' for name in sorted(known))
    if value is None:
        return f"missing; expected one of {names}"
    close = difflib.get_close_matches(str(value), list(known), n=1)
    hint = f'; did you mean "{close[0]}"?' if close else ""
    return f"expected one of {names}, got {value!r}{hint}"


_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_CHOICE = re.compile(r"^Invalid enum value (?P<value>.+)$")
_MISSING = re.compile(r"^Object missing required field `(?P<name>[^`]+)`$")


def _convert(table: Any, struct: Any, path: str, base: Path, problems: list[Problem]) -> Any:
    """`table` as a `struct`; what hinders it is added to `problems`."""

    def decode(kind: type, value: Any) -> Any:
        if kind is Secret:
            if not isinstance(value, str):
                raise ValueError(f"expected env:NAME or file:PATH, got {type(value).__name__}")
            return Secret(value, base)
        raise NotImplementedError(kind)

    try:
        return msgspec.convert(table, struct, dec_hook=decode)
    except msgspec.ValidationError as error:
        problems.append(_explained(str(error), table, struct, path))
        return None


def _explained(text: str, table: Any, struct: Any, path: str) -> Problem:
    """msgspec's error in the words of the configuration: path, value, what was expected."""
    match = _AT.match(text)
    assert match is not None
    what, inner = match["what"], (match["path"] or "$").removeprefix("$").lstrip(".")
    place = ".".join(part for part in (path, inner) if part)
    if missing := _MISSING.match(what):
        return Problem(".".join(part for part in (place, missing["name"]) if part), "is required")
    value = _value_at(table, inner)
    if isinstance(value, str) and "secret" in what:
        return Problem(place, what[0].lower() + what[1:])  # the value might be the secret itself
    if choice := _CHOICE.match(what):
        allowed = _choices(struct, inner)
        return Problem(place, _one_of(choice["value"].strip("'\""), allowed) if allowed else what)
    shown = "" if isinstance(value, Mapping) else f" (it is {value!r})"
    return Problem(place, what[0].lower() + what[1:] + shown)


def _value_at(table: Any, inner: str) -> Any:
    value = table
    for step in re.findall(r"[^.\[\]]+", inner):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, ValueError, TypeError):
            return value
    return value


def _choices(struct: Any, inner: str) -> list[str]:
    """What the setting at `inner` may be, where it is one of a few words."""
    hint: Any = struct
    for step in re.findall(r"[^.\[\]]+", inner):
        if step.isdigit():
            hint = get_args(hint)[0]
        else:
            structs = list(_structs(hint))
            hint = get_type_hints(structs[0]).get(step) if structs else None
    return [value for value in _literals(hint) if isinstance(value, str)]


def _literals(hint: Any) -> Iterator[Any]:
    for inner in get_args(hint):
        if isinstance(inner, str):
            yield inner
        else:
            yield from _literals(inner)


def _contradictions(settings: Settings) -> Iterator[Problem]:
    """What each setting allows and all together forbid."""
    yield from _time_zone("time_zone", settings.time_zone)
    for name in settings.jobs.__struct_fields__:
        job = getattr(settings.jobs, name)
        if job.time_zone:
            yield from _time_zone(f"jobs.{name}.time_zone", job.time_zone)
        if job.cron:
            try:
                CronTrigger.from_crontab(job.cron, timezone="UTC")
            except ValueError as error:
                yield Problem(
                    f"jobs.{name}.cron",
                    f"{job.cron!r} is not minute hour day month weekday: {error}",
                )
    yield from _twice("senders", "name", [sender.name for sender in settings.senders])
    yield from _twice("senders", "username", [sender.username for sender in settings.senders])
    yield from _twice("courses", "key", [course.key for course in settings.courses])
    for section in ("senders", "accounts", "courses"):
        for number, item in enumerate(getattr(settings, section)):
            if item.lms and item.lms not in settings.lms:
                yield Problem(
                    f"{section}[{number}].lms",
                    f"there is no [lms.{item.lms}]{_nearest(item.lms, settings.lms)}"
                    if settings.lms
                    else f"there is no [lms.{item.lms}]",
                )
    if settings.console.access == "password" and settings.console.password is None:
        yield Problem("console.password", 'is required with access = "password"')


def _time_zone(path: str, name: str) -> Iterator[Problem]:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        yield Problem(path, f"{name!r} is no time zone, such as Asia/Jakarta")


def _twice(section: str, field: str, values: list[str]) -> Iterator[Problem]:
    for number, value in enumerate(values):
        if value in values[:number]:
            yield Problem(f"{section}[{number}].{field}", f"{value!r} stands there twice")
