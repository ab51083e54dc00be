"""Figures for a monitoring system: who is told, what, and that the examples name what there is."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.test import TestResponse

from lms_bridge.bridge import Bridge
from lms_bridge.config.secrets import Secret
from lms_bridge.config.settings import Forward, Web
from lms_bridge.deliveries import health
from lms_bridge.operation.figures import Cached
from lms_bridge.operation.workers import beat
from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import job_runs
from tests.conftest import on_sqlite
from tests.webhook.conftest import Client, settings
from webhook.app import create_app
from webhook.meter import BUCKETS, Meter, route_of

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = [EXAMPLES / "alerts.yml", EXAMPLES / "grafana-dashboard.json"]
OURS = re.compile(r"\blms_bridge_[a-z_]+")
STATEMENT = {
    "actor": {"mbox": "mailto:siti@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
    "object": {"id": "https://lms.example/course/view.php?id=7"},
}
PUSAT = Forward(url="https://lrs.example", username=Secret("env:A"), password=Secret("env:B"))


def told(client: FlaskClient, **more: object) -> TestResponse:
    return client.get("/metrics", **more)  # type: ignore[arg-type]


def values(answer: TestResponse) -> dict[str, float]:
    """By name and labels as they stand there, each value."""
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_it_is_told_how_much_there_is_and_how_late_it_is(store: Store, secrets: None) -> None:
    bridge = Bridge(settings(forward={"pusat": PUSAT}), store)
    client = create_app(bridge).test_client()
    assert Client(client, store).post(STATEMENT).status_code == 200
    beat(store, bridge.owner, now=dt.datetime.now(dt.UTC))
    with store.writing() as db:
        for outcome in ("done", "failed"):
            ended = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)
            begun = ended - dt.timedelta(seconds=90)
            run = {"job": "deliver", "outcome": outcome, "counts": {}}
            db.execute(insert(job_runs).values(started_at=begun, finished_at=ended, **run))
        health.pause(db, "lrs.pusat", by="budi", why="-", now=dt.datetime.now(dt.UTC))
    found = values(told(client))
    assert found["lms_bridge_database_up"] == 1
    assert found["lms_bridge_statements"] == 1
    assert found["lms_bridge_workers"] == 1
    assert found['lms_bridge_remote_up{remote="lrs.pusat"}'] == 1
    assert found['lms_bridge_remote_paused{remote="lrs.pusat"}'] == 1
    assert 0 < found['lms_bridge_reader_behind_seconds{reader="recognition"}'] < 60
    assert found['lms_bridge_job_last_duration_seconds{job="deliver"}'] == 90
    assert found['lms_bridge_job_last_failure_timestamp_seconds{job="deliver"}'] == 1795489200
    assert found["lms_bridge_database_bytes"] > 10_000
    bridge.intake.close()


@on_sqlite
def test_requests_are_counted_whichever_way_they_are_answered(lrs: Client, app: object) -> None:
    client = lrs._client
    for _ in range(3):  # the first is let in by way of Flask, the others by the short way
        assert lrs.post(STATEMENT).status_code == 200
    assert lrs.post(STATEMENT, headers={"Authorization": None}).status_code == 401
    client.get("/xapi/activities/state")
    client.get("/nothing/here")
    found = values(told(client))

    def count(route: str, method: str, status: int) -> float:
        labels = f'method="{method}",route="{route}",status="{status}"'
        return found[f"lms_bridge_http_requests_total{{{labels}}}"]

    assert count("statements", "POST", 200) == 3
    assert count("statements", "POST", 401) == 1
    assert count("xapi", "GET", 401) == 1
    assert count("other", "GET", 404) == 1
    assert found['lms_bridge_http_request_seconds_count{route="statements"}'] == 4
    assert found['lms_bridge_http_request_seconds_bucket{le="+Inf",route="statements"}'] == 4


def test_time_is_counted_where_it_belongs() -> None:
    meter = Meter()
    for seconds in (0.004, 0.3, 99):
        meter.begin()
        meter.end("/xapi/statements", "POST", "200", seconds)
    [each], total = [meter.times()["statements"][0]], meter.times()["statements"][1]
    assert [(n, many) for n, many in enumerate(each) if many] == [(0, 1), (6, 1), (len(BUCKETS), 1)]
    assert total == pytest.approx(99.304)
    assert meter.under_way == 0


def test_whatever_is_asked_for_the_names_stay_few() -> None:
    assert {route_of(f"/{n}/xapi") for n in range(50)} == {"other"}
    assert route_of("/certificates/abc.pdf") == "certificates"
    meter = Meter()
    for n in range(50):
        meter.begin()
        meter.end(f"/{n}", f"VERB{n}", "404", 0)
    assert list(meter.answers()) == [("other", "other", "404")]


@on_sqlite
@pytest.mark.parametrize("file", FILES, ids=lambda each: each.name)
def test_every_figure_that_an_example_names_is_told(file: Path, app: object, lrs: Client) -> None:
    lrs.post(STATEMENT)
    there = set(re.findall(r"(?m)^# TYPE (\S+)", told(lrs._client).text))
    named = {re.sub("_bucket$", "", name) for name in OURS.findall(file.read_text("utf-8"))}
    assert len(named) > 8
    assert named - there == set()


def test_the_examples_can_be_read() -> None:
    panels = json.loads(FILES[1].read_text("utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@on_sqlite
def test_prometheus_takes_the_alerts_and_the_figures(lrs: Client) -> None:
    lrs.post(STATEMENT)
    for command, given in (
        (["promtool", "check", "rules", str(FILES[0])], ""),
        (["promtool", "check", "metrics"], told(lrs._client).text),
    ):
        done = subprocess.run(command, input=given, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@on_sqlite
@pytest.mark.parametrize(
    ("web", "request_", "status"),
    [
        (Web(), {}, 200),
        (Web(), {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}, 403),
        (Web(), {"headers": {"X-Forwarded-For": "10.0.0.9"}}, 403),
        (Web(metrics="off"), {}, 404),
        (Web(metrics="network"), {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}, 200),
        (Web(metrics_token=Secret("env:MOODLE_PASSWORD")), {}, 401),
        (
            Web(metrics_token=Secret("env:MOODLE_PASSWORD")),
            {"headers": {"Authorization": "Bearer rahasia-sekalí"}},
            401,
        ),
        (
            Web(metrics_token=Secret("env:MOODLE_PASSWORD")),
            {"headers": {"Authorization": "Bearer rahasia-sekali"}},
            200,
        ),
        (Web(metrics_token=Secret("env:NOT_THERE")), {}, 500),
    ],
)
def test_only_those_who_may_are_told(
    web: Web, request_: dict[str, object], status: int, store: Store, secrets: None
) -> None:
    bridge = Bridge(settings(web=web), store)
    answer = told(create_app(bridge).test_client(), **request_)
    assert answer.status_code == status
    assert ("lms_bridge_workers" in answer.text) == (status == 200)
    bridge.intake.close()


def test_a_database_that_does_not_answer_is_told_of(secrets: None) -> None:
    bridge = Bridge(settings(), open_store("sqlite:////nowhere/bridge.db"))
    found = values(told(create_app(bridge).test_client()))
    assert found["lms_bridge_database_up"] == 0
    assert "lms_bridge_workers" not in found
    bridge.intake.close()


@on_sqlite
def test_the_database_is_asked_only_now_and_then(store: Store, secrets: None) -> None:
    seconds = iter([0.0, 1.0, 30.0, 50.0, 51.5, 52.0])
    cached = Cached(Bridge(settings(), store), clock=lambda: next(seconds))
    first = cached.figures()  # begun at 0, took a second, so good for 50
    assert cached.figures() is first  # at 30
    assert cached.figures() is first  # at 50
    assert cached.figures() is not first  # at 51.5
