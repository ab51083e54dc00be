"""What is small and would take all memory, or all time."""

from __future__ import annotations

import gzip
import importlib
import inspect
import io
import json
import pkgutil
import re
import struct
import time
import zlib
from collections.abc import Callable, Iterator

import pytest

import lms_bridge
import webhook
import xapi
from lms_bridge.accounts.roles import Role
from lms_bridge.openbadges import baking
from lms_bridge.openbadges.untrue import Untrue
from lms_bridge.redaction import redact
from tests.conftest import on_sqlite
from tests.console.conftest import Visitor
from tests.scene import completed
from tests.webhook.conftest import Client

PUMPS = ("a", "1", " ", "-", ".", "@a", "a@", "://", "a=", '"', "{", "<a ", "é", "bearer ", "token")
WRITTEN_HERE = ("lms_bridge.manners.hours",)
"""whose texts come from the configuration only"""
LONG = 6000
SECONDS = 0.4
"""of computing; one that is linear takes a millisecond, one that is quadratic some seconds"""


def patterns() -> Iterator[tuple[str, Callable[[str], object]]]:
    """Every pattern that stands by itself in a module of ours, in the ways in which it is used."""
    for package in (lms_bridge, webhook, xapi):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" in found.name or found.name.endswith(("__main__", *WRITTEN_HERE)):
                continue
            module = importlib.import_module(found.name)
            source = inspect.getsource(module)
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    used = set(re.findall(rf"\b{name}\.(\w+)\(", source)) or {"search"}
                    if used & {"fullmatch", "match"}:
                        yield f"{found.name}.{name}", value.fullmatch
                    if used - {"fullmatch", "match"}:
                        yield f"{found.name}.{name}", value.search


@pytest.mark.slow
def test_no_pattern_blows_up() -> None:
    slow, tried = [], 0
    for name, look in patterns():
        tried += 1
        for pump in PUMPS:
            for text in (
                pump * (LONG // len(pump)) + "\x01",
                "x" + pump * (LONG // len(pump)) + "!",
            ):
                begun = time.process_time()
                look(text)
                if time.process_time() - begun > SECONDS:
                    slow.append(f"{name} over {pump!r}")
                    break
    assert slow == []
    assert tried > 50


def test_a_long_answer_is_redacted_in_no_time() -> None:
    """As a picture in base64 within an answer of Moodle is, which has no @ in it."""
    begun = time.process_time()
    redact("a" * 100_000)
    assert time.process_time() - begun < SECONDS
    assert redact("x" * 1000 + ".siti@kota.example") == "x***@kota.example"
    assert redact("(%siti@kota.example)") == "(%s***@kota.example)"


@on_sqlite
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 9_000,
        b'{"a":' * 3_000,
        b'{"result":{"score":{"raw":1e400}}}',
        b'{"result":{"score":{"raw":' + b"9" * 9_000 + b"}}}",
        b'{"result":{"duration":"P' + b"9" * 9_000 + b'Y"}}',
        b'{"actor":{"mbox":"mailto:a@b.c"},"actor":{"mbox":"mailto:b@b.c"}}',
        b'"' + b"\\u0000" * 1_500 + b'"',
    ],
    ids=["arrays", "objects", "exponent", "digits", "duration", "twice", "zeros"],
)
def test_json_that_is_a_bomb_is_refused(lrs: Client, body: bytes) -> None:
    begun = time.process_time()
    assert lrs.send("POST", data=body).status_code in (400, 413)
    assert time.process_time() - begun < SECONDS
    assert lrs.stored() == []


@on_sqlite
def test_an_actor_that_stands_there_twice_is_nobody(lrs: Client) -> None:
    """Else two readers could take the statement to be of two people."""
    whole = json.dumps(completed({"mbox": "mailto:siti@kota.example"}))
    twice = whole[:-1] + ', "actor": {"mbox": "mailto:budi@kota.example"}}'
    assert lrs.send("POST", data=twice.encode()).status_code == 400
    assert lrs.send("POST", data=whole.encode()).status_code == 200


@on_sqlite
def test_what_is_packed_is_not_unpacked(lrs: Client) -> None:
    packed = gzip.compress(b" " * 10_000_000)
    assert lrs.send("POST", data=packed, headers={"Content-Encoding": "gzip"}).status_code == 400
    assert lrs.send("POST", data=b"[]", headers={"Content-Encoding": "gzip"}).status_code == 400
    assert lrs.send("POST", data=b"[]").status_code == 200


@on_sqlite
def test_a_request_has_a_size(lrs: Client) -> None:
    assert lrs.send("POST", data=b" " * 8_000_000 + b"[]").status_code == 413
    assert lrs.send("POST", data=b" " * 7_999_998 + b"[]").status_code == 200


def test_a_picture_that_unpacks_to_too_much_is_not_unpacked() -> None:
    text = b"openbadgecredential\0\1\0\0\0" + zlib.compress(b" " * 50_000_000)
    chunk = struct.pack(">I", len(text)) + b"iTXt" + text
    chunk += struct.pack(">I", zlib.crc32(b"iTXt" + text))
    with pytest.raises(Untrue, match="too long"):
        baking.out_of_png(baking.PNG + chunk)


def test_xml_is_read_without_entities() -> None:
    laughs = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 10))
    bomb = f'<!DOCTYPE svg [<!ENTITY l0 "ha">{laughs}]><svg>&l9;</svg>'
    outside = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
    harmless = '<!DOCTYPE svg [<!ENTITY x "ha">]><svg>&x;</svg>'
    for picture in (bomb, outside, harmless):
        with pytest.raises(Untrue, match="can be read"):
            baking.out_of_svg(picture.encode())


@on_sqlite
def test_a_form_of_nobody_is_small(visitor: Callable[[], Visitor]) -> None:
    nobody = visitor()
    assert nobody.post("/sign-in", {"username": "x" * 300_000}).status_code == 413
    somebody = visitor().as_(Role.HR)
    large = {"courses": "x" * 400_000}
    assert somebody.post("/courses/import", large).status_code in (413, 422)
    file = {"file": (io.BytesIO(b"x" * 17_000_000), "list.csv")}
    sent = somebody.post("/courses/import", file, content_type="multipart/form-data")
    assert sent.status_code == 413
