"""Values of Moodle's answers, which are not always of the type that its description says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from lms_bridge.lms.base import LmsUser
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


def user(row: Mapping[str, Any]) -> LmsUser:
    """An account, of which the role of the bridge's own may hide all but id and full name."""
    return LmsUser(
        id=text(row.get("id")),
        username=text(row.get("username")),
        full_name=text(row.get("fullname")),
        email=text(row.get("email")),
        number=text(row.get("idnumber")),
        suspended=row.get("suspended") is True,
    )
