"""A worker at a registry that wants a pause between one write and the next."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lms_bridge.manners.gate import gate_of
from lms_bridge.sandbox.city import AGUS, BUDI, DEWI, SITI
from tests.deliveries.street import Street
from tests.deliveries.yard import REGISTRY
from tests.jobs.conftest import siasn_at


@pytest.fixture
def paced(street: Street, monkeypatch: pytest.MonkeyPatch) -> Street:
    """A registry that is given a moment between two writes, by all that are at it."""
    gate = gate_of(
        street.yard.store,
        REGISTRY,
        siasn_at("http://elsewhere", pause_between_writes_seconds=0.01),
        zone="Asia/Jakarta",
        owner="elsewhere/x/1:1:worker",
        clock=street.yard.clock,
    )
    plain = street.siasn

    def siasn() -> Any:
        made = plain()
        made._api.http._gate = gate
        return made

    monkeypatch.setattr(street, "siasn", siasn)
    return street


def test_who_has_the_turn_to_write_does_not_wait_for_who_waits_for_it(paced: Street) -> None:
    for nip in (SITI, BUDI, AGUS, DEWI):
        paced.record(nip)
    done: list[Any] = []
    worker = paced.worker(**{REGISTRY: 1})
    working = threading.Thread(target=lambda: done.append(paced.deliver(worker)), daemon=True)
    working.start()
    working.join(15)
    assert done == [{"done": 4}]
