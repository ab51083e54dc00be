"""Many who are slow or broken, and others who are answered all the same.

None of the many is ended before 60 seconds, so that an answer within 45 is not owed to that.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.webhook.examples import statement
from tests.webhook.serving import Served, serving
from tests.webhook.test_served import BODY, HEAD, place

__all__ = ["place"]

pytestmark = pytest.mark.slow

MANY = 200
PATIENCE = 45  # seconds
TO_READ = [statement(result={"response": "x" * 90_000})] * 2
FORM = (
    "POST /xapi/statements?method=GET HTTP/1.1\nHost: x\n"
    "Content-Type: application/x-www-form-urlencoded\nContent-Length: 5000"
)

KINDS: dict[str, tuple[str, bytes]] = {
    "says nothing": ("", b""),
    "stops within its headers": (HEAD[:60], b""),
    "stops within its body": (f"{HEAD}Content-Length: {len(BODY)}\n\n", BODY[:-1]),
    "stops between two chunks": (f"{HEAD}Transfer-Encoding: chunked\n\n", b"1\r\n[\r\n"),
    "stops within a form, before its credentials": (f"{FORM}\n\n", b"limit="),
    "does not take its answer": (
        HEAD.replace("POST", "GET").replace(" H", "?limit=500 H"),
        b"\r\n",
    ),
}


def begin(served: Served, kind: str) -> socket.socket:
    """Connect, and become slow."""
    head, rest = KINDS[kind]
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", served.port))
    line.sendall(head.replace("\n", "\r\n").encode() + rest)
    return line


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, place: str) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("slow"), place) as service:
        for _ in range(10):
            service.session.post(f"{service.address}/xapi/statements", json=TO_READ, timeout=20)
        yield service


@pytest.mark.parametrize("kind", [*KINDS, "all of them"])
def test_others_are_answered_as_ever(served: Served, kind: str) -> None:
    kinds = [kind] if kind in KINDS else list(KINDS)
    with ExitStack() as stack:
        for number in range(MANY):
            stack.enter_context(begin(served, kinds[number % len(kinds)]))
        for _ in range(5):
            answer = served.session.post(
                f"{served.address}/xapi/statements", json=[statement()], timeout=PATIENCE
            )
            assert answer.status_code == 200
            about = served.session.get(
                f"{served.address}/xapi/statements", params={"limit": 1}, timeout=PATIENCE
            )
            assert len(about.json()["statements"]) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what moved")
def test_after_a_while_they_are_ended(tmp_path: Path, migrated_file: Path) -> None:
    database = tmp_path / "bridge.db"
    database.write_bytes(migrated_file.read_bytes())
    with serving(tmp_path, f"sqlite:///{database}", web="patience_seconds = 1\n") as served:
        for _ in range(50):  # more than the kernel keeps of an answer
            served.session.post(f"{served.address}/xapi/statements", json=TO_READ, timeout=20)
        served.session.get(f"{served.address}/xapi/statements", timeout=20)  # which indexes them
        served.session.close()
        lines = {kind: begin(served, kind) for kind in list(KINDS)[2:]}
        _until_ended(tmp_path / "served.log", len(lines))
        ends = {kind: _end(line) for kind, line in lines.items()}
    assert ends["stops within its body"].startswith(b"HTTP/1.1 400")
    told = json.loads(ends["stops within its body"].partition(b"\r\n\r\n")[2])
    assert told["error"] == f"the body ends after {len(BODY) - 1} of {len(BODY)} bytes"
    assert ends["stops between two chunks"].startswith(b"HTTP/1.1 400")
    assert ends["stops within a form, before its credentials"].startswith(b"HTTP/1.1 400")
    assert b"]," not in ends["does not take its answer"]


def _until_ended(log: Path, number: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if log.read_text().count("a connection was ended") == number:
            return
        time.sleep(0.05)
    raise TimeoutError(log.read_text())


def _end(line: socket.socket) -> bytes:
    """What comes before the connection is closed."""
    answer = b""
    with line, suppress(ConnectionResetError):
        line.settimeout(20)
        while part := line.recv(1 << 16):
            answer += part
    return answer
