"""Numbers, dates and NIPs as people read them in their language.

Written out here, for Babel takes longer to write one date than to make a whole row.
"""

from __future__ import annotations

import datetime as dt

from lms_bridge.people import nip as nips
from lms_bridge.reporting.table import Cell, Column

_MONTHS = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "en": "January February March April May June July August September October November December",
}
_SHORT = {
    "id": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}


def cell(value: Cell, column: Column, language: str) -> str:
    """`value` as it stands on a page."""
    match value:
        case None:
            return ""
        case int():
            return number(value, language)
        case dt.date():
            return day(value, language)
        case str():
            return nip(value) if column.kind == "nip" else value


def nip(value: str) -> str:
    """A NIP in groups; what else stands in its column, such as the word before sums, as it is."""
    return nips.printed(value) if nips.normalise(value) == value else value


def number(value: int, language: str) -> str:
    """
    >>> number(12345, "id"), number(12345, "en")
    ('12.345', '12,345')
    """
    text = f"{value:,}"
    return text.replace(",", ".") if language == "id" else text


def day(value: dt.date, language: str, *, short: bool = True) -> str:
    """
    >>> day(dt.date(2026, 5, 2), "id"), day(dt.date(2026, 8, 17), "id", short=False)
    ('2 Mei 2026', '17 Agustus 2026')
    """
    return f"{value.day} {month(value.month, language, short=short)} {value.year}"


def minute(value: dt.datetime, language: str) -> str:
    """Of a moment in the zone in which it is to be shown.

    >>> minute(dt.datetime(2026, 5, 2, 7, 5), "id"), minute(dt.datetime(2026, 8, 17, 16, 0), "en")
    ('2 Mei 2026 07.05', '17 Aug 2026 16:00')
    """
    return f"{day(value, language)} {clock(value.time(), language)}"


def clock(value: dt.time, language: str) -> str:
    """
    >>> clock(dt.time(7, 5), "id"), clock(dt.time(7, 5), "en")
    ('07.05', '07:05')
    """
    return f"{value:{'%H.%M' if language == 'id' else '%H:%M'}}"


def month(value: int, language: str, *, short: bool = False) -> str:
    """
    >>> month(8, "id"), month(8, "en", short=True)
    ('Agustus', 'Aug')
    """
    names = _SHORT if short else _MONTHS
    return names.get(language, names["en"]).split()[value - 1]


def moment(value: dt.datetime, zone: dt.tzinfo, language: str) -> str:
    """
    >>> moment(dt.datetime(2026, 8, 17, 3, 5, tzinfo=dt.UTC), dt.UTC, "id")
    '17 Agustus 2026 03.05 UTC'
    """
    there = value.astimezone(zone)
    date = day(there.date(), language, short=False)
    return f"{date} {clock(there.time(), language)} {zone_name(there)}"


def zone_name(there: dt.datetime) -> str:
    """What the zone of `there` is called; Indonesia's three by their own names.

    >>> from zoneinfo import ZoneInfo
    >>> zone_name(dt.datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Makassar")))
    'WITA'
    """
    return there.tzname() or ""
