"""The settings of ``[lms.NAME]`` with ``type = "hook"``; docs/lms.md explains them."""

from __future__ import annotations

from lms_bridge.config.secrets import Secret
from lms_bridge.lms.base import LmsSettings


class HookSettings(
    LmsSettings,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="hook",
):
    """An LMS that receives webhooks at its `url`."""

    secret: Secret
    """``whsec_`` and 24 to 64 random bytes in base64"""
    former_secret: Secret | None = None
    """by which each webhook is signed as well, while the receiver changes from it to `secret`"""
    recorded_at: str = ""
    """the ``[registry.NAME]`` of which it is told that it has a completion; empty: of none"""

    @property
    def told_of(self) -> str:
        return self.recorded_at
