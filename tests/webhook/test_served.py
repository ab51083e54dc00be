"""The service as a process, over real connections."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from lms_bridge.accounts import accesses
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


@pytest.mark.parametrize("seconds", [0.05, 0.5, 1.0])
def test_it_ends_when_it_is_told_to_before_it_is_ready(
    tmp_path: Path, place: str, seconds: float
) -> None:
    with starting(tmp_path, place) as served:
        time.sleep(seconds)
        served.process.terminate()
        served.process.wait(15)


def test_whom_it_told_of_whom_is_written_down_before_it_ends(
    tmp_path: Path, place: str, stored: Store
) -> None:
    with serving(tmp_path, place) as service:
        assert service.session.get(f"{service.address}/xapi/statements", timeout=60).ok
        service.process.terminate()
        assert service.process.wait(20) == 0
    with stored.reading() as db:
        assert [one.by for one in accesses.entries(db)] == ["lrs:moodle"]


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


def test_a_body_that_nobody_wanted_does_not_disturb_the_answer(served: Served) -> None:
    """It comes after the request was refused, and may be longer than headers can be."""
    head = HEAD.replace("Basic ", "Basic x").replace("Connection: close\n", "")
    body = b" " * 150_000
    about = HEAD.replace("POST /xapi/statements", "GET /xapi/about")
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
        line.sendall(f"{head}Content-Length: {len(body)}\n\n".replace("\n", "\r\n").encode())
        for at in range(0, len(body), 30_000):
            line.sendall(body[at : at + 30_000])
            time.sleep(0.1)
        line.sendall(f"{about}\n".replace("\n", "\r\n").encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert [int(each[:3]) for each in answer.split(b"HTTP/1.1 ")[1:]] == [401, 200]


def test_a_connection_that_is_not_used_is_ended_after_a_while(tmp_path: Path, place: str) -> None:
    with serving(tmp_path, place, web="patience_seconds = 8\n") as service:
        request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as line:
            for _ in range(3):
                line.sendall(request)
                answer = b""
                while not answer.endswith(b"ok\n"):
                    answer += line.recv(65536)
                time.sleep(0.1)
            assert line.recv(65536) == b""


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


def test_a_sender_that_says_it_has_no_more_to_say_is_still_answered(served: Served) -> None:
    answer = served.talk(HEAD + f"Content-Length: {len(BODY)}", BODY, end=True)
    assert status(answer) == 200


@pytest.mark.parametrize("at_once", [True, False])
def test_an_offer_to_speak_http2_is_left_alone(
    served: Served, stored: Store, at_once: bool
) -> None:
    """Java's HttpClient makes it in the first request of a connection."""
    before = ids(stored)
    head = HEAD.replace("Connection: close", "Connection: Upgrade, HTTP2-Settings\nUpgrade: h2c")
    head = f"{head}HTTP2-Settings: AAMAAABkAAQBAAAA\nContent-Length: {len(BODY)}\n\n"
    first = head.replace("\n", "\r\n").encode() + BODY
    last = f"{HEAD}Content-Length: {len(BODY)}\n\n".replace("\n", "\r\n").encode() + BODY
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
        for piece in [first + last] if at_once else [first[:40], first[40:-20], first[-20:], last]:
            line.sendall(piece)
            time.sleep(0.05)
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert len(ids(stored) - before) == 2


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # somebody speaks TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
        b"Content-Length: 5\r\n\r\n[]   ",
        b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_its_connection_ended(
    served: Served, request_: bytes
) -> None:
    """Above all what two who read it would understand in two ways (request smuggling)."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
        line.sendall(request_)
        assert status(b"".join(iter(lambda: line.recv(65536), b""))) == 400


@pytest.mark.parametrize("more", [b"X-Long: " + b"x" * 70_000, b"X: y\r\n" * 20_000])
def test_headers_without_end_are_refused(served: Served, more: bytes) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        answer = b""
        with suppress(ConnectionError):
            for at in range(0, len(more), 10_000):
                line.sendall(more[at : at + 10_000])
                time.sleep(0.01)
            answer = line.recv(65536)
    assert answer == b"" or status(answer) == 431


def test_headers_that_do_not_come_are_waited_for_a_while_only(tmp_path: Path, place: str) -> None:
    with serving(tmp_path, place, web="patience_seconds = 6\n") as service:
        for said in (b"", b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\n"):
            with socket.create_connection(("127.0.0.1", service.port), timeout=10) as line:
                line.sendall(said)
                assert line.recv(65536) == b""
    assert "too little moved" not in (tmp_path / "served.log").read_text(), "it was later"


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
