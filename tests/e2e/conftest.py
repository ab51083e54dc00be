"""What the tests with processes of their own have in common."""

from __future__ import annotations

import pytest

from tests.e2e.crashing import own_database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The address of a database that nobody has used; that of SQLite counts from a folder."""
    if request.param == "sqlite":
        return "sqlite:///lms-bridge.db"
    return own_database(request.getfixturevalue("postgres"))
