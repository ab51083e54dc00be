"""The settings of ``[[events]]``; docs/events.md explains them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from lms_bridge.config.remote import ConnectionSettings
from lms_bridge.config.secrets import Secret
from lms_bridge.events.kinds import Kind


class EventTarget(ConnectionSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A system that is told by webhook what happens."""

    name: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$",
            description="a name of a-z, 0-9, - and _, 40 of them at the most",
        ),
    ]
    url: str
    secret: Secret
    """``whsec_`` and 24 to 64 random bytes in base64"""
    former_secret: Secret | None = None
    """by which each webhook is signed as well, while the receiver changes from it to `secret`"""
    types: tuple[Kind, ...] = ()
    """of which events it is told; empty: of all"""
    include_nip: bool = False
    """whether it is told the NIP of the employee, and not only their number"""

    @property
    def remote(self) -> str:
        """What it is called among all outside systems."""
        return f"events.{self.name}"
