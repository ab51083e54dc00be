"""``lms-bridge demo``: the main job, for everybody to see."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from lms_bridge.demo import story
from tests.e2e.town import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

Start = Callable[..., "subprocess.Popen[str]"]


@contextmanager
def demos(folder: Path) -> Iterator[Start]:
    """Starts demos, each in a session of its own, with `folder` for what they leave behind."""
    environment = os.environ | {"TMPDIR": str(folder), "COLUMNS": "100"}
    started: list[subprocess.Popen[str]] = []

    def demo(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "lms_bridge", "--language", "en", "demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
            # What a shell starts in the background ignores Ctrl-C, and so would all that it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        started.append(process)
        return process

    yield demo
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=30)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a demo that leaves in `tmp_path` what it leaves behind."""
    with demos(tmp_path) as demo:
        yield demo


def facts(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What ``demo --once --json`` says, which is all that it says."""
    out, err = process.communicate(timeout=110)
    assert (process.returncode, err) == (0, "")
    told: dict[str, Any] = json.loads(out)
    return told


def end_state(told: dict[str, Any]) -> Any:
    """Where everything is in the end, without what differs from one time to the next."""
    completions = sorted(
        (one["nip"], one["course_key"], one["role"], one["run"], one["hours"],
         tuple(sorted((step["step"], step["state"]) for step in one["deliveries"])))
        for one in told["completions"]
    )  # fmt: skip
    held = sorted((one["reason"]["code"], one["person"]) for one in told["attention"])
    names = ("registry_rows", "registry_duplicates", "certificates", "badges")
    counts = {name: told[name] for name in names}
    return completions, held, counts, told["statements"]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The facts of a demo in which all is well."""
    with demos(folder := tmp_path_factory.mktemp("demo")) as start:
        told = facts(start("--once", "--json"))
    assert list(folder.iterdir()) == []
    return told


def test_the_demo_carries_everything_through_that_should_arrive(told: dict[str, Any]) -> None:
    assert told["problems"] == []
    assert told["statements"]["sent"] == told["statements"]["stored"] == 61
    done = [
        one
        for one in told["completions"]
        if all(step["state"] == "done" for step in one["deliveries"])
    ]
    assert len(done) == told["registry_rows"] == story.EXPECTED_DONE
    assert told["registry_duplicates"] == 0
    assert told["certificates"] == story.EXPECTED_DONE
    (earners,) = told["earned"].values()
    assert len(earners) == len(set(earners)) == story.EXPECTED_EARNED
    assert all(
        step["result_id"] for one in done for step in one["deliveries"] if step["step"] == "record"
    )
    held = {one["reason"]["code"] for one in told["attention"]}
    assert held < story.EXPECTED_HELD
    assert all(one["reason"]["remedy"] for one in told["attention"])


def test_two_at_once_do_not_see_each_other_while_everything_misbehaves_in_one(
    start: Start, told: dict[str, Any], tmp_path: Path
) -> None:
    bad, good = start("--once", "--json", "--faults"), start("--once")
    out, err = good.communicate(timeout=110)
    assert (good.returncode, err) == (0, "")
    assert "Everything that should arrive did." in out
    is_told_to_a_person(" ".join(out.split()))
    faulty = facts(bad)
    assert sum(faulty["faults"].values()) >= 9
    assert end_state(faulty) == end_state(told)
    assert list(tmp_path.iterdir()) == []


def is_told_to_a_person(told: str) -> None:
    assert "✓ The LMS sends its statements 61/61" in told
    assert "Statements received: 61." in told
    assert re.search(r"SITI RAHMAWATI 40 registry ✓ \S+ Pelatihan Kepemimpinan", told)
    # The name of the course is folded beside the steps.
    assert re.search(r"Mentoring ASN Muda certificate ✓ done \(instructor\)", told)
    assert "No course in the catalogue matches “Manajemen Arsip Digital”" in told
    assert "→ Add the course to the catalogue" in told
    assert "registry holds of these completions: 7 (twice: 0), with their certificate: 7." in told


def hear(process: subprocess.Popen[str], until: str) -> str:
    """What a demo says until it has said that."""
    assert process.stdout is not None
    said = ""
    while until not in said:
        line = process.stdout.readline()
        assert line, said + process.communicate(timeout=30)[1]
        said += line
    return said


def end(process: subprocess.Popen[str], how: signal.Signals, folder: Path) -> None:
    """Tell a demo to end, which is to leave no process, and nothing in the folder."""
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 3
    # Ctrl-C reaches every process of the terminal; the other two only the one that is told.
    (os.killpg if how == signal.SIGINT else os.kill)(process.pid, how)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert list(folder.iterdir()) == []


def test_the_demo_stays_up_to_be_looked_at_until_ctrl_c(start: Start, tmp_path: Path) -> None:
    process = start()
    said = hear(process, "Ctrl-C ends it")
    address = re.search(r"http://127\.0\.0\.1:\d+/", said)
    assert address is not None
    password = re.search(r"^ +(\w{4}(?:-\w{4}){3})$", said, re.MULTILINE)
    assert password is not None
    visit = requests.Session()
    entry = {"username": "hr", "password": password[1]}
    assert visit.post(f"{address[0]}console/sign-in", entry, timeout=20).ok
    assert "SITI RAHMAWATI" in visit.get(f"{address[0]}console/employees", timeout=20).text
    config = re.search(r"LMS_BRIDGE_CONFIG=(\S+)", said)
    assert config is not None
    status = subprocess.run(
        [sys.executable, "-m", "lms_bridge", "--config", config[1], "status", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(status.stdout)["overview"]["completions"] == 8
    end(process, signal.SIGINT, tmp_path)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_may_be_ended_in_the_middle(
    start: Start, tmp_path: Path, how: signal.Signals
) -> None:
    process = start()
    hear(process, "61/61")
    end(process, how, tmp_path)


def test_a_demo_that_is_killed_takes_everything_that_it_started_with_it(start: Start) -> None:
    process = start("--port", str(free_port()))
    deadline = time.monotonic() + 90
    while len(family := psutil.Process(process.pid).children(recursive=True)) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.kill()
    process.communicate()
    left = psutil.wait_procs(family, timeout=10)[1]
    # What has ended stays listed until whoever looks after orphans on this machine has noticed.
    assert [one for one in left if one.status() != psutil.STATUS_ZOMBIE] == []


def test_a_port_that_is_taken_is_told_in_a_sentence(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = start("--once", "--port", str(port))
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith(f"lms-bridge: cannot listen on 127.0.0.1:{port}: another program")
