"""Whatever stands in the file: settings, or an error that says what is wrong with it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from lms_bridge.config.loading import ConfigError, read
from lms_bridge.config.settings import Settings
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.registries.siasn.settings import SiasnSettings
from tests.config.documents import WHOLE
from tests.config.names import all_names
from tests.trials import times

BASE = Path("/etc/lms-bridge")

scalars = (
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["env:X", "file:x", "id", "moodle", "siasn", "https://x", "0 4 * * 0", "Asia"]
    )
    | st.dates()
    | st.datetimes()
    | st.times()
)
names = st.sampled_from(sorted(all_names(Settings, MoodleSettings, SiasnSettings))) | st.text(
    max_size=6
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=times(1.5))
@given(st.dictionaries(names, values, max_size=5))
def test_no_document_does_anything_but_be_read_or_be_told_what_is_wrong(
    document: dict[str, Any],
) -> None:
    assert _settled(document)


@settings(max_examples=times(2))
@given(st.data())
def test_nor_does_one_in_which_a_single_value_was_changed(data: st.DataObject) -> None:
    document = msgspec.toml.decode(WHOLE)
    place: Any = document
    while True:
        key = data.draw(
            st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place))))
        )
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(values)
    assert _settled(document)


def _settled(document: dict[str, Any]) -> bool:
    """Whether it is read, or told what is wrong with it."""
    try:
        return isinstance(read(document, base=BASE), Settings)
    except ConfigError as error:
        return bool(error.problems) and all(problem.message for problem in error.problems)


def test_times_and_days_are_what_toml_makes_of_them() -> None:
    assert _settled({"time_zone": dt.time(1, 2), "courses": [{"starts": dt.date(2026, 1, 1)}]})
