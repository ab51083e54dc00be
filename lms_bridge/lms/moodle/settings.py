"""The settings of ``[lms.NAME]`` with ``type = "moodle"``."""

from __future__ import annotations

from typing import Annotated

import msgspec

from lms_bridge.config.secrets import Secret
from lms_bridge.lms.base import LmsSettings

PROFILE_FIELD = "profile_field_"
"""how Moodle begins the name of a custom profile field where it stands among other fields"""


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
    nip_field: Annotated[
        str, msgspec.Meta(pattern=r"^(idnumber|username|email|profile_field_[A-Za-z0-9_]+)$")
    ] = "idnumber"
    """the field of an account that holds the NIP: ``idnumber``, ``username``, ``email`` (the part
    before the @) or ``profile_field_`` and the short name of a custom profile field"""
    linked_competencies: bool = False
    """whether a course without the field ``competencies`` develops those that are linked to it"""

    @property
    def lists_people(self) -> bool:
        """Whether Moodle cannot be asked for a NIP, so that everybody has to be listed."""
        return self.nip_field not in ("idnumber", "username")
