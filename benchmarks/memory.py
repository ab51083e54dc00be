"""Whether the web process stays as large as it is, under an hour of everything at once.

Some write statements, some read them by every filter, and one sends an attachment of 200 MB and
fetches it again, over and over, while the memory of the process is looked at each second.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import random
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Any, NamedTuple

import psutil

from benchmarks import million
from benchmarks.getting import Getter
from benchmarks.questions import Case

ATTACHMENT_BYTES = 200_000_000
_CHUNK = 1_000_000
_NEW_EVERY_SECONDS = 90
"""between two attachments that were not there before, so that the disk does not fill"""
_BATCH = 50
_FORM = "multipart/mixed; boundary=part"


class Sizes(NamedTuple):
    """The memory of the process in megabytes: each second, since it was warm."""

    samples: Sequence[float]

    def slope(self) -> float:
        """How many megabytes it grows in an hour, by what it has come to in the second half."""
        later = self.samples[len(self.samples) // 2 :]
        slope = statistics.linear_regression(range(len(later)), later).slope
        return slope * 3600


class Counts:
    """How much was done meanwhile."""

    def __init__(self) -> None:
        self.written = 0
        self.read = 0
        self.attached = 0


def watch(port: int, pid: int, questions: Sequence[Case], minutes: float) -> tuple[Sizes, Counts]:
    """Load the server at `port` for so many minutes; how large its processes were."""
    counts = Counts()
    over = threading.Event()
    failed: list[BaseException] = []

    def again_and_again(work: Callable[[random.Random], None], number: int) -> None:
        chance = random.Random(number)
        try:
            while not over.is_set():
                work(chance)
        except BaseException as error:
            failed.append(error)
            over.set()

    with ExitStack() as stack:
        works: list[Callable[[random.Random], None]] = [_attaching(port, counts)]
        works += [_writing(port, counts, seed) for seed in range(2)]
        for _ in range(2):
            getter = Getter(port, username="bench", password="secret")
            stack.callback(getter.close)
            works.append(_reading(getter, counts, questions))
        threads = [
            threading.Thread(target=again_and_again, args=(work, number))
            for number, work in enumerate(works)
        ]
        for thread in threads:
            thread.start()
        samples = [_megabytes(pid)]
        ends = time.monotonic() + minutes * 60
        while time.monotonic() < ends and not over.wait(1):
            samples.append(_megabytes(pid))
        over.set()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]
    return Sizes(samples), counts


def _megabytes(pid: int) -> float:
    """What the server and the processes that it has started have of their own."""
    server = psutil.Process(pid)
    every = [server, *server.children(recursive=True)]
    return sum(each.memory_info().rss for each in every) / 1e6


def _writing(port: int, counts: Counts, seed: int) -> Callable[[random.Random], None]:
    source = million.rows(10**9, seed=1000 + seed)
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def write(_: random.Random) -> None:
        raws = []
        for row in islice(source, _BATCH):
            statement = json.loads(row.raw)
            statement["id"] = str(uuid.uuid4())
            raws.append(statement)
        _ask(connection, "POST", json.dumps(raws).encode(), {"Content-Type": "application/json"})
        counts.written += _BATCH
        time.sleep(0.02)

    return write


def _reading(
    getter: Getter, counts: Counts, questions: Sequence[Case]
) -> Callable[[random.Random], None]:
    def read(chance: random.Random) -> None:
        getter.get(f"/xapi/statements?{chance.choice(questions).ask(chance).query}")
        counts.read += 1

    return read


def _attaching(port: int, counts: Counts) -> Callable[[random.Random], None]:
    kept: list[Any] = [float("-inf"), 0]  # when the last new attachment was made, and its number

    def attach(chance: random.Random) -> None:
        if time.monotonic() - kept[0] > _NEW_EVERY_SECONDS:
            kept[:] = [time.monotonic(), chance.getrandbits(60)]
        own = str(uuid.uuid4())
        head, tail = _around(own, _hash(kept[1]))
        connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {
            "Content-Type": _FORM,
            "Content-Length": str(len(head) + ATTACHMENT_BYTES + len(tail)),
        }
        _ask(connection, "POST", _whole(head, kept[1], tail), headers)
        _ask(connection, "GET", None, {}, f"?statementId={own}&attachments=true")
        connection.close()
        counts.attached += 1

    return attach


def _content(seed: int) -> Iterator[bytes]:
    block = random.Random(seed).randbytes(_CHUNK)
    for _ in range(ATTACHMENT_BYTES // _CHUNK):
        yield block


def _hash(seed: int) -> str:
    sha = hashlib.sha256()
    for block in _content(seed):
        sha.update(block)
    return sha.hexdigest()


def _around(own: str, sha2: str) -> tuple[bytes, bytes]:
    attachment = {
        "usageType": "http://example.com/recording",
        "display": {"en": "A recording"},
        "contentType": "video/mp4",
        "length": ATTACHMENT_BYTES,
        "sha2": sha2,
    }
    statement = {
        "id": own,
        "actor": million.account(1),
        "verb": {"id": million.VERBS[0]},
        "object": {"id": million.activity(1)},
        "attachments": [attachment],
    }
    head = (
        f"--part\r\nContent-Type: application/json\r\n\r\n{json.dumps(statement)}\r\n--part\r\n"
        "Content-Type: video/mp4\r\nContent-Transfer-Encoding: binary\r\n"
        f"X-Experience-API-Hash: {sha2}\r\n\r\n"
    )
    return head.encode(), b"\r\n--part--\r\n"


def _whole(head: bytes, seed: int, tail: bytes) -> Iterator[bytes]:
    yield head
    yield from _content(seed)
    yield tail


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    body: bytes | Iterator[bytes] | None,
    headers: dict[str, str],
    query: str = "",
) -> None:
    credentials = base64.b64encode(b"bench:secret").decode()
    every = headers | {
        "Authorization": f"Basic {credentials}",
        "X-Experience-API-Version": "1.0.3",
    }
    connection.request(method, f"/xapi/statements{query}", body, every)
    answer = connection.getresponse()
    while answer.read(_CHUNK):
        pass
    if answer.status != 200:
        raise RuntimeError(f"{method} {query}: {answer.status}")
