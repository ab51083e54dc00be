"""An Open edX over HTTP, and the adapter to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lms_bridge.config.secrets import Secret
from lms_bridge.lms.openedx.client import OpenEdx
from lms_bridge.lms.openedx.settings import OpenEdxSettings
from lms_bridge.sandbox.city import BUDI, SITI, TIUR
from lms_bridge.sandbox.openedx import CLIENT, Account, OpenEdxSandbox
from lms_bridge.sandbox.server import Server

LITDIG, SRIKANDI = "course-v1:BKPSDM+LITDIG+2026", "course-v1:DISKOMINFO+SRIKANDI+1"
PROGRAM = "3f1c2c9e-7f5c-4c5e-9d49-7c6f6a0f8c11"


@pytest.fixture
def edx() -> OpenEdxSandbox:
    return OpenEdxSandbox(
        [
            Account(username=SITI, name="Siti Rahmawati", email="siti@example.go.id"),
            Account(
                username="budi",
                name="Budi Santoso",
                email="budi@example.go.id",
                extended={"nip": f"{BUDI[:8]} {BUDI[8:14]} {BUDI[14]} {BUDI[15:]}"},
            ),
            Account(username=TIUR, name="Tiurma", email="tiur@example.go.id", is_active=False),
        ],
        courses=[(LITDIG, "Literasi Digital ASN"), (SRIKANDI, "Srikandi"), ("a/b+c/d", "Lama")],
        programs=[PROGRAM],
    )


@pytest.fixture
def adapter(
    edx: OpenEdxSandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., OpenEdx]]:
    """Makes an adapter to it; takes settings."""
    monkeypatch.setenv("EDX_CLIENT_ID", CLIENT[0])
    monkeypatch.setenv("EDX_CLIENT_SECRET", CLIENT[1])
    with Server(edx) as server:

        def make(**more: str) -> OpenEdx:
            found = {"credentials_url": server.url, "known_user": SITI} | more
            settings = OpenEdxSettings(
                url=server.url,
                home_page="https://edx.example.go.id",
                client_id=Secret("env:EDX_CLIENT_ID"),
                client_secret=Secret("env:EDX_CLIENT_SECRET"),
                read_timeout_seconds=1.0,
                **found,
            )
            return OpenEdx("edx", settings)

        yield make


@pytest.fixture
def lms(adapter: Callable[..., OpenEdx]) -> OpenEdx:
    return adapter()
