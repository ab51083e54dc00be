"""Timestamps and durations: Data 4.5 and 4.6."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xapi import format_timestamp, parse_timestamp, times


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T06:09:27Z", "2026-11-24T06:09:27"),
        ("2026-11-24T06:09:27.250Z", "2026-11-24T06:09:27.250"),
        ("2026-11-24T13:09:27.250+07:00", "2026-11-24T06:09:27.250"),
        ("2026-11-24T00:09:27-06:00", "2026-11-24T06:09:27"),
        ("2026-11-24T06:09:27+00:00", "2026-11-24T06:09:27"),
        ("2026-11-24t06:09:27z", "2026-11-24T06:09:27"),
        ("2026-11-24 13:09:27.250+07:00", "2026-11-24T06:09:27.250"),
        ("2026-11-24 06:09", "2026-11-24T06:09:00"),
        ("2026-11-24T06:09:27.1234567899Z", "2026-11-24T06:09:27.123456"),
        ("2026-11-24T06:09:27,25Z", "2026-11-24T06:09:27.250"),
        ("2026-11-24T06:09:27", "2026-11-24T06:09:27"),
        ("2026-11-24T06:09Z", "2026-11-24T06:09:00"),
        ("2026-11-24T06:09.5Z", "2026-11-24T06:09:30"),
        ("2026-11-24T06Z", "2026-11-24T06:00:00"),
        ("2026-11-24T06.25Z", "2026-11-24T06:15:00"),
        ("2026-11-24T13:09:27+07", "2026-11-24T06:09:27"),
        ("2026-11-24T13:09:27+0700", "2026-11-24T06:09:27"),
        ("20261124T060927Z", "2026-11-24T06:09:27"),
        ("20261124T130927.25+0700", "2026-11-24T06:09:27.250"),
        ("2026-W48-2T06:09:27Z", "2026-11-24T06:09:27"),
        ("2026W482T060927Z", "2026-11-24T06:09:27"),
        ("2026-328T06:09:27Z", "2026-11-24T06:09:27"),
        ("2026328T060927Z", "2026-11-24T06:09:27"),
        ("2024-366T00:00:00Z", "2024-12-31T00:00:00"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00"),
        ("2026-11-24T24:00:00Z", "2026-11-25T00:00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00"),
        ("2017-01-01T05:29:60+05:30", "2017-01-01T00:00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999"),
    ],
)
def test_a_timestamp_in_any_form_of_iso_8601_is_a_moment_in_utc(text: str, moment: str) -> None:
    assert parse_timestamp(text) == dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
    assert parse_timestamp(text).utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "should fail",
        "01/011/2015",
        "2026-11-24",
        "20261124",
        "06:09:27Z",
        "1795500567",
        "20261124 060927Z",
        "2026-11-24  06:09:27Z",
        "2026-11-24T",
        "2026-11-24T06:09:27+",
        "2026-11-24T06:09:27.Z",
        "2026-11-24T06:09:27Z ",
        "2026-11-24T06:09:27\n",
        " 2026-11-24T06:09:27Z",
        "2026-11-24T0609:27Z",
        "2026-11-24T060927Z",
        "20261124T06:09:27Z",
        "2026-1-2T06:09:27Z",
        "26-11-24T06:09:27Z",
        "2026-02-30T06:09:27Z",
        "2026-13-01T06:09:27Z",
        "2026-00-10T06:09:27Z",
        "2026-366T00:00:00Z",
        "2026-000T00:00:00Z",
        "2026-W54-1T00:00:00Z",
        "2026-W48-8T00:00:00Z",
        "2026-W48-0T00:00:00Z",
        "2026-11-24T25:00:00Z",
        "2026-11-24T24:00:01Z",
        "2026-11-24T24:30Z",
        "2026-11-24T06:60:00Z",
        "2026-11-24T06:09:60Z",
        "2016-12-31T23:59:61Z",
        "2026-11-24T06:09:27+24:00",
        "2026-11-24T06:09:27+07:60",
        "2026-11-24T06:09:27+7:00",
        "2026-11-24T06:09:27+07:00:30",
        "2026-11-24T06:09:27 UTC",
        "2026-11-24T06:09:27ZZ",
        "2008-09-15T15:53:00.601-00",
        "2008-09-15T15:53:00.601-0000",
        "2008-09-15T15:53:00.601-00:00",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "9999-12-31T24:00:00Z",
        "٢٠٢٦-11-24T06:09:27Z",
        "-2026-11-24T06:09:27Z",
    ],
)
def test_what_names_no_moment_is_no_timestamp(text: str) -> None:
    with pytest.raises(ValueError):
        parse_timestamp(text)


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_that_is_written_is_read_back(moment: dt.datetime) -> None:
    try:
        in_utc = moment.astimezone(dt.UTC)
    except OverflowError:
        return
    assert parse_timestamp(format_timestamp(moment)) == in_utc


def test_a_moment_is_written_in_utc_with_three_digits_or_six() -> None:
    jakarta = dt.timezone(dt.timedelta(hours=7))
    assert format_timestamp(dt.datetime(2026, 11, 24, 13, 9, 27, tzinfo=jakarta)) == (
        "2026-11-24T06:09:27.000Z"
    )
    assert format_timestamp(dt.datetime(2026, 1, 2, microsecond=250_000, tzinfo=dt.UTC)) == (
        "2026-01-02T00:00:00.250Z"
    )
    assert format_timestamp(dt.datetime(2026, 1, 2, microsecond=1, tzinfo=dt.UTC)) == (
        "2026-01-02T00:00:00.000001Z"
    )


@given(st.text())
@example("9999-12-31T23:59:59-23:59")
def test_every_text_is_a_timestamp_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_timestamp(text).tzinfo is dt.UTC


NEAR_A_TIMESTAMP = st.from_regex(
    r"[0-9W-]{4,10}T[0-9:.,]{0,12}([Zz]|[+-][0-9:]{0,6})?", fullmatch=True
) | st.from_regex(
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9]{2}:[0-9]{2}:[0-9:.,+-]{2,9}Z", fullmatch=True
)


@given(NEAR_A_TIMESTAMP)
def test_the_short_way_reads_nothing_that_the_grammar_does_not(text: str) -> None:
    try:
        moment = parse_timestamp(text)
    except ValueError:
        return
    assert times._parse_any(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "PT4H35M59.14S",
        "PT16559.14S",
        "P3Y1M29DT4H35M59.14S",
        "P3Y",
        "P4W",
        "P0D",
        "PT0S",
        "PT1H0M0.1S",
        "P0.5Y",
        "PT1,5H",
        "P1M",
        "PT1M",
        "PT36H",
        "P1.5W",
        "P1YT1S",
        "PT59.123456789S",
    ],
)
def test_a_duration_is_numbers_with_their_units_in_order(text: str) -> None:
    assert times.is_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "1D",
        "should fail",
        "PA1H0M0S",
        "P4W1D",
        "P1D4W",
        "P1S",
        "PT1D",
        "P1M1Y",
        "PT1S1M",
        "P1.5Y1M",
        "PT1.5H30M",
        "PT.5S",
        "PT5.S",
        "P-1D",
        "-P1D",
        "+P1D",
        "P1",
        "PT1H ",
        "PT1H\n",
        "pt1h",
        "P0003-06-04T12:30:05",
        "PT1H1H",
        "P١D",
    ],
)
def test_what_is_out_of_order_or_without_a_unit_is_no_duration(text: str) -> None:
    assert not times.is_duration(text)


@given(st.text(alphabet="PTYMWDHS0123456789.,-"))
def test_every_text_is_a_duration_or_is_not(text: str) -> None:
    assert times.is_duration(text) in (True, False)


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("PT1.237S", "PT1.23S"),
        ("PT1,2379S", "PT1,23S"),
        ("PT1.23S", "PT1.23S"),
        ("PT1.2S", "PT1.2S"),
        ("PT60S", "PT60S"),
        ("P1.2345D", "P1.2345D"),
    ],
)
def test_of_a_duration_no_more_than_a_hundredth_second_is_compared(
    text: str, compared: str
) -> None:
    assert times.comparable_duration(text) == compared
