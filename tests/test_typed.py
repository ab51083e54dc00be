"""Types are looked at by one thread, for msgspec crashes where two do it at once."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import lms_bridge
import webhook
import xapi
from lms_bridge import typed

PACKAGES = [Path(one.__file__ or "").parent for one in (lms_bridge, webhook, xapi)]
_ASKS = re.compile(r"msgspec\.(?:convert|(?:json|msgpack)\.decode)\((?P<rest>[^\n]*)")
_PLAIN = re.compile(r"type=(?:str|list\[str\]|dict\[str, (?:Any|msgspec\.Raw)\])\)")

# Each round has eight threads use a type that nobody has used before.
_ROUNDS = """
import sys, threading, msgspec
from lms_bridge import typed
sys.setswitchinterval(1e-6)
CODE = '''
from __future__ import annotations
import msgspec
class Inner(msgspec.Struct, frozen=True):
    name: str
    value: str = ""
class Outer(msgspec.Struct, frozen=True):
    numbers: list[int]
    inner: list[Inner]
    names: dict[str, str] = {}
'''
for number in range(int(sys.argv[2])):
    module = type(sys)(f"made_{number}")
    sys.modules[module.__name__] = module
    exec(CODE, module.__dict__)
    ready = threading.Barrier(8)
    def use():
        ready.wait()
        value = {"numbers": [1], "inner": [{"name": "x"}]}
        made = CONVERT(value, module.Outer)
        assert made.inner[0].name == "x"
    CONVERT = {"plain": msgspec.convert, "ours": typed.convert}[sys.argv[1]]
    threads = [threading.Thread(target=use) for _ in range(8)]
    for one in threads: one.start()
    for one in threads: one.join()
"""


def _run(which: str, rounds: int) -> int:
    command = [sys.executable, "-c", _ROUNDS, which, str(rounds)]
    return subprocess.run(command, capture_output=True).returncode


def test_many_threads_may_use_a_type_for_the_first_time() -> None:
    assert _run("ours", 300) == 0


@pytest.mark.slow
def test_msgspec_itself_still_does_not_bear_it() -> None:
    """When this fails, msgspec was mended, and :mod:`lms_bridge.typed` is needed no more."""
    assert _run("plain", 20_000) == -signal.SIGSEGV


def test_nobody_goes_past_it() -> None:
    found = [
        f"{path.relative_to(package.parent)}: {asked[0]}"
        for package in PACKAGES
        for path in package.rglob("*.py")
        for asked in _ASKS.finditer(path.read_text("utf-8"))
        if "type=" in asked["rest"] or "convert(" in asked[0]
        if not _PLAIN.search(asked["rest"])
    ]
    assert [
        one for one in found if not one.startswith(("lms_bridge/typed.py", "xapi/reading"))
    ] == []


def test_what_cannot_be_is_said_as_msgspec_says_it() -> None:
    class Place(msgspec.Struct):
        latitude: float

    assert typed.convert({"latitude": 2}, Place) == Place(2.0)
    assert typed.decode(b'{"latitude": 2}', Place) == Place(2.0)
    with pytest.raises(msgspec.ValidationError, match=r"\$\.latitude"):
        typed.convert({"latitude": "2"}, Place)
    assert typed.convert({"latitude": "2"}, Place, strict=False) == Place(2.0)
