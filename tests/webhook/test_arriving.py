"""How many requests may be on their way at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from typing import Any

from webhook.arriving import LARGE, LARGE_AT_ONCE, in_turn

FORM = {"REQUEST_METHOD": "POST", "PATH_INFO": "/xapi/statements", "QUERY_STRING": "method=PUT"}
SMALL = {"REQUEST_METHOD": "POST", "PATH_INFO": "/xapi/statements", "CONTENT_LENGTH": str(LARGE)}
HUGE = {**SMALL, "CONTENT_LENGTH": str(LARGE + 1)}


class Slow:
    """An application to which requests come, and where they stay until they are let go."""

    def __init__(self, threads: int = 8, patience_seconds: float = 0.01) -> None:
        self.inside = threading.Semaphore(0)
        self._go = threading.Event()
        self._threads: list[threading.Thread] = []
        self._application = in_turn(self._work, threads=threads, patience_seconds=patience_seconds)

    def _work(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        self.inside.release()
        assert self._go.wait(30)
        start_response("200 OK", [])
        return [b"done"]

    def begin(self, environ: dict[str, str], times: int = 1) -> None:
        """Let that many requests come, and wait until they are being worked on."""
        for _ in range(times):
            thread = threading.Thread(target=self.ask, args=[environ])
            thread.start()
            self._threads.append(thread)
            assert self.inside.acquire(timeout=30)

    def ask(self, environ: dict[str, str]) -> tuple[str, dict[str, str], bytes]:
        """A request, and its answer."""
        told: list[Any] = []
        body = self._application(dict(environ), lambda *answer: told.extend(answer))
        return told[0], dict(told[1]), b"".join(body)

    def let_go(self) -> None:
        """Finish all that have come."""
        self._go.set()
        for thread in self._threads:
            thread.join()


def test_forms_leave_half_of_the_threads_to_others() -> None:
    slow = Slow(threads=8)
    slow.begin(FORM, 4)
    status, headers, body = slow.ask(FORM)
    assert status == "503 SERVICE UNAVAILABLE"
    assert headers["Retry-After"] == "5"
    assert headers["Connection"] == "close"
    assert headers["X-Experience-API-Version"] == "1.0.3"
    assert "send it again" in json.loads(body)["error"]
    slow.begin(SMALL, 10)
    slow.let_go()
    assert slow.ask(FORM)[0] == "200 OK"


def test_only_so_many_large_requests_are_taken_at_once() -> None:
    slow = Slow(threads=100)
    slow.begin(HUGE, LARGE_AT_ONCE)
    assert slow.ask(HUGE)[0].startswith("503")
    chunked = {**HUGE, "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    assert slow.ask(chunked)[0].startswith("503")
    assert slow.ask({**FORM, **HUGE, "QUERY_STRING": "method=PUT"})[0].startswith("503")
    slow.begin(SMALL)
    slow.begin({**HUGE, "CONTENT_TYPE": "multipart/mixed; boundary=x"})
    slow.begin({**FORM, "QUERY_STRING": ""})
    slow.let_go()
    assert slow.ask(HUGE)[0] == "200 OK"


def test_the_others_wait_for_their_turn() -> None:
    slow = Slow(threads=100, patience_seconds=30)
    slow.begin(HUGE, LARGE_AT_ONCE)
    answers: list[str] = []
    waiting = threading.Thread(target=lambda: answers.append(slow.ask(HUGE)[0]))
    waiting.start()
    slow.let_go()
    waiting.join(30)
    assert answers == ["200 OK"]
