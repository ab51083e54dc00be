"""A bridge and its two sandboxes as processes of their own, to be treated roughly."""

from __future__ import annotations

import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import psutil
import requests

_FIRST_PORT, _LAST_PORT = 10_000, 32_000
CONFIG = """
[database]
url = "{database}"
[web]
port = {port}
public_url = "https://bridge.example"
[certificates]
letterhead = ["PEMERINTAH KOTA", "BKPSDM"]
signatory = "Dra. Nurhayati, M.Si."
[log]
level = "warning"
[[senders]]
name = "lms"
username = "lms"
password = "file:sender"
[lms.moodle]
type = "moodle"
url = "{moodle}"
home_page = "https://moodle.example"
token = "file:moodle-token"
concurrency = {concurrency}
connect_timeout_seconds = 5
read_timeout_seconds = {timeout}
[registry.siasn]
type = "siasn"
api_url = "{registry_api}"
apim_token_url = "{registry}/oauth2/token"
sso_token_url = "{registry}/auth/realms/public-siasn/protocol/openid-connect/token"
consumer_key = "file:consumer-key"
consumer_secret = "file:consumer-secret"
sso_client_id = "siantarservice"
sso_username = "file:sso-username"
sso_password = "file:sso-password"
concurrency = {concurrency}
connect_timeout_seconds = 5
read_timeout_seconds = {timeout}
settle_seconds = {settle}
[delivery]
lease_seconds = {lease}
[delivery.retry]
first_seconds = 0.3
most_seconds = 2
[delivery.breaker]
failures = 5
first_probe_seconds = 0.2
most_probe_seconds = 1
[jobs.recognise]
every_seconds = 0.5
[jobs.deliver]
every_seconds = 0.5
[jobs.pull_completions]
enabled = false
[[courses]]
key = "LITDIG-2026"
name = "Literasi Digital ASN"
organiser = "BKPSDM Kota Pematangsiantar"
kind = 16
hours = 20
external_ids = ["ELEARN-LITDIG-2026"]
badge = {{ route = "competency", competency = "KMP-LITDIG", name = "Badge Literasi Digital" }}
{more}
"""

_SECRETS = {
    "sender": "sender-password",
    "consumer-key": "sandbox-key",
    "consumer-secret": "sandbox-secret",
    "sso-username": "197001011995031001",
    "sso-password": "sandbox-password",
}


class Addressed(Protocol):
    """Where statements are sent to."""

    @property
    def address(self) -> str:
        """The address by which it is reached now."""


class Sandboxes:
    """``python -m lms_bridge.sandbox``, running."""

    def __init__(self, process: subprocess.Popen[str], facts: dict[str, str]) -> None:
        self.process = process
        self.facts = facts

    def state(self) -> dict[str, Any]:
        """Everything that both hold: rows, awards, calls, faults."""
        answer: dict[str, Any] = requests.get(self.facts["control"], timeout=30).json()
        return answer

    def tell(self, what: str, **body: object) -> None:
        """A command of the control API."""
        url = self.facts["control"].removesuffix("state") + what
        requests.post(url, json=body, timeout=30).raise_for_status()


@contextmanager
def sandboxes(*arguments: str) -> Iterator[Sandboxes]:
    """Both sandboxes, until the block ends."""
    command = [sys.executable, "-m", "lms_bridge.sandbox", "--registry-port", "0"]
    process = subprocess.Popen(
        [*command, "--moodle-port", "0", *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    facts: dict[str, str] = {}
    for line in process.stdout:
        name, _, value = line.strip().partition(" ")
        if name == "ready":
            break
        facts[name] = value
    try:
        yield Sandboxes(process, facts)
    finally:
        process.terminate()
        process.wait()


class Service:
    """``lms-bridge serve``, which may be killed in part or as a whole and started again."""

    def __init__(self, folder: Path, config: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.config = config
        self._log = (folder / "serve.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lms_bridge", "--config", str(self.config), "serve"],
            stdout=self._log,
            stderr=self._log,
        )

    def wait_until_ready(self, seconds: float = 90) -> None:
        """Until it takes statements."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(requests.RequestException):
                if requests.get(f"{self.address}/readyz", timeout=2).ok:
                    return
            time.sleep(0.05)
        raise TimeoutError("the service is not ready")

    def processes(self) -> list[psutil.Process]:
        """The supervisor and all below it."""
        if self._process is None or self._process.poll() is not None:
            return []
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self._process.pid)
            return [parent, *parent.children(recursive=True)]
        return []

    def kill_something(self, chance: random.Random) -> str:
        """kill -9 of one of the processes, or of all of them; which."""
        running = self.processes()
        if not running:
            return "nothing"
        victims = running if chance.random() < 0.25 else [chance.choice(running)]
        names = []
        for victim in victims:
            with suppress(psutil.NoSuchProcess):
                names.append(_name(victim))
                victim.send_signal(signal.SIGKILL)
        if self._process is not None and running[0] in victims:
            self._process.wait()
            gone, alive = psutil.wait_procs(running[1:], timeout=10)
            assert not alive, f"orphans go on without their supervisor: {alive} ({gone})"
            self.start()
        return ", ".join(names)

    def stop(self) -> None:
        """End it as an administrator would."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)
        self._log.close()


def _name(process: psutil.Process) -> str:
    line = process.cmdline()
    return line[line.index("-m") + 1] + " " + line[-1] if "-m" in line else "?"


def free_port() -> int:
    """A port that nobody listens on, nor comes to by chance until somebody does.

    From below those that the system gives to whoever asks for any: one of these may be another
    test's connection a moment later. And drawn, for other tests ask as well.
    """
    while True:
        port = _FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def configure(
    folder: Path,
    around: Sandboxes,
    *,
    database: str,
    port: int,
    concurrency: int = 8,
    timeout: float = 1.0,
    settle: float = 3.0,
    lease: float = 4.0,
    more: str = "",
) -> Path:
    """Write a configuration for a bridge between the sandboxes, with `more` tables in it."""
    for name, value in (_SECRETS | {"moodle-token": around.facts["moodle-token"]}).items():
        (folder / name).write_text(value)
    config = folder / "lms-bridge.toml"
    config.write_text(
        CONFIG.format(
            database=database,
            port=port,
            moodle=around.facts["moodle"],
            registry=around.facts["registry"],
            registry_api=around.facts["registry-api"],
            concurrency=concurrency,
            timeout=timeout,
            settle=settle,
            lease=lease,
            more=more,
        )
    )
    return config


def statement(user_id: int, *, statement_id: str | None = None) -> dict[str, Any]:
    """As logstore_xapi tells of a completed course, with a registration of its own."""
    registration = f"{random.getrandbits(32):08x}-1d8f-5a2c-9b7e-{os.urandom(6).hex()}"
    made: dict[str, Any] = {
        "actor": {
            "name": f"Peserta {user_id}",
            "account": {"homePage": "https://moodle.example", "name": str(user_id)},
        },
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/completed",
            "display": {"en": "Completed"},
        },
        "object": {
            "objectType": "Activity",
            "id": "https://moodle.example/course/view.php?id=4",
            "definition": {
                "type": "https://w3id.org/xapi/cmi5/activitytype/course",
                "name": {"en": "Literasi Digital ASN"},
                "extensions": {
                    "https://w3id.org/learning-analytics/learning-management-system/"
                    "external-id": "ELEARN-LITDIG-2026"
                },
            },
        },
        "timestamp": "2026-11-24T06:09:27.000Z",
        "context": {
            "platform": "Moodle",
            "language": "en",
            "registration": registration,
            "extensions": {
                "http://lrs.learninglocker.net/define/extensions/info": {
                    "http://moodle.org": "4.5.6 (Build: 20250811)",
                    "https://github.com/xAPI-vle/moodle-logstore_xapi": "5.0.1",
                    "event_name": "\\core\\event\\course_completed",
                    "event_function": "\\src\\transformer\\events\\core\\course_completed",
                }
            },
        },
    }
    if statement_id:
        made["id"] = statement_id
    return made


def send(service: Addressed, batch: Sequence[dict[str, Any]]) -> list[str]:
    """Send until it was answered 200, as a sender does that does not give up; the ids."""
    while True:
        try:
            answer = requests.post(
                f"{service.address}/xapi/statements",
                json=batch,
                auth=("lms", "sender-password"),
                headers={"X-Experience-API-Version": "1.0.3"},
                timeout=20,
            )
        except requests.RequestException:
            time.sleep(0.1)
            continue
        if answer.status_code == 200:
            ids: list[str] = answer.json()
            return ids
        assert answer.status_code >= 500, f"{answer.status_code}: {answer.text}"
        time.sleep(0.1)
