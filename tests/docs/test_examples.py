"""The examples for a server name files, commands and settings that are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from lms_bridge.cli import main
from lms_bridge.config.settings import Web
from lms_bridge.supervisor import _GRACE_SECONDS
from tests.docs.test_documentation import EXAMPLES, ROOT, parse

UNITS = [one for one in EXAMPLES if one.suffix in (".service", ".conf") and "nginx" not in one.name]
ALONE = {"Type", "WatchdogSec", "ExecStart", "ExecReload", "ReadWritePaths"}
"""what the unit of a worker has otherwise, or not at all"""


def read(path: Path) -> dict[str, list[str]]:
    """The settings of the section [Service] of a unit."""
    found: dict[str, list[str]] = {}
    service = path.read_text("utf-8").partition("[Service]")[2].partition("\n[")[0]
    for line in service.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("path", UNITS, ids=lambda one: one.name)
def test_a_unit_starts_a_command_that_there_is(path: Path) -> None:
    [line] = filter(None, read(path)["ExecStart"])
    program, *words = shlex.split(line)
    assert program == "/opt/lms-bridge/.venv/bin/lms-bridge"
    parse(main, words)


def test_a_worker_is_kept_from_as_much_as_the_web_service() -> None:
    web = read(ROOT / "examples" / "lms-bridge.service")
    worker = read(ROOT / "examples" / "lms-bridge-worker@.service")
    assert {name: worker.get(name) for name in web if name not in ALONE} == {
        name: value for name, value in web.items() if name not in ALONE
    }


@pytest.mark.parametrize("path", UNITS, ids=lambda one: one.name)
def test_a_unit_leaves_no_copy_of_its_memory_and_no_file_for_others(path: Path) -> None:
    if path.suffix == ".service":
        settings = read(path)
        assert (settings["LimitCORE"], settings["UMask"]) == (["0"], ["0077"])


@pytest.mark.parametrize("path", UNITS, ids=lambda one: one.name)
def test_a_unit_waits_for_longer_than_the_bridge_takes_to_end(path: Path) -> None:
    if path.suffix == ".service":
        assert int(read(path)["TimeoutStopSec"][0]) > _GRACE_SECONDS


def test_the_containers_of_the_compose_file_run_commands_of_the_image() -> None:
    services = yaml.safe_load((ROOT / "examples" / "compose.yml").read_text("utf-8"))["services"]
    ours = {name: one for name, one in services.items() if one["image"] == "lms-bridge"}
    assert set(ours) == {"web", "worker-1", "worker-2"}
    for one in ours.values():
        parse(main, one["command"])
        assert int(one["stop_grace_period"].removesuffix("s")) > _GRACE_SECONDS
        assert one["read_only"]
        assert one["cap_drop"] == ["ALL"]
        assert one["ulimits"] == {"core": 0}
    assert ours["web"]["ports"] == [f"127.0.0.1:{Web().port}:{Web().port}"]


def test_the_container_file_copies_what_there_is_and_ignores_all_else() -> None:
    told = (ROOT / "Containerfile").read_text("utf-8")
    copied = {
        word for line in re.findall(r"(?m)^COPY (?!--)(.+)$", told) for word in line.split()[:-1]
    }
    assert [one for one in copied if not (ROOT / one).exists()] == []
    ignored = (ROOT / ".containerignore").read_text("utf-8")
    assert set(re.findall(r"(?m)^!(.+)$", ignored)) == copied
    assert (ROOT / ".dockerignore").read_text("utf-8") == ignored
    assert f"EXPOSE {Web().port}" in told


def test_the_container_has_postgresql_of_the_version_that_its_programs_can_back_up() -> None:
    told = (ROOT / "Containerfile").read_text("utf-8")
    versions = {"bookworm": "15", "trixie": "17"}
    [debian] = re.findall(r"(?m)^ARG BASE=.*/debian:(\w+)-slim$", told)
    services = yaml.safe_load((ROOT / "examples" / "compose.yml").read_text("utf-8"))["services"]
    assert services["database"]["image"] == f"docker.io/library/postgres:{versions[debian]}"


def test_nginx_passes_on_more_than_the_bridge_takes() -> None:
    told = (ROOT / "examples" / "nginx.conf").read_text("utf-8")
    whole, upload = (int(one) << 20 for one in re.findall(r"client_max_body_size (\d+)m", told))
    assert whole >= 3 * Web().most_request_bytes
    assert upload > Web().most_upload_bytes
    assert f"server 127.0.0.1:{Web().port};" in told
