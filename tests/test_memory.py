"""Threads share the places that the C library takes memory from."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

_MANY_THREADS = """
import ctypes, sys, threading
from lms_bridge.memory import share_arenas
if sys.argv[1:]:
    share_arenas()
together = threading.Barrier(20)
def take():
    together.wait()
    kept = [bytearray(5000) for _ in range(50)]
    together.wait()
threads = [threading.Thread(target=take) for _ in range(20)]
for one in threads:
    one.start()
for one in threads:
    one.join()
ctypes.CDLL(None).malloc_stats()
"""


def arenas(*asked: str) -> int:
    command = [sys.executable, "-c", _MANY_THREADS, *asked]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True)
    return done.stderr.count("Arena ")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="only glibc has arenas")
def test_many_threads_share_two_arenas() -> None:
    assert arenas() > 2, "the library would make more"
    assert arenas("share") == 2
