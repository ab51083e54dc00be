"""Reading the configuration file, and telling every error of it at once.

An error names the path of the setting, the value, what was expected and, for a name that
does not exist, the nearest one that does.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from lms_bridge import lms, registries
from lms_bridge.config.agreement import disagreements
from lms_bridge.config.converting import Converter
from lms_bridge.config.problems import ConfigError, Problem, nearest, shown
from lms_bridge.config.remote import ConnectionSettings
from lms_bridge.config.settings import Backup, Certificates, Forward, OpenBadges, Settings

__all__ = ["ConfigError", "Problem", "load", "read"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_KINDS: dict[str, Mapping[str, Any]] = {"lms": lms.KINDS, "registry": registries.KINDS}
_REMOTES = (*_KINDS, "forward")


def load(path: Path) -> Settings:
    """The settings of the TOML file at `path`. Raises :exc:`ConfigError`."""

    def failed(message: str) -> ConfigError:
        return ConfigError(str(path), [Problem("", message)])

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise failed("there is no such file; lms-bridge init writes a first one") from error
    except OSError as error:
        raise failed(f"it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise failed(f"it is not UTF-8 text: {error.reason} at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise failed(f"it is not TOML: {error}") from error
    except RecursionError as error:
        raise failed("it is not TOML that could be read: it is nested too deeply") from error
    return read(document, base=path.parent, source=str(path))


def read(document: Mapping[str, Any], *, base: Path, source: str = "configuration") -> Settings:
    """The settings of a parsed `document`; files that it names are relative to `base`."""
    converter = Converter(base)
    remotes = {section: _remotes(document, section, converter, base) for section in _REMOTES}
    rest = {name: value for name, value in document.items() if name not in _REMOTES}
    settings = converter.struct(rest, Settings, "")
    problems = converter.problems
    if not problems:
        pictured = _with_pictures(settings.certificates, converter, base)
        issuing = _with_keys(settings.openbadges, base)
        kept = _with_folder(settings.backup, base)
        settings = msgspec.structs.replace(
            settings, **remotes, certificates=pictured, openbadges=issuing, backup=kept
        )
        problems = [*converter.problems, *disagreements(settings)]
    if problems:
        raise ConfigError(source, problems)
    assert isinstance(settings, Settings)
    return settings


def _remotes(
    document: Mapping[str, Any], section: str, converter: Converter, base: Path
) -> dict[str, ConnectionSettings]:
    """The outside systems of a `section`, each as its kind has it."""
    found: dict[str, ConnectionSettings] = {}
    for name, table in _tables(document.get(section, {}), section, converter):
        path = f"{section}.{name}"
        struct = _of_kind(table, _KINDS[section], path, converter) if section in _KINDS else Forward
        if struct is None:
            continue
        before = len(converter.problems)
        whole = struct.completed(table, partial(_complain, converter, path))
        if len(converter.problems) > before:
            continue
        settings = converter.struct(whole, struct, path)
        if settings is not None:
            found[name] = _with_certificates(settings, path, converter, base)
    return found


def _complain(converter: Converter, path: str, field: str, message: str) -> None:
    converter.complain(f"{path}.{field}", message)


def _of_kind(
    table: Mapping[str, Any], kinds: Mapping[str, Any], path: str, converter: Converter
) -> type[ConnectionSettings] | None:
    """The settings that an outside system of the kind that its table names has."""
    asked = table.get("type")
    kind = kinds.get(asked) if isinstance(asked, str) else None
    if kind is not None:
        found: type[ConnectionSettings] = kind.settings
        return found
    names = ", ".join(f'"{one}"' for one in sorted(kinds))
    converter.complain(
        f"{path}.type",
        f"is required: {names}"
        if asked is None
        else f"expected {names}, got {shown(asked)}"
        + (nearest(asked, kinds, quoted=True) if isinstance(asked, str) else ""),
    )
    return None


def _tables(
    value: Any, section: str, converter: Converter
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, Mapping):
        converter.complain(section, f"expected tables [{section}.NAME], got {shown(value)}")
        return
    for name, table in value.items():
        if not _NAME.fullmatch(name):
            shape = "a name is made of a-z, 0-9, - and _, 40 of them at the most"
            converter.complain(f"{section}.{name[:40]}", shape)
        elif not isinstance(table, Mapping):
            converter.complain(
                f"{section}.{name}",
                # Not shown: [lms] token = "…" puts a secret here.
                f"expected a table [{section}.NAME] with its settings in it",
            )
        else:
            yield name, table


def _with_certificates(
    settings: ConnectionSettings, path: str, converter: Converter, base: Path
) -> ConnectionSettings:
    """`settings` with the path of the certificates counted from the configuration file."""
    if not settings.ca_bundle:
        return settings
    bundle = _file(settings.ca_bundle, f"{path}.ca_bundle", converter, base)
    return msgspec.structs.replace(settings, ca_bundle=bundle)


def _with_pictures(
    settings: Certificates | None, converter: Converter, base: Path
) -> Certificates | None:
    """`settings` with the paths of the pictures counted from the configuration file."""
    if settings is None:
        return None
    pictures = {
        name: _file(path, f"certificates.{name}", converter, base)
        for name in ("logo", "signature")
        if (path := getattr(settings, name))
    }
    return msgspec.structs.replace(settings, **pictures)


def _with_keys(settings: OpenBadges | None, base: Path) -> OpenBadges | None:
    """`settings` with the folder of the keys counted from the configuration file."""
    if settings is None:
        return None
    return msgspec.structs.replace(settings, keys=str(base / settings.keys))


def _with_folder(settings: Backup, base: Path) -> Backup:
    """`settings` with the folder of the backups counted from the configuration file."""
    if not settings.folder:
        return settings
    return msgspec.structs.replace(settings, folder=str(base / settings.folder))


def _file(name: str, path: str, converter: Converter, base: Path) -> str:
    """The file that the setting at `path` names."""
    file = base / name
    try:
        there = file.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        converter.complain(path, f"there is no file {file}")
    return str(file)
