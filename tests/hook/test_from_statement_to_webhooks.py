"""A statement becomes a row at the registry and webhooks to the LMS, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lms_bridge.sandbox.city import SITI
from tests.deliveries.street import SECRETS
from tests.hook.portal import Portal
from tests.rest.whole import a_whole_bridge

LMS = """
[lms.portal]
type = "hook"
url = "{url}"
home_page = "https://elearning.example.go.id"
secret = "env:HOOK_SECRET"
recorded_at = "siasn"
read_timeout_seconds = 1.0
[[courses]]
key = "LITDIG-2026"
name = "Literasi Digital ASN"
organiser = "BKPSDM Kota Pematangsiantar"
kind = 16
hours = 20
external_ids = ["ELEARN-LITDIG-2026"]
badge = {{ route = "direct", name = "Badge Literasi Digital", key = "LITDIG" }}
"""


def test_the_badge_and_the_record_are_told_once_though_the_receiver_stumbles(
    database_url: str, url: str, portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**SECRETS, "ELEARNING_TOKEN": "rahasia-kantor"}.items():
        monkeypatch.setenv(name, value)
    portal.order("page", "commit-then-hang")
    with a_whole_bridge(database_url, tmp_path, LMS.format(url=url)) as whole:
        whole.tell(SITI)
        steps = whole.carried_out()
        (row,) = whole.rows_of(SITI)
    assert sorted(steps) == ["badge", "record", "tell"]
    (badge,) = portal.badges
    assert badge["learner"] == {"nip": SITI, "account": SITI}
    said = {event["type"]: event for event in (json.loads(told[3]) for told in portal.told)}
    assert set(said) == {"badge.award", "completion.recorded"}
    assert said["completion.recorded"]["data"]["row"] == row["id"] == steps["record"].result_id
