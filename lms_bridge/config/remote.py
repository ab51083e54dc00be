"""The settings that every outside system has, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import msgspec

from lms_bridge.config.problems import Problem

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class ConnectionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the bridge reaches one outside system."""

    connect_timeout_seconds: Seconds = 10
    read_timeout_seconds: Seconds = 60
    ca_bundle: str = ""
    """path of a PEM file with the certificate authorities to trust; empty: the usual ones"""

    @classmethod
    def completed(
        cls, table: Mapping[str, Any], complain: Callable[[str, str], None]
    ) -> Mapping[str, Any]:
        """`table` as it is read, with what it refers to put in.

        What is wrong with it is told to `complain`, with the name of the setting.
        """
        return table

    def disagreements(self, path: str) -> Iterator[Problem]:
        """What is wrong with settings, which stand at `path`, whose single values are right."""
        return iter(())


class RemoteSettings(ConnectionSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the bridge behaves towards one outside system that completions are carried to."""

    concurrency: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    """calls under way at once; one person's are never under way together"""
