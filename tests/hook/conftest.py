"""A portal over HTTP, and what tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from lms_bridge.config.secrets import Secret
from lms_bridge.lms.hook.client import Hooked
from lms_bridge.lms.hook.settings import HookSettings
from lms_bridge.sandbox.server import Server
from tests.hook.portal import Portal

SECRET = "whsec_" + "QUJD" * 8
FORMER = "whsec_" + "WFla" * 8


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("HOOK_FORMER_SECRET", FORMER)
    monkeypatch.setenv("HOOK_SECRETS", SECRET)
    monkeypatch.setenv("HOOK_DATABASE", str(tmp_path / "webhooks.db"))
    with capture_logs():
        yield


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def url(portal: Portal) -> Iterator[str]:
    with Server(portal) as server:
        yield f"{server.url}/hooks/lms-bridge"


@pytest.fixture
def settings(url: str) -> HookSettings:
    return HookSettings(url=url, secret=Secret("env:HOOK_SECRET"), read_timeout_seconds=1.0)


@pytest.fixture
def hooked(settings: HookSettings) -> Callable[..., Hooked]:
    """Makes what tells it; takes what its settings say otherwise."""

    def make(**more: Any) -> Hooked:
        import msgspec

        clock = {"clock": more.pop("clock")} if "clock" in more else {}
        return Hooked("portal", msgspec.structs.replace(settings, **more), **clock)

    return make
