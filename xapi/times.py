"""Points in time and lengths of time as statements write them: ISO 8601 (Data 4.5 and 4.6).

>>> parse_timestamp("2026-11-24T13:09:27.250+07:00")
datetime.datetime(2026, 11, 24, 6, 9, 27, 250000, tzinfo=datetime.timezone.utc)
>>> is_duration("PT4H35M59.14S"), is_duration("P4W1D")
(True, False)
"""

from __future__ import annotations

import datetime as dt
import re

_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"(?:Z|(?!-00:00)[+\-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
"""what nearly every sender writes, and Python reads at once"""

_ZONE = r"(?P<zone> Z | [+\-] [0-9]{2} (?: :? [0-9]{2} )? )?"
_EXTENDED = re.compile(
    rf"""
    (?P<date> [0-9]{{4}}- (?: [0-9]{{2}}-[0-9]{{2}} | W[0-9]{{2}}-[0-9] | [0-9]{{3}} ) )
    [T ] (?P<hour> [0-9]{{2}} ) (?: :(?P<minute> [0-9]{{2}} ) (?: :(?P<second> [0-9]{{2}} ) )? )?
    (?: [.,] (?P<fraction> [0-9]+ ) )? {_ZONE}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BASIC = re.compile(
    rf"""
    (?P<date> [0-9]{{8}} | [0-9]{{4}}W[0-9]{{3}} | [0-9]{{7}} )
    T (?P<hour> [0-9]{{2}} ) (?: (?P<minute> [0-9]{{2}} ) (?P<second> [0-9]{{2}} )? )?
    (?: [.,] (?P<fraction> [0-9]+ ) )? {_ZONE}
    """,
    re.VERBOSE | re.IGNORECASE,
)

_NUMBER = r"[0-9]+(?:[.,][0-9]+(?=[A-Z]\Z))?"  # only the last, smallest unit may have a fraction
_DURATION = re.compile(
    rf"""
    P (?: {_NUMBER}W
        | (?=[0-9T]) (?: {_NUMBER}Y )? (?: {_NUMBER}M )? (?: {_NUMBER}D )?
          (?: T (?=[0-9]) (?: {_NUMBER}H )? (?: {_NUMBER}M )? (?: {_NUMBER}S )? )?
      )
    """,
    re.VERBOSE,
)
_FINE_SECONDS = re.compile(r"([.,][0-9]{2})[0-9]+S\Z")


def parse_timestamp(text: str) -> dt.datetime:
    """The moment, in UTC, that a Timestamp names (Data 4.5).

    A date and a time of day in any ISO 8601 form, basic or extended, a week date or the day
    of the year included, of which RFC 3339 is one; that lets a space stand for the T, and 2.0
    follows it. A date alone names no moment. Where no
    time zone is given, which the standard only advises against, UTC is meant. An offset of
    minus zero is refused, as ISO 8601 has it. A leap second is the second after it, and what
    is finer than a microsecond is cut off.

    Raises :exc:`ValueError` if `text` is no Timestamp.
    """
    if _RFC_3339.fullmatch(text):
        try:
            moment = dt.datetime.fromisoformat(text)
            return moment if text[-1] == "Z" else moment.astimezone(dt.UTC)
        except (ValueError, OverflowError):
            pass  # a leap second or midnight as 24:00; if it is neither, it is refused below
    return _parse_any(text)


def _parse_any(text: str) -> dt.datetime:
    found = _EXTENDED.fullmatch(text) or _BASIC.fullmatch(text)
    if found is None:
        raise ValueError("it is not written YYYY-MM-DDThh:mm:ss")
    hour, minute, second = (int(found[unit] or 0) for unit in ("hour", "minute", "second"))
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError("there is no such time of day")
    unit = 1 if found["second"] else 60 if found["minute"] else 3600
    microseconds = int((found["fraction"] or "0")[:12].ljust(12, "0")) * unit // 1_000_000
    past_midnight = dt.timedelta(
        hours=hour, minutes=minute, seconds=second, microseconds=microseconds
    )
    if hour == 24 and past_midnight != dt.timedelta(days=1):
        raise ValueError("there is no such time of day")
    try:
        midnight = dt.datetime.combine(_date(found["date"]), dt.time(), dt.UTC)
        moment = midnight + past_midnight - _offset(found["zone"])
    except OverflowError as error:
        raise ValueError("it lies outside the years 1 to 9999") from error
    if second == 60 and (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        raise ValueError("a leap second ends a day of UTC")
    return moment


def _date(text: str) -> dt.date:
    digits = text.replace("-", "")
    if len(digits) == 7:  # the day of the year
        date = dt.date(int(digits[:4]), 1, 1) + dt.timedelta(days=int(digits[4:]) - 1)
        if date.year != int(digits[:4]):
            raise ValueError("that year has no such day")
        return date
    return dt.date.fromisoformat(digits.upper())


def _offset(zone: str | None) -> dt.timedelta:
    if zone is None or zone in "Zz":
        return dt.timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    offset = dt.timedelta(hours=hours, minutes=minutes)
    if hours > 23 or minutes > 59 or (zone[0] == "-" and not offset):
        raise ValueError("there is no such offset from UTC")
    return -offset if zone[0] == "-" else offset


_IN_UTC = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|\+00:00)"
)


def is_utc(text: str) -> bool:
    """Whether the Timestamp `text` is written as RFC 3339 does, in UTC (Data 4.5; 2.0 4.2.7)."""
    return _IN_UTC.fullmatch(text) is not None


def format_timestamp(moment: dt.datetime) -> str:
    """`moment` as an LRS writes it: RFC 3339, in UTC, to the millisecond or finer (Data 4.5).

    >>> format_timestamp(dt.datetime(2026, 11, 24, 6, 9, 27, tzinfo=dt.UTC))
    '2026-11-24T06:09:27.000Z'
    """
    fine = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(dt.UTC).isoformat(timespec=fine).removesuffix("+00:00") + "Z"


def is_duration(text: str) -> bool:
    """A Duration as ISO 8601:2004 section 4.4.3.2 writes it, with designators (Data 4.6)."""
    return _DURATION.fullmatch(text) is not None


def comparable_duration(text: str) -> str:
    """`text` without what is finer than 0.01 second, which no comparison counts (Data 4.6).

    Otherwise a Duration is compared as it is written: nobody knows how many days its months
    have (Data 2.3.1).

    >>> comparable_duration("PT1.237S")
    'PT1.23S'
    """
    return _FINE_SECONDS.sub(r"\1S", text)
