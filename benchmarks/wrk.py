"""The load generator: wrk, which is written in C and so leaves the machine to the server."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.servers import Endpoint, Unavailable, run
from benchmarks.workload import MARK, Workload

SENDERS = 8
_SCRIPT = Path(__file__).with_name("post.lua")
_PACKAGES = ("wrk", "libluajit-5.1-2")


@dataclass(frozen=True)
class Sent:
    """What was answered 200."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class Wrk:
    """The program, and the folder of its library where that is not installed."""

    program: Path
    libraries: Path | None = None

    @classmethod
    def find(cls, cache: Path) -> Wrk:
        """What is installed, or else Debian's packages, unpacked into `cache`.

        Raises :exc:`~benchmarks.servers.Unavailable`.
        """
        if installed := shutil.which("wrk"):
            return cls(Path(installed))
        if not (shutil.which("apt-get") and shutil.which("dpkg")):
            raise Unavailable("the load generator wrk is not installed (Debian: apt install wrk)")
        folder = cache / "wrk"
        program = folder / "usr/bin/wrk"
        if not program.exists():
            folder.mkdir(parents=True, exist_ok=True)
            run("apt-get", "download", *_PACKAGES, cwd=folder)
            for package in folder.glob("*.deb"):
                run("dpkg", "--extract", package, folder, cwd=folder)
        return cls(program, next(folder.glob("usr/lib/**/libluajit*.so.2")).parent)

    def send(self, endpoint: Endpoint, workload: Workload, folder: Path, *, seconds: int) -> Sent:
        """Post `workload` by so many senders, each its next request after an answer.

        Raises :exc:`RuntimeError` when anything but 200 is answered.
        """
        credentials = f"{endpoint.username}:{endpoint.password}".encode()
        headers = {
            "Authorization": f"Basic {base64.b64encode(credentials).decode()}",
            "Content-Type": "application/json",
            "X-Experience-API-Version": "1.0.3",
        }
        _prove(endpoint, workload, headers)
        body = folder / "body"
        body.write_bytes(workload.template)
        command = [str(self.program), "--threads=1", f"--connections={SENDERS}", "--timeout=60s"]
        command += [f"--duration={seconds}s", f"--script={_SCRIPT}"]
        command += [f"--header={name}: {value}" for name, value in headers.items()]
        told = subprocess.run(
            [*command, endpoint.url, "--", str(body)],
            env=os.environ | ({"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {}),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        counted = json.loads(told.splitlines()[-1])
        if counted["refused"] or counted["broken"]:
            raise RuntimeError(f"{endpoint.url} did not answer everything 200: {counted}")
        return Sent(counted["answers"], counted["microseconds"] / 1e6)


def _prove(endpoint: Endpoint, workload: Workload, headers: dict[str, str]) -> None:
    """One request, to see that each of its statements gets an id."""
    body = workload.template.replace(MARK, b"ffffffff")
    answer = requests.post(endpoint.url, body, headers=headers, timeout=60)
    if answer.status_code != 200 or len(answer.json()) != workload.size:
        raise RuntimeError(f"{endpoint.url} answered {answer.status_code}: {answer.text[:500]}")
