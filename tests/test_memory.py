"""Threads share the places that the C library takes memory from, and what is free is given back."""

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


_FULL_OF_HOLES = """
import psutil
from lms_bridge.memory import give_back
def used():
    return psutil.Process().memory_info().rss >> 20
before = used()
kept = [bytearray(1000) for _ in range(100_000)]
kept = [None if number % 100 else each for number, each in enumerate(kept)]
left = used()
give_back()
print(left - before, used() - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc keeps it")
def test_what_is_free_between_what_is_used_is_given_back() -> None:
    told = subprocess.check_output([sys.executable, "-c", _FULL_OF_HOLES], text=True)
    left, given_back = map(int, told.split())
    assert left > 80, "the library would keep it"
    assert given_back < 40
