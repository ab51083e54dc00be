"""The settings of ``[lms.NAME]`` with ``type = "openedx"``; docs/lms.md explains them."""

from __future__ import annotations

from lms_bridge.config.secrets import Secret
from lms_bridge.lms.base import LmsSettings


class OpenEdxSettings(
    LmsSettings,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="openedx",
):
    """An Open edX site, reached through its REST APIs."""

    client_id: Secret
    client_secret: Secret
    """of an OAuth2 application with the grant "client credentials", whose user is global staff"""
    credentials_url: str = ""
    """address of the Credentials service; empty: there is none, and no badge is awarded"""
    number_field: str = ""
    """name of the extended profile field that holds the NIP; empty: the username is the NIP"""
    known_user: str = ""
    """username of an account that certainly exists, by which a missing permission is noticed"""
