"""The settings of ``[lms.NAME]`` with ``type = "moodle"``."""

from __future__ import annotations

from lms_bridge.config.secrets import Secret
from lms_bridge.lms.base import LmsSettings


class MoodleSettings(
    LmsSettings,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="moodle",
):
    """A Moodle site, reached through its REST web services."""

    token: Secret
    """web-service token of the bridge's own account"""
    known_user: str = ""
    """username of an account that certainly exists, by which a missing permission is told from an
    unknown person; empty: a participant of a catalogued course is used"""
