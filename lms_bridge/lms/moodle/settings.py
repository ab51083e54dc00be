"""The settings of ``[lms.NAME]`` with ``type = "moodle"``."""

from __future__ import annotations

from typing import Literal

from lms_bridge.config.remote import RemoteSettings
from lms_bridge.config.secrets import Secret


class MoodleSettings(
    RemoteSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="moodle"
):
    """A Moodle site, reached through its REST web services."""

    url: str
    """address of the site, as in its ``wwwroot``"""
    token: Secret
    """web-service token of the bridge's own account"""
    home_page: str = ""
    """``account.homePage`` of the actors in its statements; empty: the same as `url`"""
    account_name: Literal["auto", "id", "username", "nip"] = "auto"
    """what ``account.name`` holds: Moodle's user id, the username or the NIP; "auto" takes 18 digits
    for a NIP, other digits for an id and the rest for a username"""
    known_user: str = ""
    """username of an account that certainly exists, by which a missing permission is told from an
    unknown person; empty: a participant of a catalogued course is used"""
