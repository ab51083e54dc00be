"""The service as a process, over real connections."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests
from sqlalchemy import select

from lms_bridge.store.engine import Store, open_store
from lms_bridge.store.schema import statements
from tests.webhook.conftest import PASSWORD
from tests.webhook.examples import statement
from tests.webhook.serving import Served, serving, starting

REAL_REQUEST = Path(__file__).parents[1] / "xapi" / "moodle-request.json"
BODY = json.dumps([statement()]).encode()
HEAD = (
    "POST /xapi/statements HTTP/1.1\n"
    "Host: 127.0.0.1\n"
    f"Authorization: Basic {base64.b64encode(f'moodle:{PASSWORD}'.encode()).decode()}\n"
    "X-Experience-API-Version: 1.0.3\n"
    "Content-Type: application/json\n"
    "Connection: close\n"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> str:
    path = tmp_path_factory.mktemp("served") / "bridge.db"
    path.write_bytes(migrated_file.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, place: str) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("service"), place) as service:
        yield service


def ids(store: Store) -> set[str]:
    with store.reading() as db:
        return set(db.execute(select(statements.c.id)).scalars())


@pytest.fixture
def stored(place: str) -> Iterator[Store]:
    store = open_store(place)
    yield store
    store.close()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


# --- its end ---------------------------------------------------------------------------------


def test_it_ends_when_it_is_told_to_before_it_is_ready(tmp_path: Path, place: str) -> None:
    """Its worker, forked a moment ago, hears of it as well."""
    with starting(tmp_path, place) as served:
        server = psutil.Process(served.process.pid)
        deadline = time.monotonic() + 30
        while not (workers := server.children()):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        asked = time.monotonic()
        served.process.terminate()
        served.process.wait(30)
        assert time.monotonic() - asked < 15, "a worker that did not hear is killed after 20 s"
        assert psutil.wait_procs(workers, timeout=5)[1] == []


# --- as the real plugin sends ----------------------------------------------------------------


def test_a_request_of_a_real_moodle_is_received(served: Served, stored: Store) -> None:
    """Byte for byte as logstore_xapi sent it, without a User-Agent (Moodle facts, section 5)."""
    body = REAL_REQUEST.read_bytes()
    answer = served.talk(HEAD + f"Content-Length: {len(body)}", body)
    assert status(answer) == 200
    received = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert len(received) == len(json.loads(body))
    assert set(received) <= ids(stored)


def test_an_empty_array_is_answered_200_each_minute(served: Served) -> None:
    assert status(served.talk(HEAD + "Content-Length: 2", b"[]")) == 200


# --- connections as they are -----------------------------------------------------------------


def test_a_body_in_chunks_is_received(served: Served) -> None:
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:50], BODY[50:])]
    answer = served.talk(HEAD + "Transfer-Encoding: chunked", *chunks, b"0\r\n\r\n")
    assert status(answer) == 200


def test_a_form_that_means_a_head_is_answered_without_a_body_that_never_comes(
    served: Served,
) -> None:
    form = b"X-Experience-API-Version=1.0.3"
    head = HEAD.replace("/statements", "/about?method=HEAD")
    head = head.replace("application/json", "application/x-www-form-urlencoded")
    answer = served.talk(head + f"Content-Length: {len(form)}", form)
    assert status(answer) == 200
    assert answer.partition(b"\r\n\r\n")[2] == b"0\r\n\r\n"  # chunks, of which there are none


def test_a_document_in_chunks_is_refused_as_half_of_one_would_be_taken_for_it(
    served: Served,
) -> None:
    state = "activities/state?activityId=x:y&stateId=s&agent=%7B%22openid%22:%22x:a%22%7D"
    head = HEAD.replace("POST /xapi/statements", f"PUT /xapi/{state}")
    answer = served.talk(head + "Transfer-Encoding: chunked", b"4\r\nhalf\r\n", end=True)
    assert status(answer) == 411
    assert b"needs a Content-Length" in answer
    assert served.session.get(f"{served.address}/xapi/{state}", timeout=5).status_code == 404


def test_chunks_without_end_are_refused_at_the_limit(served: Served) -> None:
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    answer = served.talk(HEAD + "Transfer-Encoding: chunked", *[chunk] * 7, b"0\r\n\r\n")
    assert status(answer) == 413
    assert b"larger than the 200000 bytes" in answer


@pytest.mark.parametrize("size", [200_001, 20_000_000])
def test_a_body_that_is_too_large_is_refused_so_that_its_sender_hears_it(
    served: Served, size: int
) -> None:
    answer = served.session.post(
        f"{served.address}/xapi/statements",
        data=b"[" + b" " * (size - 1),
        headers={"Content-Type": "application/json"},
        timeout=20,
    )
    assert answer.status_code == 413


def test_a_sender_that_goes_away_in_the_middle_leaves_nothing(
    served: Served, stored: Store
) -> None:
    before = ids(stored)
    answer = served.talk(HEAD + f"Content-Length: {len(BODY) + 1}", BODY, end=True)
    assert status(answer) == 400
    assert b"the body ends after" in answer
    assert ids(stored) == before


def test_a_sender_that_announces_too_little_is_refused(served: Served, stored: Store) -> None:
    before = ids(stored)
    answer = served.talk(HEAD + f"Content-Length: {len(BODY) - 1}", BODY)
    assert status(answer) == 400
    assert ids(stored) == before


def test_a_sender_that_asks_first_is_told_to_go_on(served: Served) -> None:
    head = HEAD + f"Expect: 100-continue\nContent-Length: {len(BODY)}"
    answer = served.talk(head, BODY)
    assert answer.startswith(b"HTTP/1.1 100 Continue")
    assert b"HTTP/1.1 200 OK" in answer


def test_the_console_is_shown_to_this_machine_and_not_to_what_nginx_passes_on(
    served: Served,
) -> None:
    assert requests.get(served.address, timeout=5).status_code == 200
    passed_on = served.talk(f"GET /console/ HTTP/1.0\nHost: 127.0.0.1:{served.port}")
    assert status(passed_on) == 403


def test_many_senders_at_once_are_all_answered(served: Served, stored: Store) -> None:
    def send(_number: int) -> str:
        answer = requests.post(
            f"{served.address}/xapi/statements",
            json=[statement()],
            auth=("moodle", PASSWORD),
            headers={"X-Experience-API-Version": "1.0.3"},
            timeout=20,
        )
        assert answer.status_code == 200
        return str(answer.json()[0])

    with ThreadPoolExecutor(24) as pool:
        received = set(pool.map(send, range(96)))
    assert len(received) == 96
    assert received <= ids(stored)


# --- kill -9 ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_everything_that_was_answered_200_is_there_after_the_service_was_killed(
    database_url: str, tmp_path: Path
) -> None:
    answered: list[str] = []
    enough = threading.Event()

    def send(served: Served) -> None:
        session = requests.Session()
        session.auth = served.session.auth
        session.headers = served.session.headers
        while True:
            try:
                answer = session.post(
                    f"{served.address}/xapi/statements", json=[statement()] * 3, timeout=20
                )
            except requests.RequestException:
                return
            if answer.status_code == 200:
                answered.extend(answer.json())
            if len(answered) > 300:
                enough.set()

    with serving(tmp_path, database_url) as served:
        senders = [threading.Thread(target=send, args=[served]) for _ in range(6)]
        for sender in senders:
            sender.start()
        assert enough.wait(30)
        served.kill()
        for sender in senders:
            sender.join(30)
    store = open_store(database_url)
    assert len(answered) > 300
    assert set(answered) <= ids(store)
    store.close()
