"""The list of web-service functions, which the modules of this package fill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from lms_bridge.sandbox.moodle import errors, php
from lms_bridge.sandbox.moodle.site import Site


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of a function; a missing, wrong or unknown one is an error (section 3)."""


class Nothing(Params, frozen=True):
    """The parameters of a function that takes none."""


P = TypeVar("P", bound=Params)


@dataclass(frozen=True, slots=True)
class Function:
    """One function of Moodle's web services."""

    name: str
    params: type[Params]
    run: Callable[[Site, Any], object]
    writes: bool
    """whether it changes something, so that how it fails matters most"""
    locks: bool
    """whether it takes the site's lock by itself, to be slow without it"""

    def call(self, site: Site, raw: dict[str, Any]) -> object:
        """Run it with the parameters as they came in."""
        params = php.convert(raw, self.params)
        if self.locks:
            return self.run(site, params)
        with site.lock:
            site.settle()
            return self.run(site, params)


FUNCTIONS: dict[str, Function] = {}

EXISTING = frozenset(
    {
        "core_badges_disable_badges",
        "core_cohort_create_cohorts",
        "core_completion_mark_course_self_completed",
        "core_completion_override_activity_completion_status",
        "core_user_create_users",
        "core_user_update_users",
    }
)
"""functions of Moodle that are in no service here: refused, where an unknown name is an error"""


def function(
    name: str, params: type[P], *, writes: bool = False, locks: bool = False
) -> Callable[[Callable[[Site, P], object]], Callable[[Site, P], object]]:
    """Enter the decorated function under `name`."""

    def enter(run: Callable[[Site, P], object]) -> Callable[[Site, P], object]:
        FUNCTIONS[name] = Function(name, params, run, writes, locks)
        return run

    return enter


def require(site: Site, capability: str, what: str) -> None:
    """Refuse with "nopermissions", naming `what`, unless the bridge's role holds `capability`."""
    if capability not in site.capabilities:
        raise errors.no_permission(what)
