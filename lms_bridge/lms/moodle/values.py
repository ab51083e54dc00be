"""Values of Moodle's answers, which are not always of the type that its description says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from lms_bridge.lms.base import LmsUser
from lms_bridge.lms.moodle.settings import PROFILE_FIELD
from lms_bridge.text import storable


def text(value: Any) -> str:
    """A text, or an id as it is written; nothing for null."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def moment(value: Any) -> dt.datetime | None:
    """A Unix time stamp in UTC; None for null and for 0, which stands for never."""
    if not isinstance(value, int) or value <= 0:
        return None
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (OverflowError, OSError, ValueError):
        return None


def user(row: Mapping[str, Any], nip_field: str = "idnumber") -> LmsUser:
    """An account, of which the role of the bridge's own may hide all but id and full name."""
    return LmsUser(
        id=text(row.get("id")),
        username=text(row.get("username")),
        full_name=text(row.get("fullname")),
        email=text(row.get("email")),
        number=_number(row, nip_field),
        suspended=row.get("suspended") is True,
    )


def _number(row: Mapping[str, Any], nip_field: str) -> str:
    if nip_field == "email":
        return text(row.get("email")).partition("@")[0]
    if not nip_field.startswith(PROFILE_FIELD):
        return text(row.get(nip_field))
    fields = row.get("customfields")
    for field in fields if isinstance(fields, list) else []:
        if isinstance(field, dict) and field.get("shortname") == nip_field[len(PROFILE_FIELD) :]:
            return text(field.get("value"))
    return ""
