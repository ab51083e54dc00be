"""The job that delivers."""

from __future__ import annotations

from lms_bridge.bridge import Bridge
from lms_bridge.config.settings import Certificates, Settings
from lms_bridge.jobs.deliver import Deliver
from lms_bridge.jobs.runs import nothing
from lms_bridge.store.engine import Store
from tests.jobs.conftest import siasn_at


def test_where_certificates_are_uploaded_it_rests_when_nothing_is_to_be_done(store: Store) -> None:
    settings = Settings(
        registry={"siasn": siasn_at("http://127.0.0.1:9")},
        certificates=Certificates(letterhead=("BKPSDM",), signatory="Nurhayati"),
    )
    bridge = Bridge(settings, store)
    assert bridge.documented == ["registry.siasn"]
    assert Deliver(bridge).has_work(), "what was recorded before has no certificate yet"
    Deliver(bridge).run(nothing)
    assert not Deliver(bridge).has_work(), "each time it is looked it is another of the job"
