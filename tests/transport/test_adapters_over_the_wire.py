"""The adapters against servers that misbehave on a real socket."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from wires import floods, hangs, resets, says, sends

from lms_bridge.config.secrets import Secret
from lms_bridge.errors import DeliveryError
from lms_bridge.lms.base import BadgeAward
from lms_bridge.lms.moodle.client import Moodle
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.registries.base import RegistryEmployee, Training
from lms_bridge.registries.siasn.client import Siasn
from lms_bridge.registries.siasn.settings import SiasnSettings

NIP = "198703152010012001"
TOKEN = says(b'{"access_token":"t","expires_in":3600}')
SITI = RegistryEmployee(nip=NIP, person_id="8AE4", name="SITI")
TRAINING = Training(
    name="Pelatihan",
    organiser="BKPSDM",
    kind=16,
    hours=20,
    certificate_number="1",
    starts=dt.date(2026, 11, 24),
    ends=dt.date(2026, 11, 24),
)
COHORT = BadgeAward(route="cohort", name="Badge", cohort="PKA")
NEVER_CAME = pytest.mark.parametrize(
    "deed",
    [
        hangs,
        resets,
        sends(b""),
        says(b'{"success":tr', length=500),
        sends(b"\x16\x03\x01 garbage"),
        floods(b"x" * 1_000_000, b"Content-Length: 104857600\r\n"),
    ],
    ids=["hangs", "resets", "closes", "breaks off", "garbage", "100 MB"],
)


@pytest.fixture
def settings(wire, monkeypatch):
    monkeypatch.setenv("A_SECRET", "x")
    secret = Secret("env:A_SECRET")
    return SiasnSettings(
        api_url=wire.url,
        apim_token_url=wire.url,
        sso_token_url=wire.url,
        consumer_key=secret,
        consumer_secret=secret,
        sso_username=secret,
        sso_password=secret,
        read_timeout_seconds=0.8,
    )


@pytest.fixture
def siasn(settings):
    return Siasn("siasn", settings)


@pytest.fixture
def moodle(wire, monkeypatch):
    monkeypatch.setenv("A_SECRET", "x")
    settings = MoodleSettings(url=wire.url, token=Secret("env:A_SECRET"), read_timeout_seconds=0.8)
    return Moodle("moodle", settings)


@NEVER_CAME
def test_a_row_that_was_sent_and_not_answered_may_be_there(siasn, wire, deed):
    wire.does(TOKEN, TOKEN, deed)
    with pytest.raises(DeliveryError) as caught:
        siasn.record(SITI, TRAINING)
    assert caught.value.outcome_unknown
    assert len(wire.requests) == 3


@NEVER_CAME
def test_a_history_that_was_not_answered_changed_nothing(siasn, wire, deed):
    wire.does(TOKEN, TOKEN, deed)
    with pytest.raises(DeliveryError) as caught:
        siasn.trainings_of(SITI, 16)
    assert (caught.value.retryable, caught.value.outcome_unknown) == (True, False)


@NEVER_CAME
def test_a_token_that_was_not_answered_wrote_no_row(siasn, wire, deed):
    wire.does(deed)
    with pytest.raises(DeliveryError) as caught:
        siasn.record(SITI, TRAINING)
    assert not caught.value.outcome_unknown


@NEVER_CAME
def test_a_badge_that_was_asked_for_and_not_answered_may_be_issued(moodle, wire, deed):
    wire.does(deed)
    with pytest.raises(DeliveryError) as caught:
        moodle.award_badge("4", COHORT, note="")
    assert caught.value.outcome_unknown


def test_a_registry_that_is_not_there_was_written_nothing(settings, wire):
    wire.does(TOKEN)
    nowhere = msgspec.structs.replace(settings, api_url="http://127.0.0.1:9/")
    with pytest.raises(DeliveryError) as caught:
        Siasn("siasn", nowhere).record(SITI, TRAINING)
    assert not caught.value.outcome_unknown
    assert caught.value.remote_wide


def test_a_row_that_is_answered_has_its_id(siasn, wire):
    wire.does(TOKEN, TOKEN, says(b'{"success":true,"mapData":{"rwKursusId":"8ae4"}}'))
    assert siasn.record(SITI, TRAINING) == "8ae4"
    assert wire.connections == 1


def test_a_nip_is_in_no_error_of_the_adapters(siasn, wire):
    wire.does(TOKEN, TOKEN, resets)
    with pytest.raises(DeliveryError) as caught:
        siasn.find_employee(NIP)
    assert NIP not in f"{caught.value} {caught.value.reason.details}"
