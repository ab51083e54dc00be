"""Whether the process that holds a lease can still be alive."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lms_bridge.deliveries import ownership
from lms_bridge.deliveries.ownership import is_certainly_dead, new_owner


def of_process(pid: int) -> str:
    """The owner that this process would be under another number."""
    where, _, _ = new_owner().rsplit(":", 2)
    return f"{where}:{pid}:abcd"


@pytest.fixture(scope="module")
def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_no_two_owners_are_the_same():
    assert len({new_owner() for _ in range(100)}) == 100


def test_a_name_fits_its_column_whatever_the_host_is_called(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "h" * 253)
    assert len(new_owner()) <= 120


def test_this_process_is_alive():
    assert not is_certainly_dead(new_owner())


def test_a_process_of_this_machine_that_has_ended_is_dead(dead_pid: int):
    assert is_certainly_dead(of_process(dead_pid))


def test_a_process_of_somebody_else_is_alive():
    assert not is_certainly_dead(of_process(1))


def test_a_process_of_another_machine_with_the_same_name_may_be_alive(dead_pid: int):
    """Clones share the host's name, and call their first PID namespace the same."""
    host = new_owner().partition("/")[0]
    namespace = os.stat("/proc/self/ns/pid").st_ino
    kernel = "00000000-0000-0000-0000-000000000000"
    assert not is_certainly_dead(f"{host}/{kernel}/{namespace}:{dead_pid}:abcd")


def test_a_process_of_another_container_on_this_machine_may_be_alive(dead_pid: int):
    host, kernel, _ = new_owner().split("/")
    assert not is_certainly_dead(f"{host}/{kernel}/1:{dead_pid}:abcd")


def test_where_the_place_cannot_be_told_nobody_is_taken_for_dead(monkeypatch, tmp_path, dead_pid):
    monkeypatch.setattr(ownership, "_KERNEL", tmp_path / "nothing")
    ownership._place.cache_clear()
    try:
        assert not is_certainly_dead(of_process(dead_pid))
    finally:
        monkeypatch.undo()
        ownership._place.cache_clear()


@pytest.mark.parametrize(
    "owner", ["", ":", "x", "host:123", "host/a/b:notanumber:1", f"host/a/b:{10**30}:1", "a:b:c:d"]
)
def test_what_is_no_owner_of_ours_is_never_dead(owner: str):
    assert not is_certainly_dead(owner)


def test_a_number_that_no_process_can_have_is_never_dead():
    assert not is_certainly_dead(of_process(10**30))
