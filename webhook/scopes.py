"""Which scope a request needs, by its resource and its method (Communication 4.2).

>>> needed("POST", "/xapi/statements").one_of
(<Scope.WRITE: 'statements/write'>, <Scope.ALL: 'all'>)
"""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from lms_bridge.credentials import Scope
from webhook.lrs import PREFIX


class Need(NamedTuple):
    """What a credential has to have one of, and what it could not do without."""

    one_of: tuple[Scope, ...]
    to: str

    def is_met_by(self, scopes: Set[Scope]) -> bool:
        """Whether one of `scopes` is enough."""
        return not scopes.isdisjoint(self.one_of)

    def unmet(self, name: str) -> str:
        """What to tell whoever uses the credential `name` in vain."""
        least = " or ".join(scope.value for scope in self.one_of if scope is not Scope.ALL)
        return (
            f"the credential {name} may not {self.to}: it lacks the scope {least}"
            " (Communication 4.2)"
        )


WRITES = Need((Scope.WRITE, Scope.ALL), "write statements")
READS = Need((Scope.READ, Scope.READ_MINE, Scope.ALL_READ, Scope.ALL), "read statements")
_ASKS = Need(READS.one_of, "ask about Agents and Activities")
_KEEPS_STATES = Need((Scope.STATE, Scope.ALL), "write states")
_SEES_STATES = Need((Scope.STATE, Scope.ALL_READ, Scope.ALL), "read states")
_KEEPS_PROFILES = Need((Scope.PROFILE, Scope.ALL), "write profiles")
_SEES_PROFILES = Need((Scope.PROFILE, Scope.ALL_READ, Scope.ALL), "read profiles")

_TO_READ = {
    "statements": READS,
    "activities/state": _SEES_STATES,
    "activities/profile": _SEES_PROFILES,
    "agents/profile": _SEES_PROFILES,
    "activities": _ASKS,
    "agents": _ASKS,
}
_TO_WRITE = {
    "statements": WRITES,
    "activities/state": _KEEPS_STATES,
    "activities/profile": _KEEPS_PROFILES,
    "agents/profile": _KEEPS_PROFILES,
}


def needed(method: str, path: str) -> Need | None:
    """What a request needs; None where there is nothing that could be done, or no such method."""
    resource = path.removeprefix(PREFIX).strip("/")
    reads = method in ("GET", "HEAD")
    return (_TO_READ if reads else _TO_WRITE).get(resource)


def is_open(path: str) -> bool:
    """Whether whoever wants to may ask there, as for the versions that are spoken (2.8)."""
    return path.rstrip("/") == f"{PREFIX}/about"
