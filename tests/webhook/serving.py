"""``python -m webhook`` as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import requests

from tests.e2e.town import free_port
from tests.webhook.conftest import PASSWORD

CONFIGURATION = """
language = "en"
[database]
url = "{database}"
[[senders]]
name = "moodle"
username = "moodle"
password = "file:password"
"""
WEB = """
[web]
port = {port}
most_request_bytes = 200000
"""


class Served:
    """The service: where it is, and what it is made of."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.session = requests.Session()
        self.session.auth = ("moodle", PASSWORD)
        self.session.headers["X-Experience-API-Version"] = "1.0.3"

    def kill(self) -> None:
        """kill -9, of all of it at once."""
        family = psutil.Process(self.process.pid)
        members = [*family.children(recursive=True), family]
        for member in members:
            member.kill()
        psutil.wait_procs(members[:-1], timeout=10)
        self.process.wait(10)

    def talk(self, head: str, *parts: bytes, end: bool = False) -> bytes:
        """What is answered, until the connection is closed, to a request written by hand."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
            for part in parts:
                line.sendall(part)
                time.sleep(0.02)
            if end:
                with suppress(OSError):  # it may have been answered and closed by now
                    line.shutdown(socket.SHUT_WR)
            answer = b""
            while part := line.recv(65536):
                answer += part
        return answer


@contextmanager
def starting(
    folder: Path, database: str, configuration: str = CONFIGURATION, *, web: str = ""
) -> Iterator[Served]:
    """The service on `database`, until the block ends; `web` is more of its [web].

    What it logs is added to what a service in the same folder has logged before.
    """
    port = free_port()
    (folder / "password").write_text(PASSWORD)
    config = folder / "served.toml"
    config.write_text(configuration.format(database=database) + WEB.format(port=port) + web)
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with (folder / "served.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "webhook", "--config", str(config)],
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        yield Served(process, port)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(20)


@contextmanager
def serving(
    folder: Path, database: str, configuration: str = CONFIGURATION, *, web: str = ""
) -> Iterator[Served]:
    """As :func:`starting`, and ready."""
    with starting(folder, database, configuration, web=web) as served:
        _wait(served)
        yield served


def _wait(served: Served) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and served.process.poll() is None:
        try:
            if requests.get(f"{served.address}/readyz", timeout=5).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.05)
    raise TimeoutError("the service did not start")
