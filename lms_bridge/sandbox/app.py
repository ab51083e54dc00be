"""The way of one request: recognised, counted, delayed, perhaps spoilt, answered."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from lms_bridge.sandbox.faults import Fault, Faults
from lms_bridge.sandbox.server import CLIENT_GONE, NoAnswerError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_PAGES = {
    Fault.SERVER_ERROR: (500, "Internal Server Error"),
    Fault.BAD_GATEWAY: (502, "Bad Gateway"),
    Fault.UNAVAILABLE: (503, "Service Temporarily Unavailable"),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was understood: what it is, whom it is about and how to answer it."""

    name: str
    """by which it is counted: a path without its ids, or a web-service function"""
    answer: Callable[[], Response]
    target: str = ""
    """by which its faults are drawn: the name and whom it is about"""
    possible: Set[Fault] = frozenset()
    """what can befall it; nothing if it is refused anyway"""
    seconds: float = 0.0
    """how long the answer takes by itself, which is part of the latency"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came in, for looking at."""

    at: float
    name: str
    target: str
    fault: Fault | None


class Sandbox:
    """A WSGI application with a lock around its state, faults and a memory of its requests.

    `calls` counts the requests by their name; `requests` holds the last ones; `most_at_once` is how
    many were under way at the same time.
    `latency` seconds are slept before each answer, outside the lock, so that concurrent
    requests wait at the same time.
    """

    name = ""

    def __init__(
        self,
        *,
        latency: float = 0.0,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.latency = latency
        self.faults = faults or Faults(rates={})
        self.clock = clock
        self.lock = threading.RLock()
        self.calls: Counter[str] = Counter()
        self.requests: deque[Seen] = deque(maxlen=500)
        self.most_at_once = 0
        self._under_way = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        with self.lock:
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            return self._answered(request)(environ, start_response)
        finally:
            with self.lock:
                self._under_way -= 1

    def _answered(self, request: Request) -> Response:
        with self.lock:
            call = self.recognise(request)
            fault = self.faults.next(self.name, call.target, call.possible)
            self.calls[call.name] += 1
            self.requests.append(Seen(self.clock(), call.name, call.target, fault))
        time.sleep(max(0.0, self.latency - call.seconds))
        if fault:
            return self._spoilt(fault, call, request.environ[CLIENT_GONE])
        return call.answer()

    def recognise(self, request: Request) -> Call:
        """What `request` is. Who is not let in gets a call that answers just that."""
        raise NotImplementedError

    def befall(self, fault: Fault, call: Call) -> Response:
        """The answer to `call` under a fault that only this system has."""
        raise NotImplementedError

    def _spoilt(self, fault: Fault, call: Call, client_gone: Callable[[float], bool]) -> Response:
        faults = self.faults
        match fault:
            case Fault.SLOW:
                time.sleep(faults.slow_seconds)
                return call.answer()
            case Fault.SERVER_ERROR | Fault.BAD_GATEWAY | Fault.UNAVAILABLE:
                return page(*_PAGES[fault])
            case Fault.EMPTY:
                return Response(status=200, content_type="application/json")
            case Fault.ZERO:
                return Response("0", status=200, content_type="application/json")
            case Fault.RESET:
                raise NoAnswerError
            case Fault.COMMIT_THEN_HANG:
                call.answer()
                client_gone(faults.hang_seconds)
                raise NoAnswerError
            case Fault.COMMIT_THEN_RESET:
                call.answer()
                raise NoAnswerError
            case Fault.COMMIT_THEN_BAD_GATEWAY:
                call.answer()
                return page(*_PAGES[Fault.BAD_GATEWAY])
            case Fault.COMMIT_THEN_EMPTY:
                call.answer()
                return Response(status=200, content_type="application/json")
            case Fault.LATE_COMMIT:
                client_gone(faults.hang_seconds)
                time.sleep(faults.late_seconds)
                call.answer()
                raise NoAnswerError
            case _:
                return self.befall(fault, call)


def page(status: int, title: str) -> Response:
    """An error page for people, as a proxy or a web server in front of the system makes it."""
    body = (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {title}</h1></center>\r\n<hr><center>nginx</center>\r\n"
        "</body>\r\n</html>\r\n"
    )
    return Response(body, status=status, content_type="text/html")
