"""Profiles: kinds of system that are known, one TOML file each in a package of their own.

A configuration names one as ``profile = "…"``. What stands in the configuration is laid over
it, table by table; a list takes the place of the profile's.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

from lms_bridge.config.problems import nearest, shown


def names(package: str) -> list[str]:
    """What profiles there are in `package`."""
    folder = resources.files(package)
    return sorted(
        file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")
    )


@functools.cache
def read(name: str, package: str) -> Mapping[str, Any]:
    """The profile with that `name`."""
    return tomllib.loads(resources.files(package).joinpath(f"{name}.toml").read_text("utf-8"))


def completed(
    table: Mapping[str, Any], complain: Callable[[str, str], None], package: str
) -> Mapping[str, Any]:
    """`table` laid over the profile that it names, if it names one."""
    profile = table.get("profile", "")
    if not profile or not isinstance(profile, str):
        return table
    if profile not in (known := names(package)):
        choices = ", ".join(f'"{one}"' for one in known)
        hint = nearest(profile, known, quoted=True)
        complain("profile", f"expected one of {choices}, got {shown(profile)}{hint}")
        return table
    return laid_over(read(profile, package), table)


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, table by table."""
    result = dict(below)
    for name, value in above.items():
        before = result.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        result[name] = laid_over(before, value) if both else value  # type: ignore[arg-type]
    return result
