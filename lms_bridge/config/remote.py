"""The settings that every outside system has, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import msgspec

from lms_bridge.config.problems import Problem
from lms_bridge.config.secrets import Secret

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class ConnectionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the bridge reaches one outside system."""

    connect_timeout_seconds: Seconds = 10
    read_timeout_seconds: Seconds = 60
    ca_bundle: str = ""
    """path of a PEM file with the certificate authorities to trust; empty: the usual ones"""
    proxy: str = ""
    """address of the proxy through which it is reached; ``direct``: none, whatever the environment
    says; empty: as the environment says (``HTTPS_PROXY``, ``NO_PROXY``)"""
    proxy_credentials: Secret | None = None
    """``username:password`` for a `proxy` that is named here"""

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

    def uncalled(self) -> frozenset[str]:
        """The names of settings whose addresses are never called, as the others are."""
        return frozenset()


class RemoteSettings(ConnectionSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the bridge behaves towards one outside system that completions are carried to."""

    concurrency: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    """calls under way at once; one person's are never under way together"""


class PacedSettings(RemoteSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How quickly an outside system that is open at all hours is called."""

    requests_per_second: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 0
    """requests that are begun in a second, of all processes together; 0: as many as there are"""
    time_zone: str = ""
    """of the days that it tells as moments; empty: that of the bridge"""


class OrderedSettings(RemoteSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a registry stands among several."""

    after: str = ""
    """the ``[registry.NAME]`` that must have a completion before this one gets it"""


class RegistrySettings(OrderedSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The manners of the bridge towards a registry that it calls over HTTP."""

    requests_per_second: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 0
    """requests that are begun in a second, of all processes together; 0: as many as there are"""
    pause_between_writes_seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 0
    """from the end of a write to the beginning of the next, which then go one by one; 0: none"""
    working_hours: str | tuple[str, ...] = ()
    """when it may be called, e.g. ``Mon-Fri 07:00-17:00``; empty: always"""
    time_zone: str = ""
    """of the working hours, and of days that are told as moments; empty: that of the bridge"""
    warn_before_hours: Annotated[float, msgspec.Meta(gt=0, le=8760)] = 24
    """how long before a token expires that a person has to renew they are told so"""

    @property
    def windows(self) -> tuple[str, ...]:
        """The working hours, one text for each window."""
        hours = self.working_hours
        return (hours,) if isinstance(hours, str) else hours

    def expected_of_token(self) -> Mapping[str, str]:
        """The ``client``, ``issuer`` and ``instansi`` of a given token, those that are known."""
        return {}

    def given_tokens(self) -> Mapping[str, Secret]:
        """Tokens that a person put where these settings point, by the name of the setting."""
        return {}
