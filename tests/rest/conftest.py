"""A home-made LMS over HTTP, and the adapter as docs/lms.md configures it."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lms_bridge.config.loading import read
from lms_bridge.lms.rest.client import Rest
from lms_bridge.lms.rest.settings import RestSettings
from lms_bridge.sandbox.city import SITI
from lms_bridge.sandbox.server import Server
from tests.rest.platform import Elearning

PAGE = (Path(__file__).parents[2] / "docs" / "lms.md").read_text("utf-8")
(EXAMPLE,) = (
    block for block in re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL) if "by_number" in block
)
_TABLE = tomllib.loads(EXAMPLE)["lms"]["elearning"]


def described(url: str, **changes: Any) -> dict[str, Any]:
    """What the page says, for the LMS at `url`; a change to None leaves something out."""
    table: dict[str, Any] = (
        copy.deepcopy(_TABLE)
        | {"url": f"{url}/api", "read_timeout_seconds": 5, "settle_seconds": 60}
        | changes
    )
    return {name: value for name, value in table.items() if value is not None}


def settings_of(table: dict[str, Any]) -> RestSettings:
    """The settings that `table` describes."""
    found = read({"lms": {"elearning": table}}, base=Path("/")).lms["elearning"]
    assert isinstance(found, RestSettings)
    return found


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEARNING_TOKEN", "rahasia-kantor")
    monkeypatch.setenv("ELEARNING_CHECK_NIP", SITI)


@pytest.fixture
def elearning() -> Elearning:
    return Elearning()


@pytest.fixture
def url(elearning: Elearning) -> Iterator[str]:
    with Server(elearning) as server:
        yield server.url


@pytest.fixture
def adapter(url: str) -> Callable[..., Rest]:
    """Makes an adapter to it, with changes to what the page says."""
    return lambda **changes: Rest("elearning", settings_of(described(url, **changes)))


@pytest.fixture
def lms(adapter: Callable[..., Rest]) -> Rest:
    return adapter()
