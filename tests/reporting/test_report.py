"""What a report is asked for by, and which days that means."""

from __future__ import annotations

import datetime as dt

import pytest

from lms_bridge.reporting.report import BadReport, Report

TODAY = dt.date(2027, 1, 4)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("this-year", "2027-01-01", "2027-12-31"),
        ("last-year", "2026-01-01", "2026-12-31"),
        ("this-month", "2027-01-01", "2027-01-31"),
        ("last-month", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_period_is_from_the_first_day_to_the_last(period: str, first: str, last: str) -> None:
    found = Report(kind="completions", period=period).period_at(TODAY)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "lacking", "period": "2026-03"},
        {"kind": "lacking", "period": "this-month"},
        {"kind": "completions", "period": "2026-13"},
        {"kind": "completions", "period": "next-year"},
        {"kind": "completions", "period": "２０２６"},
        {"kind": "lacking", "jp": 0},
        {"kind": "salaries"},
        {"kind": "lacking", "unit": "x" * 200},
    ],
)
def test_what_is_no_report_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(BadReport):
        Report(**asked)  # type: ignore[arg-type]
