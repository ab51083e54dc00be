"""Upload forms that are known, one TOML file each; a configuration names one as ``profile``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lms_bridge.mapped import profiles


def names() -> list[str]:
    """What forms there are."""
    return profiles.names(__name__)


def completed(table: Mapping[str, Any], complain: Callable[[str, str], None]) -> Mapping[str, Any]:
    """`table` laid over the form that it names, if it names one."""
    return profiles.completed(table, complain, __name__)
