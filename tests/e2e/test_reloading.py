"""A new web process takes the place of the old one, and nobody who sends meanwhile is refused."""

from __future__ import annotations

import base64
import http.client
import json
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import psutil
import pytest

from tests.e2e.town import free_port

CONFIGURATION = """
[web]
port = {port}
[[senders]]
name = "moodle"
username = "moodle"
password = "file:password"
"""
PASSWORD = "rahasia-sekali"


class Senders:
    """Some on a new connection each time, some on one that is kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.over = threading.Event()
        self.answered = 0
        self.refused: list[str] = []
        self._threads = [threading.Thread(target=self._send, args=(kept,)) for kept in (0, 0, 1, 1)]

    def __enter__(self) -> Senders:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _send(self, kept: int) -> None:
        connection = None
        while not self.over.wait(0.01):
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            try:
                connection.request("POST", "/xapi/statements", _statement(), _headers())
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, answer.status
                self.answered += 1
                if kept and not answer.will_close:
                    continue
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.refused.append(repr(error))
            connection.close()
            connection = None


def _statement() -> str:
    return json.dumps(
        {
            "id": str(uuid.uuid4()),
            "actor": {"mbox": "mailto:siti@example.go.id"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
            "object": {"id": "https://lms.example/course/7"},
        }
    )


def _headers() -> dict[str, str]:
    known = base64.b64encode(f"moodle:{PASSWORD}".encode()).decode()
    return {
        "Authorization": f"Basic {known}",
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
    }


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_nobody_is_refused_while_a_new_process_takes_the_place_of_the_old(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "lms-bridge.toml").write_text(CONFIGURATION.format(port=port))
    command = [sys.executable, "-m", "lms_bridge", "serve", "--no-worker"]
    log = tmp_path / "log"
    with log.open("wb") as out:
        service = subprocess.Popen(command, cwd=tmp_path, stdout=out, stderr=out)
    try:
        _wait(lambda: _is_ready(port))
        [first] = psutil.Process(service.pid).children()
        with Senders(port) as senders:
            service.send_signal(signal.SIGHUP)
            _wait(lambda: b"replaced" in log.read_bytes())
            _wait(lambda: not first.is_running() or first.status() == psutil.STATUS_ZOMBIE)
            answered = senders.answered
            _wait(lambda: senders.answered > answered + 20)
        assert senders.refused == []
    finally:
        service.terminate()
        service.wait(40)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _wait(until: object, seconds: float = 90) -> None:
    assert callable(until)
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.1)
