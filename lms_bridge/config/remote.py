"""The settings that every outside system has, whatever its kind."""

from __future__ import annotations

from typing import Annotated

import msgspec

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class ConnectionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the bridge reaches one outside system."""

    connect_timeout_seconds: Seconds = 10
    read_timeout_seconds: Seconds = 60
    ca_bundle: str = ""
    """path of a PEM file with the certificate authorities to trust; empty: the usual ones"""


class RemoteSettings(ConnectionSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the bridge behaves towards one outside system that completions are carried to."""

    concurrency: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    """calls under way at once; one person's are never under way together"""
