"""Jobs that ask a registry keep its working hours, and no job makes an outage of them."""

from __future__ import annotations

import msgspec
import pytest

from lms_bridge.bridge import Bridge
from lms_bridge.deliveries import health
from lms_bridge.jobs.base import JobFailed
from lms_bridge.sandbox.city import SITI
from tests.jobs.conftest import City

OPEN, CLOSED = "Mon-Fri 07:00-17:00", "Sat 08:00-12:00"  # it is Tuesday, 10:00


@pytest.fixture
def keeping(city: City, monkeypatch: pytest.MonkeyPatch):
    """Has the city keep working hours."""

    def keep(hours: str) -> None:
        siasn = msgspec.structs.replace(city.bridge.settings.registry["siasn"], working_hours=hours)
        settings = msgspec.structs.replace(city.bridge.settings, registry={"siasn": siasn})
        monkeypatch.setattr("lms_bridge.bridge.utc_now", city.clock)
        city.bridge = Bridge(settings, city.store)

    return keep


def failures(city: City) -> int:
    with city.store.reading() as db:
        return health.read(db, "registry.siasn", now=city.clock()).failures


def test_outside_of_them_a_job_asks_nothing_and_says_when_it_may(city: City, keeping) -> None:
    city.meet(SITI)
    keeping(CLOSED)
    with pytest.raises(JobFailed, match="they begin again on Saturday, 2026-11-28 08:00"):
        city.refresh()
    assert sum(city.registry.calls.values()) == 0
    keeping(OPEN)
    assert city.refresh()["refreshed"] == 1


@pytest.mark.parametrize("job", ["refresh", "read"])
def test_hours_that_end_meanwhile_end_the_job_and_are_no_outage(
    city: City, keeping, monkeypatch: pytest.MonkeyPatch, job: str
) -> None:
    city.meet(*[person.nip for person in city.registry.people()])
    keeping(OPEN)
    recognise = city.registry.recognise

    def then_close(request):
        city.clock.forward(hours=3)
        return recognise(request)

    monkeypatch.setattr(city.registry, "recognise", then_close)
    with pytest.raises(JobFailed, match="in its working hours only"):
        getattr(city, job)()
    assert failures(city) == 0
    assert sum(city.registry.calls.values()) <= 6
