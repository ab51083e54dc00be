"""The kinds of API that have been seen (registry facts, section 9), one TOML file each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lms_bridge.mapped import profiles
from lms_bridge.mapped.profiles import laid_over


def names() -> list[str]:
    """What profiles there are."""
    return profiles.names(__name__)


def read(name: str) -> Mapping[str, Any]:
    """The profile with that `name`."""
    return profiles.read(name, __name__)


def completed(table: Mapping[str, Any], complain: Callable[[str, str], None]) -> Mapping[str, Any]:
    """`table` laid over the profile that it names, if it names one."""
    return profiles.completed(table, complain, __name__)


def with_changes(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """`table` with each ``change`` laid over the ``record`` of its history.

    A row is changed to what a new one would say, and often by the same call.
    """
    histories = table.get("histories")
    if not isinstance(histories, Mapping):
        return table
    return {**table, "histories": {name: _with_change(each) for name, each in histories.items()}}


def _with_change(history: Any) -> Any:
    if not isinstance(history, Mapping):
        return history
    record, change = history.get("record"), history.get("change")
    if not isinstance(record, Mapping) or not isinstance(change, Mapping):
        return history
    return {**history, "change": laid_over(record, change)}
