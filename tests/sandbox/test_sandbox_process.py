"""``python -m lms_bridge.sandbox``: both systems in a process of their own, under control."""

import signal
import subprocess
import sys

import pytest
import requests

from lms_bridge.sandbox.city import SITI


class Process:
    """The sandbox as another process."""

    def __init__(self, *options):
        command = [sys.executable, "-m", "lms_bridge.sandbox", "--registry-port=0"]
        self.process = subprocess.Popen(
            [*command, "--moodle-port=0", *options], stdout=subprocess.PIPE, text=True
        )
        self.said = {}
        for line in self.process.stdout:
            name, _, value = line.strip().partition(" ")
            if name == "ready":
                break
            self.said[name] = value

    def control(self, what, body=None):
        url = f"{self.said['moodle']}/_sandbox/{what}"
        if body is None:
            return requests.get(url, timeout=5).json()
        answer = requests.post(url, json=body, timeout=5)
        return answer.json() | {"status": answer.status_code}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(5)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def sandbox():
    with Process("--people=20", "--faults", "--seed=7", "--as-captured") as process:
        yield process


def test_it_says_where_it_is_reached(sandbox):
    assert sandbox.said["registry-api"] == f"{sandbox.said['registry']}/apisiasn/1.0"
    answer = requests.post(
        f"{sandbox.said['registry']}/oauth2/token",
        auth=("sandbox-key", "sandbox-secret"),
        data={"grant_type": "client_credentials"},
        timeout=5,
    )
    assert answer.json()["access_token"]


def test_its_state_can_be_looked_at(sandbox):
    state = sandbox.control("state")
    assert {row["nipBaru"] for row in state["rows"]} >= {SITI}
    assert state["duplicates"] == state["awards"] == []
    assert state["calls"].keys() == {"moodle", "registry"}
    assert set(state["faults"]) == {"enabled", "injected"}


def test_faults_can_be_switched_off_and_on(sandbox):
    assert sandbox.control("state")["faults"]["enabled"] is True
    for enabled in (False, True):
        assert sandbox.control("faults", {"enabled": enabled})["enabled"] is enabled
        assert sandbox.control("state")["faults"]["enabled"] is enabled


def test_a_learner_can_be_made_to_complete_a_course(sandbox):
    assert sandbox.control("complete", {"user": 4, "course": 4})["status"] == 200
    done = sandbox.control("complete", {"user": SITI, "course": "MENTOR-2026"})
    assert (done["user"], done["course"]) == (4, 5)
    assert sandbox.control("complete", {"user": 99, "course": 4})["status"] == 404
    assert sandbox.control("complete", {"user": 2, "course": 4})["status"] == 409


def test_rows_can_be_changed_and_deleted_as_by_a_person(sandbox):
    row = sandbox.control("state")["rows"][0]
    changed = {"row": row["id"], "fields": {"jumlahJam": 99}}
    assert sandbox.control("change", changed)["status"] == 200
    assert sandbox.control("state")["rows"][0] == row | {"jumlahJam": 99}
    assert sandbox.control("delete", {"row": row["id"]})["status"] == 200
    assert row["id"] not in [one["id"] for one in sandbox.control("state")["rows"]]
    assert sandbox.control("delete", {"row": row["id"]})["status"] == 404


def test_cron_can_be_run(sandbox):
    assert sandbox.control("cron", {})["awards"] == 0


def test_there_is_no_other_control(sandbox):
    assert sandbox.control("reset", {})["status"] == 404


def test_it_ends_at_a_signal():
    with Process() as process:
        assert process.control("state")["faults"]["enabled"] is False
    assert process.process.returncode == 0
