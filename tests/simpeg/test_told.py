"""docs/simpeg.md tells of every setting, profile and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from lms_bridge.registries.simpeg import profiles
from lms_bridge.registries.simpeg.fields import TO_FIND, TO_READ, TO_RECORD, TO_REMOVE
from lms_bridge.registries.simpeg.settings import SimpegSettings
from tests.config.names import settings_of

PAGE = (Path(__file__).parents[2] / "docs" / "simpeg.md").read_text("utf-8")


def test_every_setting_is_told_of() -> None:
    names = {part for path, _ in settings_of(SimpegSettings) for part in path.split(".")}
    assert {name for name in names if f"`{name}`" not in PAGE} == set()


@pytest.mark.parametrize("name", [*profiles.names(), *TO_FIND, *TO_READ, *TO_RECORD, *TO_REMOVE])
def test_every_profile_and_every_field_is_told_of(name: str) -> None:
    assert f"`{name}`" in PAGE
