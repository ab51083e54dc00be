"""A bridge and two sandboxes, set up in a folder and on free ports of this machine."""

from __future__ import annotations

import os
import secrets
import socket
import string
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import requests

from lms_bridge.accounts import passwords, users
from lms_bridge.accounts.roles import Role
from lms_bridge.badges import in_force
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.mendable import wait_until_free
from lms_bridge.sandbox.city import City, demo_city
from lms_bridge.sandbox.faults import Fault, Faults
from lms_bridge.sandbox.server import Server
from lms_bridge.sandbox.siasn import app as siasn
from lms_bridge.supervisor import PARENT, command

_START_SECONDS = 60.0


# With --faults, each of these happens at least once, whatever the lot brings besides.
_CERTAIN = (
    (Fault.COMMIT_THEN_HANG, "POST /kursus/save"),
    (Fault.LATE_COMMIT, "POST /diklat/save"),
    (Fault.REFUSED, "POST /kursus/save"),
    (Fault.SSO_EXPIRED, "GET /pns/rw-kursus"),
    (Fault.APIM_EXPIRED, "GET /pns/rw-kursus"),
    (Fault.SLOW, "GET /pns/data-utama"),
    (Fault.SERVER_ERROR, "core_badges_get_user_badges"),
    (Fault.DML_WRITE, "core_competency_grade_competency"),
    (Fault.BADGE_LATER, "core_cohort_add_cohort_members"),
)


class StageError(Exception):
    """The demo could not be set up; the message is a sentence for a person."""


class Stage(NamedTuple):
    """What the demo plays on."""

    bridge: Bridge
    """the same database and settings as the service, to look at"""
    city: City
    faults: Faults
    address: str
    password: str
    """of the sender"""
    folder: Path
    entry: str = ""
    """the password of ``hr`` and ``it`` at the console"""


@contextmanager
def set_up(
    folder: Path, *, port: int, faulty: bool, seed: int, language: str, people: int = 0
) -> Iterator[Stage]:
    """The stage, in `folder`; everything on it ends with the block.

    Raises :exc:`StageError` and :exc:`~lms_bridge.mendable.CannotListen`.
    """
    # What a client calls a time-out must come before the sandbox gives up hanging.
    timeout, settle = (1.5, 4.0) if faulty else (10.0, 12.0)
    faults = Faults(seed, hang_seconds=3.0, late_seconds=1.0)
    faults.enabled = faulty
    if faulty:
        for fault, where in _CERTAIN:
            faults.force(fault, where=where)
    city = demo_city(people=people, as_captured=True, faults=faults)
    with ExitStack() as stack:
        registry = stack.enter_context(Server(city.registry))
        moodle = stack.enter_context(Server(city.moodle))
        port = port or _free_port()
        wait_until_free("127.0.0.1", port)
        password = secrets.token_urlsafe(16)
        config = _write_configuration(
            folder,
            {
                "sender": password,
                "moodle-token": city.moodle.site.token,
                "consumer-key": city.registry.tokens.consumer_key,
                "consumer-secret": city.registry.tokens.consumer_secret,
                "sso-username": city.registry.tokens.sso_username,
                "sso-password": city.registry.tokens.sso_password,
            },
            language=language,
            port=port,
            moodle_url=moodle.url,
            registry_url=registry.url,
            registry_api=registry.url + siasn.API,
            sso_client_id=city.registry.tokens.sso_client_id,
            timeout=timeout,
            settle=settle,
        )
        address = f"http://127.0.0.1:{port}"
        stack.enter_context(_service(config, folder / "lms-bridge.log", address))
        stack.enter_context(_cron(city))
        bridge = Bridge.open(config)
        stack.callback(bridge.close)
        with bridge.store.writing() as db:
            in_force.put(db, bridge.settings.badges, by="lms-bridge demo", now=utc_now())
        entry = _accounts(bridge)
        yield Stage(bridge, city, faults, address, password, folder, entry)


def _accounts(bridge: Bridge) -> str:
    """Two accounts of the console, ``hr`` and ``it``; the password of both."""
    password = passwords.made_up(Role.HR, Role.IT)
    with bridge.store.writing() as db:
        for role in (Role.HR, Role.IT):
            users.create(
                db, username=role, role=role, password=password, must_change=False, now=utc_now()
            )
    return password


def _write_configuration(folder: Path, secret: dict[str, str], **values: object) -> Path:
    kept = folder / "secrets"
    kept.mkdir(mode=0o700)
    for name, value in secret.items():
        path = kept / name
        path.touch(mode=0o600)
        path.write_text(value, encoding="utf-8")
    template = resources.files("lms_bridge.demo").joinpath("demo.toml").read_text("utf-8")
    config = folder / "lms-bridge.toml"
    config.write_text(string.Template(template).substitute(values), encoding="utf-8")
    return config


@contextmanager
def _service(config: Path, log: Path, address: str) -> Iterator[None]:
    """``lms-bridge serve``, ready, until the block ends."""
    with log.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603 - our own module
            command("lms_bridge", "--config", str(config), "serve"),
            stdout=sink,
            stderr=sink,
            env=os.environ | {PARENT: str(os.getpid())},
        )
        try:
            _wait_until_ready(process, address, log)
            yield
        finally:
            process.terminate()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if requests.get(f"{address}/readyz", timeout=2).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            # Who supervises it listens from the start; it answers once it is there.
            time.sleep(0.1)
    tail = log.read_text("utf-8", "replace")[-2000:]
    raise StageError(f"the service did not start; its log ends with:\n{tail}")


@contextmanager
def _cron(city: City) -> Iterator[None]:
    """Moodle's cron, which issues the badges that were not issued at once."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(2):
            city.moodle.cron()

    thread = threading.Thread(target=run, name="moodle-cron", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
